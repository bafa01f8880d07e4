import { systemCtx, type Clock, type ConnectionId, type Ctx, type TenantId } from '@switchyard/kernel';
import type { CatalogueSync, Syncs } from '@switchyard/servers';
import type { Connections } from '@switchyard/tools';

/** Reading shops' catalogues in the background, on whichever node is there. */
export interface CatalogueSyncs {
  /**
   * Starts what a schedule asks for and works on whatever is open of these tenants, each in its own time; gives back at once
   * those that it began on. Of one tenant one sync at a time in this process.
   */
  work(
    tenantIds: readonly TenantId[],
    signal: AbortSignal,
    complain: (tenantId: TenantId, error: unknown) => void,
  ): void;
  latest(ctx: Pick<Ctx, 'tenantId'>, connectionId: ConnectionId): Promise<CatalogueSync | undefined>;
  /** When what is under way has been left or has ended. */
  settled(): Promise<void>;
}

interface Options {
  readonly connections: Pick<Connections, 'list'>;
  readonly syncs: Syncs;
  readonly clock: Clock;
}

const MOST_TENANTS = 4;
const TURN_MS = 60_000;

export function createCatalogueSyncs({ connections, syncs, clock }: Options): CatalogueSyncs {
  const busy = new Map<TenantId, Promise<void>>();
  let turns = 0;

  async function turn(tenantId: TenantId, signal: AbortSignal): Promise<void> {
    const ctx = systemCtx(tenantId, 'sync', signal);
    const scheduled = (await connections.list(ctx)).flatMap(({ id, enabled, kind, settings }) => {
      const everyHours = Number(settings['syncHours'] ?? 0);
      return enabled && kind === 'builtin' && everyHours > 0 ? [{ connectionId: id, everyHours }] : [];
    });
    await syncs.startDue(ctx, scheduled, clock.now());
    await syncs.work(ctx, { signal, forMs: TURN_MS });
  }

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
    latest: (ctx, connectionId) => syncs.latest(ctx, connectionId),
    settled: async () => void (await Promise.all(busy.values())),
  };
}
