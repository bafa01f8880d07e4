import type { Limits } from '../limits.ts';
import type { RunOutcome } from '../outcome.ts';
import type { Program } from '../program.ts';
import type { WallReport } from '../sandbox/launch.ts';

/** A tool call from inside. `seq` counts from 1 within the run; `server` may be DISCOVERY_SERVER or SKILLS_SERVER. */
export type InvokeCall = {
  readonly seq: number;
  readonly server: string;
  readonly tool: string;
  readonly args: unknown;
};

/**
 * The answer. `json` goes through unparsed, so bytes from an upstream need not be read twice. A refusal is thrown in the
 * code as an Error with that name, code and data; its message is read by the model, so it says what to do.
 */
export type InvokeReply =
  | { readonly ok: true; readonly json: string | Uint8Array }
  | {
      readonly ok: false;
      readonly error: {
        readonly name: string;
        readonly message: string;
        readonly code: string;
        readonly data?: unknown;
      };
    };

/** `at` is milliseconds since the run began. log, info and debug go to stdout; warn and error to stderr. */
export type LogEntry = {
  readonly stream: 'stdout' | 'stderr';
  readonly level: string;
  readonly text: string;
  readonly at: number;
};

export type RunJob = {
  readonly runId: string;
  readonly program: Program;
  readonly limits: Limits;
  /** Whose run it is, as a word that says nothing: parties take turns. Runs without one are one party. */
  readonly party?: string | undefined;
  /**
   * Runs that give the same word may follow each other in one process, which one caller in one conversation has alone:
   * faster, and nothing stands between them but tidiness. Without it, and with other limits of memory than the pool's, a
   * run has a process of its own.
   */
  readonly session?: string | undefined;
};

export type RunHost = {
  /** Called once per call, side by side. Its signal aborts when the run ends. What it throws is told as an internal error. */
  invoke(call: InvokeCall, signal: AbortSignal): Promise<InvokeReply>;
  log(entry: LogEntry): void;
  /** Aborting it kills the run: `crashed`, CANCELLED. */
  readonly signal: AbortSignal;
};

export type ExecutorStatus = {
  readonly denoVersion: string;
  readonly wall: WallReport;
  readonly pool: {
    readonly size: number;
    readonly warm: number;
    readonly running: number;
    /** Processes that wait for the next run of their session. */
    readonly sessions: number;
    readonly queued: number;
    readonly maxRunning: number;
    readonly maxQueued: number;
  };
  /** Why no sandbox could be started lately; null when all is well. */
  readonly problem: string | null;
};

/** Runs programs of strangers. Knows an invoker and never a tool, a tenant or a secret. */
export interface Executor {
  /** Throws AppError: `rate_limited` (details.retryAfterSeconds) when the queue is full, `unavailable` when closed or broken. */
  run(job: RunJob, host: RunHost): Promise<RunOutcome>;
  status(): Promise<ExecutorStatus>;
  /** Ends all runs and processes; resolves when they are gone. */
  close(): Promise<void>;
}
