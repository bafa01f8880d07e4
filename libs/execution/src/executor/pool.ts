import { AppError, messageOf } from '@switchyard/kernel';
import { DenoProcess } from '../sandbox/deno-process.ts';
import { Turnstile, type Slot, type TurnstileSettings } from './turnstile.ts';

export type PoolSettings = TurnstileSettings & {
  /** Sandboxes kept started ahead. One idle sandbox has about 9 MB of its own. */
  readonly size: number;
  /** Sandboxes being started at the same time; more would take the CPU from those that run. */
  readonly refill: number;
};

export const DEFAULT_POOL: PoolSettings = { size: 16, maxComputing: 4, maxRunning: 64, maxQueued: 256, refill: 3 };

const RETRY_MS = [100, 250, 500, 1_000, 2_000, 5_000] as const;
const GIVE_UP_AFTER = 4;
/** After a run's end: its record and its answer come first. */
const FILL_DELAY_MS = 15;
/** Of a run that goes on for longer nobody waits for the answer just now. */
const FILL_BY_MS = 250;
/** Kept for parties that have nothing running, so that one which starts runs as fast as it can does not make others wait. */
const RESERVED = 2;

type Taker = { readonly mayDrain: boolean; resolve(process: DenoProcess): void; reject(error: Error): void };

/** Started sandboxes, each used once, and the turnstile in front of them. */
export class Pool {
  readonly settings: PoolSettings;
  readonly #start: () => Promise<DenoProcess>;
  readonly #warm: DenoProcess[] = [];
  readonly #takers: Taker[] = [];
  readonly #turnstile: Turnstile;
  readonly #starting = new Set<Promise<void>>();
  #failures = 0;
  #problem: string | null = null;
  #retry: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #soonAt = 0;
  #closed = false;

  constructor(settings: PoolSettings, start: () => Promise<DenoProcess>) {
    this.settings = settings;
    this.#start = start;
    this.#turnstile = new Turnstile(settings);
    this.#fill();
  }

  counts(): { warm: number; running: number; queued: number } {
    return { warm: this.#warm.length, running: this.#turnstile.running, queued: this.#turnstile.queued };
  }

  get problem(): string | null {
    return this.#problem;
  }

  /** A place to run in, at once or after a wait in the queue. Throws AppError when the queue is full or the pool broken. */
  async enter(party: string, signal: AbortSignal): Promise<Slot> {
    if (this.#closed) throw closedError();
    if (this.#failures >= GIVE_UP_AFTER) throw brokenError();
    return await this.#turnstile.enter(party, signal);
  }

  runningOf(party: string): number {
    return this.#turnstile.runningOf(party);
  }

  /** A started sandbox that nobody has used. The last ones are for parties that have no other run going. */
  async take(party: string): Promise<DenoProcess> {
    if (this.#closed) throw closedError();
    const mayDrain = this.#turnstile.runningOf(party) <= 1;
    for (let ready = this.#ready(mayDrain); ready; ready = this.#ready(mayDrain)) {
      if (!ready.alive) continue;
      if (this.#warm.length < this.settings.size / 2) this.#fill();
      else this.#fillIn(FILL_BY_MS);
      return ready;
    }
    const taken = new Promise<DenoProcess>((resolve, reject) => this.#takers.push({ mayDrain, resolve, reject }));
    this.#fill();
    return await taken;
  }

  /** To be called when a run has ended, for the place of the sandbox that it used up. */
  ended(): void {
    this.#fillIn(FILL_DELAY_MS);
  }

  #ready(mayDrain: boolean): DenoProcess | undefined {
    return mayDrain || this.#warm.length > this.#reserved ? this.#warm.shift() : undefined;
  }

  get #reserved(): number {
    return Math.min(RESERVED, this.settings.size >> 2);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#soon);
    this.#turnstile.close(closedError());
    for (const taker of this.#takers.splice(0)) taker.reject(closedError());
    await Promise.all([...this.#starting, ...this.#warm.splice(0).map((ready) => ready.kill())]);
  }

  /** Starting a process costs the machine some milliseconds: not while a run is being handed over, recorded or answered. */
  #fillIn(ms: number): void {
    const at = performance.now() + ms;
    if (this.#soon && this.#soonAt <= at) return;
    clearTimeout(this.#soon);
    this.#soonAt = at;
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      this.#fill();
    }, ms);
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
    const taker = this.#nextTaker();
    if (taker) return taker.resolve(ready);
    this.#warm.push(ready);
    void ready.gone.then(() => {
      const at = this.#warm.indexOf(ready);
      if (at < 0) return;
      this.#warm.splice(at, 1);
      this.#fill();
    });
  }

  /** Whoever has nothing running comes first; the others when those that are kept for such are there. */
  #nextTaker(): Taker | undefined {
    const first = this.#takers.findIndex(({ mayDrain }) => mayDrain);
    if (first >= 0) return this.#takers.splice(first, 1)[0];
    return this.#warm.length < this.#reserved ? undefined : this.#takers.shift();
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
