import { messageOf, type TenantId } from '@switchyard/kernel';
import type { Database } from '@switchyard/database';
import { readSnapshot, readVersions } from './snapshot.store.ts';
import { isThrown, type Snapshot } from './snapshot.ts';

const MAX_TENANTS = 10_000;
const POLL_MS = 1_000;

export interface LiveOptions {
  readonly database: Pick<Database, 'inTenant' | 'host' | 'onChange'>;
  readonly log: (message: string) => void;
  readonly pollMs?: number;
}

interface Entry {
  snapshot: Snapshot;
  kill: AbortController;
}

/**
 * The tenants' snapshots in this process. A change is loaded when it is heard, and found by the poll where it was not.
 * While the database is away the last known snapshot stands.
 */
export class LiveSnapshots {
  readonly #options: LiveOptions;
  readonly #entries = new Map<TenantId, Entry>();
  readonly #loading = new Map<TenantId, Promise<Snapshot>>();
  readonly #stop: () => void;
  readonly #timer: NodeJS.Timeout;
  #polling: Promise<void> | undefined;
  #closed = false;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#stop = options.database.onChange(({ topic, tenantId, id }) => {
      if (topic === 'all') for (const known of this.#entries.keys()) this.#reloadQuietly(known);
      if (topic === 'rollouts' && id === undefined && this.#entries.has(tenantId as TenantId))
        this.#reloadQuietly(tenantId as TenantId);
    });
    this.#timer = setInterval(() => this.#beginPoll(), options.pollMs ?? POLL_MS).unref();
  }

  /** Only what is in memory. */
  peek(tenantId: TenantId): Snapshot | undefined {
    return this.#entries.get(tenantId)?.snapshot;
  }

  get({ tenantId }: { readonly tenantId: TenantId }): Snapshot | Promise<Snapshot> {
    return this.#entries.get(tenantId)?.snapshot ?? this.#loading.get(tenantId) ?? this.reload(tenantId);
  }

  /** Resolves with what stands then, which is at least as new as this call. */
  async reload(tenantId: TenantId): Promise<Snapshot> {
    const loading = readSnapshot(this.#options.database, { tenantId }).then((found) => this.#keep(found, tenantId));
    this.#loading.set(tenantId, loading);
    try {
      return await loading;
    } finally {
      if (this.#loading.get(tenantId) === loading) this.#loading.delete(tenantId);
    }
  }

  /** Aborted when the tenant's kill switch is thrown. */
  killSignal(tenantId: TenantId): AbortSignal {
    const entry = this.#entries.get(tenantId);
    return entry ? entry.kill.signal : new AbortController().signal;
  }

  /** Resolves when nothing of it asks the database any longer. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#stop();
    await this.#polling;
    await Promise.allSettled(this.#loading.values());
  }

  #keep(found: Snapshot, tenantId: TenantId): Snapshot {
    const entry = this.#entries.get(tenantId);
    if (entry && entry.snapshot.version > found.version) return entry.snapshot; // a slower load than a later one
    const kill = !entry || (entry.kill.signal.aborted && !isThrown(found)) ? new AbortController() : entry.kill;
    if (!entry && this.#entries.size >= MAX_TENANTS) {
      const [oldest] = this.#entries.keys();
      if (oldest) this.#entries.delete(oldest);
    }
    this.#entries.set(tenantId, { snapshot: found, kill });
    if (isThrown(found)) kill.abort(new Error('the kill switch was thrown'));
    return found;
  }

  #reloadQuietly(tenantId: TenantId): void {
    this.reload(tenantId).catch((error: unknown) =>
      this.#closed
        ? undefined
        : this.#options.log(`the flags of a tenant could not be loaded anew: ${messageOf(error)}`),
    );
  }

  #beginPoll(): void {
    this.#polling ??= this.#poll().finally(() => (this.#polling = undefined));
  }

  async #poll(): Promise<void> {
    if (this.#entries.size === 0) return;
    try {
      const versions = await readVersions(this.#options.database, [...this.#entries.keys()]);
      for (const [tenantId, { snapshot }] of this.#entries)
        if ((versions.get(tenantId) ?? 0) !== snapshot.version) this.#reloadQuietly(tenantId);
    } catch {
      // the database is away: what is known stands, and the next poll follows
    }
  }
}
