import { countTokens } from '@switchyard/ledger';
import { z } from 'zod';
import type { TurnChoice, Usage } from '../wire/turn.ts';
import type { ModelParams } from './model.ts';

/** More than any model takes: a figure above it is a mistake of the endpoint. */
const MOST_TOKENS = 100_000_000;

const count = z.number().int().min(0).max(MOST_TOKENS);
const detail = (name: string) =>
  z
    .looseObject({ [name]: count.nullish().catch(null) })
    .nullish()
    .catch(null);
const WireUsage = z.looseObject({
  prompt_tokens: count,
  completion_tokens: count,
  prompt_tokens_details: detail('cached_tokens'),
  completion_tokens_details: detail('reasoning_tokens'),
});

/** The endpoint's own figures, or ours where it gives none that can be. */
export function usageOf(
  reported: unknown,
  params: ModelParams,
  choices: readonly TurnChoice[],
): { readonly usage: Usage; readonly usageEstimated: boolean } {
  const parsed = WireUsage.safeParse(reported);
  if (parsed.success && parsed.data.prompt_tokens > 0) {
    const {
      prompt_tokens,
      completion_tokens,
      prompt_tokens_details: input,
      completion_tokens_details: output,
    } = parsed.data;
    const usage = {
      inputTokens: prompt_tokens,
      cachedInputTokens: Math.min(prompt_tokens, Number(input?.['cached_tokens'] ?? 0)),
      outputTokens: completion_tokens,
      reasoningTokens: Math.min(completion_tokens, Number(output?.['reasoning_tokens'] ?? 0)),
    };
    return { usage, usageEstimated: false };
  }
  const inputTokens = countTokens(JSON.stringify([params.messages, params['tools'] ?? []])).tokens;
  const outputTokens = countTokens(choices.map(({ message }) => JSON.stringify(message)).join('\n')).tokens;
  return { usage: { inputTokens, cachedInputTokens: 0, outputTokens, reasoningTokens: 0 }, usageEstimated: true };
}
