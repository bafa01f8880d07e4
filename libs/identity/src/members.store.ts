import { announce, type Database, type Tx } from '@switchyard/database';
import { AppError, newId, type Ctx, type Role, type UserId } from '@switchyard/kernel';
import type { RecordIdentityChange } from './change.ts';
import { requirePermission } from './permissions.ts';
import { findUsers, isDuplicate } from './users.store.ts';

export interface Member {
  readonly id: string;
  readonly userId: UserId;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly createdAt: Date;
}

export interface Members {
  /** Puts an existing user into the tenant. Errors: `forbidden`, `conflict`, `not_found`. */
  addMember(ctx: Ctx, input: { readonly userId: UserId; readonly role: Role }): Promise<{ readonly id: string }>;
  listMembers(ctx: Ctx): Promise<Member[]>;
  /** Errors: `forbidden`, `not_found`, `conflict` for the last owner. */
  setRole(ctx: Ctx, memberId: string, role: Role): Promise<void>;
  /** Anybody may remove themselves, except the last owner. Errors: as `setRole`. */
  removeMember(ctx: Ctx, memberId: string): Promise<void>;
}

interface MembersOptions {
  readonly database: Pick<Database, 'inTenant' | 'identity'>;
  readonly record: RecordIdentityChange;
}

/** Owners are made, changed and removed by owners and the operator: else an admin could take the tenant over. */
export function requireMayHandle(ctx: Ctx, role: Role): void {
  const { principal } = ctx;
  if (role !== 'owner' || principal.kind === 'operator' || principal.kind === 'system') return;
  if (principal.kind === 'user' && principal.role === 'owner') return;
  throw new AppError('forbidden', 'Only an owner may make, change or remove an owner: ask one.', { roles: ['owner'] });
}

/** Locks the owners first, so that two of them cannot demote each other at the same moment. */
async function requireAnotherOwner(tx: Tx, memberId: string): Promise<void> {
  const owners = await tx.$queryRaw<
    { id: string }[]
  >`SELECT id FROM member WHERE role = 'owner' ORDER BY id FOR UPDATE`;
  if (!owners.some((owner) => owner.id !== memberId))
    throw new AppError('conflict', 'A tenant keeps at least one owner: make somebody else an owner first.');
}

const notFound = (): AppError => new AppError('not_found', 'There is no such member in this tenant.');

/** Within the caller's transaction; for members that come by invitation too. */
export async function insertMember(
  tx: Tx,
  ctx: Ctx,
  record: RecordIdentityChange,
  member: { readonly userId: UserId; readonly role: Role },
): Promise<{ id: string }> {
  const { userId, role } = member;
  const id = newId();
  try {
    await tx.member.create({ data: { id, tenantId: ctx.tenantId, userId, role } });
  } catch (error) {
    if (isDuplicate(error)) throw new AppError('conflict', 'This user is a member already: change their role instead.');
    throw error;
  }
  await record(tx, ctx, { action: 'member.added', target: { kind: 'member', id }, after: { userId, role } });
  await announce(tx, ctx.tenantId, 'members');
  return { id };
}

export function createMembers({ database, record }: MembersOptions): Members {
  return {
    async addMember(ctx, member) {
      requirePermission(ctx, 'members.write');
      requireMayHandle(ctx, member.role);
      if (!(await findUsers(database, [member.userId])).has(member.userId))
        throw new AppError('not_found', 'There is no such user: create or invite them first.');
      return database.inTenant(ctx, (tx) => insertMember(tx, ctx, record, member));
    },

    async listMembers(ctx) {
      requirePermission(ctx, 'members.read');
      const rows = await database.inTenant(ctx, (tx) => tx.member.findMany({ orderBy: { createdAt: 'asc' } }));
      const users = await findUsers(
        database,
        rows.map((row) => row.userId),
      );
      return rows.flatMap(({ id, userId, role, createdAt }) => {
        const user = users.get(userId);
        return user ? [{ id, userId: user.id, name: user.name, email: user.email, role, createdAt }] : [];
      });
    },

    async setRole(ctx, memberId, role) {
      requirePermission(ctx, 'members.write');
      requireMayHandle(ctx, role);
      await database.inTenant(ctx, async (tx) => {
        const member = await tx.member.findUnique({ where: { id: memberId } });
        if (!member) throw notFound();
        requireMayHandle(ctx, member.role);
        if (member.role === role) return;
        if (member.role === 'owner') await requireAnotherOwner(tx, memberId);
        await tx.member.update({ where: { id: memberId }, data: { role } });
        const target = { kind: 'member', id: memberId } as const;
        await record(tx, ctx, {
          action: 'member.role_changed',
          target,
          before: { role: member.role },
          after: { role },
        });
        await announce(tx, ctx.tenantId, 'members');
      });
    },

    async removeMember(ctx, memberId) {
      await database.inTenant(ctx, async (tx) => {
        const member = await tx.member.findUnique({ where: { id: memberId } });
        const leaves = ctx.principal.kind === 'user' && member?.userId === ctx.principal.id;
        if (!leaves) requirePermission(ctx, 'members.write');
        if (!member) throw notFound();
        requireMayHandle(ctx, member.role);
        if (member.role === 'owner') await requireAnotherOwner(tx, memberId);
        await tx.member.delete({ where: { id: memberId } });
        const { userId, role } = member;
        await record(tx, ctx, {
          action: 'member.removed',
          target: { kind: 'member', id: memberId },
          before: { userId, role },
        });
        await announce(tx, ctx.tenantId, 'members');
      });
    },
  };
}
