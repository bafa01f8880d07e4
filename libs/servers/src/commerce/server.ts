import { McpServer, type CallToolResult } from '@modelcontextprotocol/server';
import type { z } from 'zod';
import { answer, refuse } from '../tool-answer.ts';
import {
  cartsInput,
  cartsOutput,
  inventoryInput,
  inventoryOutput,
  lookupOrderInput,
  lookupOrderOutput,
  orderInput,
  orderStatusOutput,
  preferencesInput,
  preferencesOutput,
  syncInput,
  syncOutput,
  trackOutput,
} from './schemas.ts';
import type { CatalogueSync } from './sync/sync.store.ts';
import type { Money, Order, Shop, StockLevel } from './shop.ts';
import { SHOP_ERRORS, ShopError } from './shop-error.ts';

export interface CommerceServerOptions {
  /** One tenant's shop: no argument can reach another. */
  readonly shop: Shop;
  readonly version: string;
  readonly now: () => Date;
  /** Reads the shop's catalogue for at most so long; absent where nothing is stored. */
  readonly runSync?: (input: {
    readonly syncId?: string | undefined;
    readonly forMs: number;
    readonly signal: AbortSignal;
  }) => Promise<CatalogueSync>;
  /** Hears what broke; the caller of the tool only learns that something did. */
  readonly onError?: (error: unknown) => void;
}

const MICROS = 1_000_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const READ_ONLY = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true } as const;
const CHANGES = { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true } as const;
const META = { 'switchyard/category': 'commerce' };
const CAUGHT = 'What goes wrong is thrown; read error.data.error.code:';

