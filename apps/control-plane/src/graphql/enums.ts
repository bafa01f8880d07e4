import { registerEnumType } from '@nestjs/graphql';
import { FEEDBACK_KINDS, ON_CODE_FAILURE } from '@switchyard/chat';
import { CHOICES, COMPARISON_STATUSES, GRADES, PREFERENCES, SHADOW_STATUSES, VERDICTS } from '@switchyard/compare';
import { ARMS } from '@switchyard/kernel';
import { OPTIONAL_KINDS } from '@switchyard/privacy';
import { REPLAY_OUTCOMES } from '@switchyard/policy';
import { BLOCK_KINDS, REVIEW_REASONS, REVIEW_STATUSES, REVIEW_VERDICTS } from '@switchyard/runs';
import { ACCOUNT_STATES, APPROVAL_STATUSES, REMEMBER_SCOPES, RISKS } from '@switchyard/tools';

// GraphQL wants an object for each enumeration; the values are the closed unions of the libraries.
const enumOf = <const Values extends readonly string[]>(
  name: string,
  values: Values,
): { [Value in Values[number]]: Value } => {
  const object = Object.fromEntries(values.map((value) => [value, value])) as { [Value in Values[number]]: Value };
  registerEnumType(object, { name });
  return object;
};

export const AccountStateEnum = enumOf('AccountState', ACCOUNT_STATES);
export const OAuthModeEnum = enumOf('OAuthMode', ['none', 'shared', 'personal']);
export const AuditStreamStartEnum = enumOf('AuditStreamStart', ['oldest', 'now']);
export const BlockKindEnum = enumOf('BlockKind', BLOCK_KINDS);
export const ReviewReasonEnum = enumOf('ReviewReason', REVIEW_REASONS);
export const ReviewStatusEnum = enumOf('ReviewStatus', REVIEW_STATUSES);
export const ReviewVerdictEnum = enumOf('ReviewVerdict', REVIEW_VERDICTS);
export const RoleEnum = enumOf('Role', ['owner', 'admin', 'reviewer', 'analyst']);
export const RunStatusEnum = enumOf('RunStatus', [
  'running',
  'awaiting_approval',
  'done',
  'rejected',
  'failed',
  'limit',
  'crashed',
]);
export const ApprovalStatusEnum = enumOf('ApprovalStatus', APPROVAL_STATUSES);
export const RememberScopeEnum = enumOf('RememberScope', REMEMBER_SCOPES);
export const RiskEnum = enumOf('Risk', RISKS);
export const SkillStateEnum = enumOf('SkillState', ['draft', 'promoted', 'retired']);
export const ConnectionKindEnum = enumOf('ConnectionKind', ['builtin', 'stdio', 'http']);
export const ConnectionHealthEnum = enumOf('ConnectionHealth', ['unknown', 'ready', 'degraded', 'unreachable']);
export const ToolStatusEnum = enumOf('ToolStatus', ['active', 'held', 'removed', 'invalid']);
export const SubjectKindEnum = enumOf('SubjectKind', ['role', 'key']);
export const GrantEffectEnum = enumOf('GrantEffect', ['allow', 'deny']);
export const PolicyModeEnum = enumOf('PolicyMode', ['enforce', 'dry_run']);
export const ReplayOutcomeEnum = enumOf('ReplayOutcome', REPLAY_OUTCOMES);
export const DecisionEffectEnum = enumOf('DecisionEffect', ['allow', 'deny']);
export const ArmEnum = enumOf('Arm', ARMS);
export const FeedbackKindEnum = enumOf('FeedbackKind', FEEDBACK_KINDS);
export const OnCodeFailureEnum = enumOf('OnCodeFailure', ON_CODE_FAILURE);
export const OptionalKindEnum = enumOf('PrivateKind', OPTIONAL_KINDS);
export const RoiScenarioEnum = enumOf('RoiScenario', ['a', 'b', 'c']);
export const UsageKeyEnum = enumOf('UsageKey', ['day', 'arm', 'model', 'purpose', 'conversation', 'run']);
export const BudgetModeEnum = enumOf('BudgetMode', ['warn', 'block']);
export const AlertChannelEnum = enumOf('AlertChannel', ['webhook', 'email']);
export const DeliveryStatusEnum = enumOf('DeliveryStatus', ['pending', 'sent', 'failed']);
export const PriceStatusEnum = enumOf('PriceStatus', ['accepted', 'pending', 'rejected']);
export const RolloutStatusEnum = enumOf('RolloutStatus', [
  'draft',
  'scheduled',
  'running',
  'held',
  'rolled_back',
  'completed',
  'closed',
]);
export const GuardEnum = enumOf('GuardName', [
  'error_rate',
  'slow_rate',
  'accuracy',
  'complaint_cap',
  'complaint_share',
  'error_share',
  'sample_ratio',
  'crossover',
  'cost',
  'latency',
]);
export const GuardEffectEnum = enumOf('GuardEffect', ['rollback', 'hold', 'warn']);
export const GuardStateEnum = enumOf('GuardState', ['ok', 'triggered', 'no_data']);
export const PlanTemplateEnum = enumOf('PlanTemplate', ['cautious', 'standard', 'fast']);
export const VerdictEnum = enumOf('RolloutVerdictKind', [
  'killed',
  'rollback',
  'hold',
  'wait',
  'advance',
  'complete',
  'steady',
]);
export const DidEnum = enumOf('RolloutDid', ['none', 'rolled_back', 'held', 'advanced', 'completed']);
export const ChecklistStateEnum = enumOf('ChecklistState', ['go', 'no_go', 'open']);
export const ComparisonStatusEnum = enumOf('ComparisonStatus', COMPARISON_STATUSES);
export const EquivalenceEnum = enumOf('EquivalenceVerdict', VERDICTS);
export const ShadowStatusEnum = enumOf('ShadowStatus', SHADOW_STATUSES);
export const GradeEnum = enumOf('Grade', GRADES);
export const PairChoiceEnum = enumOf('PairChoice', CHOICES);
export const PairPreferenceEnum = enumOf('PairPreference', PREFERENCES);
