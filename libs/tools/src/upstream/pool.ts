import {
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
  isBrokenCircuitError,
  noJitterGenerator,
  type CircuitBreakerPolicy,
} from 'cockatiel';
import type { Transport } from '@modelcontextprotocol/client';
import { systemClock, type Clock } from '@switchyard/kernel';
import pLimit, { type LimitFunction } from 'p-limit';
import type { EgressGuard } from './egress.ts';
import { isOutage, UpstreamFailure } from './failure.ts';
import { asHttpCall, createHttpTransport } from './http-call.ts';
import { raceAbort } from './race-abort.ts';
import { openSession, type UpstreamSession } from './session.ts';
import { StdioTransport } from './stdio-transport.ts';
import type { StdioWall } from './stdio-wall.ts';
import { fillTemplates, fingerprint, targetKey, type Secrets, type UpstreamTarget } from './target.ts';

export interface UpstreamPoolOptions {
  readonly egress: EgressGuard;
  /** Absent where stdio is not offered. */
  readonly wall?: StdioWall;
  /** The client's end of a linked pair to a first-party server, made for that tenant. */
  readonly openBuiltin: (target: UpstreamTarget) => Transport | Promise<Transport>;
  /** Largest answer, in bytes. */
  readonly maxBytes?: number;
  readonly idleMs?: number;
  readonly connectTimeoutMs?: number;
  /** Failures in a row that open the circuit, and how long it first stays open. */
  readonly breaker?: { readonly failures: number; readonly openMs: number };
  readonly maxQueue?: number;
  readonly clock?: Clock;
}

export interface UseOptions {
  readonly signal: AbortSignal;
  /** For the whole use, waiting included; the target's own by default. */
  readonly timeoutMs?: number;
}

interface Entry {
  readonly limit: LimitFunction;
  readonly circuit: CircuitBreakerPolicy;
  session: { readonly fingerprint: string; readonly opened: Promise<UpstreamSession> } | undefined;
  busy: number;
  lastUsed: number;
}

const MB = 1_048_576;
const MAX_OPEN_MS = 300_000;
const SWEEP_MS = 15_000;

/** Open connections, each opened at first use, for one tenant, one connection and, where credentials are personal, one user. */
export class UpstreamPool {
  readonly #options: UpstreamPoolOptions;
  readonly #maxBytes: number;
  readonly #idleMs: number;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #sweeper: NodeJS.Timeout;

