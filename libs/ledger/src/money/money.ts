import { AppError, isUuid, type Ctx } from '@switchyard/kernel';
import type { Database } from '@switchyard/database';
import type { createBudgets } from './budgets.ts';
import type { ModelCallInput, RecordedCost } from './model-call.ts';
import { insertModelCall, readCost } from './model-calls.store.ts';
import type { PriceBook } from './price-book.ts';
import { addSpend, monthOf } from './spend.store.ts';

export interface Money {
  /**
   * Puts a call of a model on record with what it cost. A call that is told twice counts once; what a provider told that
   * cannot be is mended and marked as estimated. Errors: `unprocessable` for an id that is no UUID.
   */
  recordModelCall(ctx: Ctx, call: ModelCallInput): Promise<RecordedCost>;
}

interface MoneyOptions {
  readonly database: Pick<Database, 'inTenant'>;
  readonly prices: PriceBook;
  readonly budgets: ReturnType<typeof createBudgets>;
}

export const createMoney = ({ database, prices, budgets }: MoneyOptions): Money => ({
  async recordModelCall(ctx, call) {
    if (!isUuid(call.id)) throw new AppError('unprocessable', 'A model call is named by a UUID.', { path: 'id' });
    const { provider, model, startedAt } = call;
    const known = call.scripted ? undefined : await prices.find(ctx, { provider, model, at: startedAt });
    return database.inTenant(ctx, async (tx) => {
      const cost = await insertModelCall(tx, ctx, { call, known });
      if (!cost) return readCost(tx, call.id);
      if (cost.costMicros) {
        const month = monthOf(startedAt);
        await budgets.afterSpending(tx, ctx, { month, spend: await addSpend(tx, ctx, month, cost.costMicros) });
      }
      return cost;
    });
  },
});
