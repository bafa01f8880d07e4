import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Tx } from '@switchyard/database';
import { AppError, newId, type ConnectionId, type Ctx } from '@switchyard/kernel';
import { LeaseLost } from '../../lease.ts';
import type { Shop } from '../shop.ts';
import { ShopError } from '../shop-error.ts';
import {
  cancelSync,
  claimSync,
  endSync,
  latestSync,
  leaveSync,
  readNotMet,
  readSync,
  removeGone,
  startSync,
  storePage,
  type CatalogueSync,
} from './sync.store.ts';

type Tenant = Pick<Ctx, 'tenantId'>;

export interface SyncsOptions {
  readonly database: Database;
  /** Throws where the connection is gone or is none to a shop. */
  readonly shopOf: (ctx: Tenant, connectionId: ConnectionId) => Promise<Shop>;
  readonly onError: (error: unknown) => void;
  /** How long a worker that has died keeps a sync from the others. */
  readonly leaseMs?: number;
}

export interface Work {
  readonly signal: AbortSignal;
  /** Leaves the rest to others after so long. */
  readonly forMs: number;
}

const LEASE_MS = 60_000;
const BATCH = 100;
const POLL_MS = 300;
const HOUR_MS = 3_600_000;
const MOST_FAILURES = 5;
const FIRST_RETRY_MS = 5_000;
/** Waiting for these makes them better. */
const PASSING = new Set(['throttled', 'shop_down', 'shop_timeout']);

/**
 * Reads shops' catalogues into `product`: a page at a time, the next only when the last is written, so that neither memory
 * nor the database is ever ahead of the other. Every page moves the cursor in the transaction that writes it; whoever
 * comes after a crash goes on from there. What was not met is looked up once more before it is removed.
 */
export class Syncs {
  readonly #options: SyncsOptions;
  readonly #leaseMs: number;

  constructor(options: SyncsOptions) {
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? LEASE_MS;
  }

  /** The one that is open for this connection, or a new one. */
  async start(ctx: Tenant, connectionId: ConnectionId, startedBy: string): Promise<CatalogueSync> {
    const { database } = this.#options;
    return (await database.inTenant(ctx, (tx) => startSync(tx, ctx, connectionId, startedBy))).sync;
  }

  /** As `start`, in the caller's transaction. */
  startWithin(tx: Tx, ctx: Tenant, connectionId: ConnectionId, startedBy: string) {
    return startSync(tx, ctx, connectionId, startedBy);
  }

