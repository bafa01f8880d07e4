import { DEFAULT_LIMITS, type Limits } from '@switchyard/execution';

/** What goes back to a model unless the caller asks for more; what is larger is refused, never cut. */
const RESULT_BYTES = 64 * 1024;
const MiB = 1024 * 1024;

/** Limits as a caller states them. */
export interface WantedLimits {
  readonly timeMs?: number | undefined;
  readonly totalMs?: number | undefined;
  readonly memoryMb?: number | undefined;
  readonly calls?: number | undefined;
  readonly resultBytes?: number | undefined;
}

export const TENANT_LIMITS: Limits = { ...DEFAULT_LIMITS, resultBytes: RESULT_BYTES };

/** The most that a caller may ask for, whatever the tenant's defaults are. */
const CEILING: Limits = { ...DEFAULT_LIMITS, ownTimeMs: 120_000, calls: 1_000, resultBytes: 4 * MiB };

/** The limits of one run: the tenant's own where the caller says nothing, and never above the ceiling. */
export function limitsFor(wanted: WantedLimits = {}, tenant: Limits = TENANT_LIMITS): Limits {
  return {
    ownTimeMs: Math.min(wanted.timeMs ?? tenant.ownTimeMs, CEILING.ownTimeMs),
    totalMs: Math.min(wanted.totalMs ?? tenant.totalMs, CEILING.totalMs),
    memoryBytes: Math.min((wanted.memoryMb ?? tenant.memoryBytes / MiB) * MiB, CEILING.memoryBytes),
    calls: Math.min(wanted.calls ?? tenant.calls, CEILING.calls),
    logBytes: tenant.logBytes,
    resultBytes: Math.min(wanted.resultBytes ?? tenant.resultBytes, CEILING.resultBytes),
  };
}
