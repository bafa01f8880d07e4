import type { Clock, Ctx, RunId } from '@switchyard/kernel';
import type { Database } from '@switchyard/database';
import { endRuns, type Ending } from './end-runs.store.ts';
import type { RunEnd } from './run.ts';

/** Written together at most: each carries its logs, its result and its calls. */
const MAX_TOGETHER = 16;

interface Waiting extends Ending {
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Ends of runs, one transaction of a tenant at a time: its links of the chain come one after the other anyhow, so that
 * those that come meanwhile are written together with the next. Whoever waits is told when their own rows are committed.
 */
export class RunEnds {
  readonly #lines = new Map<string, Waiting[]>();

  readonly #database: Pick<Database, 'exchange' | 'inTenant'>;
  readonly #clock: Clock;

  constructor(database: Pick<Database, 'exchange' | 'inTenant'>, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  finish(ctx: Ctx, id: RunId, end: RunEnd): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = { ctx, id, end, resolve, reject };
      const line = this.#lines.get(ctx.tenantId);
      if (line) return void line.push(waiting);
      const fresh = [waiting];
      this.#lines.set(ctx.tenantId, fresh);
      void this.#workOff(ctx.tenantId, fresh);
    });
  }

  async #workOff(tenantId: string, line: Waiting[]): Promise<void> {
    for (;;) {
      const [first, ...rest] = line.splice(0, MAX_TOGETHER);
      if (!first) break;
      await this.#write([first, ...rest]);
    }
    this.#lines.delete(tenantId);
  }

  async #write(together: readonly [Waiting, ...Waiting[]]): Promise<void> {
    try {
      await endRuns(this.#database, together, this.#clock);
      for (const { resolve } of together) resolve();
    } catch (error) {
      const [first, ...others] = together;
      if (others.length === 0) return first.reject(error);
      // Nothing of them was written. One that cannot be must not keep the others from it.
      for (const each of together) await this.#write([each]);
    }
  }
}
