import type { Ctx } from '@switchyard/kernel';
import { insertion, Prisma, type Rows, type Statement } from '@switchyard/database';
import { storableText } from '../storable.ts';
import { DEFAULT_BUDGET } from './budget.store.ts';
import { counterfactualStatements } from './counterfactual.store.ts';
import type { ModelCallInput, RecordedCost } from './model-call.ts';
import type { KnownPrice } from './price-book.ts';
import { possibleUsage, price } from './price.ts';
import { monthOf } from './spend.store.ts';

const whole = (ms: number): number => Math.min(Math.max(Math.round(ms), 0), 2_147_483_647) || 0;
const text = (value: string | null | undefined): string | null => (value == null ? null : storableText(value));

/**
 * The call, what it adds to its month, and its counterfactual: nothing of it where the call is on record already. The first
 * answers whether the month has reached a threshold that was not told: `hasReached` reads it.
 */
export function modelCallStatements(
  ctx: Ctx,
  { call, known }: { call: ModelCallInput; known: KnownPrice | undefined },
): { readonly cost: RecordedCost; readonly statements: readonly Statement[] } {
  const { usage, changed } = possibleUsage(call.usage);
  const cost: RecordedCost = known
    ? { costMicros: price(usage, known), priceId: known.id }
    : { costMicros: null, priceId: null };
  const row = {
    ...usage,
    ...cost,
    id: call.id,
    tenantId: ctx.tenantId,
    conversation: text(call.conversation),
    runId: call.runId ?? null,
    arm: call.arm,
    purpose: call.purpose,
    provider: storableText(call.provider),
    model: storableText(call.model),
    scripted: call.scripted,
    usageEstimated: call.usageEstimated || changed,
    status: call.status,
    errorCode: text(call.errorCode),
    traceId: storableText(ctx.traceId),
    startedAt: call.startedAt,
    durationMs: whole(call.durationMs),
    firstTokenMs: call.firstTokenMs === null ? null : whole(call.firstTokenMs),
  };
  const rest = Prisma.sql`ON CONFLICT DO NOTHING RETURNING cost_micros`;
  const recorded = Prisma.sql`
    WITH made AS (${insertion('model_call', { rows: [row], rest })}), spent AS (
      INSERT INTO spend_month (tenant_id, month, cost_micros, alerted)
      SELECT ${ctx.tenantId}::uuid, ${monthOf(call.startedAt)}::date, cost_micros, '{}' FROM made WHERE cost_micros > 0
      ON CONFLICT (tenant_id, month) DO UPDATE SET cost_micros = spend_month.cost_micros + excluded.cost_micros
      RETURNING cost_micros, alerted
    )
    SELECT EXISTS (
      SELECT FROM spent LEFT JOIN budget ON true,
        LATERAL unnest(ARRAY[coalesce(pilot_micros, ${DEFAULT_BUDGET.pilotMicros}), coalesce(strong_micros, ${DEFAULT_BUDGET.strongMicros})]) AS threshold
      WHERE spent.cost_micros >= threshold AND threshold <> ALL (alerted)
    ) AS reached`;
  return { cost, statements: [recorded, ...answersCounterfactual(ctx, call, known)] };
}

export const hasReached = ([spending]: readonly Rows[]): boolean => spending?.[0]?.['reached'] === true;

/** Shadow answers and comparisons are experiments: no traffic was saved by them. */
function answersCounterfactual(ctx: Ctx, call: ModelCallInput, known: KnownPrice | undefined): readonly Statement[] {
  if (!call.counterfactual || call.purpose !== 'chat') return [];
  const { id, arm, purpose, conversation, provider, model, scripted, startedAt: at } = call;
  const of = { id, at, kind: 'answer' as const, arm, purpose, conversation, provider, model, scripted };
  return counterfactualStatements(ctx, { of: { ...of, price: known ?? null }, is: call.counterfactual });
}
