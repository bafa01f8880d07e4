import { readFileSync } from 'node:fs';

/**
 * Where no distribution and no service manager gives out user ids. The second is for containers that know 65,536 users.
 * Each sandbox has one to itself while it lives; which ones an executor takes is left to chance, so that two on one
 * machine hardly meet (and are in process namespaces of their own when they do).
 */
const RANGES = [
  { first: 2_000_000_000, count: 100_000_000 },
  { first: 60_600, count: 560 },
] as const;

export type IdRange = { readonly first: number; readonly count: number };

/** `map` is the text of /proc/self/uid_map. */
export function reservedUserIds(map: string): IdRange | null {
  const mapped = map.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const covers = ({ first, count }: IdRange): boolean =>
    mapped.some(([from = 0, , length = 0]) => from <= first && first + count <= from + length);
  return RANGES.find(covers) ?? null;
}

export function reservedHere(): IdRange | null {
  try {
    return reservedUserIds(readFileSync('/proc/self/uid_map', 'utf8'));
  } catch {
    return null;
  }
}

/** Lends user ids, each to one holder at a time, and gives none again soon. */
export class UserIds {
  readonly #range: IdRange;
  readonly #lent = new Set<number>();
  #next: number;

  constructor(range: IdRange, random: () => number) {
    this.#range = range;
    this.#next = Math.floor(random() * range.count);
  }

  /** Throws when all are lent. */
  lend(): number {
    const { first, count } = this.#range;
    for (let tried = 0; tried < count; tried++) {
      const uid = first + this.#next;
      this.#next = (this.#next + 1) % count;
      if (this.#lent.has(uid)) continue;
      this.#lent.add(uid);
      return uid;
    }
    throw new Error('every user id of the sandboxes is in use');
  }

  giveBack(uid: number): void {
    this.#lent.delete(uid);
  }
}
