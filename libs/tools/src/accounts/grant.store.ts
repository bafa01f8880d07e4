import { announce, lockUntilCommit, type Prisma, type Tx } from '@switchyard/database';
import type { ConnectionId, Ctx, TenantId, UserId } from '@switchyard/kernel';
import type { Grant } from './account.ts';
import { AuthorizationServer } from './discovery.ts';

type Row = Prisma.UpstreamGrantGetPayload<object>;

const toGrant = ({ leaseId: _lease, leaseUntil: _until, connectedBy: _by, ...row }: Row): Grant => ({
  ...row,
  tenantId: row.tenantId as TenantId,
  connectionId: row.connectionId as ConnectionId,
  server: AuthorizationServer.parse(row.server),
});

export interface AccountKey {
  readonly connectionId: ConnectionId;
  readonly userId: string;
}

/** Two who connect, disconnect or give up the same account come one after the other. */
export const lockAccount = (tx: Tx, { tenantId }: Pick<Ctx, 'tenantId'>, key: AccountKey): Promise<void> =>
  lockUntilCommit(tx, `account:${tenantId}/${key.connectionId}/${key.userId}`);

export async function readGrant(tx: Tx, { connectionId, userId }: AccountKey): Promise<Grant | undefined> {
  const row = await tx.upstreamGrant.findFirst({ where: { connectionId, userId } });
  return row ? toGrant(row) : undefined;
}

export async function readGrantsOf(tx: Tx, where: { connectionId?: string; userId?: string }): Promise<Grant[]> {
  return (await tx.upstreamGrant.findMany({ where })).map(toGrant);
}

export type NewGrant = Omit<Grant, 'status' | 'problem' | 'refreshedAt' | 'version' | 'tenantId'> & {
  readonly connectedBy: UserId;
};

/** In place of the account that was connected before. */
export async function insertGrant(tx: Tx, ctx: Ctx, grant: NewGrant): Promise<Grant> {
  const { scopes, ...rest } = grant;
  const row = await tx.upstreamGrant.create({ data: { ...rest, scopes: [...scopes], tenantId: ctx.tenantId } });
  await announce(tx, ctx.tenantId, 'connections', grant.connectionId);
  return toGrant(row);
}

export async function deleteGrant(tx: Tx, ctx: Ctx, grant: Grant): Promise<boolean> {
  const { count } = await tx.upstreamGrant.deleteMany({ where: { id: grant.id } });
  await announce(tx, ctx.tenantId, 'connections', grant.connectionId);
  return count > 0;
}

/** True for one who asks: until then (by the database's clock) nobody else does, in this process or another. */
export async function takeLease(tx: Tx, grant: Grant, lease: { id: string; seconds: number }): Promise<boolean> {
  const taken = await tx.$executeRaw`
    UPDATE upstream_grant
    SET lease_id = ${lease.id}::uuid, lease_until = clock_timestamp() + make_interval(secs => ${lease.seconds}::float8)
    WHERE id = ${grant.id}::uuid AND version = ${grant.version} AND status = 'connected'
      AND (lease_until IS NULL OR lease_until < clock_timestamp())`;
  return taken === 1;
}

export async function dropLease(tx: Tx, grantId: string, leaseId: string): Promise<void> {
  await tx.upstreamGrant.updateMany({ where: { id: grantId, leaseId }, data: { leaseId: null, leaseUntil: null } });
}

export interface NextTokens {
  readonly expiresAt: Date | null;
  readonly refreshAt: Date | null;
  readonly isRefreshable: boolean;
  readonly refreshedAt: Date;
  readonly scopes?: string[];
}

/** False when another set was stored meanwhile, or the account is gone: then these are not to be kept. */
export async function advance(tx: Tx, grant: Grant, next: NextTokens): Promise<boolean> {
  const { count } = await tx.upstreamGrant.updateMany({
    where: { id: grant.id, version: grant.version, status: 'connected' },
    data: { ...next, version: { increment: 1 }, leaseId: null, leaseUntil: null },
  });
  return count === 1;
}

/** False when it was renewed, given up or connected anew meanwhile. */
export async function giveUp(tx: Tx, ctx: Ctx, grant: Grant, problem: string): Promise<boolean> {
  const { count } = await tx.upstreamGrant.updateMany({
    where: { id: grant.id, version: grant.version, status: 'connected' },
    data: { status: 'needs_reconnect', problem, leaseId: null, leaseUntil: null },
  });
  if (count === 1) await announce(tx, ctx.tenantId, 'connections', grant.connectionId);
  return count === 1;
}
