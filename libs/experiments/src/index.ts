export type {
  AlertOfExperiment,
  AuditExperiment,
  ExperimentAction,
  ExperimentAlert,
  ExperimentEvent,
} from './audit.ts';
export { ALL, bandOf, bucketOf, type Band } from './bucketing.ts';
export type { GateState, Verdict } from './evidence/decide.ts';
export type { Bounded, Evaluation } from './evidence/evaluation.store.ts';
export type { Reading } from './evidence/guards.ts';
export {
  createExperiments,
  type Experiments,
  type ExperimentsOptions,
  type PersonsCommand,
  type RolloutView,
} from './experiments.ts';
export type { AssignInput, Assignment, AssignmentReason } from './exposures/assign.ts';
export type { AccuracySource, ExposureRef, Judgement, Outcome } from './exposures/outcome.ts';
export { KNOWN_FLAGS, type Flag, type FlagChange, type KnownFlag, type Variant } from './flags/flag.ts';
export type { KillSwitch } from './flags/snapshot.ts';
export type { ArmSummary, Experiment, ExperimentPoint, SegmentSummary } from './reports/summary.store.ts';
export {
  GUARDS,
  templatePlan,
  TEMPLATES,
  type Guard,
  type GuardName,
  type Plan,
  type PlanInput,
  type Step,
  type TemplateName,
} from './rollout/plan.ts';
export type { NewRollout, Page, RolloutChange } from './rollout/rollout.store.ts';
export { ROLLOUT_FLAG, STATUSES, type Rollout, type Status, type Tick } from './rollout/rollout.ts';
export type { ChecklistItem, Next } from './rollout/what-next.ts';
