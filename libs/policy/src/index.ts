export {
  addressOf,
  EFFECTS,
  POLICY_MODES,
  type Decision,
  type Effect,
  type MaskArguments,
  type MatchedGrant,
  type Obligations,
  type PolicyInput,
  type PolicyMode,
  type Purpose,
  type Question,
  type Reason,
  type ToolRef,
  type Verdict,
} from './decision.ts';
export {
  decisionStatements,
  toDecisionRow,
  type DecisionPage,
  type DecisionQuery,
  type LoggedDecision,
} from './decisions.store.ts';
export {
  ANY,
  type AuditPolicy,
  type Grant,
  type GrantChange,
  type PolicyAuditEvent,
  type PolicyState,
} from './grants.ts';
export { type PolicyDraft } from './drafts.ts';
export { REPLAY_OUTCOMES, type ReplayDifference, type ReplayPart, type ReplayQuery } from './replay.ts';
export { parseRule, RULE_OPERATORS, type Rule, type RuleInput, type RuleTerms } from './rules.ts';
export { type Simulation } from './simulate.ts';
export { type ModuleCompilerOptions } from './modules/compile.ts';
export { type ModuleProblem } from './modules/opa-answers.ts';
export { type PolicyModule, type PolicyModuleSource } from './modules/modules.store.ts';
export { type OwnRules, type Upload } from './modules/own-rules.ts';
export { type PolicyVersion } from './versions.store.ts';
export { createPolicy, type Policy, type PolicyOptions } from './policy.ts';
export { ALL_KEYS, subjectsOf, type Subject } from './subjects.ts';
