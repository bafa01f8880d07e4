import { messageOf, newId, type Clock, type TenantId } from '@switchyard/kernel';
import type { Database } from '@switchyard/database';
import { setTimeout as sleep } from 'node:timers/promises';
import { storableOutcome, type Outcome, type StorableOutcome } from './outcome.ts';
import { writeOutcomes } from './outcome.store.ts';

const BATCH = 100;
const MAX_WAITING = 20_000;
const RETRY_MS = [100, 500, 2_000, 5_000];

export interface OutcomesOptions {
  readonly database: Pick<Database, 'inTenant'>;
  readonly clock: Clock;
  readonly log: (message: string) => void;
  /** Called when a tenant's counts have changed. */
  readonly onWritten: (tenantId: TenantId) => void;
}

/**
 * Outcomes on their way to the database, off the way of the answer: one writer for each tenant, in batches. A write that
 * fails is tried again with the same ids, so none is counted twice; beyond 20,000 waiting ones the new ones are dropped, loudly.
 */
export class Outcomes {
  readonly #options: OutcomesOptions;
  readonly #waiting = new Map<TenantId, StorableOutcome[]>();
  readonly #writing = new Map<TenantId, Promise<void>>();
  #count = 0;
  #dropped = 0;
  #closed = false;

  constructor(options: OutcomesOptions) {
    this.#options = options;
  }

  add(tenantId: TenantId, outcome: Outcome): void {
    if (outcome.exposureId === null) return;
    if (this.#closed || this.#count >= MAX_WAITING) {
      if (this.#dropped++ % 1_000 === 0) this.#options.log('outcomes are dropped: the database takes them too slowly');
      return;
    }
    const at = this.#options.clock.now();
    const queue = this.#waiting.get(tenantId) ?? [];
    queue.push({ ...storableOutcome(outcome), id: newId(at.getTime()), at });
    this.#count++;
    this.#waiting.set(tenantId, queue);
    if (!this.#writing.has(tenantId))
      this.#writing.set(
        tenantId,
        this.#drain(tenantId).finally(() => this.#writing.delete(tenantId)),
      );
  }

  /** Resolves when all that was added until now is written or given up. */
  async settled(): Promise<void> {
    await Promise.all(this.#writing.values());
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.settled();
  }

  async #drain(tenantId: TenantId): Promise<void> {
    for (;;) {
      await new Promise<void>((resolve) => setImmediate(resolve)); // those of this turn come along
      const batch = this.#waiting.get(tenantId)?.splice(0, BATCH) ?? [];
      if (batch.length === 0) {
        this.#waiting.delete(tenantId);
        return;
      }
      await this.#write(tenantId, batch);
      this.#count -= batch.length;
      this.#options.onWritten(tenantId);
    }
  }

  async #write(tenantId: TenantId, batch: readonly StorableOutcome[]): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await writeOutcomes(this.#options.database, { tenantId }, batch);
        return;
      } catch (error) {
        const wait = RETRY_MS[attempt];
        if (wait === undefined || this.#closed) {
          this.#options.log(`${batch.length} outcomes could not be stored: ${messageOf(error)}`);
          return;
        }
        await sleep(wait);
      }
    }
  }
}
