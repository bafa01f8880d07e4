import type { Database } from '@switchyard/database';
import type { TenantId } from '@switchyard/kernel';

interface Entry<Value> {
  readonly made: Promise<Value>;
  readonly tenantId: TenantId;
  readonly atMs: number;
  /** Something has changed since. */
  isStale: boolean;
}

const CHANGING = new Set(['runs', 'conversations', 'chat', 'money', 'all']);
/** A busy tenant changes all the time: what is this young is given even so. */
const YOUNG_MS = 2_000;
/** Not all that reports count is announced. */
const OLDEST_MS = 30_000;
const MOST_ENTRIES = 500;

/**
 * Answers that are dear to make. Whoever asks for one that is being made waits for it; news of the tenant, from whichever
 * node, makes it stale. One made before is given for 2 seconds whatever happens, and for 30 at most.
 */
export class ReportCache {
  readonly #entries = new Map<string, Entry<unknown>>();
  readonly #now: () => number;
  readonly #stop: () => void;

  constructor(database: Pick<Database, 'onChange'>, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#stop = database.onChange(({ tenantId, topic }) => {
      if (!CHANGING.has(topic)) return;
      for (const entry of this.#entries.values())
        if (tenantId === undefined || entry.tenantId === tenantId) entry.isStale = true;
    });
  }

  async get<Value>(
    tenantId: TenantId,
    question: unknown,
    make: () => Promise<Value>,
  ): Promise<{ readonly value: Value; readonly cached: boolean }> {
    const key = JSON.stringify([tenantId, question]);
    const known = this.#entries.get(key) as Entry<Value> | undefined;
    const ageMs = known ? this.#now() - known.atMs : Infinity;
    if (known && ageMs < (known.isStale ? YOUNG_MS : OLDEST_MS)) return { value: await known.made, cached: true };
    const entry: Entry<Value> = { made: make(), tenantId, atMs: this.#now(), isStale: false };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MOST_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
    try {
      return { value: await entry.made, cached: false };
    } catch (error) {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
      throw error;
    }
  }

  /** What the tenant itself has just changed is seen at once. */
  forget(tenantId: TenantId): void {
    for (const [key, entry] of this.#entries) if (entry.tenantId === tenantId) this.#entries.delete(key);
  }

  close(): void {
    this.#stop();
    this.#entries.clear();
  }
}
