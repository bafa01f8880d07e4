import type { PriceTierInput } from '../../gql/graphql.ts';
import { microsOf, wholeOf } from '../../ui/numbers.ts';

/** A tier as it is typed: dollars for a million tokens. */
export interface TierDraft {
  readonly above: string;
  readonly input: string;
  readonly cached: string;
  readonly output: string;
  readonly reasoning: string;
}

export const NEW_TIER: TierDraft = { above: '0', input: '', cached: '', output: '', reasoning: '' };

const optional = (text: string): number | null | undefined => (text.trim() === '' ? null : microsOf(text));

/** Undefined while something of it is missing, or no number. */
export function tierOf(draft: TierDraft): PriceTierInput | undefined {
  const aboveInputTokens = wholeOf(draft.above);
  const [inputMicros, outputMicros] = [microsOf(draft.input), microsOf(draft.output)];
  const [cachedInputMicros, reasoningMicros] = [optional(draft.cached), optional(draft.reasoning)];
  if (aboveInputTokens === undefined || inputMicros === undefined || outputMicros === undefined) return undefined;
  if (cachedInputMicros === undefined || reasoningMicros === undefined) return undefined;
  return { aboveInputTokens, inputMicros, cachedInputMicros, outputMicros, reasoningMicros };
}
