const MOST_PAIRS = 500;
const SHOWN_PAIRS = 20;

export interface Pair {
  readonly from: string;
  readonly to: string;
  readonly count: number;
}

/**
 * Which tool is called after which. Bounded: when the table is full the rarest pair makes way, and the newcomer starts
 * at its count (space-saving), so that what is really popular is never missed and may be told a little too high.
 */
export class ToolPairs {
  readonly #pairs = new Map<string, Pair>();

  /** The tools of one run that answered, in the order of their calls. */
  add(tools: readonly string[]): void {
    for (const [at, to] of tools.entries()) {
      const from = tools[at - 1];
      if (from === undefined) continue;
      const key = `${from}\n${to}`;
      const count = this.#pairs.get(key)?.count ?? this.#makeWay();
      this.#pairs.set(key, { from, to, count: count + 1 });
    }
  }

  /** The most popular ones, most first. */
  top(): readonly Pair[] {
    return [...this.#pairs.values()].sort((a, b) => b.count - a.count).slice(0, SHOWN_PAIRS);
  }

  #makeWay(): number {
    if (this.#pairs.size < MOST_PAIRS) return 0;
    let rarest: [string, Pair] | undefined;
    for (const entry of this.#pairs) if (!rarest || entry[1].count < rarest[1].count) rarest = entry;
    if (!rarest) return 0;
    this.#pairs.delete(rarest[0]);
    return rarest[1].count;
  }
}