/** The first-party `commerce` server for one shop. Connect it to one transport. */
export function createCommerceServer({ shop, version, now, runSync, onError }: CommerceServerOptions): McpServer {
  const server = new McpServer(
    { name: 'switchyard-commerce', title: 'Shop', version },
    {
      instructions: `Orders, shipments, stock, carts and customers of a ${shop.kind === 'shopify' ? 'Shopify' : 'WooCommerce'} shop.`,
      capabilities: { tools: {} },
    },
  );

  const guarded = async (work: () => Promise<Record<string, unknown>>): Promise<CallToolResult> => {
    try {
      return answer(await work());
    } catch (error) {
      if (error instanceof ShopError) return refuse(error.message, { code: error.code, details: error.details });
      onError?.(error);
      return refuse('The shop’s tools failed inside: try again.', { code: 'internal' });
    }
  };

  /** Whoever gives their address gets their own orders alone; that it is another's is not told. */
  async function orderFor(
    { order, email }: { order: string; email?: string | undefined },
    signal: AbortSignal,
  ): Promise<Order> {
    const found = await shop.order(order, { signal });
    if (email !== undefined && found.email.toLowerCase() !== email)
      throw new ShopError('order_not_found', `There is no order ${order}.`, { order });
    return found;
  }

  server.registerTool(
    'lookupOrder',
    {
      title: 'Look up orders',
      description:
        'One order by its number, or a customer’s newest orders by e-mail, with items and totals. ' +
        'Example: lookupOrder({ order: "1042" }) → { orders: [{ number, status, total, currency, items: [{ sku, quantity, … }], … }] }. ' +
        `${CAUGHT} order_not_found, throttled (retryAfterMs), credential_refused, shop_down.`,
      inputSchema: lookupOrderInput,
      outputSchema: lookupOrderOutput,
      annotations: { title: 'Look up orders', ...READ_ONLY },
      _meta: META,
    },
    ({ order, email, limit }, { mcpReq: { signal } }) =>
      guarded(async () => {
        const orders =
          order === undefined
            ? await shop.ordersOf(email ?? '', limit, { signal })
            : [await orderFor({ order, email }, signal)];
        return {
          orders: orders.map((one) => ({
            ...headOf(one),
            ...priced('total', one.total),
            email: one.email,
            customer: one.customer,
            items: one.items.map(({ unitPrice, ...item }) => ({ ...item, unitPrice: major(unitPrice) })),
          })),
        } satisfies z.infer<typeof lookupOrderOutput>;
      }),
  );

  server.registerTool(
    'getOrderStatus',
    {
      title: 'Get an order’s status',
      description:
        'Where one order stands, and nothing else: cheap enough to ask again and again. ' +
        'Example: getOrderStatus({ order: "1042" }) → { number, status: "processing", paid: true, updatedAt, … }. ' +
        `${CAUGHT} order_not_found, throttled, credential_refused, shop_down.`,
      inputSchema: orderInput,
      outputSchema: orderStatusOutput,
      annotations: { title: 'Get an order’s status', ...READ_ONLY },
      _meta: META,
    },
    (input, { mcpReq: { signal } }) =>
      guarded(async () => headOf(await orderFor(input, signal)) satisfies z.infer<typeof orderStatusOutput>),
  );

  server.registerTool(
    'trackShipment',
    {
      title: 'Track shipments',
      description:
        'What has been sent of an order: carrier, tracking number, link. ' +
        'Example: trackShipment({ order: "1042" }) → { status, shipments: [{ status: "shipped", carrier: "DHL", trackingNumber, … }] }. ' +
        `${CAUGHT} order_not_found, throttled, credential_refused, shop_down.`,
      inputSchema: orderInput,
      outputSchema: trackOutput,
      annotations: { title: 'Track shipments', ...READ_ONLY },
      _meta: META,
    },
    (input, { mcpReq: { signal } }) =>
      guarded(async () => {
        const order = await orderFor(input, signal);
        const shipments = await shop.shipments(order, { signal });
        return {
          ...headOf(order),
          shipments: shipments.map((one) => ({
            ...one,
            shippedAt: one.shippedAt?.toISOString() ?? null,
            deliveredAt: one.deliveredAt?.toISOString() ?? null,
          })),
        } satisfies z.infer<typeof trackOutput>;
      }),
  );

  server.registerTool(
    'checkInventory',
    {
      title: 'Check stock',
      description:
        'Stock and price of up to 100 SKUs, as the shop has them now. With a quantity, too little is an error. ' +
        'Example: checkInventory({ items: [{ sku: "A4VTG90", quantity: 2 }] }) → { items: [{ sku, available: 7, inStock: true, price, … }] }. ' +
        `${CAUGHT} sku_not_found (skus), no_stock (short: [{ sku, requested, available }]), throttled, credential_refused, shop_down.`,
      inputSchema: inventoryInput,
      outputSchema: inventoryOutput,
      annotations: { title: 'Check stock', ...READ_ONLY },
      _meta: META,
    },
    ({ items }, { mcpReq: { signal } }) =>
      guarded(async () => {
        const found = await shop.stock([...new Set(items.map((item) => item.sku))], { signal });
        requireStock(items, found);
        return {
          items: found.map(({ price, available, ...level }) => ({
            ...level,
            available: available ?? null,
            ...priced('price', price),
          })),
        } satisfies z.infer<typeof inventoryOutput>;
      }),
  );

  server.registerTool(
    'getAbandonedCarts',
    {
      title: 'List abandoned carts',
      description:
        'Carts that were left for a while, oldest first. Where a shop lists no carts, its unpaid orders stand for them: `basis` says which. ' +
        'Example: getAbandonedCarts({ olderThanMinutes: 120, limit: 20 }) → { basis, carts: [{ email, total, items, recoveryUrl, … }], next }. ' +
        `${CAUGHT} throttled, credential_refused, shop_down.`,
      inputSchema: cartsInput,
      outputSchema: cartsOutput,
      annotations: { title: 'List abandoned carts', ...READ_ONLY },
      _meta: META,
    },
    ({ olderThanMinutes, withinDays, limit, cursor }, { mcpReq: { signal } }) =>
      guarded(async () => {
        const at = now().getTime();
        const createdBefore = new Date(at - olderThanMinutes * MINUTE_MS);
        const createdAfter = new Date(at - withinDays * DAY_MS);
        const page = await shop.abandonedCarts({ createdAfter, createdBefore, limit, cursor }, { signal });
        return {
          basis: page.basis,
          carts: page.carts.map(({ total, createdAt, updatedAt, items, ...cart }) => ({
            ...cart,
            createdAt: createdAt.toISOString(),
            updatedAt: updatedAt.toISOString(),
            ...priced('total', total),
            items: [...items],
          })),
          next: page.next ?? null,
        } satisfies z.infer<typeof cartsOutput>;
      }),
  );

  server.registerTool(
    'updateCustomerPreferences',
    {
      title: 'Update a customer’s preferences',
      description:
        'Sets a customer’s consent to marketing by e-mail and SMS, and their language; what is left out stays. ' +
        'Example: updateCustomerPreferences({ email: "ada@example.com", emailMarketing: false }) → { customerId, changed: ["emailMarketing"] }. ' +
        `${CAUGHT} customer_not_found, refused_by_shop, throttled, credential_refused, shop_down.`,
      inputSchema: preferencesInput,
      outputSchema: preferencesOutput,
      annotations: { title: 'Update a customer’s preferences', ...CHANGES },
      _meta: META,
    },
    ({ email, ...wanted }, { mcpReq: { signal } }) =>
      guarded(async () => {
        const customerId = await shop.updatePreferences(email, wanted, { signal });
        const changed = (['emailMarketing', 'smsMarketing', 'language'] as const).filter(
          (name) => wanted[name] !== undefined,
        );
        return { customerId, changed } satisfies z.infer<typeof preferencesOutput>;
      }),
  );

  if (runSync)
    server.registerTool(
      'syncProducts',
      {
        title: 'Sync the catalogue',
        description:
          'Reads the shop’s whole catalogue into the product search, a hundred at a time, and tells what became different. ' +
          'Large shops take longer than one call: call again with syncId until state is "done". ' +
          'Example: syncProducts({}) → { syncId, state: "done", seen: 10011, added: 20, changed: 137, removed: 9, sample: [{ sku, change, fields }] }. ' +
          `${CAUGHT} credential_refused, shop_down, bad_answer, throttled.`,
        inputSchema: syncInput,
        outputSchema: syncOutput,
        annotations: { title: 'Sync the catalogue', ...CHANGES },
        _meta: META,
      },
      ({ syncId, waitSeconds }, { mcpReq: { signal } }) =>
        guarded(async () => {
          const sync = await runSync({ syncId, forMs: waitSeconds * 1_000, signal });
          const summary = summaryOf(sync);
          if (sync.state === 'failed')
            throw new ShopError(codeOf(sync.errorCode), sync.error ?? 'The sync failed.', summary);
          return summary;
        }),
    );
  return server;
}

