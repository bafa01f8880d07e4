import { AppError, messageOf } from '@switchyard/kernel';
import { DenoProcess } from '../sandbox/deno-process.ts';

export type PoolSettings = {
  /** Sandboxes kept started ahead. One idle sandbox has about 9 MB of its own. */
  readonly size: number;
  /** Runs that compute at the same time. Runs that wait for a tool do not count. */
  readonly maxComputing: number;
  /** Runs at the same time, waiting ones included. */
  readonly maxRunning: number;
  readonly maxQueued: number;
  /** Sandboxes being started at the same time; more would take the CPU from those that run. */
  readonly refill: number;
};

export const DEFAULT_POOL: PoolSettings = { size: 16, maxComputing: 4, maxRunning: 64, maxQueued: 256, refill: 3 };

const RETRY_MS = [100, 250, 500, 1_000, 2_000, 5_000] as const;
const GIVE_UP_AFTER = 4;
const FILL_DELAY_MS = 10;

/** A place among the running ones. */
export type Slot = { waiting(isWaiting: boolean): void; release(): void };
type Waiter = { admit(slot: Slot): void; refuse(error: Error): void };

/** Started sandboxes, each used once, and the queue in front of them. */
export class Pool {
  readonly settings: PoolSettings;
  readonly #start: () => Promise<DenoProcess>;
  readonly #warm: DenoProcess[] = [];
  readonly #takers: { resolve(process: DenoProcess): void; reject(error: Error): void }[] = [];
  readonly #queue: Waiter[] = [];
  readonly #starting = new Set<Promise<void>>();
  #running = 0;
  #computing = 0;
  #failures = 0;
  #problem: string | null = null;
  #retry: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(settings: PoolSettings, start: () => Promise<DenoProcess>) {
    this.settings = settings;
    this.#start = start;
    this.#fill();
  }

  counts(): { warm: number; running: number; queued: number } {
    return { warm: this.#warm.length, running: this.#running, queued: this.#queue.length };
  }

  get problem(): string | null {
    return this.#problem;
  }

  /** A place to run in, at once or after a wait in the queue. Throws AppError when the queue is full or the pool broken. */
  async enter(signal: AbortSignal): Promise<Slot> {
    if (this.#closed) throw closedError();
    if (this.#failures >= GIVE_UP_AFTER) throw brokenError();
    if (this.#queue.length === 0 && this.#hasRoom()) return this.#slot();
    if (this.#queue.length >= this.settings.maxQueued)
      throw new AppError('rate_limited', 'Too many runs are waiting. Try again in a moment.', { retryAfterSeconds: 2 });
    return await new Promise((resolve, reject) => {
      const waiter: Waiter = {
        admit: (slot) => {
          signal.removeEventListener('abort', leave);
          resolve(slot);
        },
        refuse: (error) => {
          signal.removeEventListener('abort', leave);
          reject(error);
        },
      };
      const leave = (): void => {
        const at = this.#queue.indexOf(waiter);
        if (at >= 0) this.#queue.splice(at, 1);
        reject(new Error('aborted'));
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#queue.push(waiter);
    });
  }

  /** A started sandbox that nobody has used. */
  async take(): Promise<DenoProcess> {
    if (this.#closed) throw closedError();
    for (let ready = this.#warm.shift(); ready; ready = this.#warm.shift()) {
      if (!ready.alive) continue;
      this.#fillSoon();
      return ready;
    }
    const taken = new Promise<DenoProcess>((resolve, reject) => this.#takers.push({ resolve, reject }));
    this.#fill();
    return await taken;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#soon);
    for (const waiter of this.#queue.splice(0)) waiter.refuse(closedError());
    for (const taker of this.#takers.splice(0)) taker.reject(closedError());
    await Promise.all([...this.#starting, ...this.#warm.splice(0).map((ready) => ready.kill())]);
  }

  #hasRoom(): boolean {
    return this.#running < this.settings.maxRunning && this.#computing < this.settings.maxComputing;
  }

  #slot(): Slot {
    this.#running++;
    this.#computing++;
    let computing = true;
    const set = (next: boolean): void => {
      if (computing === next) return;
      computing = next;
      this.#computing += next ? 1 : -1;
      this.#admit();
    };
    let released = false;
    return {
      waiting: (isWaiting) => set(!isWaiting),
      release: () => {
        if (released) return;
        released = true;
        this.#running--;
        set(false);
        this.#admit();
      },
    };
  }

  #admit(): void {
    while (this.#queue.length > 0 && this.#hasRoom()) this.#queue.shift()?.admit(this.#slot());
  }

  /** Starting a process costs the host some milliseconds: not while the run that took one is being handed over. */
  #fillSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#fill();
    }, FILL_DELAY_MS);
  }

  #fill(): void {
    if (this.#closed || this.#retry) return;
    while (
      this.#starting.size < this.settings.refill &&
      this.#warm.length + this.#starting.size < this.settings.size + this.#takers.length
    ) {
      const started = this.#startOne();
      this.#starting.add(started);
      void started.finally(() => {
        this.#starting.delete(started);
        this.#fill();
      });
    }
  }

  async #startOne(): Promise<void> {
    let ready: DenoProcess;
    try {
      ready = await this.#start();
    } catch (thrown) {
      return this.#failed(messageOf(thrown));
    }
    this.#failures = 0;
    this.#problem = null;
    if (this.#closed) return void (await ready.kill());
    const taker = this.#takers.shift();
    if (taker) return taker.resolve(ready);
    this.#warm.push(ready);
    void ready.gone.then(() => {
      const at = this.#warm.indexOf(ready);
      if (at < 0) return;
      this.#warm.splice(at, 1);
      this.#fill();
    });
  }

  #failed(problem: string): void {
    this.#failures++;
    this.#problem = problem;
    if (this.#failures >= GIVE_UP_AFTER) for (const taker of this.#takers.splice(0)) taker.reject(brokenError());
    if (this.#retry || this.#closed) return;
    this.#retry = setTimeout(
      () => {
        this.#retry = undefined;
        this.#fill();
      },
      RETRY_MS[Math.min(this.#failures, RETRY_MS.length) - 1] ?? 5_000,
    );
  }
}

const closedError = (): AppError =>
  new AppError('unavailable', 'The executor is shutting down. Try again in a moment.');
const brokenError = (): AppError =>
  new AppError(
    'unavailable',
    'No sandbox can be started on this machine now. An operator finds the reason with: switchyard doctor.',
  );
