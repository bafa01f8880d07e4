import type { Prisma, Tx } from '@switchyard/database';
import type { ConnectionId, Ctx } from '@switchyard/kernel';
import { AuthorizationServer } from './discovery.ts';

/** A sign-in that was begun: what its end has to fit. */
export interface Flow {
  readonly id: string;
  readonly connectionId: ConnectionId;
  readonly startedBy: string;
  readonly sessionHash: string;
  /** Whose account it will be. */
  readonly userId: string;
  readonly serverUrl: string;
  readonly resource: string | null;
  readonly server: AuthorizationServer;
  readonly clientRef: string | null;
  readonly clientId: string;
  readonly scope: string | null;
  readonly startedAt: Date;
  readonly expiresAt: Date;
}

type Row = Prisma.UpstreamFlowGetPayload<object>;

const toFlow = ({ tenantId: _tenant, stateHash: _state, ...row }: Row): Flow => ({
  ...row,
  connectionId: row.connectionId as ConnectionId,
  server: AuthorizationServer.parse(row.server),
});

const MAX_OPEN = 5;

/** Also throws away what has expired, and the oldest of one who begins many. Gives the ids of those that went. */
export async function insertFlow(tx: Tx, ctx: Ctx, stateHash: string, flow: Flow): Promise<string[]> {
  const { connectionId, startedBy } = flow;
  const open = await tx.upstreamFlow.findMany({
    where: { connectionId, startedBy },
    orderBy: { startedAt: 'desc' },
    skip: MAX_OPEN - 1,
    select: { id: true },
  });
  const stale = { OR: [{ expiresAt: { lte: flow.startedAt } }, { id: { in: open.map(({ id }) => id) } }] };
  const gone = (await tx.upstreamFlow.findMany({ where: stale, select: { id: true } })).map(({ id }) => id);
  await tx.upstreamFlow.deleteMany({ where: { id: { in: gone } } });
  await tx.upstreamFlow.create({ data: { ...flow, stateHash, tenantId: ctx.tenantId } });
  return gone;
}

/**
 * Takes it away and gives it, once: two who come with the same state do not both get it. Only for who began it, in the
 * session in which it was begun, and in time; anybody else leaves it as it is.
 */
export async function takeFlow(
  tx: Tx,
  by: { readonly stateHash: string; readonly userId: string; readonly sessionHash: string; readonly now: Date },
): Promise<Flow | undefined> {
  const { stateHash, userId: startedBy, sessionHash, now } = by;
  const row = await tx.upstreamFlow.findFirst({ where: { stateHash, startedBy, sessionHash, expiresAt: { gt: now } } });
  if (!row) return undefined;
  const { count } = await tx.upstreamFlow.deleteMany({ where: { id: row.id } });
  return count === 1 ? toFlow(row) : undefined;
}

export async function deleteFlowsOf(tx: Tx, where: { connectionId?: string; startedBy?: string }): Promise<string[]> {
  const ids = (await tx.upstreamFlow.findMany({ where, select: { id: true } })).map(({ id }) => id);
  await tx.upstreamFlow.deleteMany({ where: { id: { in: ids } } });
  return ids;
}
