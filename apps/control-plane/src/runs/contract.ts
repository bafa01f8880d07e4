import { z } from 'zod';

export const MAX_CODE_BYTES = 256 * 1024;

/** Limits a caller may set for one run; each is capped by the tenant's own. */
export const LimitsBody = z
  .strictObject({
    timeMs: z.number().int().min(100).max(120_000),
    totalMs: z.number().int().min(100).max(600_000),
    memoryMb: z.number().int().min(64).max(512),
    calls: z.number().int().min(0).max(1_000),
    resultBytes: z
      .number()
      .int()
      .min(1_024)
      .max(4 * 1024 * 1024),
  })
  .partial();

export const ExecutionBody = z.strictObject({
  code: z.string().min(1).describe('TypeScript; see docs/guides/integrators.md for what it may look like'),
  language: z.enum(['typescript', 'javascript']).default('typescript'),
  limits: LimitsBody.optional(),
  conversation: z.string().min(1).max(200).optional().describe('groups runs that belong to one conversation'),
});
export type ExecutionBody = z.infer<typeof ExecutionBody>;

export const ExecutionsQuery = z.strictObject({
  cursor: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(100).default(25),
  status: z.enum(['running', 'done', 'rejected', 'failed', 'limit', 'crashed']).optional(),
});
export type ExecutionsQuery = z.infer<typeof ExecutionsQuery>;

const Finding = z.object({
  stage: z.enum(['syntax', 'imports', 'patterns', 'whole']),
  code: z.string(),
  message: z.string(),
  line: z.number().int(),
  column: z.number().int(),
  hint: z.string().optional(),
});

/** Code failed: name, message, stack. It was stopped: limit, message. The sandbox gave up: reason. */
const RunError = z
  .object({ name: z.string(), message: z.string(), stack: z.string(), limit: z.string(), reason: z.string() })
  .partial();

/** What `POST /v1/executions` answers; also the output schema of the MCP tool execute_code. */
export const ExecutionAnswer = z.object({
  id: z.string(),
  status: z.enum(['running', 'done', 'rejected', 'failed', 'limit', 'crashed']),
  result: z.unknown().describe('what the code returned; null unless done'),
  error: RunError.nullish().describe('unless done or rejected'),
  logs: z.array(z.object({ stream: z.string(), text: z.string(), at: z.number() })),
  findings: z.array(Finding),
  calls: z.array(z.object({ tool: z.string(), status: z.string(), durationMs: z.number(), tokens: z.number() })),
  usage: z.object({
    durationMs: z.number(),
    cpuMs: z.number(),
    peakMemoryBytes: z.number(),
    calls: z.number(),
    tokens: z.object({ returned: z.number(), keptOut: z.number() }),
  }),
  traceId: z.string(),
});
export type ExecutionAnswer = z.infer<typeof ExecutionAnswer>;
