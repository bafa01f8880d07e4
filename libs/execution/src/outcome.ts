import { z } from 'zod';

export const STAGES = ['syntax', 'imports', 'patterns', 'whole'] as const;
export type Stage = (typeof STAGES)[number];

/** What is wrong with code before it runs. Line and column are 1-based and those of the code as it was sent. */
export const findingSchema = z.object({
  stage: z.enum(STAGES),
  code: z.string(),
  message: z.string(),
  line: z.number().int().min(1),
  column: z.number().int().min(1),
  /** What to write instead. */
  hint: z.string(),
  /** `error` refuses the code. A `warning` is told beside whatever the run gives. */
  severity: z.enum(['error', 'warning']),
});
export type Finding = Readonly<z.infer<typeof findingSchema>>;

export const usageSchema = z.object({
  durationMs: z.number(),
  /** 0 where the machine has no /proc. */
  cpuMs: z.number(),
  /** Peak resident memory of the sandbox, its own idle memory (about 50 MB) included. 0 where there is no /proc. */
  peakMemoryBytes: z.number(),
  calls: z.number().int(),
  /** The code's own time, as its limit counts it. */
  ownTimeMs: z.number().optional(),
  /** Before it began: for a place, and for a sandbox. */
  queuedMs: z.number().optional(),
});
export type Usage = Readonly<z.infer<typeof usageSchema>>;

export const LIMIT_KINDS = ['time', 'deadline', 'memory', 'calls', 'logs', 'result'] as const;
export type LimitKind = (typeof LIMIT_KINDS)[number];

/** Everything of an outcome but the result's JSON, which travels as raw bytes. */
export const outcomeHeadSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('done'), bytes: z.number().int(), usage: usageSchema }),
  z.object({ status: z.literal('rejected'), findings: z.array(findingSchema), usage: usageSchema }),
  z.object({
    status: z.literal('failed'),
    error: z.object({ name: z.string(), message: z.string(), stack: z.string() }),
    usage: usageSchema,
  }),
  z.object({ status: z.literal('limit'), limit: z.enum(LIMIT_KINDS), message: z.string(), usage: usageSchema }),
  z.object({ status: z.literal('crashed'), reason: z.string(), usage: usageSchema }),
]);
type OutcomeHead = z.infer<typeof outcomeHeadSchema>;

/**
 * How a run ended. `rejected`: the code was refused before it ran. `failed`: the code is at fault, and its error may be
 * shown to whoever wrote it. `limit`: it was stopped at a limit. `crashed`: the sandbox, not the code, gave up, or the
 * run was cancelled.
 */
export type RunOutcome =
  | Exclude<OutcomeHead, { status: 'done' }>
  | (Extract<OutcomeHead, { status: 'done' }> & {
      /** The value as JSON text, never parsed on the way. */ json: string;
    });

export const NO_USAGE: Usage = { durationMs: 0, cpuMs: 0, peakMemoryBytes: 0, calls: 0 };
export const CANCELLED = 'The run was cancelled.';
/** Why calls of a run are given up that has ended. One for all: a reason that is made anew costs more than the abort. */
export const RUN_ENDED = new DOMException('The run has ended.', 'AbortError');
