import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  article,
  fillWooShop,
  startTestSite,
  startWooServer,
  type TestSite,
  type WooServer,
} from '@switchyard/servers/testing';
import { eventually } from './support/processes.ts';
import { Switchyard } from './support/switchyard.ts';

const ADD = 'mutation ($input: AddConnectionInput!) { addConnection(input: $input) { health toolCount } }';
const START = 'mutation ($input: StartSiteCrawlInput!) { startSiteCrawl(input: $input) { id state } }';
const CRAWL =
  'query ($id: ID!) { siteCrawl(id: $id) { state added forbidden outcomes { outcome count } addresses { url outcome } } }';
const CODE_OF = `const codeOf = async (work) => { try { await work(); return 'none'; } catch (error) { return error.data?.error?.code ?? error.code; } };`;

const LONG = 'Every pump leaves the works with a certificate of its test at one and a half times its pressure. ';

/** A shop, a site and nothing else that is not the product's own: what a fresh machine has, and one preset. */
describe('the tools of all first-party servers', () => {
  let switchyard: Switchyard;
  let shop: WooServer;
  let site: TestSite;
  let forbidding: TestSite;
  /** The guard lets nothing through to it. */
  let inner: TestSite;
  let key: string;

  beforeAll(async () => {
    [shop, site, forbidding, inner] = await Promise.all([
      startWooServer(),
      startTestSite(),
      startTestSite(),
      startTestSite(),
    ]);
    fillWooShop(shop, 120);
    site.pages.set('/', article('Pump works', `<p>${LONG.repeat(4)}</p>`, ['/returns', '/secret/plans', '/inwards']));
    site.pages.set(
      '/returns',
      article('Returns', `<h2>Deadline</h2><p>Goods may come back within forty days. ${LONG.repeat(4)}</p>`),
    );
    site.pages.set('/inwards', (_request, response) =>
      response.writeHead(302, { location: `${inner.url}/metadata` }).end(),
    );
    site.pages.set('/robots.txt', (_request, response) =>
      response.writeHead(200).end('User-agent: *\nDisallow: /secret/'),
    );
    forbidding.pages.set('/robots.txt', (_request, response) =>
      response.writeHead(200).end('User-agent: *\nDisallow: /'),
    );
    const allowed = [new URL(shop.url).host, new URL(site.url).host, new URL(forbidding.url).host];
    switchyard = await Switchyard.start({ SWITCHYARD_EGRESS_ALLOW: allowed.join(',') });
    key = switchyard.createKey();
    const fields = Object.entries({ url: shop.url, consumerKey: shop.key, consumerSecret: shop.secret });
    const input = { name: 'shop', preset: 'woocommerce', fields: fields.map(([name, value]) => ({ name, value })) };
    const added = await switchyard.graphql(key, ADD, { input });
    expect(added.body.data.addConnection).toEqual({ health: 'ready', toolCount: 7 });
    switchyard.cli('grant', 'set', '--tenant', 'demo', '--role', 'api_key', '--tool', 'shop.*', '--effect', 'allow');
  }, 120_000);
  afterAll(async () => {
    await switchyard.remove();
    await Promise.all([shop, site, forbidding, inner].map((server) => server.close()));
  });

  it('are all there on a fresh machine, beside the shop that was connected', async () => {
    const { body } = await switchyard.request('GET', '/v1/tools?limit=100', { key });
    const names = body.tools.map((tool: { server: string; name: string }) => `${tool.server}.${tool.name}`).sort();
    expect(names).toEqual([
      'analytics.analyzeConversation',
      'analytics.generateReport',
      'analytics.getMetrics',
      'analytics.logAnalytics',
      'content.cancelCrawl',
      'content.getCrawlStatus',
      'content.getPage',
      'content.scrapeSite',
      'content.searchContent',
      'search.getProductDetails',
      'search.getRecommendations',
      'search.searchByCategory',
      'search.searchProducts',
      'shop.checkInventory',
      'shop.getAbandonedCarts',
      'shop.getOrderStatus',
      'shop.lookupOrder',
      'shop.syncProducts',
      'shop.trackShipment',
      'shop.updateCustomerPreferences',
    ]);
  });

  it('each of them is called by one run of code', async () => {
    const code = `
import * as search from 'servers/search';
import * as shop from 'servers/shop';
import * as content from 'servers/content';
import * as analytics from 'servers/analytics';
const [found, listed, details, alike] = await Promise.all([
  search.searchProducts({ query: 'hydraulic pump', limit: 2 }),
  search.searchByCategory({ category: 'Gear pumps', limit: 2 }),
  search.getProductDetails({ sku: 'A4VTG90' }),
  search.getRecommendations({ sku: 'A4VTG90', limit: 2 }),
]);
const [orders, status, tracking, stock, carts, preferences] = await Promise.all([
  shop.lookupOrder({ order: '1001' }),
  shop.getOrderStatus({ order: '1002' }),
  shop.trackShipment({ order: '1001' }),
  shop.checkInventory({ items: [{ sku: 'VALVE-3', quantity: 1 }] }),
  shop.getAbandonedCarts({ olderThanMinutes: 60, withinDays: 365 }),
  shop.updateCustomerPreferences({ email: 'ada@example.com', language: 'de' }),
]);
const sync = await shop.syncProducts({ waitSeconds: 20 });
const begun = await content.scrapeSite({ url: ${JSON.stringify(`${site.url}/`)}, waitSeconds: 1 });
let crawl = begun;
while (crawl.state === 'waiting' || crawl.state === 'running')
  crawl = await content.getCrawlStatus({ crawlId: begun.crawlId, waitSeconds: 10 });
const passages = await content.searchContent({ query: 'how many days until goods must come back', limit: 2 });
const page = await content.getPage({ url: passages.results[0].url });
const stopped = await content.cancelCrawl({ crawlId: begun.crawlId });
const logged = await analytics.logAnalytics({ events: [{ name: 'cart.recovered', value: 12.5, key: 'order-1001' }] });
const metrics = await analytics.getMetrics({});
const report = await analytics.generateReport({ of: 'events', by: ['name'] });
return {
  search: [found.results.length, listed.results.length, details.sku, alike.results.length],
  shop: [orders.orders[0].total, status.status, tracking.shipments[0].carrier, stock.items[0].available, carts.basis, preferences.changed, sync.state],
  content: [crawl.state, crawl.added, crawl.forbidden, crawl.problems.map((one) => one.outcome), passages.results[0].heading, page.title, stopped.state],
  analytics: [logged.stored, metrics.events, report.rows],
};`;
    const { body } = await switchyard.execute(key, code, { conversation: 'all-tools' });
    expect(body).toMatchObject({ status: 'done', error: null });
    expect(body.result).toEqual({
      search: [2, 2, 'A4VTG90', 2],
      shop: [39.98, 'processing', 'DHL', 3, 'pending_orders', ['language'], 'done'],
      content: ['done', 2, 1, ['other_site'], 'Returns › Deadline', 'Returns', 'done'],
      analytics: [
        1,
        [{ name: 'cart.recovered', events: 1 }],
        [{ name: 'cart.recovered', measures: { events: 1, valueSum: 12.5, valueAverage: 12.5 } }],
      ],
    });
    expect(inner.asked).toEqual([]);
    const asked = site.asked.map(({ path }) => path);
    expect(asked[0]).toBe('/robots.txt');
    expect(asked).not.toContain('/secret/plans');
    // Figures may be some seconds old.
    const count = `import { getMetrics } from 'servers/analytics'; return (await getMetrics({})).tools.length;`;
    await eventually('its calls are counted', async () => {
      const { body: counted } = await switchyard.execute(key, count);
      return counted.result === 10; // the ten most called
    });
  }, 120_000);

  it('gives for each bad input an error that code tells by its code', async () => {
    const ask = async (expressions: readonly string[]): Promise<string[]> => {
      const code = `import * as search from 'servers/search';
import * as shop from 'servers/shop';
import * as content from 'servers/content';
import * as analytics from 'servers/analytics';
${CODE_OF}
const codes = [];
${expressions.map((expression) => `codes.push(await codeOf(() => ${expression}));`).join('\n')}
return codes;`;
      const { body } = await switchyard.execute(key, code);
      expect(body).toMatchObject({ status: 'done', error: null });
      return body.result;
    };
    const order = `shop.getOrderStatus({ order: '1001' })`;
    expect(
      await ask([
        `shop.getOrderStatus({ order: '4711' })`,
        `shop.checkInventory({ items: [{ sku: 'VALVE-7', quantity: 1 }] })`,
        `search.getProductDetails({ sku: 'NO-SUCH-THING' })`,
        `search.searchByCategory({ category: 'Chainsaws' })`,
        `content.scrapeSite({ url: ${JSON.stringify(forbidding.url)} })`,
        `content.scrapeSite({ url: ${JSON.stringify(inner.url)} })`,
        `content.scrapeSite({ url: 'http://169.254.169.254/latest/meta-data' })`,
        `content.scrapeSite({ url: 'no address' })`,
        `content.getPage({ url: 'https://example.com/never-read' })`,
        `content.getCrawlStatus({ crawlId: '00000000-0000-7000-8000-000000000000' })`,
        `analytics.analyzeConversation({ conversation: 'nobody-said-it' })`,
        `analytics.getMetrics({ from: '2026-02-02', to: '2026-02-01' })`,
        `analytics.generateReport({ of: 'runs', by: ['tool'] })`,
      ]),
    ).toEqual([
      'order_not_found',
      'no_stock',
      'sku_not_found',
      'category_not_found',
      'robots_forbidden',
      'private_address',
      'private_address',
      'bad_url',
      'page_not_found',
      'crawl_not_found',
      'conversation_not_found',
      'bad_span',
      'bad_grouping',
    ]);
    shop.faults.push({ status: 429, headers: { 'retry-after': '3600' } });
    expect(await ask([order])).toEqual(['throttled']);
    shop.faults.push({ status: 401, body: '{"code":"woocommerce_rest_cannot_view","message":"expired"}' });
    expect(await ask([order])).toEqual(['credential_refused']);
    shop.faults.push(...Array.from({ length: 3 }, () => ({ status: 502 })));
    expect(await ask([order])).toEqual(['shop_down']);
    expect(inner.asked).toEqual([]);
  }, 120_000);

  it('a site is read for an admin too, who sees how it went, and it stands in the audit log', async () => {
    const started = await switchyard.graphql(key, START, { input: { url: `${site.url}/`, maxPages: 50 } });
    const { id } = started.body.data.startSiteCrawl;
    const until = Date.now() + 60_000;
    let crawl = (await switchyard.graphql(key, CRAWL, { id })).body.data.siteCrawl;
    while (crawl.state !== 'done' && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      crawl = (await switchyard.graphql(key, CRAWL, { id })).body.data.siteCrawl;
    }
    expect(crawl).toMatchObject({ state: 'done', added: 0, forbidden: 1 });
    expect(crawl.addresses.map(({ outcome }: { outcome: string }) => outcome).sort()).toEqual([
      'other_site',
      'robots_forbidden',
    ]);
    const refused = await switchyard.graphql(key, START, { input: { url: inner.url } });
    expect(refused.body.errors[0].extensions.code).toBe('FORBIDDEN');
    const log = await switchyard.graphql(key, '{ auditEvents(limit: 20) { items { action targetKind } } }');
    expect(JSON.stringify(log.body)).toContain('crawl.started');
  }, 120_000);

  it('three workflows of a shop go through both arms, and come to the same', async () => {
    const ended = await switchyard.command(['compare', '--suite', 'shop', '--allow-writes', '--json']);
    expect([ended.status, ended.stderr.split('\n').at(-2)]).toEqual([0, expect.any(String)]);
    const report = JSON.parse(ended.stdout);
    expect(report.figures).toMatchObject({ cases: 3, equivalent: 3, answeredBy: 'scripted' });
    expect(report.figures.baseline).toMatchObject({ right: 3, errors: 0 });
    expect(report.figures.candidate).toMatchObject({ right: 3, errors: 0 });
  }, 120_000);
});
