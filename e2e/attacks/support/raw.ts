import {
  DEFAULT_LIMITS,
  type Executor,
  type InvokeReply,
  type Limits,
  type LogEntry,
  type RunOutcome,
} from '@switchyard/execution';

const MiB = 1024 * 1024;
/** Small, so that no attack endangers the machine. */
export const RAW_LIMITS: Limits = {
  ...DEFAULT_LIMITS,
  ownTimeMs: 3_000,
  totalMs: 10_000,
  calls: 20,
  logBytes: 64 * 1024,
  resultBytes: MiB,
};

export interface RawHost {
  readonly invoke?: (tool: string, args: unknown, seq: number) => Promise<InvokeReply> | InvokeReply;
  readonly log?: (entry: LogEntry) => void;
  readonly limits?: Partial<Limits>;
  readonly signal?: AbortSignal;
}

/** Gives an executor a script as it is: not parsed, not judged, not rewritten. */
export function runRaw(executor: Executor, script: string, host: RawHost = {}): Promise<RunOutcome> {
  return executor.run(
    { runId: 'attack', program: { script, modules: {}, lineMap: null }, limits: { ...RAW_LIMITS, ...host.limits } },
    {
      invoke: async ({ tool, args, seq }) => (await host.invoke?.(tool, args, seq)) ?? { ok: true, json: 'null' },
      log: host.log ?? (() => undefined),
      signal: host.signal ?? new AbortController().signal,
    },
  );
}
