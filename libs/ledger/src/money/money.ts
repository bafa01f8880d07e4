import { AppError, isUuid, type Ctx } from '@switchyard/kernel';
import type { Database } from '@switchyard/database';
import type { createBudgets } from './budgets.ts';
import type { ModelCallInput, PricedModelCall, RecordedCost } from './model-call.ts';
import { hasReached, modelCallStatements } from './model-calls.store.ts';
import type { PriceBook } from './price-book.ts';
import { readAnswers, readSavings, type ComparedAnswer, type Savings } from './savings.store.ts';
import { monthOf } from './spend.store.ts';
import { readUsage, type Span, type UsageKey, type UsageRow } from './usage.store.ts';

export interface Money {
  /**
   * Puts a call of a model on record and gives what it costs. A call that is told twice counts once; what a provider told
   * that cannot be is mended and marked as estimated. It is on disk with the next commit that waits for the disk, such as
   * that of the answer. Errors: `unprocessable` for an id that is no UUID.
   */
  recordModelCall(ctx: Ctx, call: ModelCallInput): Promise<RecordedCost>;
  /** As `recordModelCall`, for a caller that has something else to put on record with it. */
  priceModelCall(ctx: Ctx, call: ModelCallInput): Promise<PricedModelCall>;
  /** What models used and cost in a span. Errors: `unprocessable` for a span longer than 400 days. */
  usage(
    ctx: Ctx,
    query: Span & { readonly by: UsageKey; readonly conversation?: string | null; readonly run?: string | null },
  ): Promise<UsageRow[]>;
  /** What code kept out, measured, and what the traditional way would have cost, estimated; losses included. */
  savings(ctx: Ctx, span: Span): Promise<Savings>;
  /** The answers of a conversation, or one run from outside, each beside the other way. */
  comparedAnswers(
    ctx: Ctx,
    of: { readonly conversation: string } | { readonly run: string },
  ): Promise<ComparedAnswer[]>;
}

const LONGEST_SPAN_MS = 400 * 86_400_000;

function requireSpan({ from, to }: Span): void {
  if (!(from < to) || to.getTime() - from.getTime() > LONGEST_SPAN_MS)
    throw new AppError('unprocessable', 'from lies before to, at most 400 days.', { path: 'from' });
}

interface MoneyOptions {
  readonly database: Pick<Database, 'inTenant' | 'exchange'>;
  readonly prices: PriceBook;
  readonly budgets: ReturnType<typeof createBudgets>;
}

export function createMoney({ database, prices, budgets }: MoneyOptions): Money {
  async function priceModelCall(ctx: Ctx, call: ModelCallInput): Promise<PricedModelCall> {
    if (!isUuid(call.id)) throw new AppError('unprocessable', 'A model call is named by a UUID.', { path: 'id' });
    const { provider, model, startedAt } = call;
    const known = call.scripted ? undefined : await prices.find(ctx, { provider, model, at: startedAt });
    const { cost, statements } = modelCallStatements(ctx, { call, known });
    return {
      ...cost,
      statements,
      async recorded(answers) {
        if (hasReached(answers)) await budgets.tellOfSpending(ctx, monthOf(startedAt));
      },
    };
  }

  return {
    async usage(ctx, query) {
      requireSpan(query);
      return readUsage(database, ctx, query);
    },
    async savings(ctx, span) {
      requireSpan(span);
      return readSavings(database, ctx, span);
    },
    comparedAnswers: (ctx, of) => readAnswers(database, ctx, of),
    priceModelCall,
    async recordModelCall(ctx, call) {
      const { costMicros, priceId, statements, recorded } = await priceModelCall(ctx, call);
      await recorded(await database.exchange(ctx, statements, { durable: false }));
      return { costMicros, priceId };
    },
  };
}
