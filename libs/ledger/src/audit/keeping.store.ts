import type { Ctx } from '@switchyard/kernel';
import type { Tx } from '@switchyard/database';
import { FIRST_HASH } from './event.ts';
import { readLinks, type AuditHead } from './audit.store.ts';
import { CHECKPOINT_SIGNED, checkpointNumber } from './statement.ts';

type OfTenant = Pick<Ctx, 'tenantId'>;

export interface Keeping {
  /** Null: for ever. */
  readonly retentionDays: number | null;
  readonly checkpoint: number;
  readonly checkpointSeq: number;
  readonly checkpointAt: Date | null;
  readonly keptAt: Date | null;
}

const NONE: Keeping = { retentionDays: null, checkpoint: 0, checkpointSeq: 0, checkpointAt: null, keptAt: null };

export async function readKeeping(tx: Tx, { tenantId }: OfTenant): Promise<Keeping> {
  const row = await tx.auditKeeping.findFirst({ where: { tenantId }, omit: { tenantId: true } });
  return row ? { ...row, checkpointSeq: Number(row.checkpointSeq) } : NONE;
}

/** The row, made where there was none, locked until the transaction ends: of two nodes one comes after the other. */
export async function lockKeeping(tx: Tx, ctx: OfTenant): Promise<Keeping> {
  await tx.auditKeeping.createMany({ data: { tenantId: ctx.tenantId }, skipDuplicates: true });
  await tx.$queryRaw`SELECT 1 FROM audit_keeping WHERE tenant_id = ${ctx.tenantId}::uuid FOR UPDATE`;
  return readKeeping(tx, ctx);
}

export async function writeKeeping(tx: Tx, { tenantId }: OfTenant, change: Partial<Keeping>): Promise<void> {
  await tx.auditKeeping.updateMany({ where: { tenantId }, data: change });
}

/** Locked: no link is added before this transaction ends but by itself. */
export async function lockChainEnd(tx: Tx, { tenantId }: OfTenant): Promise<AuditHead> {
  const [head] = await tx.$queryRaw<AuditHead[]>`
    SELECT seq::float8 AS seq, encode(hash, 'hex') AS hash FROM audit_head WHERE tenant_id = ${tenantId}::uuid FOR UPDATE`;
  return head ?? { seq: 0, hash: FIRST_HASH };
}

export async function readChainEnd(tx: Tx): Promise<number> {
  const [head] = await tx.$queryRaw<{ seq: number }[]>`SELECT seq::float8 AS seq FROM audit_head`;
  return head?.seq ?? 0;
}

/** Of the newest checkpoint in the chain, which knows better than the hint beside it. */
export async function newestCheckpointNumber(tx: Tx, hint: number): Promise<number> {
  const [newest] = await tx.auditEvent.findMany({
    where: { targetKind: 'audit', targetId: 'checkpoint', action: CHECKPOINT_SIGNED },
    orderBy: { seq: 'desc' },
    select: { after: true },
    take: 1,
  });
  return Math.max(hint, checkpointNumber((newest?.after ?? null) as never));
}

/** The oldest links, at most `take` of them. */
export const readOldest = (tx: Tx, take: number) => readLinks(tx, { after: 0, take });

/** Deletes what a record in the chain says is cut off; the database checks that it does. Gives how many went. */
export async function deleteCut(tx: Tx, through: number): Promise<number> {
  const [row] = await tx.$queryRaw<{ gone: number }[]>`SELECT cut_audit(${through}::bigint)::float8 AS gone`;
  return row?.gone ?? 0;
}
