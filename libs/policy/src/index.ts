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
} from './decision.ts';
export {
  saveDecisions,
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
export { createPolicy, type Policy, type PolicyOptions } from './policy.ts';
export { ALL_KEYS, subjectsOf, type Subject } from './subjects.ts';
