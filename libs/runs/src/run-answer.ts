import type { Finding, LimitKind, RunOutcome } from '@switchyard/execution';
import type { Json, RunId } from '@switchyard/kernel';
import type { RunSummary } from '@switchyard/ledger';
import type { Approval } from '@switchyard/tools';
import type { ResultHandle } from './keep/results.ts';

export interface LogLine {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  /** Milliseconds since the run began. */
  readonly at: number;
}

export interface CallSummary {
  /** `server.function` */
  readonly tool: string;
  readonly status: string;
  readonly durationMs: number;
  /** Tokens of the tool's whole result, which stayed out of the model's context. */
  readonly tokens: number;
  /** Of the arguments, which a model that calls tools itself would have written. */
  readonly argumentTokens: number;
  readonly startedAt: Date;
}

export type RunError =
  | { readonly name: string; readonly message: string; readonly stack: string }
  | { readonly limit: LimitKind; readonly message: string }
  | { readonly reason: string };

export interface RunUsage {
  readonly durationMs: number;
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
  readonly calls: number;
  readonly tokens: { readonly returned: number; readonly keptOut: number };
}

/** Of a run that is on record. */
export const usageOf = (run: RunSummary): RunUsage => ({
  durationMs: run.durationMs ?? 0,
  cpuMs: run.cpuMs ?? 0,
  peakMemoryBytes: run.peakMemoryBytes ?? 0,
  calls: run.callCount,
  tokens: { returned: run.tokensReturned, keptOut: run.tokensKeptOut },
});

/** What the caller of a run gets. `result` is null unless the status is done. */
export interface RunAnswer {
  readonly id: RunId;
  readonly status: 'done' | 'rejected' | 'failed' | 'limit' | 'crashed' | 'awaiting_approval';
  /** Whose decision the run waits for. It goes on by itself then: ask for the run again. */
  readonly approvals: readonly Approval[];
  readonly result: Json;
  /** Of a result that was too large to send; `result` is then a preview. */
  readonly handle: ResultHandle | null;
  readonly error: RunError | null;
  readonly logs: readonly LogLine[];
  readonly findings: readonly Finding[];
  readonly calls: readonly CallSummary[];
  readonly usage: RunUsage;
  readonly traceId: string;
}

/** Hears a run as it goes. */
export interface RunSink {
  log?(line: LogLine): void;
  call?(call: CallSummary): void;
  /** Somebody is asked; the run goes on when they grant it. */
  approval?(approval: Approval): void;
}

/** What went wrong, as callers see it; null where nothing did, or the findings say it. */
export function errorOf(outcome: RunOutcome): RunError | null {
  switch (outcome.status) {
    case 'done':
    case 'rejected':
      return null;
    case 'failed':
      return outcome.error;
    case 'limit':
      return { limit: outcome.limit, message: outcome.message };
    case 'crashed':
      return { reason: outcome.reason };
  }
}
