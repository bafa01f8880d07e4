import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError, newId, type ConnectionId, type Ctx } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { Syncs } from '../sync/sync.ts';
import { openWith } from '../testing/openings.ts';
import { fillShopify, startShopifyServer, type ShopifyServer } from '../testing/shopify-server.ts';
import { send, shopifyDelivery, wooDelivery, type Sent } from '../testing/webhooks.ts';
import { fillWooShop, startWooServer, type WooProductRow, type WooServer } from '../testing/woocommerce-server.ts';
import { addressOf } from './address.ts';
import { ShopHooks, type HookEvent, type Received } from './hooks.ts';

const never = new AbortController().signal;
const STATUS: Record<Received, number> = { accepted: 202, duplicate: 200, ping: 200, refused: 401, unknown: 404 };

let db: TestDatabase;
let ctx: Ctx;
let connectionId: ConnectionId;
let receiver: Server;
let hooks: ShopHooks;
let woo: WooServer;
let shopify: ShopifyServer;
let kind: 'woocommerce' | 'shopify';
let vault: Record<string, string>;
let isGone: boolean;
const events: HookEvent[] = [];
const failures: unknown[] = [];

const shopUrl = (): string => (kind === 'woocommerce' ? woo.url : shopify.url);
const shop = () => openWith(kind, shopUrl(), vault);
const work = (): Promise<number> => hooks.work(ctx, [connectionId], never);
const stored = async (sku: string) => db.database.inTenant(ctx, (tx) => tx.product.findFirst({ where: { sku } }));
const sync = () =>
  new Syncs({ database: db.database, shopOf: async () => shop(), onError: (error) => failures.push(error) }).runFor(
    ctx,
    connectionId,
    { startedBy: 'spec', signal: never, forMs: 60_000 },
  );
