export interface ShortCache<Value> {
  /** What is cached, or what `load` gives; loads of one key at the same time are one. Undefined is not cached. */
  fetch(key: string, now: number, load: () => Promise<Value | undefined>): Promise<Value | undefined>;
  /** Forgets what matches, all without a test. A load under way then is answered, but not kept. */
  drop(matches?: (value: Value) => boolean): void;
}

interface Entry<Value> {
  readonly value: Value;
  readonly untilMs: number;
}

export function createShortCache<Value>({ ttlMs, max }: { ttlMs: number; max: number }): ShortCache<Value> {
  const entries = new Map<string, Entry<Value>>();
  const loading = new Map<string, Promise<Value | undefined>>();
  let generation = 0;

  function keep(key: string, value: Value, untilMs: number): void {
    entries.delete(key); // so that a renewed one counts as young
    entries.set(key, { value, untilMs });
    const oldest = entries.size > max ? entries.keys().next() : undefined;
    if (oldest && !oldest.done) entries.delete(oldest.value);
  }

  async function load(key: string, now: number, from: () => Promise<Value | undefined>): Promise<Value | undefined> {
    const begun = generation;
    try {
      const value = await from();
      if (value !== undefined && begun === generation) keep(key, value, now + ttlMs);
      return value;
    } finally {
      if (begun === generation) loading.delete(key);
    }
  }

  return {
    async fetch(key, now, from) {
      const entry = entries.get(key);
      if (entry && entry.untilMs > now) return entry.value;
      const under = loading.get(key);
      if (under) return under;
      const started = load(key, now, from);
      loading.set(key, started);
      return started;
    },
    drop(matches) {
      generation++;
      loading.clear();
      for (const [key, { value }] of entries) if (!matches || matches(value)) entries.delete(key);
    },
  };
}
