import type { Database } from '@switchyard/database';
import type { Ctx, TenantId } from '@switchyard/kernel';
import { textKey, type Embedder } from './embedder.ts';
import { ExactIndex, toBytes, type Near, type VectorIndex } from './vector-index.ts';
import { keepVectors, readVectors, readWaiting } from './vectors.store.ts';

type Tenant = Pick<Ctx, 'tenantId'>;

export interface ProductVectorsOptions {
  readonly database: Database;
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
 * Tenants' products by what they mean. The vectors stand in PostgreSQL; each process holds a copy of those in use and
 * brings it up to date behind the searches, embedding what waits on the way.
 */
export class ProductVectors {
  readonly #options: ProductVectorsOptions;
  readonly #held = new Map<TenantId, Held>();
  readonly #queries = new Map<string, Float32Array>();
  readonly #closing = new AbortController();
  readonly #now: () => number;

  constructor(options: ProductVectorsOptions) {
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

  /** What is most like a product, without itself. */
  like(ctx: Tenant, productId: string, count: number): Near[] {
    const { index } = this.#use(ctx);
    const vector = index.vectorOf(productId);
    if (!vector) return [];
    return index.nearest(vector, count + 1, this.embedder.leastSimilarity).filter((near) => near.id !== productId);
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
    const { database, embedder } = this.#options;
    const { signal } = this.#closing;
    held.lookedAtMs = this.#now();
    await this.#load(ctx, held);
    while (!signal.aborted) {
      const waiting = await readWaiting(database, ctx, embedder.model, embedder.batch);
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
      if ((await keepVectors(database, ctx, embedder.model, rows)) === 0) break;
    }
    await this.#load(ctx, held);
    this.#makeRoom(ctx.tenantId);
    held.lookedAtMs = this.#now();
  }

  async #load(ctx: Tenant, held: Held): Promise<void> {
    const { database, embedder } = this.#options;
    for (let found = READ_BATCH; found === READ_BATCH && !this.#closing.signal.aborted;) {
      const rows = await readVectors(database, ctx, embedder.model, held.version, READ_BATCH);
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
