import { createHash } from 'node:crypto';
import { AppError } from '@switchyard/kernel';
import { z } from 'zod';

export const REVIEW_REASONS = [
  'destructive',
  'denied',
  'blocked',
  'first_use',
  'new_shape',
  'sample',
  'asked',
] as const;
export type ReviewReason = (typeof REVIEW_REASONS)[number];

const Rules = z.strictObject({
  /** Runs that called a tool which may destroy something, or does not say. */
  destructive: z.boolean(),
  /** Runs in which policy denied a call, and those that were blocked. */
  denied: z.boolean(),
  /** Runs that used a tool which no run of the tenant used before. */
  firstUse: z.boolean(),
  /** Runs of code that is built as none before. */
  newShape: z.boolean(),
  /** Of all other runs, in hundredths of a percent. */
  restBasisPoints: z.number().int().min(0).max(10_000),
});
export type ReviewRules = Readonly<z.infer<typeof Rules>>;

/** New shapes are off: models write each program anew, and a queue of everything is read by nobody. */
export const DEFAULT_RULES: ReviewRules = {
  destructive: true,
  denied: true,
  firstUse: true,
  newShape: false,
  restBasisPoints: 100,
};

/** Throws AppError `unprocessable` with the field's path. */
export function changedRules(before: ReviewRules, change: Partial<ReviewRules>): ReviewRules {
  const parsed = Rules.safeParse({ ...before, ...change });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join('.') ?? '';
  throw new AppError('unprocessable', `${path}: ${issue?.message ?? 'not acceptable'}`, { path });
}

/** What a run itself tells; whether it was the first of its kind, the database knows. */
export interface EndedFacts {
  readonly denied: number;
  readonly isBlocked: boolean;
  /** Calls of tools that may destroy something, or do not say that they do not. */
  readonly destructive: number;
}

/** Why somebody should look at a run, whatever was seen before. Pure. */
export const ownReasons = (run: EndedFacts, rules: ReviewRules): ReviewReason[] => [
  ...(rules.destructive && run.destructive > 0 ? (['destructive'] as const) : []),
  ...(rules.denied && run.denied > 0 ? (['denied'] as const) : []),
  ...(rules.denied && run.isBlocked ? (['blocked'] as const) : []),
];

/** Whether a run for which nothing else speaks is looked at. Every node comes to the same: the run's own id decides. */
export const isSampled = (runId: string, { restBasisPoints }: ReviewRules): boolean =>
  createHash('sha256').update(runId).digest().readUInt32BE(0) % 10_000 < restBasisPoints;