const row = (sku: string): WooProductRow => {
  const found = woo.products.find((one) => one.sku === sku);
  if (!found) throw new Error(`the shop has no ${sku}`);
  return found;
};
const delivery = (topic: string, payload: unknown, id?: string): Sent => {
  const hook = woo.webhooks.find((one) => one.topic === topic);
  if (!hook) throw new Error(`nobody is told of ${topic}`);
  return wooDelivery(hook, payload, id);
};

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  [woo, shopify] = await Promise.all([startWooServer(), startShopifyServer()]);
  fillWooShop(woo, 30);
  fillShopify(shopify, 30);
  ctx = testCtx();
  connectionId = newId<ConnectionId>();
  kind = 'woocommerce';
  vault = { consumerKey: woo.key, consumerSecret: woo.secret };
  isGone = false;
  events.length = 0;
  failures.length = 0;
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const answer = async (): Promise<number> => {
        const hook = await hooks.find(request.url?.split('/').at(-1) ?? '');
        return hook ? STATUS[await hooks.receive(hook, request.headers, Buffer.concat(chunks))] : 404;
      };
      void answer().then((status) => response.writeHead(status).end());
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  hooks = new ShopHooks({
    database: db.database,
    async shopOf() {
      if (isGone) throw new AppError('not_found', 'There is no such connection.');
      return { shop: shop(), url: shopUrl(), withSecrets: (use) => use({ ...vault }) };
    },
    keepSecret: async (_ctx, _id, value) => void (vault['webhookSecret'] = value),
    audit: async (_tx, _ctx, event) => events.push(event),
    publicUrl: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`,
    onError: (error) => failures.push(error),
  });
});
afterEach(async () => {
  receiver.closeAllConnections();
  await Promise.all([woo.close(), shopify.close(), new Promise((resolve) => receiver.close(resolve))]);
  expect(failures).toEqual([]);
});

describe('a WooCommerce shop', () => {
  it('is told where to tell, and what it tells of is in the product search at once', async () => {
    await sync();
    const { hook, secret } = await hooks.open(ctx, connectionId);
    expect(hook).toMatchObject({ registered: true, problem: null, waiting: 0 });
    expect(secret).toBeNull();
    expect(woo.webhooks.map((one) => one.topic)).toEqual([...hook.topics]);
    expect(new Set(woo.webhooks.map((one) => one.delivery_url))).toEqual(new Set([hook.url]));
    expect(JSON.stringify(events)).not.toContain(vault['webhookSecret']);

    Object.assign(row('VALVE-3'), { price: '7.50', name: 'Brass valve 3' });
    expect(await woo.tell('product.updated', { id: row('VALVE-3').id })).toEqual([202]);
    expect(await work()).toBe(1);
    expect(await stored('VALVE-3')).toMatchObject({ name: 'Brass valve 3', priceMicros: 7_500_000n });

    woo.products.push({ ...row('VALVE-3'), id: 7_001, sku: 'NEW-1', name: 'New' });
    expect(await woo.tell('product.created', { id: 7_001, name: 'New' })).toEqual([202]);
    expect(await work()).toBe(1);
    expect(await stored('NEW-1')).toMatchObject({ name: 'New', sourceId: connectionId });

    woo.products.splice(woo.products.indexOf(row('NEW-1')), 1);
    expect(await woo.tell('product.deleted', { id: 7_001 })).toEqual([202]);
    expect(await work()).toBe(1);
    expect(await stored('NEW-1')).toBeNull();
    expect(await hooks.get(ctx, connectionId)).toMatchObject({ received: 3, changed: 3, waiting: 0, problem: null });
  });

  it('tells of variants, of another SKU, and by its orders of stock', async () => {
    await sync();
    await hooks.open(ctx, connectionId);
    const variant = row('VALVE-10-2');
    Object.assign(variant, { sku: 'VALVE-10-X', stock_quantity: 77 });
    await woo.tell('product.updated', { id: variant.id, parent_id: variant.parent_id });
    expect(await work()).toBe(2);
    expect(await stored('VALVE-10-2')).toBeNull();
    expect(await stored('VALVE-10-X')).toMatchObject({ stock: 77 });
    woo.products.splice(woo.products.indexOf(variant), 1);
    await woo.tell('product.deleted', { id: variant.id }); // of a variant, which only what is stored knows
    expect(await work()).toBe(1);
    expect(await stored('VALVE-10-X')).toBeNull();
    expect(await stored('VALVE-10-1')).not.toBeNull();

    row('VALVE-4').stock_quantity = 1;
    const email = 'ada@example.com';
    const order = { id: 9, billing: { email }, line_items: [{ product_id: row('VALVE-4').id, variation_id: 0 }] };
    expect(await woo.tell('order.created', order)).toEqual([202]);
    expect(await work()).toBe(1);
    expect(await stored('VALVE-4')).toMatchObject({ stock: 1 });
    const kept = await db.database.inTenant(ctx, (tx) => tx.shopDelivery.findMany());
    expect(JSON.stringify(kept)).not.toContain(email);
  });

  it('may tell late, twice and in any order: what is there now is what counts', async () => {
    await sync();
    await hooks.open(ctx, connectionId);
    const { id } = row('VALVE-5');
    const first = delivery('product.updated', { id, price: '1.00', date_modified_gmt: '2026-11-01T00:00:00' }, 'same');
    const second = delivery('product.updated', { id, price: '2.00', date_modified_gmt: '2026-11-01T00:00:01' }, 'same');
    row('VALVE-5').price = '2.00';
    expect(await send(second)).toBe(202);
    expect(await work()).toBe(1);
    expect(await send(first)).toBe(202); // the same second, hence the same id: another change for all that
    expect(await work()).toBe(0);
    expect(await stored('VALVE-5')).toMatchObject({ priceMicros: 2_000_000n });
    expect(await send(second)).toBe(200);
    expect(await hooks.get(ctx, connectionId)).toMatchObject({ received: 2, waiting: 0 });
    // Played again under another id, which is not signed: the shop is asked once more, and not at once.
    const asked = woo.seen.length;
    expect(await send({ ...second, headers: { ...second.headers, 'x-wc-webhook-delivery-id': 'other' } })).toBe(202);
    expect(await work()).toBe(0);
    expect(woo.seen.length).toBe(asked);
    expect(await hooks.get(ctx, connectionId)).toMatchObject({ waiting: 1 });
  });

  it('is not believed without its signature', async () => {
    await hooks.open(ctx, connectionId);
    const right = delivery('product.updated', { id: 10 });
    const { 'x-wc-webhook-signature': signature = '', ...unsigned } = right.headers;
    const forged: Sent[] = [
      { ...right, headers: unsigned },
      { ...right, body: right.body.replace('10', '20') },
      { ...right, headers: { ...right.headers, 'x-wc-webhook-signature': signature.slice(0, -4) } },
      { ...right, headers: { ...right.headers, 'x-wc-webhook-signature': '' } },
      { ...right, headers: unsigned, body: `webhook_id=${'9'.repeat(80)}` },
      { ...right, headers: { ...unsigned, 'x-shopify-hmac-sha256': signature } },
    ];
    for (const one of forged) expect(await send(one)).toBe(401);
    const hook = await hooks.get(ctx, connectionId);
    expect(hook).toMatchObject({ received: 0, waiting: 0, refusedAt: expect.any(Date) });
    expect(await send(right)).toBe(202);
  });

  it('that does not let itself be told is told by hand, with a secret that is shown once', async () => {
    woo.mayWrite = false;
    const { hook, secret } = await hooks.open(ctx, connectionId);
    expect(hook).toMatchObject({ registered: false, problem: expect.stringContaining('refuses the credential') });
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(await hooks.get(ctx, connectionId))).not.toContain(secret);
    woo.webhooks.push({ id: 1, topic: 'product.updated', delivery_url: hook.url, secret: secret ?? '' });
    expect(await woo.tell('product.updated', { id: 10 })).toEqual([202]);
    expect(events.map((event) => event.action)).toEqual(['shop_hook.opened']);
  });

  it('that is away is asked again later, and told of in words', async () => {
    await sync();
    await hooks.open(ctx, connectionId);
    row('VALVE-6').price = '3.00';
    woo.faults.push({ status: 429, headers: { 'retry-after': '3600' } });
    await woo.tell('product.updated', { id: row('VALVE-6').id });
    expect(await work()).toBe(0);
    expect(await hooks.get(ctx, connectionId)).toMatchObject({
      waiting: 1,
      problem: expect.stringContaining('rate limit'),
    });
    await db.sql(`UPDATE shop_change SET due_at = now() - interval '1 second'`);
    expect(await work()).toBe(1);
    expect(await stored('VALVE-6')).toMatchObject({ priceMicros: 3_000_000n });
    expect(await hooks.get(ctx, connectionId)).toMatchObject({ waiting: 0, problem: null });
  });

  it('that is connected no more gets no answer, and what is being fetched is not written', async () => {
    await sync();
    const { hook } = await hooks.open(ctx, connectionId);
    const left = delivery('product.updated', { id: row('VALVE-8').id });
    expect(await send(left)).toBe(202);
    row('VALVE-8').price = '4.00';
    woo.faults.length = 0;
    const before = await stored('VALVE-8');
    const slow = new ShopHooks({
      database: db.database,
      keepSecret: async () => undefined,
      audit: async () => undefined,
      publicUrl: hook.url,
      async shopOf() {
        await db.database.inTenant(ctx, (tx) => hooks.forget(tx, connectionId));
        return { shop: shop(), url: shopUrl(), withSecrets: (use) => use({ ...vault }) };
      },
      onError: (error) => failures.push(error),
    });
    expect(await slow.work(ctx, [connectionId], never)).toBe(0);
    expect(await stored('VALVE-8')).toEqual(before);
    expect(await send({ ...left, url: hook.url })).toBe(404);
    const rows = await db.database.inTenant(ctx, async (tx) => [
      await tx.shopDelivery.count(),
      await tx.shopChange.count(),
    ]);
    expect(rows).toEqual([0, 0]);
    await hooks.open(ctx, connectionId);
    isGone = true;
    expect(new Set(await woo.tell('product.updated', { id: 10 }))).toEqual(new Set([404]));
  });

  it('that has switched webhooks off, because nobody answered for a while, is told anew', async () => {
    await hooks.open(ctx, connectionId);
    const before = woo.webhooks.map((one) => one.id);
    await hooks.keepTold(ctx, connectionId, never);
    expect(woo.webhooks.map((one) => one.id)).toEqual(before);
    const [first] = woo.webhooks;
    if (first) first.status = 'disabled';
    woo.webhooks.splice(3, 1);
    await hooks.keepTold(ctx, connectionId, never);
    expect(woo.webhooks.filter((one) => one.status === 'active')).toHaveLength(before.length);
    expect(await woo.tell('product.created', { id: 10 })).toEqual([202]);
    woo.faults.push({ status: 401 });
    await hooks.keepTold(ctx, connectionId, never);
    expect(woo.webhooks).toHaveLength(before.length);
  });

  it('has one address at a time, and none when it is closed', async () => {
    const first = await hooks.open(ctx, connectionId);
    const second = await hooks.open(ctx, connectionId);
    expect(second.hook.url).not.toBe(first.hook.url);
    expect(new Set(woo.webhooks.map((one) => one.delivery_url))).toEqual(new Set([second.hook.url]));
    expect(await send({ ...delivery('product.updated', { id: 10 }), url: first.hook.url })).toBe(404);
    await hooks.close(ctx, connectionId);
    expect(woo.webhooks).toEqual([]);
    expect(await hooks.get(ctx, connectionId)).toBeUndefined();
    expect(events.map((event) => event.action)).toEqual(['shop_hook.opened', 'shop_hook.opened', 'shop_hook.closed']);
  });

  it('of another tenant is out of reach: its address names its own', async () => {
    const { hook } = await hooks.open(ctx, connectionId);
    const bob = testCtx();
    const token = Buffer.from(hook.url.split('/').at(-1) ?? '', 'base64url')
      .subarray(16)
      .toString('base64url');
    const right = delivery('product.updated', { id: 10 });
    const ofBob = addressOf({ tenantId: bob.tenantId, token });
    expect(await send({ ...right, url: hook.url.replace(/[^/]+$/, ofBob) })).toBe(404);
    expect(await send({ ...right, url: hook.url.replace(/[^/]+$/, 'x'.repeat(64)) })).toBe(404);
    expect(await hooks.get(bob, connectionId)).toBeUndefined();
    expect(await send(right)).toBe(202);
    expect(await hooks.work(bob, [connectionId], never)).toBe(0);
    expect(await hooks.get(ctx, connectionId)).toMatchObject({ waiting: 1 });
  });

  it('is looked at once more where a catalogue’s reading may have written something older', async () => {
    await sync();
    await hooks.open(ctx, connectionId);
    const stale = shop();
    const syncs = new Syncs({
      database: db.database,
      shopOf: async () => ({
        ...stale,
        products: async (...args: Parameters<typeof stale.products>) => {
          const page = await stale.products(...args);
          row('VALVE-9').price = '9.00'; // after it was read, before it is written
          await woo.tell('product.updated', { id: row('VALVE-9').id });
          expect(await work()).toBe(1);
          return page;
        },
      }),
      onError: (error) => failures.push(error),
    });
    await syncs.runFor(ctx, connectionId, { startedBy: 'spec', signal: never, forMs: 60_000 });
    expect(await stored('VALVE-9')).toMatchObject({ priceMicros: 19_990_000n });
    expect(await work()).toBe(1);
    expect(await stored('VALVE-9')).toMatchObject({ priceMicros: 9_000_000n });
  });
});

describe('a Shopify shop', () => {
  beforeEach(() => {
    kind = 'shopify';
    vault = { clientId: 'client', clientSecret: 'shpss_secret', accessToken: 'shpat_fixed' };
  });
  const variant = (sku: string) => {
    const found = shopify.variants.find((one) => one.sku === sku);
    if (!found) throw new Error(`the shop has no ${sku}`);
    return found;
  };

  it('signs with the app’s secret, and its deliveries count once', async () => {
    await sync();
    const { hook, secret } = await hooks.open(ctx, connectionId);
    expect(hook).toMatchObject({
      registered: true,
      topics: ['products/create', 'products/update', 'products/delete'],
      problem: null,
    });
    expect(secret).toBeNull();
    variant('VALVE-3').price = '5.25';
    expect(await shopify.tell('PRODUCTS_UPDATE', { id: 3 })).toEqual([202]);
    expect(await work()).toBe(1);
    expect(await stored('VALVE-3')).toMatchObject({ priceMicros: 5_250_000n });
    const [to] = shopify.webhooks;
    if (!to) throw new Error('nobody is told');
    const once = shopifyDelivery(to, { id: 4 }, 'shpss_secret', 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043');
    expect([await send(once), await send(once), await send(once)]).toEqual([202, 200, 200]);
    expect(await send(shopifyDelivery(to, { id: 4 }, 'shpss_other'))).toBe(401);
    shopify.variants.splice(shopify.variants.indexOf(variant('VALVE-5')), 1);
    expect(await shopify.tell('PRODUCTS_DELETE', { id: 5 })).toEqual([202]);
    expect(await work()).toBe(1);
    expect(await stored('VALVE-5')).toBeNull();
    variant('VALVE-6').product.status = 'DRAFT';
    await shopify.tell('PRODUCTS_UPDATE', { id: 6, status: 'draft' });
    expect(await work()).toBe(1);
    expect(await stored('VALVE-6')).toBeNull();
    await hooks.close(ctx, connectionId);
    expect(shopify.webhooks).toEqual([]);
  });

  it('takes the secret that Shopify shows beside webhooks made by hand', async () => {
    vault = { accessToken: 'shpat_fixed' };
    const { hook } = await hooks.open(ctx, connectionId);
    const by = { uri: hook.url, topic: 'PRODUCTS_UPDATE' };
    expect(await send(shopifyDelivery(by, { id: 3 }, 'shown-in-notifications'))).toBe(401);
    vault['webhookSecret'] = 'shown-in-notifications';
    expect(await send(shopifyDelivery(by, { id: 3 }, 'shown-in-notifications'))).toBe(202);
  });
});
