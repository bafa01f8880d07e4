import type { Ctx, TenantId } from '@switchyard/kernel';
import type { Database } from '@switchyard/database';
import { openModuleThread, type ModuleThread } from './module-thread.ts';
import { readModuleWasm } from './modules.store.ts';
import type { ModuleFinding } from './answer.ts';

/** Of one evaluation; a call waits so long for its tenant's rules at most, and is denied then. */
export const DECISION_MS = 250;

/** One revision of a tenant's own rules, ready to be asked. */
export interface RunningModule {
  readonly revision: number;
  /** `input` is JSON. */
  decide(input: string): Promise<ModuleFinding>;
}

interface Entry {
  readonly revision: number;
  readonly thread: Promise<ModuleThread>;
}

/** The threads of tenants' rules in force: one for each tenant, those unused for longest given up above `most`. */
export class RunningModules {
  readonly #database: Pick<Database, 'inTenant'>;
  readonly #most: number;
  readonly #entries = new Map<TenantId, Entry>();

  constructor(database: Pick<Database, 'inTenant'>, most: number) {
    this.#database = database;
    this.#most = most;
  }

  /** What was loaded for another revision ends when it is no longer asked. Throws AppError `unavailable`. */
  async load(ctx: Pick<Ctx, 'tenantId'>, revision: number): Promise<RunningModule> {
    await this.#thread(ctx, revision);
    return {
      revision,
      decide: async (input) => {
        const thread = await this.#thread(ctx, revision);
        const [finding] = await thread.evaluate([input], DECISION_MS);
        return finding ?? { kind: 'failed', message: 'they gave no answer' };
      },
    };
  }

  /** For rules that are tried, beside those in force. */
  async open(ctx: Pick<Ctx, 'tenantId'>, revision: number): Promise<ModuleThread> {
    return openModuleThread(await this.#database.inTenant(ctx, (tx) => readModuleWasm(tx, ctx, revision)));
  }

  #thread(ctx: Pick<Ctx, 'tenantId'>, revision: number): Promise<ModuleThread> {
    const known = this.#entries.get(ctx.tenantId);
    if (known?.revision === revision) {
      this.#entries.delete(ctx.tenantId); // to the young end
      this.#entries.set(ctx.tenantId, known);
      return known.thread;
    }
    const entry: Entry = { revision, thread: this.open(ctx, revision) };
    entry.thread.catch(() => {
      if (this.#entries.get(ctx.tenantId) === entry) this.#entries.delete(ctx.tenantId);
    });
    this.#entries.set(ctx.tenantId, entry);
    if (known) letGo(known);
    for (const [tenantId, oldest] of this.#entries) {
      if (this.#entries.size <= this.#most) break;
      this.#entries.delete(tenantId);
      letGo(oldest);
    }
    return entry.thread;
  }

  async close(): Promise<void> {
    const all = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(all.map(({ thread }) => thread.then((opened) => opened.close()).catch(() => undefined)));
  }
}

/** After what was asked of it before. */
function letGo({ thread }: Entry): void {
  void thread.then((opened) => opened.close()).catch(() => undefined);
}
