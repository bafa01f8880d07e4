import { REPORT_KEYS, REPORT_SUBJECTS } from '@switchyard/ledger';
import { z } from 'zod';

const day = z.iso.date();
const span = {
  from: day.optional().describe('First day, UTC, such as 2026-11-01. Left out: six days before `to`.'),
  to: day.optional().describe('Last day, UTC, included. Left out: today.'),
};
const asked = { from: z.string().describe('First day, UTC.'), to: z.string().describe('Last day, UTC, included.') };
const asOf = z.string().describe('When it was counted, ISO 8601. What came in since may be missing, for some seconds.');
const count = z.number().int();
const usd = z.number().nullable().describe('US dollars; null where nothing had a price.');
const ms = z.number().nullable().describe('Milliseconds; null where there is nothing to measure.');
const scripted = z.boolean().describe('true: of the scripted stand-in, which is no model’s result.');

export const metricsInput = z.object(span);
export const metricsOutput = z.object({
  ...asked,
  asOf,
  runs: z
    .object({ ended: count, failedShare: z.number().describe('0 to 1.'), p50Ms: ms, p95Ms: ms, deniedCalls: count })
    .describe('Code that ran.'),
  tokens: z.object({
    returned: count.describe('That code gave back to the model.'),
    keptOut: count.describe('Of tool results that stayed in the sandbox.'),
  }),
  models: z.array(
    z.object({ scripted, calls: count, errors: count, inputTokens: count, outputTokens: count, costUsd: usd }),
  ),
  savings: z
    .array(
      z.object({
        scripted,
        answers: count,
        usedTokens: count,
        estimatedOtherTokens: count.describe('What the traditional way would have used: an estimate.'),
        savedTokens: z.number().int().describe('Negative: the code way took more.'),
      }),
    )
    .describe('Answers beside the traditional way.'),
  tools: z
    .array(z.object({ tool: z.string(), calls: count, failed: count, p50Ms: ms, p95Ms: ms }))
    .describe('The ten most called by code.'),
  events: z.array(z.object({ name: z.string(), events: count })).describe('The ten most told by logAnalytics.'),
});

const name = z
  .string()
  .regex(/^[a-z][a-z0-9_.]{0,63}$/, 'small letters, digits, _ and ., at most 64')
  .describe('Such as checkout.started.');

export const reportInput = z.object({
  of: z
    .enum([...REPORT_SUBJECTS, 'events'])
    .describe(
      'calls: of tools by code. runs: of code. models: calls of models. savings: beside the traditional way. events: of logAnalytics.',
    ),
  by: z
    .array(z.enum([...REPORT_KEYS, 'name']))
    .max(3)
    .default(['day'])
    .describe(
      'One row for each: calls and savings by day, tool, arm; runs and models by day, arm; events by day, name.',
    ),
  ...span,
  limit: z.number().int().min(1).max(1_000).default(200).describe('Rows at most.'),
});
export const reportOutput = z.object({
  of: z.string(),
  ...asked,
  asOf,
  cached: z.boolean(),
  total: count.describe('Rows there are without `limit`.'),
  rows: z.array(
    z.object({
      day: z.string().optional(),
      tool: z.string().optional().describe('server.tool'),
      arm: z.string().nullable().optional().describe('null: code from outside a chat.'),
      name: z.string().optional(),
      scripted: scripted.optional(),
      measures: z
        .record(z.string(), z.number().nullable())
        .describe('By name; …Ms are milliseconds, …Usd dollars, estimated… estimates. null: nothing to measure.'),
    }),
  ),
});

export const conversationInput = z.object({
  conversation: z.string().min(1).max(200).describe('The conversation’s id, as the app or the console names it.'),
});
export const conversationOutput = z.object({
  conversation: z.string(),
  arm: z.string().nullable(),
  scripted,
  startedAt: z.string(),
  lastAt: z.string(),
  messages: z.object({ user: count, assistant: count }),
  answers: z.object({ ok: count, error: count, cancelled: count, fallbacks: count, p50Ms: ms, maxMs: ms }),
  tokens: z.object({ prompt: count, completion: count }),
  costUsd: usd,
  runs: z.object({ ended: count, done: count, calls: count, deniedCalls: count }),
  tools: z.array(z.object({ tool: z.string(), calls: count, failed: count, p50Ms: ms })),
  feedback: z.object({ complaints: count, praises: count, corrections: count }),
  findings: z
    .array(z.enum(['complained', 'answer_failed', 'fell_back', 'slow_answer', 'code_failed', 'call_denied']))
    .describe('What is worth a look. slow_answer: one took over 10 s.'),
});

export const logInput = z.object({
  events: z
    .array(
      z.object({
        name,
        at: z.iso.datetime({ offset: true }).optional().describe('When it happened; now if left out.'),
        value: z.number().optional().describe('Summed and averaged in reports.'),
        properties: z
          .record(z.string().max(64), z.union([z.string().max(500), z.number(), z.boolean()]))
          .default({})
          .refine((properties) => Object.keys(properties).length <= 20, 'at most 20')
          .describe('At most 20. Private data in them is replaced before they are kept.'),
        key: z.string().min(1).max(200).optional().describe('Of your own: told twice, it counts once.'),
      }),
    )
    .min(1)
    .max(100),
});
export const logOutput = z.object({ stored: count, alreadyKnown: count.describe('Told before under the same key.') });
