export interface Near {
  readonly id: string;
  /** Cosine, −1 to 1. */
  readonly similarity: number;
}

/** What is nearest to a vector. An approximate index may stand behind it where an exact one is too slow. */
export interface VectorIndex {
  readonly size: number;
  put(id: string, vector: Int8Array): void;
  has(id: string): boolean;
  remove(id: string): void;
  vectorOf(id: string): Float32Array | undefined;
  /** Most similar first. */
  nearest(query: Float32Array, count: number, leastSimilarity: number): Near[];
}

const SCALE = 127;

/** A vector of length 1, a signed byte for each dimension: a quarter of the room, and an error of less than a hundredth. */
export const toBytes = (vector: Float32Array): Int8Array =>
  Int8Array.from(vector, (value) => Math.round(value * SCALE));

const FIRST_ROOM = 1_024;

/** Four sums at a time, which do not wait for each other. `wanted` has a multiple of four dimensions, or the rest is added after. */
function dotAll(bytes: Int8Array, start: number, wanted: Int8Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = wanted.length & ~3;
  for (let at = 0; at < whole; at += 4) {
    a += Math.imul(bytes[start + at] as number, wanted[at] as number);
    b += Math.imul(bytes[start + at + 1] as number, wanted[at + 1] as number);
    c += Math.imul(bytes[start + at + 2] as number, wanted[at + 2] as number);
    d += Math.imul(bytes[start + at + 3] as number, wanted[at + 3] as number);
  }
  for (let at = whole; at < wanted.length; at++) a += Math.imul(bytes[start + at] as number, wanted[at] as number);
  return a + b + c + d;
}

/** Of a query with few dimensions: those alone. */
function dotSome(bytes: Int8Array, start: number, places: Uint16Array, wanted: Int16Array): number {
  let sum = 0;
  for (let at = 0; at < places.length; at++)
    sum += Math.imul(bytes[start + (places[at] as number)] as number, wanted[at] as number);
  return sum;
}

/**
 * Looks at every vector, so that nothing is ever missed: 100,000 of 256 dimensions are 26 MB. Only dimensions that the query
 * has are read: of a hashed text they are few.
 */
export class ExactIndex implements VectorIndex {
  readonly #dimensions: number;
  readonly #slots = new Map<string, number>();
  readonly #ids: string[] = [];
  #bytes: Int8Array;

  constructor(dimensions: number) {
    this.#dimensions = dimensions;
    this.#bytes = new Int8Array(FIRST_ROOM * dimensions);
  }

  get size(): number {
    return this.#ids.length;
  }

  put(id: string, vector: Int8Array): void {
    let slot = this.#slots.get(id);
    if (slot === undefined) {
      slot = this.#ids.push(id) - 1;
      this.#slots.set(id, slot);
      if ((slot + 1) * this.#dimensions > this.#bytes.length) {
        const larger = new Int8Array(this.#bytes.length * 2);
        larger.set(this.#bytes);
        this.#bytes = larger;
      }
    }
    this.#bytes.set(vector, slot * this.#dimensions);
  }

  has(id: string): boolean {
    return this.#slots.has(id);
  }

  /** The last one takes its place. */
  remove(id: string): void {
    const slot = this.#slots.get(id);
    if (slot === undefined) return;
    const last = this.#ids.length - 1;
    const moved = this.#ids[last] ?? '';
    this.#bytes.copyWithin(slot * this.#dimensions, last * this.#dimensions, (last + 1) * this.#dimensions);
    this.#ids[slot] = moved;
    this.#slots.set(moved, slot);
    this.#ids.pop();
    this.#slots.delete(id);
  }

  vectorOf(id: string): Float32Array | undefined {
    const slot = this.#slots.get(id);
    if (slot === undefined) return undefined;
    const start = slot * this.#dimensions;
    return Float32Array.from(this.#bytes.subarray(start, start + this.#dimensions), (value) => value / SCALE);
  }

  nearest(query: Float32Array, count: number, leastSimilarity: number): Near[] {
    const dimensions = this.#dimensions;
    const bytes = this.#bytes;
    const all = toBytes(query);
    const places = Uint16Array.from(all.keys()).filter((place) => all[place] !== 0);
    const wanted = Int16Array.from(places, (place) => all[place] as number);
    const best: { slot: number; sum: number }[] = []; // worst first
    let bar = leastSimilarity * SCALE * SCALE;
    const isDense = places.length > dimensions / 2;
    for (let slot = 0, start = 0; slot < this.#ids.length; slot++, start += dimensions) {
      const sum = isDense ? dotAll(bytes, start, all) : dotSome(bytes, start, places, wanted);
      if (sum < bar) continue;
      let place = best.length;
      while (place > 0 && (best[place - 1] as { sum: number }).sum > sum) place--;
      best.splice(place, 0, { slot, sum });
      if (best.length > count) best.shift();
      if (best.length === count) bar = Math.max(bar, (best[0] as { sum: number }).sum);
    }
    return best.reverse().map(({ slot, sum }) => ({ id: this.#ids[slot] ?? '', similarity: sum / (SCALE * SCALE) }));
  }
}
