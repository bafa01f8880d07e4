import type { Draw } from './limits.store.ts';

/** Tokens that were drawn and not used for so long are lost, so that no node hoards a burst. */
const LEASE_MS = 1_000;
/** A tenth of a second's worth at a time: ten draws a second at most, however many requests there are. */
const DRAWS_PER_MINUTE = 600;

/** Of a smaller share nothing is drawn ahead: a token that is lost then would be missed. */
const AHEAD_FROM = 10;

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
          this.#drawAhead(now, perMinute, draw);
          return undefined;
        }
        if (now < this.#refusedUntil) return (this.#refusedUntil - now) / 1_000;
        await this.#draw(perMinute, draw);
      }
    } finally {
      this.#waiting--;
    }
  }

  /** While some are left, so that whoever comes next need not wait for the database. */
  #drawAhead(now: number, perMinute: number, draw: (want: number) => Promise<Draw>): void {
    const share = shareOf(perMinute);
    const isShort = this.#tokens < share / 4 || now > this.#drawnAt + LEASE_MS / 2;
    if (share < AHEAD_FROM || !isShort || now < this.#refusedUntil) return;
    this.#draw(perMinute, draw).catch(() => undefined); // who needs it asks again
  }

  #draw(perMinute: number, draw: (want: number) => Promise<Draw>): Promise<void> {
    const left = performance.now() < this.#drawnAt + LEASE_MS ? this.#tokens : 0;
    const want = Math.max(this.#waiting, shareOf(perMinute) - left, 1);
    this.#drawing ??= draw(want)
      .then(({ granted, waitSeconds }) => {
        const now = performance.now();
        const kept = now < this.#drawnAt + LEASE_MS ? this.#tokens : 0;
        this.#tokens = kept + granted;
        if (granted > 0 || kept === 0) this.#drawnAt = now;
        if (this.#tokens === 0) this.#refusedUntil = now + Math.max(waitSeconds * 1_000, 1);
      })
      .finally(() => (this.#drawing = undefined));
    return this.#drawing;
  }
}

const shareOf = (perMinute: number): number => Math.ceil(perMinute / DRAWS_PER_MINUTE);
