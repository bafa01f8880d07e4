import type { Ctx } from '@switchyard/kernel';
import type { Tx } from '@switchyard/database';
import type { AlertTargets } from '../alerts/alert.ts';

export type BudgetMode = 'warn' | 'block';

export interface Budget extends AlertTargets {
  readonly pilotMicros: bigint;
  /** Where the mode is `block`, nothing more is spent from here. */
  readonly strongMicros: bigint;
  readonly mode: BudgetMode;
}

export const DEFAULT_BUDGET: Budget = {
  pilotMicros: 500_000_000n,
  strongMicros: 1_000_000_000n,
  mode: 'warn',
  webhookUrl: null,
  emails: [],
};

export async function readBudget(tx: Tx, { tenantId }: Pick<Ctx, 'tenantId'>): Promise<Budget> {
  const row = await tx.budget.findFirst({ where: { tenantId }, omit: { tenantId: true, updatedAt: true } });
  return row ? { ...row, mode: row.mode === 'block' ? 'block' : 'warn' } : DEFAULT_BUDGET;
}

/** The row, made where there was none, locked until the transaction ends: of two changes at once one comes after the other. */
export async function lockBudget(tx: Tx, ctx: Pick<Ctx, 'tenantId'>, at: Date): Promise<Budget> {
  const { pilotMicros, strongMicros, mode } = DEFAULT_BUDGET;
  await tx.budget.createMany({
    data: { tenantId: ctx.tenantId, pilotMicros, strongMicros, mode, emails: [], updatedAt: at },
    skipDuplicates: true,
  });
  await tx.$queryRaw`SELECT 1 FROM budget WHERE tenant_id = ${ctx.tenantId}::uuid FOR UPDATE`;
  return readBudget(tx, ctx);
}

export async function writeBudget(
  tx: Tx,
  { tenantId }: Pick<Ctx, 'tenantId'>,
  { budget, at }: { budget: Budget; at: Date },
): Promise<void> {
  await tx.budget.updateMany({ where: { tenantId }, data: { ...budget, emails: [...budget.emails], updatedAt: at } });
}
