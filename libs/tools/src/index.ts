export { ACCOUNT_STATES, isOwnSecret, type AccountState, type AccountStatus } from './accounts/account.ts';
export { createAccounts, type Accounts, type OwnAccount } from './accounts/accounts.ts';
export { tenantOfState } from './accounts/state.ts';
export {
  APPROVAL_STATUSES,
  argumentsHash,
  REMEMBER_SCOPES,
  RISKS,
  whyNotDecide,
  type Approval,
  type ApprovalEvent,
  type ApprovalStatus,
  type Remembered,
  type RememberScope,
} from './approvals/approval.ts';
export {
  createApprovals,
  type ApprovalDecision,
  type Approvals,
  type ApprovalsOptions,
} from './approvals/approvals.ts';
export { type ApprovalPage, type ApprovalQuery } from './approvals/approvals.store.ts';
export { type AuditConnections, type ConnectionEvent } from './catalog/audited.ts';
export { createCatalogues, type Catalogue, type Catalogues } from './catalog/catalogue.ts';
export {
  CONNECTION_KINDS,
  HEALTH,
  requiredSecrets,
  type Connection,
  type ConnectionChange,
  type ConnectionKind,
  type Health,
  type NewConnection,
} from './catalog/connection.ts';
export {
  createConnections,
  type CheckResult,
  type CredentialTest,
  type Connections,
  type ConnectionsOptions,
  type WithSecrets,
} from './catalog/connections.ts';
export { type Definition, type ToolDescriptor } from './catalog/descriptor.ts';
export { findPreset, PRESETS, type Preset, type PresetField } from './catalog/presets.ts';
export { TOOL_STATUSES, type ToolStatus } from './catalog/reconcile.ts';
export { type ToolRecord } from './catalog/tool.store.ts';
export {
  describe,
  DETAIL_LEVELS,
  isDetailLevel,
  listCategories,
  listTools,
  search,
  view,
  type Category,
  type Description,
  type DetailLevel,
  type ListInput,
  type SearchInput,
  type ToolList,
  type ToolView,
} from './discover/discover.ts';
export { asText, descriptionAsText } from './discover/text.ts';
export {
  createGateway,
  type CallFacts,
  type Decide,
  type GateDecision,
  type Gateway,
  type GatewayCall,
  type GatewayDeps,
  type GatewayError,
  type GatewayErrorStatus,
  type GatewayFlag,
  type Visible,
  type Trip,
} from './gateway/gateway.ts';
export type { CallShield } from './gateway/call-shield.ts';
export { NO_OBLIGATIONS, type GateObligations } from './gateway/obligations.ts';
export { createLearner, type Learner } from './learn/learner.ts';
export { shapeOf, typeOfShape } from './learn/shape.ts';
export { renderDeclaration, type DeclarationInput } from './render-types/declaration.ts';
export { createEgressGuard, type EgressGuard, type EgressOptions, type FetchLike } from './upstream/egress.ts';
export { FAILURE_CODES, UpstreamFailure, type FailureCode } from './upstream/failure.ts';
export { type Annotations } from './upstream/list-tools.ts';
export { UpstreamPool, type UpstreamPoolOptions } from './upstream/pool.ts';
export { createStdioWall, type StdioWall } from './upstream/stdio-wall.ts';
export { type Secrets, type StdioCommand, type UpstreamTarget } from './upstream/target.ts';
