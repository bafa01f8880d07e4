import { randomBytes } from 'node:crypto';
import type { Database, Tx } from '@switchyard/database';
import { AppError, newId, type ConnectionId, type Ctx, type TenantId } from '@switchyard/kernel';
import type { WithSecrets } from '../request.ts';
import type { Shop } from '../shop.ts';
import { ShopError } from '../shop-error.ts';
import { addressOf, parseAddress } from './address.ts';
import { claimChanges, putBack, storeLooked, withParents, type Looking } from './changes.store.ts';
import { isPing, isSigned, readDelivery, type DeliveryHeaders } from './delivery.ts';
import {
  countWaiting,
  deleteHook,
  forgetDeliveries,
  insertHook,
  keepDelivery,
  markRefused,
  markRegistered,
  readHook,
  readHookByToken,
  type ShopHook,
} from './hooks.store.ts';

type Tenant = Pick<Ctx, 'tenantId'>;

/** A connection to a shop, as far as its hook is concerned. */
export interface HookedShop {
  readonly shop: Shop;
  /** Of the shop's front page. */
  readonly url: string;
  readonly withSecrets: WithSecrets;
}

export interface HookEvent {
  readonly action: 'shop_hook.opened' | 'shop_hook.closed';
  readonly target: { readonly kind: 'connection'; readonly id: string };
  readonly before: unknown;
  readonly after: unknown;
}

export interface ShopHooksOptions {
  readonly database: Database;
  /** Throws where the connection is gone or is none to a shop. */
  readonly shopOf: (ctx: Tenant, connectionId: ConnectionId) => Promise<HookedShop>;
  /** Keeps what the shop signs with. In the caller's transaction. */
  readonly keepSecret: (ctx: Ctx, connectionId: ConnectionId, value: string, tx: Tx) => Promise<void>;
  readonly audit: (tx: Tx, ctx: Ctx, event: HookEvent) => Promise<unknown>;
  /** Where shops reach this installation. */
  readonly publicUrl: string;
  readonly onError: (error: unknown) => void;
}

/** What an admin sees. */
export interface ShownHook extends Omit<ShopHook, 'token' | 'tenantId'> {
  readonly url: string;
  readonly waiting: number;
}

export interface OpenedHook {
  readonly hook: ShownHook;
  /** Given once, where the admin has to tell the shop; null where the shop was told, or signs with a secret of its own. */
  readonly secret: string | null;
}

export type Received = 'accepted' | 'duplicate' | 'ping' | 'refused' | 'unknown';

/** The name of the credential that deliveries are signed with. */
export const HOOK_SECRET = 'webhookSecret';

const LEASE_MS = 60_000;
const LIMIT = 25;
const MOST_FAILURES = 8;
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 300_000;
const REGISTER_MS = 60_000;
const CLEAN_EVERY_MS = 3_600_000;

/**
 * Shops tell of what changes in them. A delivery is believed no further than which products it names: these are looked at in
 * the shop, by any node, and what is there then is what is stored. So deliveries may come twice, late, and in any order.
 */
export class ShopHooks {
  readonly #options: ShopHooksOptions;
  readonly #cleanedAtMs = new Map<TenantId, number>();

  constructor(options: ShopHooksOptions) {
    this.#options = options;
  }

