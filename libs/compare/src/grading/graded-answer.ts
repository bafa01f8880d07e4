import { ARMS } from '@switchyard/kernel';
import { z } from 'zod';

export const GRADES = ['correct', 'partly', 'wrong'] as const;
export type Grade = (typeof GRADES)[number];

/** 0 to 1. */
export const SCORES: Readonly<Record<Grade, number>> = { correct: 1, partly: 0.5, wrong: 0 };

/** An answer that was drawn for a person to grade; question and answer masked. */
export const GradedAnswer = z.object({
  id: z.string(),
  conversation: z.string(),
  exposureId: z.string().nullable(),
  arm: z.enum(ARMS),
  scripted: z.boolean(),
  question: z.string(),
  answer: z.string(),
  answeredAt: z.date(),
  grade: z.enum(GRADES).nullable(),
  comment: z.string().nullable(),
  gradedByName: z.string().nullable(),
  gradedAt: z.date().nullable(),
});
export type GradedAnswer = z.infer<typeof GradedAnswer>;

/** By arm. */
export interface GradeCount {
  readonly arm: GradedAnswer['arm'];
  readonly waiting: number;
  readonly correct: number;
  readonly partly: number;
  readonly wrong: number;
  /** Of all of these, how many are the scripted model's. */
  readonly scripted: number;
}
