import type { Clock, Ctx, TenantId } from '@switchyard/kernel';
import type { Database } from '@switchyard/database';
import type { PolicyMode } from './decision.ts';
import { openEngine, type Engine, type PolicyModule } from './engine.ts';
import { loadPolicyData } from './grants.store.ts';
import type { RunningModule, RunningModules } from './modules/running.ts';
import { readState } from './state.store.ts';

/** One tenant's policy, ready to decide. */
export interface TenantPolicy {
  readonly revision: number;
  readonly mode: PolicyMode;
  readonly engine: Engine;
  /** The tenant's own rules, which may only take back from what the engine allows; undefined for none. */
  readonly module: RunningModule | undefined;
  /** What each kind of caller may see of a catalogue, by a key of both; dies with this revision. */
  readonly visible: Map<string, ReadonlySet<string>>;
}

interface Entry {
  loading?: Promise<TenantPolicy>;
  ready?: TenantPolicy;
  /** Milliseconds; after it the revision is asked for again, in case a change was not heard. */
  freshUntil: number;
}

export interface TenantPoliciesOptions {
  readonly database: Pick<Database, 'inTenant'>;
  readonly module: PolicyModule;
  readonly running: RunningModules;
  readonly clock: Clock;
  /** Instances kept, about 0.5 MB each; the one unused for longest goes. */
  readonly maxTenants: number;
  readonly freshForMs: number;
}

/** The tenants' policies in memory. A change is forgotten at once when heard, and after `freshForMs` when not. */
export class TenantPolicies {
  readonly #options: TenantPoliciesOptions;
  readonly #entries = new Map<TenantId, Entry>();

  constructor(options: TenantPoliciesOptions) {
    this.#options = options;
  }

  /** Only if it is there and fresh: the way without waiting. */
  peek(tenantId: TenantId): TenantPolicy | undefined {
    const entry = this.#entries.get(tenantId);
    if (!entry?.ready || this.#now() > entry.freshUntil) return undefined;
    this.#entries.delete(tenantId); // to the young end
    this.#entries.set(tenantId, entry);
    return entry.ready;
  }

  async get(ctx: Pick<Ctx, 'tenantId'>): Promise<TenantPolicy> {
    const entry: Entry = this.#entries.get(ctx.tenantId) ?? { freshUntil: 0 };
    if (entry.ready && this.#now() <= entry.freshUntil) return entry.ready;
    this.#entries.set(ctx.tenantId, entry);
    this.#evict();
    // An entry that is forgotten while it loads is no longer in the map: who waits for it asked before the change.
    entry.loading ??= this.#refresh(ctx, entry).finally(() => delete entry.loading);
    return entry.loading;
  }

  /** `revision`: what the tenant's policy has come to, when that is known; a policy of that revision is kept. */
  forget(tenantId: string | undefined, revision = Number.NaN): void {
    if (tenantId === undefined) return this.#entries.clear();
    const known = this.#entries.get(tenantId as TenantId)?.ready?.revision;
    if (known === undefined || !(known >= revision)) this.#entries.delete(tenantId as TenantId);
  }

  #now = (): number => this.#options.clock.now().getTime();

  async #refresh(ctx: Pick<Ctx, 'tenantId'>, entry: Entry): Promise<TenantPolicy> {
    const { database, module, running, freshForMs } = this.#options;
    const freshUntil = this.#now() + freshForMs;
    const before = entry.ready;
    if (before) {
      const state = await database.inTenant(ctx, readState);
      if (state.revision === before.revision) {
        entry.freshUntil = freshUntil;
        return before;
      }
    }
    const data = await database.inTenant(ctx, loadPolicyData);
    const engine = await openEngine(module, data);
    const { revision, mode, moduleRevision } = data;
    const own = moduleRevision === null ? undefined : await running.load(ctx, moduleRevision);
    entry.ready = { revision, mode, engine, module: own, visible: new Map() };
    entry.freshUntil = freshUntil;
    return entry.ready;
  }

  #evict(): void {
    for (const tenantId of this.#entries.keys()) {
      if (this.#entries.size <= this.#options.maxTenants) return;
      this.#entries.delete(tenantId);
    }
  }
}
