import type { TenantId } from '@switchyard/kernel';

/** Long work for tenants in the background, on whichever node is there. */
export interface Rounds {
  /**
   * Works on whatever is open of these tenants, each in its own time; gives back at once those that it began on. Of one
   * tenant one thing at a time in this process.
   */
  work(
    tenantIds: readonly TenantId[],
    signal: AbortSignal,
    complain: (tenantId: TenantId, error: unknown) => void,
  ): void;
  /** When what is under way has been left or has ended. */
  settled(): Promise<void>;
}

const MOST_TENANTS = 4;

export function createRounds(turn: (tenantId: TenantId, signal: AbortSignal) => Promise<void>): Rounds {
  const busy = new Map<TenantId, Promise<void>>();
  let turns = 0;
  return {
    work(tenantIds, signal, complain) {
      // From where the last round stopped, or those at the end of the list would never have a turn.
      for (const _ of tenantIds) {
        if (busy.size >= MOST_TENANTS) return;
        const tenantId = tenantIds[turns++ % tenantIds.length];
        if (tenantId === undefined) return;
        if (busy.has(tenantId)) continue;
        const done = turn(tenantId, signal)
          .catch((error: unknown) => complain(tenantId, error))
          .finally(() => busy.delete(tenantId));
        busy.set(tenantId, done);
      }
    },
    settled: async () => void (await Promise.all(busy.values())),
  };
}
