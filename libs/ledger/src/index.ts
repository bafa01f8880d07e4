export {
  auditHash,
  contentOf,
  FIRST_HASH,
  type AuditContent,
  type AuditEvent,
  type AuditInput,
} from './audit/event.ts';
export type { AuditFormat } from './audit/export.ts';
export type { AuditKeeping, StreamChange } from './audit/audit.ts';
export type { AuditProblem } from './audit/chain-walk.ts';
export { createAuditSigner, type AuditSigner } from './audit/signing.ts';
export { type AuditVerification, type VerifyOptions } from './audit/verify.ts';
export { appendAudit, type AuditFilter, type AuditHead } from './audit/audit.store.ts';
export type { Page } from './cursor.ts';
export { createLedger, type Ledger, type LedgerOptions } from './ledger.ts';
export {
  counterfactual,
  countDefinitions,
  lossOf,
  type Counterfactual,
  type CounterfactualInput,
  type DefinedTool,
  type ToolResult,
} from './money/counterfactual.ts';
export { parseDollars } from './money/dollars.ts';
export { type ModelCallInput, type PricedModelCall, type Purpose, type RecordedCost } from './money/model-call.ts';
export { type PriceTier, type Usage } from './money/price.ts';
export { roi, roiInput, ROI_SCENARIOS, type Roi, type RoiInput, type RoiScenario } from './money/roi.ts';
export type { Alert, AlertDelivery, AlertInput } from './alerts/alert.ts';
export { createMailer } from './alerts/mail.ts';
export type { ListedPrice } from './money/price-list.ts';
export type { NewPrice } from './money/prices.ts';
export type { Price } from './money/prices.store.ts';
export type { Savings, SavingsRow } from './money/savings.store.ts';
export { USAGE_KEYS, type UsageKey, type UsageRow } from './money/usage.store.ts';
export type { BudgetState } from './money/budgets.ts';
export type { AlertSenders } from './money/budgets.ts';
export { type BudgetChange } from './money/budget.ts';
export { LIMIT_NAMES, type LimitName, type SomeLimits } from './limits/limits.ts';
export { openNodeLease, type NodeLease } from './runs/node-lease.store.ts';
export {
  codeHash,
  hasEnded,
  ENDED,
  recordHash,
  type CallInput,
  type CallStatus,
  type EndedStatus,
  type RunEnd,
  type RunStart,
  type RunStatus,
  type RunSummary,
  type StoredCall,
  type StoredRun,
} from './runs/run.ts';
export { MOST_RESUMES } from './runs/pause.store.ts';
export { type DayCount, type RunStats, type ToolUse } from './runs/run-stats.store.ts';
export type { RunFilter } from './runs/runs.store.ts';
export {
  REPORT_KEYS,
  REPORT_SUBJECTS,
  type ReportQuery,
  type ReportRow,
  type ReportSubject,
} from './reports/report.store.ts';
export { storable } from './storable.ts';
export { countTokens, type TokenCount } from './tokens.ts';
