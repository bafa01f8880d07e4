export {
  auditHash,
  contentOf,
  FIRST_HASH,
  type AuditContent,
  type AuditEvent,
  type AuditInput,
} from './audit-event.ts';
export type { AuditFormat } from './audit-export.ts';
export { type AuditProblem, type AuditVerification, type VerifyOptions } from './audit-verify.ts';
export { appendAudit, type AuditFilter, type AuditHead } from './audit.store.ts';
export type { Page } from './cursor.ts';
export { createLedger, type Ledger, type LedgerOptions } from './ledger.ts';
export { openNodeLease, type NodeLease } from './node-lease.store.ts';
export {
  codeHash,
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
} from './run.ts';
export { type DayCount, type RunStats, type ToolUse } from './run-stats.store.ts';
export type { RunFilter } from './runs.store.ts';
export { storable } from './storable.ts';
export { countTokens, type TokenCount } from './tokens.ts';
