import type { Draw } from './limits.store.ts';

/** Tokens that were drawn and not used for so long are lost, so that no node hoards a burst. */
const LEASE_MS = 1_000;
/** A tenth of a second's worth at a time: ten draws a second at most, however many requests there are. */
const DRAWS_PER_MINUTE = 600;

/** One node's share of a bucket that all nodes draw from. Time in milliseconds, monotonic. */
export class RateLease {
  #tokens = 0;
  #drawnAt = -Infinity;
  #refusedUntil = -Infinity;
  #waiting = 0;
  #drawing: Promise<void> | undefined;

  /** Undefined: one was taken. Else when to come again, in seconds. Refusals are remembered, so that a flood of them costs no query. */
  async take(perMinute: number, draw: (want: number) => Promise<Draw>): Promise<number | undefined> {
    this.#waiting++;
    try {
      for (;;) {
        const now = performance.now();
        if (this.#tokens > 0 && now < this.#drawnAt + LEASE_MS) {
          this.#tokens--;
          return undefined;
        }
        if (now < this.#refusedUntil) return (this.#refusedUntil - now) / 1_000;
        this.#drawing ??= this.#draw(perMinute, draw).finally(() => (this.#drawing = undefined));
        await this.#drawing;
      }
    } finally {
      this.#waiting--;
    }
  }

  async #draw(perMinute: number, draw: (want: number) => Promise<Draw>): Promise<void> {
    const { granted, waitSeconds } = await draw(Math.max(this.#waiting, Math.ceil(perMinute / DRAWS_PER_MINUTE)));
    this.#tokens = granted;
    this.#drawnAt = performance.now();
    if (granted === 0) this.#refusedUntil = this.#drawnAt + Math.max(waitSeconds * 1_000, 1);
  }
}
