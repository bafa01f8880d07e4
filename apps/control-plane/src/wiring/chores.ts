import type { Host } from '@switchyard/host';
import { messageOf, type TenantId } from '@switchyard/kernel';

/** Work for all tenants that any node does from time to time. */
export interface Chore {
  readonly everyMs: number;
  /** Also now, and not only when that time has passed. */
  readonly atOnce?: boolean;
  /** Told when it fails, before the reason; it is tried again in its next turn. */
  readonly failure: string;
  readonly work: (tenants: TenantId[]) => Promise<unknown>;
}

/** One turn at a time: what takes longer does not make more of itself. Returns the way to stop. */
export function repeat(
  { identity }: Pick<Host, 'identity'>,
  { everyMs, atOnce = false, failure, work }: Chore,
  complain: (message: string) => void,
): () => void {
  let running = false;
  const turn = async (): Promise<void> => {
    if (running) return;
    running = true;
    try {
      await work((await identity.listTenants()).map(({ id }) => id));
    } catch (error) {
      complain(`${failure}: ${messageOf(error)}`);
    } finally {
      running = false;
    }
  };
  if (atOnce) void turn();
  const timer = setInterval(() => void turn(), everyMs).unref();
  return () => clearInterval(timer);
}

/** What goes on beside requests, on every node. Returns the way to stop. */
export function tend(
  host: Pick<Host, 'identity' | 'ledger' | 'catalogueSyncs' | 'shopHooks' | 'siteCrawls'>,
  { signal, complain }: { readonly signal: AbortSignal; readonly complain: (message: string) => void },
): () => void {
  const { ledger, catalogueSyncs, shopHooks, siteCrawls } = host;
  const chores: Chore[] = [
    {
      // Of processes that have died.
      everyMs: 15_000,
      atOnce: true,
      failure: 'orphaned runs could not be closed',
      work: (tenants) => ledger.closeOrphanedRuns(tenants),
    },
    {
      everyMs: 5_000,
      failure: 'alerts could not be delivered',
      work: (tenants) => ledger.deliverAlerts(tenants),
    },
    {
      everyMs: 2_000,
      failure: 'audit logs could not be streamed',
      work: (tenants) => ledger.streamAudit(tenants),
    },
    {
      everyMs: 60_000,
      failure: 'audit logs could not be signed and kept',
      work: (tenants) => ledger.keepAudit(tenants),
    },
    {
      // What a delivery did not have looked at at once: the shop was away, or the node died.
      everyMs: 5_000,
      failure: 'changes that shops told of could not be looked at',
      work: (tenants) => shopHooks.work(tenants),
    },
    {
      // Whoever asks first gets a sync that nobody works on; it goes on by itself.
      everyMs: 5_000,
      failure: 'catalogues could not be read',
      work: async (tenants) =>
        catalogueSyncs.work(tenants, signal, (tenantId, error) =>
          complain(`a catalogue of tenant ${tenantId} could not be read: ${messageOf(error)}`),
        ),
    },
    {
      everyMs: 2_000,
      failure: 'sites could not be read',
      work: async (tenants) =>
        siteCrawls.work(tenants, signal, (tenantId, error) =>
          complain(`a site of tenant ${tenantId} could not be read: ${messageOf(error)}`),
        ),
    },
  ];
  const stops = chores.map((chore) => repeat(host, chore, complain));
  return () => stops.forEach((stop) => stop());
}