  constructor(options: UpstreamPoolOptions) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? 32 * MB;
    this.#idleMs = options.idleMs ?? 300_000;
    this.#clock = options.clock ?? systemClock;
    this.#sweeper = setInterval(() => this.sweep(), Math.min(SWEEP_MS, this.#idleMs));
    this.#sweeper.unref();
  }

  /** How many connections are open, for metrics and tests. */
  get size(): number {
    return [...this.#entries.values()].filter((entry) => entry.session).length;
  }

  /**
   * Gives `work` an open session, under the target's concurrency limit, circuit and timeout. Throws UpstreamFailure,
   * AppError `unprocessable` when a secret is missing, or what `work` throws.
   */
  async use<T>(
    target: UpstreamTarget,
    secrets: Secrets,
    options: UseOptions,
    work: (session: UpstreamSession, limits: { signal: AbortSignal; timeoutMs: number }) => Promise<T>,
  ): Promise<T> {
    const entry = this.#entry(target);
    if (entry.limit.pendingCount >= (this.#options.maxQueue ?? 1_000))
      throw new UpstreamFailure('overloaded', 'Too many calls wait for this server: try again later.');
    const timeoutMs = options.timeoutMs ?? target.timeoutMs;
    const late = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([options.signal, late]);
    // Inside the circuit, so that it counts a server that is too slow, but not a caller who gave up.
    const attempt = (): Promise<T> =>
      entry.circuit.execute(() =>
        raceAbort(signal, this.#attempt(entry, target, secrets, { signal, timeoutMs }, work)).catch(explain),
      );
    const explain = (error: unknown): never => {
      if (options.signal.aborted) throw new UpstreamFailure('cancelled', 'The caller gave up.');
      if (late.aborted) throw new UpstreamFailure('timeout', `The server did not answer within ${timeoutMs} ms.`);
      if (isBrokenCircuitError(error))
        throw new UpstreamFailure(
          'circuit_open',
          'The server failed several times in a row and is left alone for a moment: try again later.',
        );
      throw error;
    };
    entry.busy++;
    try {
      return await raceAbort(
        signal,
        entry.limit(() => (signal.aborted ? Promise.reject(signal.reason) : attempt())),
      );
    } catch (error) {
      return explain(error);
    } finally {
      entry.busy--;
      entry.lastUsed = this.#clock.now().getTime();
    }
  }

  /** Closes what is open for a connection, of every user. */
  async drop(tenantId: string, connectionId: string): Promise<void> {
    const prefix = `${tenantId}/${connectionId}/`;
    const dropped = [...this.#entries].filter(([key]) => key.startsWith(prefix));
    for (const [key] of dropped) this.#entries.delete(key);
    await Promise.all(dropped.map(([, entry]) => close(entry)));
  }

  /** As `drop`, and forgets what its programs kept on the host. */
  async forget(tenantId: string, connectionId: string): Promise<void> {
    await this.drop(tenantId, connectionId);
    this.#options.wall?.forget(`${tenantId}/${connectionId}/`);
  }

  /** Closes what nobody has used for a while. */
  sweep(): void {
    const oldest = this.#clock.now().getTime() - this.#idleMs;
    for (const [key, entry] of this.#entries) {
      if (entry.busy > 0 || entry.lastUsed > oldest) continue;
      this.#entries.delete(key);
      void close(entry);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(entries.map(close));
  }

  #entry(target: UpstreamTarget): Entry {
    const key = targetKey(target);
    const known = this.#entries.get(key);
    if (known) {
      if (known.limit.concurrency !== target.maxConcurrency) known.limit.concurrency = target.maxConcurrency;
      return known;
    }
    const { failures, openMs } = this.#options.breaker ?? { failures: 5, openMs: 2_000 };
    const entry: Entry = {
      limit: pLimit(target.maxConcurrency),
      circuit: circuitBreaker(handleWhen(isOutage), {
        breaker: new ConsecutiveBreaker(failures),
        halfOpenAfter: new ExponentialBackoff({
          initialDelay: openMs,
          maxDelay: MAX_OPEN_MS,
          generator: noJitterGenerator,
        }),
      }),
      session: undefined,
      busy: 0,
      lastUsed: this.#clock.now().getTime(),
    };
    entry.circuit.onBreak(() => void close(entry)); // what answers no more is started anew
    this.#entries.set(key, entry);
    return entry;
  }

  async #attempt<T>(
    entry: Entry,
    target: UpstreamTarget,
    secrets: Secrets,
    limits: { signal: AbortSignal; timeoutMs: number },
    work: (session: UpstreamSession, limits: { signal: AbortSignal; timeoutMs: number }) => Promise<T>,
  ): Promise<T> {
    const headers = target.kind === 'http' ? fillTemplates(target.headers, secrets) : {};
    return asHttpCall(headers, async () => {
      const wasOpen = entry.session !== undefined;
      try {
        return await work(await this.#session(entry, target, secrets), limits);
      } catch (error) {
        // An expired session is refused before the tool runs, so that only this one failure may be tried again.
        if (!(wasOpen && isExpired(error))) throw error;
        void close(entry);
        return work(await this.#session(entry, target, secrets), limits);
      }
    });
  }

  async #session(entry: Entry, target: UpstreamTarget, secrets: Secrets): Promise<UpstreamSession> {
    const print = fingerprint(target, secrets);
    const current = entry.session;
    if (current?.fingerprint === print) {
      const session = await current.opened;
      if (session.open) return session;
    }
    if (entry.session === current) {
      if (current) void close(entry);
      const opened = this.#open(target, secrets);
      const mine = { fingerprint: print, opened };
      entry.session = mine;
      opened.catch(() => {
        if (entry.session === mine) entry.session = undefined;
      });
    }
    return (entry.session ?? { opened: this.#open(target, secrets) }).opened;
  }

  /** Not bound to the first caller's signal: others may be waiting for the same connection. */
  async #open(target: UpstreamTarget, secrets: Secrets): Promise<UpstreamSession> {
    const makeTransport = await this.#transports(target, secrets);
    return openSession(makeTransport, {
      client: { name: 'switchyard', version: '0.1.0' },
      signal: new AbortController().signal,
      timeoutMs: this.#options.connectTimeoutMs ?? 60_000,
      maxBytes: this.#maxBytes,
    });
  }

  async #transports(target: UpstreamTarget, secrets: Secrets): Promise<() => Transport> {
    switch (target.kind) {
      case 'builtin': {
        const transport = await this.#options.openBuiltin(target);
        return () => transport;
      }
      case 'http':
        return () => createHttpTransport(target.url, this.#options.egress.fetch, this.#maxBytes);
      case 'stdio': {
        const wall = this.#options.wall;
        if (!wall) throw new UpstreamFailure('unreachable', 'This installation does not start programs.');
        const env = fillTemplates(target.command.env, secrets);
        const prepared = wall.prepare(targetKey(target), target.command, env);
        return () => new StdioTransport(prepared, this.#maxBytes);
      }
    }
  }
}

const isExpired = (error: unknown): boolean => error instanceof UpstreamFailure && error.code === 'session_expired';

async function close(entry: Entry): Promise<void> {
  const session = entry.session;
  entry.session = undefined;
  const opened = await session?.opened.catch(() => undefined);
  await opened?.close();
}
