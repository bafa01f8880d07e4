import type { Finding, LimitKind } from '@switchyard/execution';
import type { Json, RunId } from '@switchyard/kernel';

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
}

export type RunError =
  | { readonly name: string; readonly message: string; readonly stack: string }
  | { readonly limit: LimitKind; readonly message: string }
  | { readonly reason: string };

/** What the caller of a run gets. `result` is null unless the status is done. */
export interface RunAnswer {
  readonly id: RunId;
  readonly status: 'done' | 'rejected' | 'failed' | 'limit' | 'crashed';
  readonly result: Json;
  readonly error: RunError | null;
  readonly logs: readonly LogLine[];
  readonly findings: readonly Finding[];
  readonly calls: readonly CallSummary[];
  readonly usage: {
    readonly durationMs: number;
    readonly cpuMs: number;
    readonly peakMemoryBytes: number;
    readonly calls: number;
    readonly tokens: { readonly returned: number; readonly keptOut: number };
  };
  readonly traceId: string;
}

/** Hears a run as it goes. */
export interface RunSink {
  log?(line: LogLine): void;
  call?(call: CallSummary): void;
}
