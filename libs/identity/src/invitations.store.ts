import type { Database } from '@switchyard/database';
import { AppError, newId, ROLES, type Clock, type Ctx, type Role, type TenantId } from '@switchyard/kernel';
import { z } from 'zod';
import { personCtx, type Person, type RecordIdentityChange } from './change.ts';
import { insertMember, requireMayHandle } from './members.store.ts';
import { requirePermission } from './permissions.ts';
import { newToken, sha256 } from './tokens.ts';
import { emailSchema, findUser, insertUser, parse } from './users.store.ts';

const VALID_FOR_MS = 7 * 24 * 3_600_000;
const roleSchema = z.enum(ROLES);

export interface Invitation {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  readonly invitedBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** What the person sees who holds a link. */
export interface InvitationOffer {
  readonly email: string;
  readonly role: Role;
  readonly tenant: { readonly id: TenantId; readonly slug: string; readonly name: string };
  /** Whether there is a user with this address, who signs in, or a new one, who chooses a password. */
  readonly userExists: boolean;
}

export interface Accepted {
  readonly tenantId: TenantId;
  readonly userId: string;
  readonly email: string;
}

export interface Invitations {
  /** Valid for seven days; the link is shown once, to be passed on. Errors: `forbidden`, `unprocessable`, `conflict`. */
  invite(
    ctx: Ctx,
    input: { readonly email: string; readonly role: Role },
  ): Promise<Invitation & { readonly link: string }>;
  /** The open ones. */
  listInvitations(ctx: Ctx): Promise<Invitation[]>;
  cancelInvitation(ctx: Ctx, id: string): Promise<void>;
  /** Errors: `not_found` for a token that is unknown, used, cancelled or expired. */
  readInvitation(token: string): Promise<InvitationOffer>;
  /**
   * `signedIn` accepts as that user, whose address must be the invited one; without it a new user is made with `name` and
   * `password`. Errors: `not_found`, `unauthenticated` when the user exists and is not signed in, `forbidden`, `unprocessable`.
   */
  acceptInvitation(input: {
    readonly token: string;
    readonly signedIn?: Person;
    readonly name?: string;
    readonly password?: string;
  }): Promise<Accepted>;
  /** Whether somebody invited this address and the invitation is open. */
  isInvited(email: string): Promise<boolean>;
  /** Accepts every open invitation of a person whose address an identity provider has just vouched for. */
  acceptAll(person: Person): Promise<void>;
}

interface InvitationsOptions {
  readonly database: Pick<Database, 'inTenant' | 'identity'>;
  readonly record: RecordIdentityChange;
  readonly clock: Clock;
  readonly baseUrl: string;
  readonly hashPassword: (password: string) => Promise<string>;
}

interface Row {
  readonly id: string;
  readonly tenantId: string;
  readonly email: string;
  readonly role: Role;
  readonly invitedBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

const toInvitation = ({ id, email, role, invitedBy, createdAt, expiresAt }: Row): Invitation => ({
  id,
  email,
  role,
  invitedBy,
  createdAt,
  expiresAt,
});

export function createInvitations(options: InvitationsOptions): Invitations {
  const { database, record, clock, baseUrl, hashPassword } = options;
  const open = () => ({ acceptedAt: null, canceledAt: null, expiresAt: { gt: clock.now() } });

  async function find(token: string) {
    const row = await database.identity.invitation.findFirst({
      where: { tokenHash: Uint8Array.from(sha256(token)), ...open() },
      include: { tenant: true },
    });
    if (!row)
      throw new AppError('not_found', 'This invitation was used, cancelled or has expired: ask for a new link.');
    return row;
  }

  const settle = (row: Row, person: Person): Promise<void> => {
    const ctx = personCtx(row.tenantId as TenantId, person, row.role);
    return database.inTenant(ctx, async (tx) => {
      const taken = await tx.invitation.updateMany({
        where: { id: row.id, ...open() },
        data: { acceptedAt: clock.now() },
      });
      if (taken.count === 0) throw new AppError('not_found', 'This invitation was used meanwhile.');
      await record(tx, ctx, { action: 'invitation.accepted', target: { kind: 'invitation', id: row.id } });
      await insertMember(tx, ctx, record, { userId: person.id, role: row.role });
    });
  };

  async function whoAccepts(row: Row, input: Parameters<Invitations['acceptInvitation']>[0]): Promise<Person> {
    if (input.signedIn) {
      if (input.signedIn.email === row.email) return input.signedIn;
      throw new AppError('forbidden', `This invitation is for ${row.email}: sign out, and sign in as that user.`);
    }
    if (await findUser(database, row.email))
      throw new AppError('unauthenticated', `Sign in as ${row.email}, and then open the link again.`);
    // The link came from the admin, not to the mailbox: it proves nothing about the address.
    const user = { email: row.email, name: input.name ?? '', password: input.password ?? '', emailVerified: false };
    return insertUser(database, user, hashPassword);
  }

  return {
    async invite(ctx, input) {
      requirePermission(ctx, 'members.write');
      const email = parse(emailSchema, 'email', input.email);
      const role = parse(roleSchema, 'role', input.role);
      requireMayHandle(ctx, role);
      const user = await findUser(database, email);
      const token = newToken();
      const row = await database.inTenant(ctx, async (tx) => {
        if (user && (await tx.member.findFirst({ where: { userId: user.id } })))
          throw new AppError('conflict', `${email} is a member already: change their role instead.`);
        await tx.invitation.updateMany({ where: { email, ...open() }, data: { canceledAt: clock.now() } });
        const now = clock.now();
        const made = await tx.invitation.create({
          data: {
            id: newId(),
            tenantId: ctx.tenantId,
            email,
            role,
            tokenHash: Uint8Array.from(sha256(token)),
            invitedBy: ctx.principal.name,
            createdAt: now,
            expiresAt: new Date(now.getTime() + VALID_FOR_MS),
          },
        });
        const target = { kind: 'invitation', id: made.id } as const;
        await record(tx, ctx, { action: 'invitation.created', target, after: { email, role } });
        return made;
      });
      // In the fragment, which browsers keep to themselves: the token reaches no log and no referrer.
      return { ...toInvitation(row), link: `${baseUrl}/#/invitation?token=${token}` };
    },

    async listInvitations(ctx) {
      requirePermission(ctx, 'members.read');
      return database.inTenant(ctx, async (tx) =>
        (await tx.invitation.findMany({ where: open(), orderBy: { createdAt: 'desc' } })).map(toInvitation),
      );
    },

    async cancelInvitation(ctx, id) {
      requirePermission(ctx, 'members.write');
      await database.inTenant(ctx, async (tx) => {
        const row = await tx.invitation.findFirst({ where: { id, ...open() } });
        if (!row) throw new AppError('not_found', 'There is no such open invitation in this tenant.');
        requireMayHandle(ctx, row.role);
        await tx.invitation.update({ where: { id }, data: { canceledAt: clock.now() } });
        const target = { kind: 'invitation', id } as const;
        await record(tx, ctx, { action: 'invitation.cancelled', target, before: { email: row.email, role: row.role } });
      });
    },

    async readInvitation(token) {
      const { email, role, tenant } = await find(token);
      return {
        email,
        role,
        tenant: { id: tenant.id as TenantId, slug: tenant.slug, name: tenant.name },
        userExists: (await findUser(database, email)) !== undefined,
      };
    },

    async acceptInvitation(input) {
      const row = await find(input.token);
      const person = await whoAccepts(row, input);
      await settle(row, person);
      return { tenantId: row.tenantId as TenantId, userId: person.id, email: person.email };
    },

    async isInvited(email) {
      return (await database.identity.invitation.count({ where: { email: email.toLowerCase(), ...open() } })) > 0;
    },

    async acceptAll(person) {
      const rows = await database.identity.invitation.findMany({ where: { email: person.email, ...open() } });
      for (const row of rows) await settle(row, person);
    },
  };
}
