import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fillWooShop, startWooServer, type WooServer } from '@switchyard/servers/testing';
import { Switchyard } from './support/switchyard.ts';

const ADD =
  'mutation ($input: AddConnectionInput!) { addConnection(input: $input) { id name health healthDetail toolCount } }';

describe('a shop', () => {
  let switchyard: Switchyard;
  let shop: WooServer;
  let key: string;
  const add = async (name: string, consumerSecret: string) => {
    const fields = Object.entries({ url: shop.url, consumerKey: shop.key, consumerSecret });
    const input = { name, preset: 'woocommerce', fields: fields.map(([field, value]) => ({ name: field, value })) };
    return (await switchyard.graphql(key, ADD, { input })).body.data.addConnection;
  };

  beforeAll(async () => {
    [switchyard, shop] = await Promise.all([
      Switchyard.start({ SWITCHYARD_EGRESS_ALLOW: '127.0.0.1' }),
      startWooServer(),
    ]);
    fillWooShop(shop, 120);
    key = switchyard.createKey();
  }, 120_000);
  afterAll(async () => {
    await switchyard.remove();
    await shop.close();
  });

  it('is connected by an admin with its preset, and a wrong key is seen at once', async () => {
    expect(await add('wrong', 'cs_wrong')).toMatchObject({
      health: 'unreachable',
      healthDetail: expect.stringContaining('refuses the credential'),
    });
    expect(await add('shop', shop.secret)).toMatchObject({ health: 'ready', healthDetail: null, toolCount: 7 });
    switchyard.cli('grant', 'set', '--tenant', 'demo', '--role', 'api_key', '--tool', 'shop.*', '--effect', 'allow');
  });

  it('gives all of its tools to code, and errors that code can catch', async () => {
    const code = `
import * as shop from 'servers/shop';
import { searchProducts, getRecommendations } from 'servers/search';
const codeOf = async (work) => { try { await work; return 'none'; } catch (error) { return error.data?.error?.code ?? error.code; } };
const { orders } = await shop.lookupOrder({ order: '1001' });
const [status, tracking, stock, carts, preferences, sync] = [
  await shop.getOrderStatus({ order: '#1002' }),
  await shop.trackShipment({ order: '1001' }),
  await shop.checkInventory({ items: [{ sku: 'VALVE-3', quantity: 2 }] }),
  await shop.getAbandonedCarts({ olderThanMinutes: 60, withinDays: 365 }),
  await shop.updateCustomerPreferences({ email: 'ada@example.com', language: 'de' }),
  await shop.syncProducts({ waitSeconds: 20 }),
];
const found = await searchProducts({ query: 'VALVE-3', limit: 1 });
const alike = await getRecommendations({ sku: 'A4VTG90', limit: 3 });
return {
  total: orders[0].total, status: status.status, carrier: tracking.shipments[0].carrier, available: stock.items[0].available,
  basis: carts.basis, changed: preferences.changed, sync, found: found.results[0]?.sku, alike: alike.results.length,
  errors: [
    await codeOf(shop.getOrderStatus({ order: '4711' })),
    await codeOf(shop.checkInventory({ items: [{ sku: 'VALVE-7', quantity: 1 }] })),
    await codeOf(shop.checkInventory({ items: [{ sku: 'NO-SUCH' }] })),
    await codeOf(shop.updateCustomerPreferences({ email: 'nobody@example.com', language: 'de' })),
    await codeOf(getRecommendations({ sku: 'NO-SUCH-THING' })),
  ],
};`;
    const { body } = await switchyard.execute(key, code);
    expect(body).toMatchObject({ status: 'done', error: null });
    expect(body.result).toMatchObject({
      total: 39.98,
      status: 'processing',
      carrier: 'DHL',
      available: 3,
      basis: 'pending_orders',
      changed: ['language'],
      sync: { state: 'done', seen: 144, added: 144, changed: 0, removed: 0 },
      found: 'VALVE-3',
      alike: 3,
      errors: ['order_not_found', 'no_stock', 'sku_not_found', 'customer_not_found', 'sku_not_found'],
    });
    expect(body.result.sync.sample.length).toBeGreaterThan(0);
    expect(JSON.stringify(body)).not.toContain(shop.secret);
  });

  it('in trouble is told apart by code', async () => {
    const ask = `
import { getOrderStatus } from 'servers/shop';
try { return await getOrderStatus({ order: '1001' }); } catch (error) { return error.data.error; }`;
    shop.faults.push({ status: 429, headers: { 'retry-after': '3600' } });
    expect((await switchyard.execute(key, ask)).body.result).toMatchObject({
      code: 'throttled',
      retryAfterMs: 3_600_000,
    });
    shop.faults.push(...Array.from({ length: 3 }, () => ({ status: 502 })));
    expect((await switchyard.execute(key, ask)).body.result).toMatchObject({ code: 'shop_down' });
    shop.faults.push({ status: 401, body: '{"code":"woocommerce_rest_cannot_view","message":"expired"}' });
    expect((await switchyard.execute(key, ask)).body.result).toMatchObject({ code: 'credential_refused' });
  });
});
