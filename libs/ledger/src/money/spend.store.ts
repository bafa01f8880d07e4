import type { Ctx } from '@switchyard/kernel';
import type { Tx } from '@switchyard/database';

/** `2026-11-01`: the first day of a moment's month, UTC. */
export const monthOf = (at: Date): string => `${at.toISOString().slice(0, 7)}-01`;

export interface Spend {
  readonly costMicros: bigint;
  /** The thresholds that were told. */
  readonly alerted: readonly bigint[];
}

/** Adds to a month and gives what it comes to. The row is locked until the commit: call it late. */
export async function addSpend(tx: Tx, ctx: Pick<Ctx, 'tenantId'>, month: string, micros: bigint): Promise<Spend> {
  const [spend] = await tx.$queryRaw<Spend[]>`
    INSERT INTO spend_month (tenant_id, month, cost_micros, alerted)
    VALUES (${ctx.tenantId}::uuid, ${month}::date, ${micros}, '{}')
    ON CONFLICT (tenant_id, month) DO UPDATE SET cost_micros = spend_month.cost_micros + excluded.cost_micros
    RETURNING cost_micros AS "costMicros", alerted`;
  if (!spend) throw new Error('a month of spending is neither there nor can it be made');
  return spend;
}

export async function readSpend(tx: Tx, { tenantId }: Pick<Ctx, 'tenantId'>, month: string): Promise<Spend> {
  const row = await tx.spendMonth.findFirst({ where: { tenantId, month: new Date(`${month}T00:00:00Z`) } });
  return row ?? { costMicros: 0n, alerted: [] };
}

/** Locked until the transaction ends. */
export async function lockSpend(tx: Tx, ctx: Pick<Ctx, 'tenantId'>, month: string): Promise<Spend> {
  return addSpend(tx, ctx, month, 0n);
}

export async function markAlerted(
  tx: Tx,
  { tenantId }: Pick<Ctx, 'tenantId'>,
  { month, thresholds }: { month: string; thresholds: readonly bigint[] },
): Promise<void> {
  await tx.spendMonth.updateMany({
    where: { tenantId, month: new Date(`${month}T00:00:00Z`) },
    data: { alerted: { push: [...thresholds] } },
  });
}