  get(ctx: Tenant, id: string): Promise<CatalogueSync | undefined> {
    return readSync(this.#options.database, ctx, id);
  }

  /** Undefined where none is open. What it has written stays. */
  cancel(tx: Tx, connectionId: ConnectionId): Promise<CatalogueSync | undefined> {
    return cancelSync(tx, connectionId);
  }

  latest(ctx: Tenant, connectionId: ConnectionId): Promise<CatalogueSync | undefined> {
    return latestSync(this.#options.database, ctx, connectionId);
  }

  /** Works on the connection's sync, or waits while another does, for so long. Throws ShopError for an id that is not its. */
  async runFor(
    ctx: Tenant,
    connectionId: ConnectionId,
    { syncId, startedBy, signal, forMs }: Work & { readonly syncId?: string | undefined; readonly startedBy: string },
  ): Promise<CatalogueSync> {
    const until = performance.now() + forMs;
    let sync = syncId === undefined ? await this.start(ctx, connectionId, startedBy) : await this.get(ctx, syncId);
    if (sync?.connectionId !== connectionId)
      throw new ShopError('refused_by_shop', 'There is no such sync of this shop: leave syncId out to start one.');
    const { id } = sync;
    for (let leftMs = forMs; sync.finishedAt === null && leftMs > 0; leftMs = until - performance.now()) {
      signal.throwIfAborted();
      const worked = await this.work(ctx, { signal, forMs: leftMs }, id);
      if (!worked) await sleep(Math.min(POLL_MS, leftMs));
      sync = worked ?? (await this.get(ctx, id)) ?? sync;
    }
    return sync;
  }

  /** Starts what is due of a tenant's scheduled syncs. Gives how many. */
  async startDue(
    ctx: Tenant,
    scheduled: readonly { readonly connectionId: ConnectionId; readonly everyHours: number }[],
    now: Date,
  ): Promise<number> {
    let started = 0;
    for (const { connectionId, everyHours } of scheduled) {
      const latest = await this.latest(ctx, connectionId);
      if (latest && (latest.finishedAt === null || now.getTime() - latest.createdAt.getTime() < everyHours * HOUR_MS))
        continue;
      await this.start(ctx, connectionId, 'schedule');
      started++;
    }
    return started;
  }

  /** Works on a sync of the tenant that nobody works on: the given one, or the oldest. Undefined when there is none. */
  async work(ctx: Tenant, { signal, forMs }: Work, syncId?: string): Promise<CatalogueSync | undefined> {
    const { database, shopOf } = this.#options;
    const lease = { id: newId(), forMs: this.#leaseMs };
    const claimed = await claimSync(database, ctx, lease, syncId);
    if (!claimed) return undefined;
    const until = performance.now() + forMs;
    let step = { lease, sync: claimed };
    try {
      const shop = await shopOf(ctx, claimed.connectionId);
      for (;;) {
        if (signal.aborted || performance.now() > until)
          return await leaveSync(database, ctx, step, { afterMs: 0, failed: false });
        const sync = step.sync.isRead
          ? await this.#lookForMissing(ctx, step, shop, signal)
          : await this.#readPage(ctx, step, shop, signal);
        if (sync === undefined) return await endSync(database, ctx, step, { state: 'done' });
        step = { lease, sync };
      }
    } catch (error) {
      if (error instanceof LeaseLost) return readSync(database, ctx, claimed.id);
      return this.#fail(ctx, step, error, signal);
    }
  }

  async #readPage(
    ctx: Tenant,
    step: { lease: { id: string; forMs: number }; sync: CatalogueSync },
    shop: Shop,
    signal: AbortSignal,
  ) {
    const page = await shop.products({ cursor: step.sync.cursor ?? undefined }, { signal });
    const isLast = page.next === undefined;
    if (isLast && step.sync.seen + page.products.length === 0)
      throw new ShopError(
        'bad_answer',
        'The shop shows no product at all; nothing was removed. Check the shop and start again.',
      );
    return storePage(this.#options.database, ctx, step, page, isLast);
  }

  /** Undefined when there are none left. Those that are there after all were only moved while the pages were read. */
  async #lookForMissing(
    ctx: Tenant,
    step: { lease: { id: string; forMs: number }; sync: CatalogueSync },
    shop: Shop,
    signal: AbortSignal,
  ) {
    const { database } = this.#options;
    const missing = await readNotMet(database, ctx, step.sync, BATCH);
    if (missing.length === 0) return undefined;
    const found = await shop.productsBySku(missing, { signal });
    const there = new Set(found.map((product) => product.sku));
    const gone = missing.filter((sku) => !there.has(sku));
    const sync =
      found.length === 0
        ? step.sync
        : await storePage(database, ctx, step, { products: found, withoutSku: 0, next: undefined }, true);
    return gone.length === 0 ? sync : removeGone(database, ctx, { ...step, sync }, gone);
  }

  async #fail(
    ctx: Tenant,
    step: { lease: { id: string; forMs: number }; sync: CatalogueSync },
    error: unknown,
    signal: AbortSignal,
  ) {
    const { database, onError } = this.#options;
    const { sync } = step;
    try {
      if (signal.aborted) return await leaveSync(database, ctx, step, { afterMs: 0, failed: false });
      const shopError = error instanceof ShopError ? error : undefined;
      if (!shopError && !(error instanceof AppError)) onError(error);
      const refusal = error instanceof AppError ? error : undefined; // a connection that is gone, or incomplete
      const mayPass = shopError === undefined ? refusal === undefined : PASSING.has(shopError.code);
      const isPlaceLost = shopError?.details['reason'] === 'bulk';
      if ((mayPass || isPlaceLost) && sync.failures + 1 < MOST_FAILURES) {
        const asked = shopError?.details['retryAfterMs'];
        const afterMs = typeof asked === 'number' ? asked : FIRST_RETRY_MS * 2 ** sync.failures;
        return await leaveSync(database, ctx, step, { afterMs, failed: true, restart: isPlaceLost });
      }
      const message = shopError?.message ?? refusal?.message ?? 'The sync failed inside; the log has the details.';
      return await endSync(database, ctx, step, {
        state: 'failed',
        error: message,
        errorCode: shopError?.code ?? 'internal',
      });
    } catch (thrown) {
      if (thrown instanceof LeaseLost) return readSync(database, ctx, sync.id);
      throw thrown;
    }
  }
}
