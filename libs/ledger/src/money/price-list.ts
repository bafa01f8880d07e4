import type { PriceTier } from './price.ts';

/** A price of the shipped list. The list only ever grows: a cost that was computed names its row for good. */
export interface ListedPrice {
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  readonly validFrom: Date;
  readonly tiers: readonly PriceTier[];
  /** The provider's own page, where the operator checks it. */
  readonly sourceUrl: string;
  /** The day of the copy of that page which the row was taken from. */
  readonly sourceDate: Date;
}

/**
 * Copied in March to June 2026 from public lists that name the providers' pages, not read on the pages themselves; such
 * lists err. Every row is shown as "not checked" until the tenant has a row of its own for the model.
 */
const RELEASE = '2026-06';
const VALID_FROM = new Date('2026-01-01T00:00:00Z');
const SOURCES = {
  openai: { url: 'https://openai.com/api/pricing/', date: new Date('2026-03-31T00:00:00Z') },
  google: { url: 'https://ai.google.dev/gemini-api/docs/pricing', date: new Date('2026-06-17T00:00:00Z') },
} as const;

const dollars = (amount: number): bigint => BigInt(Math.round(amount * 1_000_000));

/** In dollars for a million tokens, as the pages have it: input, cached input, output; above so many input tokens. */
type Rates = readonly [input: number, cached: number | null, output: number, above?: number];

const row = (provider: keyof typeof SOURCES, model: string, ...rates: readonly Rates[]): ListedPrice => ({
  id: `list:${RELEASE}:${provider}/${model}`,
  provider,
  model,
  validFrom: VALID_FROM,
  tiers: rates.map(([input, cached, output, aboveInputTokens = 0]) => ({
    aboveInputTokens,
    inputMicros: dollars(input),
    cachedInputMicros: cached === null ? null : dollars(cached),
    outputMicros: dollars(output),
    reasoningMicros: null,
  })),
  sourceUrl: SOURCES[provider].url,
  sourceDate: SOURCES[provider].date,
});

export const PRICE_LIST: readonly ListedPrice[] = [
  row('openai', 'gpt-5.4', [2.5, 0.25, 15]),
  row('openai', 'gpt-5.4-mini', [0.75, 0.075, 4.5]),
  row('openai', 'gpt-5.1', [1.25, 0.125, 10]),
  row('openai', 'gpt-5', [1.25, 0.125, 10]),
  row('openai', 'gpt-5-mini', [0.25, 0.025, 2]),
  row('openai', 'gpt-5-nano', [0.05, 0.005, 0.4]),
  row('openai', 'gpt-4.1', [2, 0.5, 8]),
  row('openai', 'gpt-4.1-mini', [0.4, 0.1, 1.6]),
  row('openai', 'gpt-4.1-nano', [0.1, 0.025, 0.4]),
  row('openai', 'gpt-4o', [2.5, 1.25, 10]),
  row('openai', 'gpt-4o-2024-05-13', [5, null, 15]),
  row('openai', 'gpt-4o-mini', [0.15, 0.075, 0.6]),
  row('openai', 'o3', [2, 0.5, 8]),
  row('openai', 'o4-mini', [1.1, 0.275, 4.4]),
  row('openai', 'text-embedding-3-small', [0.02, null, 0]),
  row('openai', 'text-embedding-3-large', [0.13, null, 0]),
  row('google', 'gemini-2.5-pro', [1.25, 0.125, 10], [2.5, 0.25, 15, 200_000]),
];