  async get(ctx: Tenant, connectionId: ConnectionId): Promise<ShownHook | undefined> {
    return this.#options.database.inTenant(ctx, async (tx) => {
      const hook = await readHook(tx, connectionId);
      return hook && this.#shown(hook, await countWaiting(tx, connectionId));
    });
  }

  /**
   * A new address and secret, in the place of those there were. The shop is told by its own interface where its credentials
   * allow it; else `problem` says why not, and the admin does it by hand.
   */
  async open(ctx: Ctx, connectionId: ConnectionId): Promise<OpenedHook> {
    const { database, shopOf, keepSecret, audit } = this.#options;
    const { shop, url: shopUrl } = await shopOf(ctx, connectionId);
    const secret = randomBytes(32).toString('hex');
    const token = randomBytes(32).toString('base64url');
    const { hook, before } = await database.inTenant(ctx, async (tx) => {
      const before = await readHook(tx, connectionId);
      const hook = await insertHook(tx, ctx, { connectionId, token, createdBy: ctx.principal.name });
      if (shop.kind === 'woocommerce') await keepSecret(ctx, connectionId, secret, tx);
      const target = { kind: 'connection', id: connectionId } as const;
      await audit(tx, ctx, {
        action: 'shop_hook.opened',
        target,
        before: before ? { topics: before.topics } : null,
        after: { shop: shopUrl },
      });
      return { hook, before };
    });
    const call = { signal: AbortSignal.any([ctx.signal, AbortSignal.timeout(REGISTER_MS)]) };
    if (before?.registered) await shop.unsubscribe(this.#urlOf(before), call).catch(() => undefined); // it leads nowhere now
    const url = this.#urlOf(hook);
    const told = await this.#tell(shop, shopUrl, { url, secret }, call);
    await markRegistered(database, ctx, hook, told);
    const handed = shop.kind === 'woocommerce' && !told.registered ? secret : null;
    return { hook: this.#shown({ ...hook, ...told }, 0), secret: handed };
  }

  /** For now and then: a shop stops telling for good when nobody took some deliveries in a row, as while we were away. */
  async keepTold(ctx: Tenant, connectionId: ConnectionId, signal: AbortSignal): Promise<void> {
    const { database, shopOf } = this.#options;
    const hook = await database.inTenant(ctx, (tx) => readHook(tx, connectionId));
    if (!hook?.registered) return;
    const { shop, withSecrets } = await shopOf(ctx, connectionId);
    const secret = await withSecrets(async (secrets) => secrets[HOOK_SECRET] ?? '');
    if (shop.kind === 'woocommerce' && secret === '') return;
    try {
      const call = { signal: AbortSignal.any([signal, AbortSignal.timeout(REGISTER_MS)]) };
      await shop.subscribe({ url: this.#urlOf(hook), secret }, call);
    } catch (error) {
      if (!(error instanceof ShopError)) throw error; // it is tried again after the next reading
    }
  }

  /** Also at the shop, as far as that answers. */
  async close(ctx: Ctx, connectionId: ConnectionId): Promise<void> {
    const { database, shopOf, audit } = this.#options;
    const hooked = await shopOf(ctx, connectionId);
    const hook = await database.inTenant(ctx, async (tx) => {
      const there = await readHook(tx, connectionId);
      if (!there) return undefined;
      await deleteHook(tx, connectionId);
      const target = { kind: 'connection', id: connectionId } as const;
      await audit(tx, ctx, { action: 'shop_hook.closed', target, before: { topics: there.topics }, after: null });
      return there;
    });
    if (!hook?.registered) return;
    const call = { signal: AbortSignal.any([ctx.signal, AbortSignal.timeout(REGISTER_MS)]) };
    await hooked.shop.unsubscribe(this.#urlOf(hook), call).catch((error: unknown) => {
      if (!(error instanceof ShopError)) throw error; // else the shop gives up by itself: its deliveries lead nowhere
    });
  }

  /** With its connection, in the same transaction. */
  async forget(tx: Tx, connectionId: ConnectionId): Promise<void> {
    await deleteHook(tx, connectionId);
  }

  /** Before the body is read: undefined for an address that is nobody's. */
  async find(id: string): Promise<ShopHook | undefined> {
    const address = parseAddress(id);
    return address && readHookByToken(this.#options.database, address, address.token);
  }

  /** Throws AppError where the vault cannot be read; the shop then sends it again. */
  async receive(hook: ShopHook, headers: DeliveryHeaders, body: Uint8Array): Promise<Received> {
    const { database, shopOf } = this.#options;
    const of = await shopOf(hook, hook.connectionId).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'not_found') return undefined;
      throw error;
    });
    if (!of) return 'unknown';
    const { kind } = of.shop;
    if (isPing(kind, headers, body)) return 'ping';
    // Shopify signs with the app's secret, or with the one that it shows beside webhooks that were made by hand.
    const signed = await of.withSecrets(async (secrets) => {
      const keys = [secrets[HOOK_SECRET], kind === 'shopify' ? secrets['clientSecret'] : undefined];
      return isSigned(kind, headers, body, keys.filter((key) => key !== undefined && key !== '') as string[]);
    });
    if (!signed) {
      await markRefused(database, hook, hook.connectionId);
      return 'refused';
    }
    return keepDelivery(database, hook, hook, readDelivery(kind, headers, body));
  }

  /** Looks at what these shops have told of until nothing is due. Gives how many rows became different. */
  async work(ctx: Tenant, shops: readonly ConnectionId[], signal: AbortSignal): Promise<number> {
    const { database } = this.#options;
    let changed = 0;
    while (!signal.aborted && shops.length > 0) {
      const looking = await claimChanges(database, ctx, shops, { id: newId(), forMs: LEASE_MS, limit: LIMIT });
      if (!looking) break;
      changed += await this.#look(ctx, looking, signal);
    }
    const cleanedAtMs = this.#cleanedAtMs.get(ctx.tenantId) ?? 0;
    if (performance.now() - cleanedAtMs > CLEAN_EVERY_MS || cleanedAtMs === 0) {
      this.#cleanedAtMs.set(ctx.tenantId, performance.now());
      await forgetDeliveries(database, ctx);
    }
    return changed;
  }

  async #look(ctx: Tenant, looking: Looking, signal: AbortSignal): Promise<number> {
    const { database, shopOf, onError } = this.#options;
    try {
      const { shop } = await shopOf(ctx, looking.connectionId);
      const productIds = await withParents(database, ctx, looking);
      const found = await shop.productsUnder(productIds, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(LEASE_MS)]),
      });
      return await storeLooked(database, ctx, looking, productIds, found);
    } catch (error) {
      if (!(error instanceof ShopError) && !(error instanceof AppError) && !signal.aborted) onError(error);
      const asked = error instanceof ShopError ? error.details['retryAfterMs'] : undefined;
      const backoffMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** looking.failures);
      const afterMs = signal.aborted ? 0 : typeof asked === 'number' ? asked : backoffMs;
      const why = error instanceof ShopError || error instanceof AppError ? error.message : 'It failed inside.';
      const isOver = looking.failures + 1 >= MOST_FAILURES;
      const problem = isOver
        ? `${why} Changes were given up after ${MOST_FAILURES} tries: read the catalogue to make up for them.`
        : `${why} Changes wait, and are tried again.`;
      await putBack(database, ctx, looking, { afterMs: isOver ? undefined : afterMs, problem });
      return 0;
    }
  }

  async #tell(shop: Shop, shopUrl: string, input: { url: string; secret: string }, call: { signal: AbortSignal }) {
    const none = { registered: false, topics: [] };
    if (isLoopback(input.url) && !isLoopback(shopUrl)) {
      const problem = `The shop cannot reach ${new URL(input.url).origin}: the operator sets PUBLIC_URL to an address that it can.`;
      return { ...none, problem };
    }
    try {
      return { registered: true, topics: await shop.subscribe(input, call), problem: null };
    } catch (error) {
      if (!(error instanceof ShopError)) throw error;
      return { ...none, problem: error.message };
    }
  }

  #shown({ token, tenantId, ...hook }: ShopHook, waiting: number): ShownHook {
    return { ...hook, url: this.#urlOf({ token, tenantId }), waiting };
  }

  #urlOf({ tenantId, token }: Pick<ShopHook, 'tenantId' | 'token'>): string {
    return `${this.#options.publicUrl}/hooks/shops/${addressOf({ tenantId, token })}`;
  }
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0)$/;
const isLoopback = (url: string): boolean => LOOPBACK.test(new URL(url).hostname);
