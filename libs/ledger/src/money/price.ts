import { divideRounded } from './dollars.ts';

/** Prices in micro-dollars for a million tokens: $2.50 is 2,500,000. */
export interface PriceTier {
  /** The tier of prompts with more input tokens than this; the first tier's is 0. */
  readonly aboveInputTokens: number;
  readonly inputMicros: bigint;
  /** Null: as input. */
  readonly cachedInputMicros: bigint | null;
  readonly outputMicros: bigint;
  /** Null: as output. */
  readonly reasoningMicros: bigint | null;
}

export interface Usage {
  /** Cached ones included. */
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  /** Reasoning included. */
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

/** Of one call: the tier is chosen by its whole prompt, and holds for all of its tokens. */
export function tierFor(inputTokens: number, tiers: readonly PriceTier[]): PriceTier {
  const fitting = tiers.filter((tier) => tier.aboveInputTokens === 0 || inputTokens > tier.aboveInputTokens);
  const [first, ...rest] = fitting;
  if (!first) throw new Error('a price has a tier for the smallest prompt');
  return rest.reduce((best, tier) => (tier.aboveInputTokens > best.aboveInputTokens ? tier : best), first);
}

const MILLION = 1_000_000n;

/**
 * What one call cost, in micro-dollars. Exact until the one rounding at its end, half up: off by at most half a
 * micro-dollar a call. `usage` must be possible (see `possibleUsage`).
 */
export function price(usage: Usage, { tiers }: { readonly tiers: readonly PriceTier[] }): bigint {
  const tier = tierFor(usage.inputTokens, tiers);
  const fresh = BigInt(usage.inputTokens - usage.cachedInputTokens);
  const plain = BigInt(usage.outputTokens - usage.reasoningTokens);
  const exact =
    fresh * tier.inputMicros +
    BigInt(usage.cachedInputTokens) * (tier.cachedInputMicros ?? tier.inputMicros) +
    plain * tier.outputMicros +
    BigInt(usage.reasoningTokens) * (tier.reasoningMicros ?? tier.outputMicros);
  return divideRounded(exact, MILLION);
}

/** More than any context holds, and what the column takes. */
const MOST_TOKENS = 2_000_000_000;

const count = (tokens: number): number =>
  Number.isFinite(tokens) ? Math.min(Math.max(Math.round(tokens), 0), MOST_TOKENS) : 0;

/**
 * A provider's numbers as they can be at all: whole, not negative, the cached and reasoning ones no more than the whole
 * they are a part of. `changed` says that they were not so.
 */
export function possibleUsage(told: Usage): { readonly usage: Usage; readonly changed: boolean } {
  const inputTokens = count(told.inputTokens);
  const outputTokens = count(told.outputTokens);
  const usage = {
    inputTokens,
    cachedInputTokens: Math.min(count(told.cachedInputTokens), inputTokens),
    outputTokens,
    reasoningTokens: Math.min(count(told.reasoningTokens), outputTokens),
  };
  const changed = (Object.keys(usage) as (keyof Usage)[]).some((part) => usage[part] !== told[part]);
  return { usage, changed };
}

const RATES = ['inputMicros', 'cachedInputMicros', 'outputMicros', 'reasoningMicros'] as const;
const FACTOR = 10n;

const rate = (tier: PriceTier, name: (typeof RATES)[number]): bigint =>
  tier[name] ?? (name === 'cachedInputMicros' ? tier.inputMicros : tier.outputMicros);

/**
 * Why a person must look at a price before it counts: some rate of it is more than ten times, or less than a tenth of,
 * what it was, or one of the two is nothing. Undefined where nobody must.
 */
export function doubtOf(tiers: readonly PriceTier[], before: readonly PriceTier[]): string | undefined {
  for (const tier of tiers)
    for (const name of RATES) {
      const [was, now] = [rate(tierFor(tier.aboveInputTokens + 1, before), name), rate(tier, name)];
      if ((was === 0n) !== (now === 0n)) return `${name} goes ${now === 0n ? 'to' : 'from'} nothing (${was} → ${now})`;
      if (now > was * FACTOR || now * FACTOR < was) return `${name} changes more than tenfold (${was} → ${now})`;
    }
  return undefined;
}