const codeOf = (code: string | null) => SHOP_ERRORS.find((known) => known === code) ?? 'bad_answer';

const summaryOf = (sync: CatalogueSync) =>
  ({
    syncId: sync.id,
    state: sync.state,
    seen: sync.seen,
    added: sync.added,
    changed: sync.changed,
    unchanged: sync.unchanged,
    removed: sync.removed,
    withoutSku: sync.withoutSku,
    conflicts: sync.conflicts,
    sample: sync.sample.map(({ sku, change, fields }) => ({ sku, change, fields: [...fields] })),
  }) satisfies z.infer<typeof syncOutput>;

const major = ({ micros }: Money): number => Number(micros) / MICROS;

const priced = <Name extends 'price' | 'total'>(name: Name, amount: Money) =>
  ({ [name]: major(amount), currency: amount.currency }) as Record<Name, number> & { currency: string };

const headOf = ({ id, number, status, shopStatus, paid, createdAt, updatedAt }: Order) => ({
  id,
  number,
  status,
  shopStatus,
  paid,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});

/** Throws `sku_not_found` or `no_stock` for all that are at fault, not for the first alone. */
function requireStock(
  wanted: readonly { readonly sku: string; readonly quantity?: number | undefined }[],
  found: readonly StockLevel[],
): void {
  const levels = new Map(found.map((level) => [level.sku, level]));
  const skus = [...new Set(wanted.map((item) => item.sku).filter((sku) => !levels.has(sku)))];
  if (skus.length > 0)
    throw new ShopError('sku_not_found', `The shop has no product with the SKU ${skus.join(', ')}.`, { skus });
  const short = wanted.flatMap(({ sku, quantity }) => {
    const level = levels.get(sku);
    if (quantity === undefined || !level || level.backorders) return [];
    const available = level.available ?? (level.inStock ? quantity : 0);
    return available >= quantity ? [] : [{ sku, requested: quantity, available }];
  });
  if (short.length > 0) {
    const list = short.map(({ sku, requested, available }) => `${sku}: ${available} of ${requested}`).join(', ');
    throw new ShopError('no_stock', `There is not enough in stock (${list}).`, { short });
  }
}
