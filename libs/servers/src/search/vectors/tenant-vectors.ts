import type { Ctx, TenantId } from '@switchyard/kernel';
import { textKey, type Embedder } from './embedder.ts';
import { ExactIndex, toBytes, type Near, type VectorIndex } from './vector-index.ts';

type Tenant = Pick<Ctx, 'tenantId'>;

/** Where texts wait for their vectors, and where these are kept. */
export interface VectorSource {
  /** Texts without a vector of this model. */
  waiting(ctx: Tenant, model: string, limit: number): Promise<WaitingText[]>;
  /** Keeps what was made of these texts; one whose words changed meanwhile goes on waiting. Gives how many were kept. */
  keep(ctx: Tenant, model: string, vectors: readonly (WaitingText & { readonly bytes: Int8Array })[]): Promise<number>;
  /** Vectors that are newer than what is known, oldest first. */
  newer(
    ctx: Tenant,
    model: string,
    after: bigint,
    limit: number,
  ): Promise<{ readonly id: string; readonly vector: Uint8Array; readonly version: bigint }[]>;
}

export interface WaitingText {
  readonly id: string;
  readonly text: string;
}

export interface TenantVectorsOptions {
  readonly source: VectorSource;
  readonly embedder: Embedder;
  /** Hears what broke: search goes on by words alone. */
  readonly onError: (error: unknown) => void;
  readonly nowMs?: () => number;
}

interface Held {
  readonly index: VectorIndex;
  version: bigint;
  lookedAtMs: number;
  usedAtMs: number;
  /** The look that is under way. */
  looking: Promise<void> | undefined;
}

const LOOK_EVERY_MS = 3_000;
const AFTER_FAILURE_MS = 60_000;
const READ_BATCH = 5_000;
/** Of all tenants in this process; the least recently used one makes room. */
const MOST_VECTORS = 1_000_000;
const MOST_QUERIES = 2_000;
const QUERY_TIMEOUT_MS = 3_000;

/**
 * Tenants' texts (products, passages) by what they mean. The vectors stand in PostgreSQL; each process holds a copy of those in use and
 * brings it up to date behind the searches, embedding what waits on the way.
 */
export class TenantVectors {
  readonly #options: TenantVectorsOptions;
  readonly #held = new Map<TenantId, Held>();
  readonly #queries = new Map<string, Float32Array>();
  readonly #closing = new AbortController();
  readonly #now: () => number;

  constructor(options: TenantVectorsOptions) {
    this.#options = options;
    this.#now = options.nowMs ?? (() => performance.now());
  }

  get embedder(): Embedder {
    return this.#options.embedder;
  }

  /** What is nearest to a text; nothing while there is no copy yet, or the model does not answer. Never throws. */
  async nearest(ctx: Tenant, text: string, count: number): Promise<Near[]> {
    const held = this.#use(ctx);
    if (held.index.size === 0 || text.trim() === '') return [];
    try {
      return held.index.nearest(await this.#queryVector(text), count, this.embedder.leastSimilarity);
    } catch (error) {
      this.#options.onError(error);
      return [];
    }
  }

  /** What is most like one of them, without itself. */
  like(ctx: Tenant, id: string, count: number): Near[] {
    const { index } = this.#use(ctx);
    const vector = index.vectorOf(id);
    if (!vector) return [];
    return index.nearest(vector, count + 1, this.embedder.leastSimilarity).filter((near) => near.id !== id);
  }

  /** These are no more. */
  forget(ctx: Tenant, ids: readonly string[]): void {
    const held = this.#held.get(ctx.tenantId);
    for (const id of ids) held?.index.remove(id);
  }

  /** Resolves when all that waits now is embedded and in memory. For jobs and tests; a search does not wait. */
  async settle(ctx: Tenant): Promise<void> {
    const held = this.#use(ctx);
    await held.looking;
    await this.#look(ctx, held);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#held.values()].map((held) => held.looking));
  }

  #use(ctx: Tenant): Held {
    let held = this.#held.get(ctx.tenantId);
    if (!held) {
      const index = new ExactIndex(this.embedder.dimensions);
      held = { index, version: 0n, lookedAtMs: -Infinity, usedAtMs: 0, looking: undefined };
      this.#held.set(ctx.tenantId, held);
    }
    held.usedAtMs = this.#now();
    if (!held.looking && held.usedAtMs - held.lookedAtMs > LOOK_EVERY_MS && !this.#closing.signal.aborted) {
      const used = held;
      used.looking = this.#look(ctx, used)
        .catch((error: unknown) => {
          used.lookedAtMs += AFTER_FAILURE_MS; // a model that is away is not asked at every search
          if (!this.#closing.signal.aborted) this.#options.onError(error);
        })
        .finally(() => {
          used.looking = undefined;
        });
    }
    return held;
  }

  async #look(ctx: Tenant, held: Held): Promise<void> {
    const { source, embedder } = this.#options;
    const { signal } = this.#closing;
    held.lookedAtMs = this.#now();
    await this.#load(ctx, held);
    while (!signal.aborted) {
      const waiting = await source.waiting(ctx, embedder.model, embedder.batch);
      if (waiting.length === 0) break;
      const vectors = await embedder.embed(
        waiting.map((one) => one.text),
        signal,
      );
      const rows = waiting.flatMap((one, at) => {
        const vector = vectors[at];
        return vector ? [{ ...one, bytes: toBytes(vector) }] : [];
      });
      // None kept: all of them change faster than they are embedded. The next look tries again.
      if ((await source.keep(ctx, embedder.model, rows)) === 0) break;
    }
    await this.#load(ctx, held);
    this.#makeRoom(ctx.tenantId);
    held.lookedAtMs = this.#now();
  }

  async #load(ctx: Tenant, held: Held): Promise<void> {
    const { source, embedder } = this.#options;
    for (let found = READ_BATCH; found === READ_BATCH && !this.#closing.signal.aborted;) {
      const rows = await source.newer(ctx, embedder.model, held.version, READ_BATCH);
      found = rows.length;
      for (const { id, vector, version } of rows) {
        if (vector.length === embedder.dimensions) held.index.put(id, new Int8Array(vector));
        held.version = version;
      }
    }
  }

  #makeRoom(besides: TenantId): void {
    const others = [...this.#held].filter(([tenantId, held]) => tenantId !== besides && !held.looking);
    let total = [...this.#held.values()].reduce((sum, held) => sum + held.index.size, 0);
    for (const [tenantId, held] of others.sort(([, a], [, b]) => a.usedAtMs - b.usedAtMs)) {
      if (total <= MOST_VECTORS) return;
      this.#held.delete(tenantId);
      total -= held.index.size;
    }
  }

  async #queryVector(text: string): Promise<Float32Array> {
    const key = textKey(text);
    const known = this.#queries.get(key);
    if (known) return known;
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(QUERY_TIMEOUT_MS)]);
    const [vector] = await this.embedder.embed([text], signal);
    if (!vector) throw new Error('the embedding gave no vector');
    const [oldest] = this.#queries.keys();
    if (this.#queries.size >= MOST_QUERIES && oldest !== undefined) this.#queries.delete(oldest);
    this.#queries.set(key, vector);
    return vector;
  }
}
