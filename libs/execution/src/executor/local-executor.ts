import { AppError } from '@switchyard/kernel';
import { DEFAULT_LIMITS, limitsSchema, type Limits } from '../limits.ts';
import { CANCELLED, NO_USAGE, type RunOutcome } from '../outcome.ts';
import { DenoProcess } from '../sandbox/deno-process.ts';
import { standWall, type Wall, type WallOptions } from '../sandbox/wall.ts';
import type { Executor, ExecutorStatus, RunHost, RunJob } from './executor.ts';
import { DEFAULT_POOL, Pool, type PoolSettings } from './pool.ts';
import { runInProcess } from './run-in-process.ts';
import { DEFAULT_SESSIONS, Sessions, type SessionSettings } from './sessions.ts';

export type LocalExecutorOptions = {
  readonly pool?: Partial<PoolSettings>;
  readonly wall?: WallOptions;
  readonly sessions?: Partial<SessionSettings>;
  /** Memory that warm sandboxes are started with; a run with another limit gets a sandbox of its own, 20 ms later. */
  readonly memoryBytes?: number;
};

const CPU_SLACK_SECONDS = 5;
/** The kernel's own CPU limit for warm sandboxes, whose run is not known yet; the host stops a run long before. */
const POOL_CPU_SECONDS = 600 + CPU_SLACK_SECONDS;

/**
 * Runs in this process's children. Do not use it in a large process: starting a child blocks the parent for as long as
 * its memory is large (55 ms at 1.7 GB). The control plane uses `startExecutorProcess`.
 */
export class LocalExecutor implements Executor {
  readonly #wall: Wall;
  readonly #pool: Pool;
  readonly #sessions: Sessions;
  readonly #memoryBytes: number;
  readonly #runs = new Set<AbortController>();
  readonly #dying = new Set<Promise<unknown>>();
  #closed = false;

  private constructor(wall: Wall, options: LocalExecutorOptions) {
    this.#wall = wall;
    this.#memoryBytes = options.memoryBytes ?? DEFAULT_LIMITS.memoryBytes;
    const launch = wall.launch({ memoryBytes: this.#memoryBytes, cpuSeconds: POOL_CPU_SECONDS });
    this.#pool = new Pool({ ...DEFAULT_POOL, ...options.pool }, () => DenoProcess.start(launch));
    this.#sessions = new Sessions({ ...DEFAULT_SESSIONS, ...options.sessions });
  }

  /** Tries out the wall (0.1–0.5 s) and starts filling the pool. Throws when no sandbox can be started at all. */
  static async start(options: LocalExecutorOptions = {}): Promise<LocalExecutor> {
    return new LocalExecutor(await standWall(options.wall), options);
  }

  async run(job: RunJob, host: RunHost): Promise<RunOutcome> {
    if (this.#closed) throw new AppError('unavailable', 'The executor is shutting down. Try again in a moment.');
    const limits = limitsSchema.parse(job.limits);
    const stop = new AbortController();
    const signal = AbortSignal.any([host.signal, stop.signal]);
    if (signal.aborted) return { status: 'crashed', reason: CANCELLED, usage: NO_USAGE };
    this.#runs.add(stop);
    const came = performance.now();
    try {
      const slot = await this.#pool.enter(job.party ?? '', signal);
      const session = limits.memoryBytes === this.#memoryBytes ? job.session : undefined;
      let process: DenoProcess | undefined;
      let isTidy = Promise.resolve(false);
      try {
        process =
          (session === undefined ? undefined : this.#sessions.take(session)) ??
          (await this.#processFor(job.party ?? '', limits));
        // Whoever has much going on computes after whoever has little.
        if (session === undefined && this.#pool.runningOf(job.party ?? '') > 1) process.giveWay();
        const queuedMs = performance.now() - came;
        const ended = await runInProcess(
          process,
          { ...job, session, limits },
          { ...host, invoke: host.invoke.bind(host), log: host.log.bind(host), signal },
          slot,
        );
        isTidy = ended.isTidy;
        return { ...ended.outcome, usage: { ...ended.outcome.usage, queuedMs } };
      } finally {
        // The place is free again only when the process and its memory are gone, or wait for the session's next run; the
        // caller need not wait for that.
        this.#pool.ended();
        const gone = this.#leave(process, session, isTidy).then(() => slot.release());
        this.#dying.add(gone);
        void gone.finally(() => this.#dying.delete(gone));
      }
    } catch (thrown) {
      if (signal.aborted && !(thrown instanceof AppError))
        return { status: 'crashed', reason: CANCELLED, usage: NO_USAGE };
      throw thrown;
    } finally {
      this.#runs.delete(stop);
    }
  }

  async #leave(process: DenoProcess | undefined, session: string | undefined, isTidy: Promise<boolean>): Promise<void> {
    if (!process) return;
    if (session !== undefined && (await isTidy) && this.#sessions.park(session, process)) return;
    await process.kill();
  }

  async status(): Promise<ExecutorStatus> {
    const { size, maxRunning, maxQueued } = this.#pool.settings;
    return {
      denoVersion: this.#wall.denoVersion,
      wall: this.#wall.report,
      pool: { size, ...this.#pool.counts(), sessions: this.#sessions.count, maxRunning, maxQueued },
      problem: this.#pool.problem,
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const run of this.#runs) run.abort();
    await this.#pool.close();
    await Promise.all(this.#dying);
    await this.#sessions.close();
    await this.#wall.close();
  }

  #processFor(party: string, limits: Limits): Promise<DenoProcess> {
    if (limits.memoryBytes === this.#memoryBytes) return this.#pool.take(party);
    const cpuSeconds = Math.ceil(limits.ownTimeMs / 1000) + CPU_SLACK_SECONDS;
    return DenoProcess.start(this.#wall.launch({ memoryBytes: limits.memoryBytes, cpuSeconds }));
  }
}
