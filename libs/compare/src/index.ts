export {
  type AnswerOptions,
  type AnswerWith,
  type ArmAnswer,
  type ChatTurn,
  type Embed,
  type RecordAccuracy,
  type ServedAnswer,
} from './answers/arm-answer.ts';
export { tokensOf, type KeptAnswer } from './answers/kept-answer.ts';
export { type CompareEvent } from './audited.ts';
export { createCompare, type Compare, type CompareOptions } from './compare.ts';
export { COMPARISON_STATUSES, type ComparedCase, type Comparison } from './comparison/comparison.ts';
export {
  type AnsweredBy,
  type ArmFigures,
  type CategoryFigures,
  type Figures,
  type Target,
} from './comparison/figures.ts';
export { markdownOf, type Report } from './comparison/report.ts';
export { type StartInput } from './comparison/runner.ts';
export { compareAnswers, VERDICTS, type Equivalence, type Verdict } from './equivalence/equivalence.ts';
export { GRADES, type Grade, type GradeCount, type GradedAnswer } from './grading/graded-answer.ts';
export {
  CHOICES,
  PREFERENCES,
  type Agreement,
  type BlindPair,
  type Choice,
  type PairSummary,
  type Preference,
} from './grading/pair.ts';
export { type PairQuery } from './grading/pairs.ts';
export { type Page } from './paging.ts';
export { type SamplingSettings, type StoredSampling } from './sampling/settings.ts';
export { SHADOW_STATUSES, type ShadowRun, type ShadowSummary } from './sampling/shadow-run.ts';
export { type Suite } from './suites/suite.ts';
