import { ARMS } from '@switchyard/kernel';
import { z } from 'zod';
import { KeptAnswer } from '../answers/kept-answer.ts';
import { KeptEquivalence } from '../comparison/comparison.ts';
import { VERDICTS } from '../equivalence/equivalence.ts';

export const SHADOW_STATUSES = ['running', 'compared', 'failed'] as const;

/** An answer that a user got, and what the other arm would have said. */
export const ShadowRun = z.object({
  id: z.string(),
  conversation: z.string(),
  servedArm: z.enum(ARMS),
  shadowArm: z.enum(ARMS),
  status: z.enum(SHADOW_STATUSES),
  question: z.string(),
  served: KeptAnswer,
  shadow: KeptAnswer.nullable(),
  verdict: z.enum(VERDICTS).nullable(),
  equivalence: KeptEquivalence.nullable(),
  error: z.string().nullable(),
  scripted: z.boolean(),
  costMicros: z.bigint().nullable(),
  startedAt: z.date(),
  finishedAt: z.date().nullable(),
});
export type ShadowRun = z.infer<typeof ShadowRun>;

/** What shadow runs came to. */
export interface ShadowSummary {
  readonly equivalent: number;
  readonly different: number;
  readonly unclear: number;
  readonly failed: number;
  /** Of those, how many the scripted model had a part in. */
  readonly scripted: number;
  readonly runsToday: number;
  readonly costTodayMicros: bigint;
}
