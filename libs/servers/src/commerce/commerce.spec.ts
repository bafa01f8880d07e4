import { Client } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serveInMemory } from '../in-memory.ts';
import { createCommerceServer } from './server.ts';
import { openWith } from './testing/openings.ts';
import { fillShopify, startShopifyServer } from './testing/shopify-server.ts';
import { fillWooShop, startWooServer } from './testing/woocommerce-server.ts';

const TOOLS = [
  'lookupOrder',
  'getOrderStatus',
  'trackShipment',
  'checkInventory',
  'getAbandonedCarts',
  'updateCustomerPreferences',
];
const NOW = new Date('2026-10-25T12:00:00Z');

/** The tools over MCP, the same for every kind of shop. */
describe.each(['woocommerce', 'shopify'] as const)('the tools for %s', (kind) => {
  let client: Client;
  let vault: Record<string, string>;
  let fail: (status: number, retryAfter?: string) => void;
  let closeShop: () => Promise<void>;
  const failures: unknown[] = [];

  beforeAll(async () => {
    let url: string;
    if (kind === 'woocommerce') {
      const shop = await startWooServer();
      fillWooShop(shop);
      vault = { consumerKey: shop.key, consumerSecret: shop.secret };
      fail = (status, after) => shop.faults.push({ status, ...(after ? { headers: { 'retry-after': after } } : {}) });
      ({ url, close: closeShop } = shop);
    } else {
      const shop = await startShopifyServer();
      fillShopify(shop);
      vault = { accessToken: 'shpat_fixed' };
      fail = (status) => {
        if (status === 429) Object.assign(shop.limits, { available: 0, restoreRate: 1 });
        else shop.faults.push(status);
      };
      ({ url, close: closeShop } = shop);
    }
    const shop = openWith(kind, url, vault);
    client = new Client({ name: 'spec', version: '1' }, { capabilities: {}, versionNegotiation: { mode: 'auto' } });
    const onError = (error: unknown): unknown => failures.push(error);
    await client.connect(serveInMemory(() => createCommerceServer({ shop, version: '1', now: () => NOW, onError })));
  });
  afterAll(async () => {
    await client.close();
    await closeShop();
    expect(failures).toEqual([]);
  });

  async function call(name: string, args: Record<string, unknown>) {
    const answer = await client.callTool({ name, arguments: args });
    return { isError: answer.isError === true, value: answer.structuredContent as Record<string, unknown> };
  }
  const errorOf = async (name: string, args: Record<string, unknown>): Promise<unknown> => {
    const { isError, value } = await call(name, args);
    expect(isError).toBe(true);
    return value['error'];
  };

  it('are listed with both schemas, an example and what they do to the shop', async () => {
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name)).toEqual(TOOLS);
    for (const tool of tools) {
      expect(tool.outputSchema?.properties).toBeDefined();
      expect(tool.description).toContain(`Example: ${tool.name}(`);
      expect(tool.description).toContain('throttled');
      expect(tool.annotations).toMatchObject({
        readOnlyHint: tool.name !== 'updateCustomerPreferences',
        destructiveHint: false,
        openWorldHint: true,
      });
    }
  });

  it('look an order up, for its customer alone', async () => {
    const { value } = await call('lookupOrder', { order: '1001', email: 'Ada@Example.com' });
    expect(value).toMatchObject({
      orders: [
        {
          status: 'completed',
          paid: true,
          total: 39.98,
          currency: 'EUR',
          email: 'ada@example.com',
          customer: 'Ada Byron',
          items: [{ sku: 'VALVE-1', quantity: 2, unitPrice: 19.99 }],
        },
      ],
    });
    const others = { order: '1001', email: 'bob@example.com' };
    expect(await errorOf('lookupOrder', others)).toMatchObject({ code: 'order_not_found', order: '1001' });
    expect(await errorOf('trackShipment', others)).toMatchObject({ code: 'order_not_found' });
    const all = await call('lookupOrder', { email: 'ada@example.com' });
    expect((all.value['orders'] as { status: string }[]).map((one) => one.status).at(-1)).toBe('completed');
    expect((await call('lookupOrder', {})).isError).toBe(true);
  });

  it('tell an order’s status and its shipments', async () => {
    expect((await call('getOrderStatus', { order: '#1002' })).value).toMatchObject({
      status: 'processing',
      paid: true,
    });
    expect((await call('trackShipment', { order: '1001' })).value).toMatchObject({
      shipments: [{ carrier: 'DHL', trackingNumber: 'JD014600003' }],
    });
    expect(await errorOf('getOrderStatus', { order: '4711' })).toMatchObject({
      code: 'order_not_found',
      message: 'There is no order 4711.',
    });
  });

  it('tell stock, what is unknown and what is short', async () => {
    const { value } = await call('checkInventory', { items: [{ sku: 'VALVE-3', quantity: 3 }, { sku: 'VALVE-7' }] });
    expect(value['items']).toMatchObject([
      { sku: 'VALVE-3', available: 3, inStock: true, price: 19.99, currency: 'EUR' },
      { sku: 'VALVE-7', available: 0, inStock: false },
    ]);
    const short = await errorOf('checkInventory', {
      items: [
        { sku: 'VALVE-3', quantity: 4 },
        { sku: 'VALVE-7', quantity: 1 },
      ],
    });
    expect(short).toMatchObject({
      code: 'no_stock',
      short: [
        { sku: 'VALVE-3', requested: 4, available: 3 },
        { sku: 'VALVE-7', requested: 1, available: 0 },
      ],
    });
    expect(await errorOf('checkInventory', { items: [{ sku: 'NONE-1' }, { sku: 'VALVE-1' }] })).toMatchObject({
      code: 'sku_not_found',
      skus: ['NONE-1'],
    });
  });

  it('list carts and say what they are', async () => {
    const { value } = await call('getAbandonedCarts', { olderThanMinutes: 60, withinDays: 30 });
    expect(value).toMatchObject({
      basis: kind === 'shopify' ? 'abandoned_checkouts' : 'pending_orders',
      carts: [{ email: 'bob@example.com' }, { email: 'ada@example.com', total: 39.98, currency: 'EUR' }],
      next: null,
    });
    expect((await call('getAbandonedCarts', { olderThanMinutes: 60 * 24 * 10 })).value['carts']).toHaveLength(1);
  });

  it('change preferences', async () => {
    const wanted = { email: 'ada@example.com', emailMarketing: false, language: 'pt-BR' };
    expect((await call('updateCustomerPreferences', wanted)).value).toMatchObject({
      changed: ['emailMarketing', 'language'],
    });
    expect(await errorOf('updateCustomerPreferences', { ...wanted, email: 'no@example.com' })).toMatchObject({
      code: 'customer_not_found',
    });
    expect((await call('updateCustomerPreferences', { email: 'ada@example.com' })).isError).toBe(true);
  });

  it('say that the credential is expired, the shop down, the limit reached', async () => {
    const right = { ...vault };
    Object.assign(vault, { accessToken: 'shpat_expired', consumerSecret: 'cs_revoked' });
    expect(await errorOf('getOrderStatus', { order: '1001' })).toMatchObject({ code: 'credential_refused' });
    Object.assign(vault, right);
    for (let time = 0; time < 3; time++) fail(503);
    expect(await errorOf('getOrderStatus', { order: '1001' })).toMatchObject({ code: 'shop_down' });
    fail(429, '60');
    expect(await errorOf('getOrderStatus', { order: '1001' })).toMatchObject({
      code: 'throttled',
      retryAfterMs: expect.any(Number),
    });
  });
});
