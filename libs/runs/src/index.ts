export { type Kept } from './keep/keep.store.ts';
export {
  createResults,
  KEPT_RESULT_CAP_BYTES,
  type LargeResult,
  type ResultHandle,
  type Results,
} from './keep/results.ts';
export { TENANT_LIMITS, limitsFor, type WantedLimits } from './limits.ts';
export { type ReplayDiff, type ReplayedCall } from './replay/diff.ts';
export { createRecordings, type Recordings } from './replay/recording.ts';
export { type ExecutedLines } from './replay/lines.ts';
export { type Replay, type ReplayRequest } from './replay/replay.ts';
export { type WaitingOptions } from './pause/resume.ts';
export { BLOCK_KINDS, type Block, type BlockKind } from './review/blocks.ts';
export {
  REVIEW_STATUSES,
  REVIEW_VERDICTS,
  type GivenVerdict,
  type NewVerdict,
  type ReviewItem,
  type ReviewStatus,
  type ReviewVerdict,
} from './review/item.ts';
export { createReview, type Review, type ReviewedItem } from './review/review.ts';
export { REVIEW_REASONS, type ReviewReason, type ReviewRules } from './review/rules.ts';
export { usageOf, type CallSummary, type LogLine, type RunAnswer, type RunError, type RunSink } from './run-answer.ts';
export { createRuns, type RunRequest, type Runs, type RunsOptions } from './runs.ts';
export {
  SKILL_STATES,
  stateOf,
  type Skill,
  type SkillState,
  type SkillVersion,
  type UsableSkill,
} from './skills/skill.ts';
export { type SkillCall } from './skills/skill-call.ts';
export { SKILL_FILE_FORMAT, skillFileSchema, type SkillFile } from './skills/skill-file.ts';
export { createSkills, type NewSkill, type Skills, type SkillsOptions } from './skills/skills.ts';
export { type WorkspaceOwner } from './workspace/names.ts';
export { WORKSPACE_QUOTAS, type WorkspaceFile } from './workspace/workspace.store.ts';
export { createWorkspace, type Workspace } from './workspace/workspace.ts';
export { TIERS, type Tier } from './tier.ts';
