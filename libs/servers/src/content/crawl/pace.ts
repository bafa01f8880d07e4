import { setTimeout as sleep } from 'node:timers/promises';

/** Lets one through, and the next only when so long has passed since. */
export class Pace {
  readonly #delayMs: number;
  #nextMs = 0;

  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  /** How long the next one would wait. */
  get waitMs(): number {
    return Math.max(0, this.#nextMs - performance.now());
  }

  /** Throws where the signal is aborted meanwhile. */
  async pass(signal: AbortSignal): Promise<void> {
    const waitMs = this.waitMs;
    this.#nextMs = performance.now() + waitMs + this.#delayMs;
    if (waitMs > 0) await sleep(waitMs, undefined, { signal });
  }
}
