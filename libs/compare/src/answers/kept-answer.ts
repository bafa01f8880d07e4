import type { Ctx } from '@switchyard/kernel';
import { storable } from '@switchyard/ledger';
import { createMasker, type Masker } from '@switchyard/privacy';
import { z } from 'zod';
import type { ArmAnswer } from './arm-answer.ts';

const TEXT_BYTES = 16 * 1024;
const MOST_TOOLS = 100;

/** An answer as it is stored: masked, bounded, JSON. */
export const KeptAnswer = z.object({
  text: z.string(),
  tools: z.array(z.string()),
  calls: z.number(),
  denied: z.boolean(),
  runs: z.array(z.string()),
  modelCalls: z.number(),
  inputTokens: z.number(),
  cachedInputTokens: z.number(),
  outputTokens: z.number(),
  reasoningTokens: z.number(),
  usageEstimated: z.boolean(),
  latencyMs: z.number(),
  /** Whole micro-dollars as text: JSON has no big integers. */
  costMicros: z.string().nullable(),
  model: z.string().nullable(),
  scripted: z.boolean(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type KeptAnswer = z.infer<typeof KeptAnswer>;

/** Gives a masker that knows the tenant's own kinds of private data. */
export type MaskerOf = (ctx: Pick<Ctx, 'tenantId'>) => Promise<Masker>;

/** One for everything of a conversation, so that the same address is the same token in the question and both answers. */
export const keeper = (masker: Masker = createMasker()) => {
  const text = (given: string): string => {
    const value = storable(masker.preview(given, TEXT_BYTES).value);
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
  return {
    text,
    answer: ({ usage, costMicros, error, tools, runs, ...answer }: ArmAnswer): KeptAnswer => ({
      ...answer,
      text: text(answer.text),
      tools: tools.slice(0, MOST_TOOLS),
      runs: [...runs],
      inputTokens: usage.inputTokens,
      cachedInputTokens: usage.cachedInputTokens,
      outputTokens: usage.outputTokens,
      reasoningTokens: usage.reasoningTokens,
      usageEstimated: usage.estimated,
      latencyMs: Math.round(answer.latencyMs),
      costMicros: costMicros === null ? null : String(costMicros),
      error: error && { code: error.code, message: text(error.message) },
    }),
  };
};

/** All tokens that were read or written for an answer, cached ones included. */
export const tokensOf = ({ inputTokens, outputTokens }: Pick<KeptAnswer, 'inputTokens' | 'outputTokens'>): number =>
  inputTokens + outputTokens;
