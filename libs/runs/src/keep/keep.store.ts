import type { Database, Tx } from '@switchyard/database';
import { newId, type Clock, type Ctx } from '@switchyard/kernel';
import type { SealedStore } from '@switchyard/vault';

export type KeepKind = 'result' | 'recording';

/** What is kept of a run beside its record. */
export interface Kept {
  readonly bytes: number;
  /** Of a result that is a list; null for anything else. */
  readonly rows: number | null;
  /** Of a recording: calls that it lacks. */
  readonly left: number;
  readonly expiresAt: Date;
}

export interface KeepStore {
  readonly database: Pick<Database, 'inTenant'>;
  readonly sealed: SealedStore;
  readonly clock: Clock;
}

const purposeOf = (kind: KeepKind): string => `run-${kind}`;

/**
 * Keeps bytes for a run until `expiresAt`. When all of the kind would be more than `tenantBytes`, the oldest go first: what
 * is kept is a help for a while and never the record.
 */
export async function keep(
  { database, sealed, clock }: KeepStore,
  ctx: Pick<Ctx, 'tenantId'>,
  wanted: {
    readonly runId: string;
    readonly kind: KeepKind;
    readonly content: Uint8Array;
    /** What it stands for, where `content` is packed. */
    readonly bytes: number;
    readonly rows?: number | null;
    readonly left?: number;
    readonly expiresAt: Date;
    readonly tenantBytes: number;
  },
): Promise<void> {
  const { runId, kind, content, bytes, rows = null, left = 0, expiresAt, tenantBytes } = wanted;
  await database.inTenant(ctx, async (tx) => {
    await makeRoom(tx, sealed, { kind, room: tenantBytes - bytes, now: clock.now() });
    const blobId = newId();
    await sealed.keep(ctx, { id: blobId, purpose: purposeOf(kind), bytes: content, expiresAt }, tx);
    await tx.runKeep.create({ data: { runId, tenantId: ctx.tenantId, kind, blobId, bytes, rows, left, expiresAt } });
  });
}

const EVICTED_AT_ONCE = 200;

async function makeRoom(
  tx: Tx,
  sealed: SealedStore,
  { kind, room, now }: { kind: KeepKind; room: number; now: Date },
): Promise<void> {
  const sum = await tx.runKeep.aggregate({ where: { kind }, _sum: { bytes: true } });
  let over = (sum._sum.bytes ?? 0) - room;
  if (over <= 0) return;
  const oldest = await tx.runKeep.findMany({
    where: { kind },
    select: { runId: true, blobId: true, bytes: true, expiresAt: true },
    orderBy: { createdAt: 'asc' },
    take: EVICTED_AT_ONCE,
  });
  const gone = oldest.filter(({ bytes, expiresAt }) => {
    const goes = over > 0 || expiresAt <= now;
    if (goes) over -= bytes;
    return goes;
  });
  await tx.runKeep.deleteMany({ where: { kind, runId: { in: gone.map(({ runId }) => runId) } } });
  await sealed.forget(
    gone.map(({ blobId }) => blobId),
    tx,
  );
}

/** Undefined when nothing is kept, or not any more. */
export async function findKept(
  { database, clock }: KeepStore,
  ctx: Pick<Ctx, 'tenantId'>,
  runId: string,
  kind: KeepKind,
): Promise<(Kept & { readonly blobId: string }) | undefined> {
  const row = await database.inTenant(ctx, (tx) =>
    tx.runKeep.findFirst({ where: { runId, kind, expiresAt: { gt: clock.now() } } }),
  );
  return row ?? undefined;
}

export async function recallKept(
  store: KeepStore,
  ctx: Pick<Ctx, 'tenantId'>,
  runId: string,
  kind: KeepKind,
): Promise<Buffer | undefined> {
  const kept = await findKept(store, ctx, runId, kind);
  return kept && store.sealed.recall(ctx, { id: kept.blobId, purpose: purposeOf(kind) });
}

export const sweepKept = ({ database, clock }: KeepStore, ctx: Pick<Ctx, 'tenantId'>): Promise<unknown> =>
  database.inTenant(ctx, (tx) => tx.runKeep.deleteMany({ where: { expiresAt: { lte: clock.now() } } }));
