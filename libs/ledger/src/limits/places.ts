/** How long a place that nobody uses is kept before other nodes may have it. */
const IDLE_MS = 500;
/** After a refusal nothing is asked for so long: another node may have given something back. */
const REFUSED_MS = 100;

/** Holds `want` places for this node, as far as the limit goes; gives how many it now has. */
export type Hold = (want: number) => Promise<number>;

/** One node's part of the places that a tenant has on all nodes together. */
export class PlaceLease {
  /** What may be used here. */
  #held = 0;
  /** What the database has for us: never less than is used here. */
  #row = 0;
  #used = 0;
  /** The most that were used at once since places were last given back. */
  #most = 0;
  #waiting = 0;
  #refusedUntil = -Infinity;
  #working: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Gives the way to leave the place, or undefined where there is none. */
  async take(limit: number, hold: Hold): Promise<(() => void) | undefined> {
    this.#waiting++;
    try {
      for (;;) {
        if (this.#used < Math.min(this.#held, limit)) {
          this.#used++;
          this.#most = Math.max(this.#most, this.#used);
          return this.#leaver(hold);
        }
        if (this.#used >= limit || performance.now() < this.#refusedUntil) return undefined;
        await this.#grow(limit, hold);
      }
    } finally {
      this.#waiting--;
    }
  }

  #grow(limit: number, hold: Hold): Promise<void> {
    return this.#alone(async () => {
      const block = Math.max(this.#waiting, Math.floor(limit / 20), 1);
      this.#row = await hold(Math.min(this.#used + block, limit));
      this.#held = this.#row;
      if (this.#held <= this.#used) this.#refusedUntil = performance.now() + REFUSED_MS;
    });
  }

  /** One at a time asks the database, so that what it holds and what we think are the same. */
  #alone(work: () => Promise<void>): Promise<void> {
    this.#working ??= work().finally(() => (this.#working = undefined));
    return this.#working;
  }

  #leaver(hold: Hold): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#used--;
      this.#giveBackSoon(hold);
    };
  }

  #giveBackSoon(hold: Hold): void {
    if (this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#giveBack(hold);
    }, IDLE_MS).unref();
  }

  /** What was not used for a while; whoever runs one thing after the other keeps their place between them. */
  async #giveBack(hold: Hold): Promise<void> {
    while (this.#working) await this.#working.catch(() => undefined);
    const kept = Math.max(this.#most, this.#used);
    this.#most = this.#used;
    if (kept > this.#used) this.#giveBackSoon(hold);
    if (this.#row <= kept) return;
    const give = async (): Promise<void> => {
      this.#held = kept; // first, so that nobody takes what is being given back
      this.#row = await hold(kept);
    };
    await this.#alone(give).catch(() => this.#giveBackSoon(hold)); // the row is too high until then, never too low
  }
}
