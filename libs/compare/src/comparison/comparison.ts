import type { Arm } from '@switchyard/kernel';
import { z } from 'zod';
import type { KeptAnswer } from '../answers/kept-answer.ts';
import { VERDICTS, type Verdict } from '../equivalence/equivalence.ts';

/** `interrupted`: the process that worked on it is gone; it can be gone on with. */
export const COMPARISON_STATUSES = ['running', 'done', 'cancelled', 'interrupted'] as const;
export type ComparisonStatus = (typeof COMPARISON_STATUSES)[number];

export interface Comparison {
  readonly id: string;
  readonly suite: string;
  readonly suiteVersion: number;
  readonly suiteHash: string;
  readonly baselineArm: Arm;
  readonly candidateArm: Arm;
  readonly status: ComparisonStatus;
  readonly caseCount: number;
  readonly doneCount: number;
  readonly concurrency: number;
  readonly withWrites: boolean;
  readonly startedByName: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
}

const Side = z.object({ met: z.number(), of: z.number(), missing: z.array(z.string()) });
const Split = <Item extends z.ZodType>(item: Item) =>
  z.object({ both: z.array(item), onlyBaseline: z.array(item), onlyCandidate: z.array(item) });

/** How the answers of a case stood to each other, as it is stored; also of a shadow run, which has no expected facts. */
export const KeptEquivalence = z.object({
  verdict: z.enum(VERDICTS),
  score: z.number(),
  reasons: z.array(z.string()),
  jaccard: z.number(),
  cosine: z.number().nullable(),
  codes: Split(z.string()),
  numbers: Split(z.number()),
});

export const KeptJudgement = KeptEquivalence.extend({ baseline: Side, candidate: Side });
export type KeptJudgement = z.infer<typeof KeptJudgement>;

export interface ComparedCase {
  readonly caseId: string;
  readonly category: string;
  readonly question: string;
  readonly baseline: KeptAnswer;
  readonly candidate: KeptAnswer;
  readonly verdict: Verdict;
  readonly judgement: KeptJudgement;
  readonly finishedAt: Date;
}
