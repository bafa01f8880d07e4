import type { Database, Tx } from '@switchyard/database';
import { AppError, systemCtx, type Clock, type ConnectionId, type Ctx } from '@switchyard/kernel';
import type { CatalogueSync, Syncs } from '@switchyard/servers';
import type { Connection, Connections } from '@switchyard/tools';
import { createRounds, type Rounds } from './rounds.ts';

/** Reading shops' catalogues in the background, on whichever node is there. */
export interface CatalogueSyncs extends Rounds {
  latest(ctx: Pick<Ctx, 'tenantId'>, connectionId: ConnectionId): Promise<CatalogueSync | undefined>;
  /** The one that is open, or a new one that is worked on at once. Errors: `not_found`, `unprocessable` where it is no shop. */
  start(ctx: Ctx, connectionId: string): Promise<CatalogueSync>;
  /** Ends the open one; what it has written stays. Errors: `conflict` where none is open. */
  cancel(ctx: Ctx, connectionId: string): Promise<CatalogueSync>;
  /** Every so many hours from now on; 0: only when asked. */
  schedule(ctx: Ctx, connectionId: string, everyHours: number): Promise<void>;
  /** Hours; 0 for never by itself. Null for what is no shop. */
  scheduleOf(ctx: Ctx, connectionId: string): Promise<number | null>;
}

interface Options {
  readonly database: Pick<Database, 'inTenant'>;
  readonly audit: (tx: Tx, ctx: Ctx, event: SyncEvent) => Promise<unknown>;
  readonly connections: Pick<Connections, 'list' | 'get' | 'setSetting'>;
  readonly syncs: Syncs;
  readonly afterReading: (ctx: Ctx, connectionId: ConnectionId, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
}

interface SyncEvent {
  readonly action: 'catalogue_sync.started' | 'catalogue_sync.cancelled';
  readonly target: { readonly kind: 'connection'; readonly id: string };
  readonly before: unknown;
  readonly after: unknown;
}

const SYNC_HOURS = 'syncHours';
const MOST_HOURS = 24 * 31;
const TURN_MS = 60_000;

const hoursOf = ({ settings }: Pick<Connection, 'settings'>): number => {
  const hours = Number(settings[SYNC_HOURS] ?? 0);
  return hours > 0 ? hours : 0;
};

export function createCatalogueSyncs({
  database,
  audit,
  connections,
  syncs,
  afterReading,
  clock,
}: Options): CatalogueSyncs {
  const rounds = createRounds(async (tenantId, signal) => {
    const ctx = systemCtx(tenantId, 'sync', signal);
    const scheduled = (await connections.list(ctx)).flatMap((connection) => {
      const everyHours = hoursOf(connection);
      const isDue = connection.enabled && connection.kind === 'builtin' && everyHours > 0;
      return isDue ? [{ connectionId: connection.id, everyHours }] : [];
    });
    await syncs.startDue(ctx, scheduled, clock.now());
    const sync = await syncs.work(ctx, { signal, forMs: TURN_MS });
    if (sync?.state === 'done') await afterReading(ctx, sync.connectionId, signal);
  });

  async function shop(ctx: Ctx, id: string): Promise<Connection> {
    const connection = await connections.get(ctx, id);
    if (connection.kind !== 'builtin' || connection.preset === null)
      throw new AppError('unprocessable', 'Only a connection to a shop has a catalogue to read.', { path: 'id' });
    return connection;
  }

  return {
    ...rounds,
    async start(ctx, connectionId) {
      const { id, enabled } = await shop(ctx, connectionId);
      if (!enabled) throw new AppError('conflict', 'The connection is switched off: switch it on first.');
      return database.inTenant(ctx, async (tx) => {
        const { sync, isNew } = await syncs.startWithin(tx, ctx, id, ctx.principal.name);
        const target = { kind: 'connection', id } as const;
        if (isNew)
          await audit(tx, ctx, { action: 'catalogue_sync.started', target, before: null, after: { sync: sync.id } });
        return sync;
      });
    },
    async cancel(ctx, connectionId) {
      const { id } = await shop(ctx, connectionId);
      return database.inTenant(ctx, async (tx) => {
        const sync = await syncs.cancel(tx, id);
        if (!sync) throw new AppError('conflict', 'No reading of this catalogue is under way.');
        const target = { kind: 'connection', id } as const;
        const after = { sync: sync.id, seen: sync.seen };
        await audit(tx, ctx, { action: 'catalogue_sync.cancelled', target, before: null, after });
        return sync;
      });
    },
    async schedule(ctx, connectionId, everyHours) {
      const { id } = await shop(ctx, connectionId);
      if (!Number.isInteger(everyHours) || everyHours < 0 || everyHours > MOST_HOURS)
        throw new AppError('unprocessable', `everyHours: 0 for never, or 1 to ${MOST_HOURS}`, { path: 'everyHours' });
      await connections.setSetting(ctx, { id, name: SYNC_HOURS, value: everyHours === 0 ? '' : String(everyHours) });
    },
    async scheduleOf(ctx, connectionId) {
      const connection = await connections.get(ctx, connectionId);
      return connection.kind === 'builtin' && connection.preset !== null ? hoursOf(connection) : null;
    },
    latest: (ctx, connectionId) => syncs.latest(ctx, connectionId),
  };
}
