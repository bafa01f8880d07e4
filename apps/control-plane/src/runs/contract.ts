import { TIERS } from '@switchyard/runs';
import { z } from 'zod';

const RUN_STATUSES = ['running', 'awaiting_approval', 'done', 'rejected', 'failed', 'limit', 'crashed'] as const;
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

const Body = z.strictObject({
  code: z
    .string()
    .min(1)
    .optional()
    .describe('TypeScript; see docs/guides/integrators.md for what it may look like. Either this or skill.'),
  skill: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9]{0,63}(@[1-9]\d{0,3})?$/, 'the name of a skill, as in topSellers or topSellers@3')
    .optional()
    .describe('a saved skill to run in the place of code'),
  input: z.json().optional().describe('what the skill is given'),
  language: z.enum(['typescript', 'javascript']).default('typescript'),
  limits: LimitsBody.optional(),
  tier: z
    .enum(TIERS)
    .optional()
    .describe(
      'strict: a process of its own, always allowed. session: the process of the last run of this conversation, where the tenant has turned MCP_STRICT_SANDBOX off. What the tenant has chosen unless said.',
    ),
  conversation: z.string().min(1).max(200).optional().describe('groups runs that belong to one conversation'),
});
export const ExecutionBody = Body.superRefine(({ code, skill, input }, refinement) => {
  if ((code === undefined) === (skill === undefined))
    refinement.addIssue({ code: 'custom', path: ['code'], message: 'give either code or skill' });
  if (input !== undefined && skill === undefined)
    refinement.addIssue({ code: 'custom', path: ['input'], message: 'only a skill takes an input' });
});
export type ExecutionBody = z.infer<typeof ExecutionBody>;

export const ReplayBody = z.strictObject({
  code: z.string().min(1).max(MAX_CODE_BYTES).optional().describe('in the place of what ran, to try a correction'),
});
export type ReplayBody = z.infer<typeof ReplayBody>;

export const ExecutionsQuery = z.strictObject({
  cursor: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(100).default(25),
  status: z.enum(RUN_STATUSES).optional(),
});
export type ExecutionsQuery = z.infer<typeof ExecutionsQuery>;

const Finding = z.object({
  stage: z.enum(['syntax', 'imports', 'patterns', 'whole']),
  code: z.string(),
  message: z.string(),
  line: z.number().int(),
  column: z.number().int(),
  hint: z.string().optional(),
  /** An error refuses the code; a warning stands beside whatever the run gave. */
  severity: z.enum(['error', 'warning']).optional(),
});

/** Code failed: name, message, stack. It was stopped: limit, message. The sandbox gave up: reason. */
const RunError = z
  .object({ name: z.string(), message: z.string(), stack: z.string(), limit: z.string(), reason: z.string() })
  .partial();

const Handle = z.object({
  handle: z.string().describe('for workspace.open(handle), and for GET /v1/executions/<handle>/result'),
  bytes: z.number().int(),
  rows: z.number().int().nullable(),
  expiresAt: z.string(),
});

/** What `POST /v1/executions` answers; also the output schema of the MCP tool execute_code. */
export const ExecutionAnswer = z.object({
  id: z.string(),
  status: z.enum(RUN_STATUSES),
  result: z.unknown().describe('what the code returned; null unless done'),
  handle: Handle.nullish().describe('set when the result is too large to send; result is then a preview'),
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
  approvals: z
    .array(
      z.object({
        id: z.string(),
        tool: z.string(),
        risk: z.string(),
        reasons: z.array(z.string()),
        persons: z.number().int(),
        expiresAt: z.string(),
      }),
    )
    .optional()
    .describe('of awaiting_approval: whose decision it waits for; it goes on by itself, so ask for it again'),
});
export type ExecutionAnswer = z.infer<typeof ExecutionAnswer>;

const Part = <Value extends z.ZodType>(value: Value) => z.object({ same: z.boolean(), before: value, after: value });

/** What `POST /v1/executions/{id}/replay` answers. */
export const ReplayAnswer = ExecutionAnswer.pick({
  status: true,
  result: true,
  error: true,
  logs: true,
  findings: true,
}).extend({
  id: z.string().describe('the run that was replayed; a replay is no run of its own'),
  usage: z.object({ durationMs: z.number(), cpuMs: z.number(), peakMemoryBytes: z.number() }),
  diff: z.object({
    same: z.boolean(),
    status: Part(z.string()),
    result: Part(z.unknown()).describe('masked and bounded; same is of the whole where that is on record'),
    logs: Part(z.array(z.string())),
    calls: z.array(
      z.object({
        tool: z.string(),
        outcome: z.enum(['recorded', 'diverged', 'left_out']),
        seq: z.number().int().nullable(),
        args: z.unknown(),
      }),
    ),
    notMade: z.array(z.object({ tool: z.string(), seq: z.number().int() })),
  }),
});
export type ReplayAnswer = z.infer<typeof ReplayAnswer>;

export const FileList = z.object({
  files: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['text', 'json']),
      bytes: z.number().int(),
      updatedAt: z.string(),
      expiresAt: z.string(),
    }),
  ),
});
export type FileList = z.infer<typeof FileList>;

export const FileQuery = z.strictObject({ name: z.string().min(1).max(200) });
export type FileQuery = z.infer<typeof FileQuery>;
