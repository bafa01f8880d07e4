import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fillWooShop, sendDelivery, startWooServer, wooDelivery, type WooServer } from '@switchyard/servers/testing';
import { dataOf, graphqlAs } from './support/people.ts';
import { eventually } from './support/processes.ts';
import { Switchyard } from './support/switchyard.ts';

const ADD = 'mutation ($input: AddConnectionInput!) { addConnection(input: $input) { id health } }';
const OPEN = `mutation ($id: ID!) { openShopHook(connectionId: $id) { secret hook { url registered topics problem } } }`;
const HOOK = `query ($id: ID!) { connection(id: $id) { syncEveryHours shopHook { received changed waiting refusedAt }
  catalogueSync { state seen added changed removed sample { sku change } } } }`;

describe('a shop that tells of changes', () => {
  let switchyard: Switchyard;
  let shop: WooServer;
  let key: string;
  let id: string;
  const ask = async (document: string, variables: object = { id }) =>
    dataOf(await graphqlAs(switchyard, { key }, document, variables));
  const search = async (query: string) => {
    const code = `import { searchProducts } from 'servers/search'; return (await searchProducts({ query: ${JSON.stringify(query)}, limit: 1 })).results[0] ?? null;`;
    return (await switchyard.execute(key, code)).body.result;
  };
  const product = (sku: string) => {
    const row = shop.products.find((one) => one.sku === sku);
    if (!row) throw new Error(`the shop has no ${sku}`);
    return row;
  };

  beforeAll(async () => {
    [switchyard, shop] = await Promise.all([
      Switchyard.start({ SWITCHYARD_EGRESS_ALLOW: '127.0.0.1' }),
      startWooServer(),
    ]);
    fillWooShop(shop, 300);
    key = switchyard.createKey();
    const fields = Object.entries({ url: shop.url, consumerKey: shop.key, consumerSecret: shop.secret });
    const input = { name: 'shop', preset: 'woocommerce', fields: fields.map(([name, value]) => ({ name, value })) };
    const { addConnection } = await ask(ADD, { input });
    expect(addConnection.health).toBe('ready');
    id = addConnection.id;
  }, 120_000);
  afterAll(async () => {
    await switchyard.remove();
    await shop.close();
  });

  it('has its catalogue read when asked, and by a schedule', async () => {
    expect(await ask('mutation ($id: ID!) { scheduleCatalogueSync(connectionId: $id, everyHours: 6) }')).toEqual({
      scheduleCatalogueSync: true,
    });
    await ask('mutation ($id: ID!) { startCatalogueSync(connectionId: $id) { id } }');
    await eventually('the catalogue is read', async () => {
      const { connection } = await ask(HOOK);
      expect(connection.syncEveryHours).toBe(6);
      return connection.catalogueSync.state === 'done' && connection.catalogueSync.added === 360;
    });
    const refused = await graphqlAs(
      switchyard,
      { key },
      'mutation ($id: ID!) { cancelCatalogueSync(connectionId: $id) { state } }',
      { id },
    );
    expect(refused.body.errors[0].extensions.code).toBe('CONFLICT');
  });

  it('can be stopped while it is read', async () => {
    for (let n = 0; n < 30; n++) shop.faults.push({ status: 429, headers: { 'retry-after': '1' } });
    await ask('mutation ($id: ID!) { startCatalogueSync(connectionId: $id) { id } }');
    const { cancelCatalogueSync } = await ask(
      'mutation ($id: ID!) { cancelCatalogueSync(connectionId: $id) { state } }',
    );
    expect(cancelCatalogueSync.state).toBe('cancelled');
    shop.faults.length = 0;
    await ask('mutation ($id: ID!) { startCatalogueSync(connectionId: $id) { id } }');
    await eventually('another reading goes to its end', async () => {
      const { catalogueSync } = (await ask(HOOK)).connection;
      return catalogueSync.state === 'done' && catalogueSync.seen === 360;
    });
  });

  it('is told where to tell, and the product search follows within seconds', async () => {
    const { openShopHook } = await ask(OPEN);
    expect(openShopHook).toMatchObject({ secret: null, hook: { registered: true, problem: null } });
    expect(openShopHook.hook.url).toMatch(new RegExp(`^${switchyard.url}/hooks/shops/[\\w-]{64}$`));
    Object.assign(product('VALVE-3'), { name: 'Zirconium crucible', price: '7.50' });
    const at = performance.now();
    expect(await shop.tell('product.updated', { id: product('VALVE-3').id })).toEqual([202]);
    const answeredMs = performance.now() - at;
    await eventually('the search finds it', async () => (await search('zirconium crucible'))?.sku === 'VALVE-3');
    console.info(
      `answered in ${answeredMs.toFixed(0)} ms, found after ${Math.round(performance.now() - at)} ms, runs included`,
    );
    const { id: gone } = product('VALVE-4');
    shop.products.splice(shop.products.indexOf(product('VALVE-4')), 1);
    await shop.tell('product.deleted', { id: gone });
    await eventually('it is gone', async () => (await ask(HOOK)).connection.shopHook.changed === 2);
    expect((await search('VALVE-4'))?.sku).not.toBe('VALVE-4');
  });

  it('is not believed when it is not the shop that speaks', async () => {
    const [hook] = shop.webhooks.filter((one) => one.topic === 'product.updated');
    if (!hook) throw new Error('nobody is told');
    const { received } = (await ask(HOOK)).connection.shopHook;
    const forged = wooDelivery({ ...hook, secret: 'guessed' }, { id: 30 });
    expect(await sendDelivery(forged)).toBe(401);
    expect(await sendDelivery({ ...forged, url: hook.delivery_url.replace(/[^/]{8}$/, 'AAAAAAAA') })).toBe(404);
    expect(await sendDelivery({ ...forged, url: hook.delivery_url.replace(/[^/]{8}$/, '../v1/tools') })).toBe(404);
    const huge = wooDelivery(hook, { id: 30, description: 'x'.repeat(5_000_000) });
    expect(await sendDelivery(huge)).toBe(413);
    const once = wooDelivery(hook, { id: 30 }, 'one');
    expect([await sendDelivery(once), await sendDelivery(once)]).toEqual([202, 200]);
    const after = (await ask(HOOK)).connection.shopHook;
    expect(after).toMatchObject({ received: received + 1, refusedAt: expect.any(String) });
    expect(switchyard.output).not.toContain(hook.secret);
  });

  it('is gone with its connection: nothing answers any more', async () => {
    const [hook] = shop.webhooks;
    if (!hook) throw new Error('nobody is told');
    await ask('mutation ($id: ID!) { removeConnection(id: $id) }');
    expect(await sendDelivery(wooDelivery(hook, { id: 30 }))).toBe(404);
    const { auditEvents } = await ask('{ auditEvents(limit: 50) { items { action } } }', {});
    const actions = auditEvents.items.map(({ action }: { action: string }) => action);
    expect(actions).toEqual(
      expect.arrayContaining(['shop_hook.opened', 'catalogue_sync.started', 'catalogue_sync.cancelled']),
    );
  });
});
