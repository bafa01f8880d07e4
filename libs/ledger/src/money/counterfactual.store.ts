import type { Arm, Ctx } from '@switchyard/kernel';
import { insertion, Prisma, type Statement } from '@switchyard/database';
import { storableText } from '../storable.ts';
import type { Counterfactual } from './counterfactual.ts';
import { price, type PriceTier, type Usage } from './price.ts';

export interface CounterfactualOf {
  readonly id: string;
  readonly at: Date;
  readonly kind: 'answer' | 'run';
  readonly arm: Arm | null;
  readonly purpose: string;
  readonly conversation: string | null;
  readonly provider: string | null;
  readonly model: string | null;
  readonly scripted: boolean;
  /** Null: tokens alone, no money. */
  readonly price: { readonly id: string; readonly tiers: readonly PriceTier[] } | null;
}

const sum = (calls: readonly Usage[], part: keyof Usage): bigint =>
  calls.reduce((total, call) => total + BigInt(call[part]), 0n);

/** Every turn is priced by itself: the tier is chosen by the prompt of one call. */
export const costOf = (calls: readonly Usage[], at: { readonly tiers: readonly PriceTier[] } | null): bigint | null =>
  at === null ? null : calls.reduce((total, call) => total + price(call, at), 0n);

/** As rows of numbers, in the order of `fromRow`. */
const toRows = (calls: readonly Usage[]): Prisma.InputJsonArray =>
  calls.map((call) => [call.inputTokens, call.cachedInputTokens, call.outputTokens, call.reasoningTokens]);

export const fromRow = ([input = 0, cached = 0, output = 0, reasoning = 0]: readonly number[]): Usage => ({
  inputTokens: input,
  cachedInputTokens: cached,
  outputTokens: output,
  reasoningTokens: reasoning,
});

/** Nothing is written twice. */
export function counterfactualStatements(
  { tenantId }: Pick<Ctx, 'tenantId'>,
  { of, is }: { of: CounterfactualOf; is: Counterfactual },
): readonly Statement[] {
  const { id, at, arm, scripted } = of;
  const row = {
    id,
    tenantId,
    at,
    kind: of.kind,
    arm,
    purpose: of.purpose,
    conversation: of.conversation === null ? null : storableText(of.conversation),
    provider: of.provider,
    model: of.model,
    scripted,
    definitionTokens: is.definitionTokens,
    resultTokens: is.resultTokens,
    usedInputTokens: sum(is.used, 'inputTokens'),
    usedOutputTokens: sum(is.used, 'outputTokens'),
    usedCostMicros: costOf(is.used, of.price),
    otherInputTokens: sum(is.turns, 'inputTokens'),
    otherOutputTokens: sum(is.turns, 'outputTokens'),
    otherCostMicros: costOf(is.turns, of.price),
    turns: toRows(is.turns),
    used: toRows(is.used),
    priceId: of.price?.id ?? null,
  };
  const tools = is.tools.map((share) => ({
    counterfactualId: id,
    tenantId,
    tool: storableText(share.tool),
    at,
    arm,
    scripted,
    calls: share.calls,
    resultTokens: share.resultTokens,
    otherInputTokens: BigInt(share.otherInputTokens),
  }));
  const once = { rest: Prisma.sql`ON CONFLICT DO NOTHING` };
  return [
    insertion('counterfactual', { rows: [row], ...once }),
    ...(tools.length === 0 ? [] : [insertion('counterfactual_tool', { rows: tools, ...once })]),
  ];
}
