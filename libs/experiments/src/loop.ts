import { randomUUID } from 'node:crypto';
import { messageOf, type TenantId } from '@switchyard/kernel';
import type { Database } from '@switchyard/database';
import { tenantsWithRollout } from './flags/snapshot.store.ts';
import { claimLease, releaseLease } from './lease.store.ts';

const SWEEP_MS = 15_000;
/** A sweeper that has not come again for so long has died. */
const LEASE_SECONDS = 40;
const LEASE = 'rollout-sweep';

/**
 * Gathers calls: the first is run after `afterMs`, those meanwhile with it, one at a time for each tenant. What comes while
 * it runs is run after it.
 */
export function coalesced(run: (tenantId: TenantId) => Promise<void>, afterMs: number) {
  const due = new Map<TenantId, NodeJS.Timeout>();
  const running = new Map<TenantId, Promise<void>>();
  let closed = false;
  const start = (tenantId: TenantId): void => {
    due.delete(tenantId);
    const before = running.get(tenantId) ?? Promise.resolve();
    const mine = before
      .then(() => run(tenantId))
      .finally(() => {
        if (running.get(tenantId) === mine) running.delete(tenantId);
      });
    running.set(tenantId, mine);
  };
  return {
    ask(tenantId: TenantId): void {
      if (!closed && !due.has(tenantId)) due.set(tenantId, setTimeout(() => start(tenantId), afterMs).unref());
    },
    async close(): Promise<void> {
      closed = true;
      for (const timer of due.values()) clearTimeout(timer);
      await Promise.all(running.values());
    },
  };
}

export interface SweepOptions {
  readonly database: Pick<Database, 'host'>;
  readonly evaluate: (tenantId: TenantId) => Promise<unknown>;
  readonly log: (message: string) => void;
  readonly everyMs?: number;
}

/** Looks at every tenant's rollout every 15 s, on one node of all; gives the way to stop. */
export function startSweep({ database, evaluate, log, everyMs = SWEEP_MS }: SweepOptions): () => Promise<void> {
  const holder = randomUUID();
  let sweeping: Promise<void> | undefined;
  const sweep = async (): Promise<void> => {
    try {
      if (!(await claimLease(database, { name: LEASE, holder, seconds: LEASE_SECONDS }))) return;
      for (const tenantId of await tenantsWithRollout(database))
        await evaluate(tenantId as TenantId).catch((error: unknown) =>
          log(`a rollout could not be looked at: ${messageOf(error)}`),
        );
    } catch (error) {
      log(`rollouts could not be swept: ${messageOf(error)}`);
    }
  };
  const begin = (): void => {
    sweeping ??= sweep().finally(() => (sweeping = undefined));
  };
  begin();
  const timer = setInterval(begin, everyMs).unref();
  return async () => {
    clearInterval(timer);
    await sweeping;
    await releaseLease(database, { name: LEASE, holder }).catch(() => undefined); // it expires by itself
  };
}
