import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError } from '@switchyard/kernel';
import type { FetchLike } from '../request.ts';
import type { Shop } from '../shop.ts';
import { FastTime, openWith } from '../testing/openings.ts';
import { allOf, codeOf, shopContract, walk, type ShopUnderTest } from '../testing/shop-contract.ts';
import { fillWooShop, startWooServer, type WooServer } from '../testing/woocommerce-server.ts';
import { signed } from './oauth.ts';

const call = { signal: new AbortController().signal };
let server: WooServer;
beforeAll(async () => {
  server = await startWooServer();
  fillWooShop(server);
});
afterAll(() => server.close());

const secrets = () => ({ consumerKey: server.key, consumerSecret: server.secret });
const open = (options: { fetch?: FetchLike; time?: FastTime } = {}): Shop =>
  openWith('woocommerce', server.url, secrets(), options);

/** The same suite against a real shop: its address and key come from the environment. */
// eslint-disable-next-line no-restricted-syntax -- which shop is tested is told to the test run, not to the product
const settings = process.env;
const {
  WOOCOMMERCE_URL: url,
  WOOCOMMERCE_KEY = '',
  WOOCOMMERCE_SECRET = '',
  WOOCOMMERCE_ORDER,
  WOOCOMMERCE_EMAIL,
} = settings;
if (url !== undefined)
  shopContract(`the shop at ${new URL(url).host}`, (): ShopUnderTest => {
    const real = { consumerKey: WOOCOMMERCE_KEY, consumerSecret: WOOCOMMERCE_SECRET };
    const order =
      WOOCOMMERCE_ORDER && WOOCOMMERCE_EMAIL ? { number: WOOCOMMERCE_ORDER, email: WOOCOMMERCE_EMAIL } : undefined;
    return {
      known: { order, mayChange: settings['WOOCOMMERCE_MAY_CHANGE'] === 'yes' },
      open: (given) => openWith('woocommerce', url, { ...(given ?? real) }),
    };
  });

shopContract('WooCommerce', () => ({
  known: { order: { number: '1001', email: 'ada@example.com' }, mayChange: true },
  open: (given) => openWith('woocommerce', server.url, { ...(given ?? secrets()) }),
}));

describe('the signature of OAuth 1.0a', () => {
  it('is what another implementation makes of the same request', () => {
    const at = new Date('2026-01-01T00:00:00Z');
    const url = signed(
      'get',
      new URL('http://shop.example/wp-json/wc/v3/orders?search=a b&status=x*y'),
      { key: 'ck', secret: 'cs' },
      { nonce: 'n', at },
    );
    expect(url.search).toContain('search=a%20b');
    expect(url.search).toContain('status=x%2Ay');
    expect(url.search).toContain('oauth_timestamp=1767225600');
    expect(url.searchParams.get('oauth_signature')).toBe('R7xGRbmxJWaxPjaT/dvlmvk0iiNIRsEqWRwNtLSmpuk=');
  });
});

describe('the way in', () => {
  it('is signed over HTTP: no key travels in a header', async () => {
    server.seen.length = 0;
    await open().probe(call);
    for (const { authorization, query } of server.seen) {
      expect(authorization).toBeUndefined();
      expect(query.get('oauth_signature')).not.toBeNull();
      expect([...query.values()]).not.toContain(server.secret);
    }
  });

  it('is Basic over HTTPS', async () => {
    // TLS ends in front of the shop, as at most hosters.
    const behindTls: FetchLike = (address, init) =>
      fetch(String(address).replace('https://shop.example', server.url), {
        ...init,
        headers: { ...(init?.headers as Record<string, string>), 'x-forwarded-proto': 'https' },
      });
    server.seen.length = 0;
    await openWith('woocommerce', 'https://shop.example', secrets(), { fetch: behindTls }).probe(call);
    for (const { authorization, query } of server.seen) {
      expect(authorization).toMatch(/^Basic /);
      expect(query.get('oauth_consumer_key')).toBeNull();
    }
  });

  it('asks for no more than 100 at a time, and follows no Link', async () => {
    server.seen.length = 0;
    await walk(open());
    expect(server.seen.every(({ query }) => Number(query.get('per_page') ?? 0) <= 100)).toBe(true);
    const signatures = server.seen.map(({ query }) => query.get('oauth_nonce'));
    expect(new Set(signatures).size).toBe(signatures.length);
  });

  it('tells no key in an error', async () => {
    server.faults.push({ status: 400, body: JSON.stringify({ code: 'x', message: 'Invalid parameter(s): per_page' }) });
    const thrown = await open()
      .probe(call)
      .catch((error: Error) => error);
    expect(JSON.stringify([thrown, (thrown as Error).message])).not.toMatch(/cs_test|ck_test|oauth_/);
  });
});

describe('a shop in trouble', () => {
  it('is waited for as long as it says', async () => {
    const time = new FastTime();
    server.faults.push({ status: 429, headers: { 'retry-after': '3' } });
    await open({ time }).probe(call);
    expect(time.slept).toEqual([3_000]);
  });

  it('that asks for too much patience is an error that says when to come again', async () => {
    server.faults.push({ status: 429, headers: { 'retry-after': '3600' } });
    await expect(open().probe(call)).rejects.toMatchObject({ code: 'throttled', details: { retryAfterMs: 3_600_000 } });
  });

  it('is asked three times when it fails', async () => {
    server.faults.push({ status: 502 }, { status: 500 });
    await open().probe(call);
    server.faults.push({ status: 502 }, { status: 502 }, { status: 502 });
    expect(await codeOf(open().probe(call))).toBe('shop_down');
    server.faults.length = 0;
  });

  it('that answers with a page, or with something else, is told apart', async () => {
    server.faults.push({ status: 200, body: '<html>There has been a critical error' });
    expect(await codeOf(open().probe(call))).toBe('bad_answer');
    server.faults.push({ status: 200, body: '{"nothing":true}' });
    expect(await codeOf(open().probe(call))).toBe('bad_answer');
    server.faults.push({ status: 301, headers: { location: 'http://elsewhere.example/' } });
    expect(await codeOf(open().probe(call))).toBe('refused_by_shop');
  });

  it('that is not there, or may not be reached', async () => {
    const gone: FetchLike = () => Promise.reject(new TypeError('fetch failed'));
    expect(await codeOf(open({ fetch: gone }).probe(call))).toBe('shop_down');
    const refused: FetchLike = () => Promise.reject(new AppError('forbidden', '10.0.0.1 is not a public address.'));
    expect(await codeOf(open({ fetch: refused }).probe(call))).toBe('address_refused');
    const silent: FetchLike = () => Promise.reject(new DOMException('late', 'TimeoutError'));
    expect(await codeOf(open({ fetch: silent }).probe(call))).toBe('shop_timeout');
  });
});

describe('what is particular', () => {
  it('dates are asked for in GMT, whatever zone the shop stands in', async () => {
    const changed = server.products.find((row) => row.sku === 'VALVE-3');
    const before = changed?.modifiedGmt ?? '';
    if (changed) changed.modifiedGmt = '2026-11-01T00:00:30';
    const found = allOf(await walk(open(), undefined, new Date('2026-11-01T00:00:00Z')));
    expect(found.map((one) => one.sku)).toEqual(['VALVE-3']);
    // By the shop's own clock this second is five and a half hours later.
    expect(allOf(await walk(open(), undefined, new Date('2026-11-01T00:01:00Z')))).toEqual([]);
    if (changed) changed.modifiedGmt = before;
  });

  it('a variant is a product of its own, with its parent’s words', async () => {
    const [variant] = await open().productsBySku(['VALVE-10-2'], call);
    expect(variant).toMatchObject({
      sku: 'VALVE-10-2',
      name: 'Valve 10 - Size 2',
      category: 'Valves',
      stock: 2,
      attributes: { Size: 'Size 2' },
      description: 'Made of steel & brass',
      price: { micros: 19_990_000n, currency: 'EUR' },
    });
  });

  it('deleting before our place makes nobody missed', async () => {
    const shop = open();
    const first = await shop.products({}, call);
    const removed = server.products.splice(0, 5);
    const all = allOf([first, ...(await walk(shop, first.next))]);
    server.products.unshift(...removed);
    const wanted = server.products.filter((row) => row.sku !== '').map((row) => row.sku);
    expect(new Set(all.map((one) => one.sku))).toEqual(new Set(wanted));
  });

  it('tracking stands in meta data, in the extension’s list, or in fulfilments', async () => {
    const order = await open().order('1001', call);
    expect(await open().shipments(order, call)).toMatchObject([
      { carrier: 'DHL', trackingNumber: 'JD014600003', status: 'shipped' },
    ]);
    const row = server.orders.find((one) => one.id === 1002);
    row?.meta.push({
      key: '_wc_shipment_tracking_items',
      value: [{ tracking_number: '1Z9', tracking_provider: 'ups', date_shipped: '1790000000' }],
    });
    const second = await open().order('1002', call);
    expect(await open().shipments(second, call)).toMatchObject([{ carrier: 'ups', trackingNumber: '1Z9' }]);
    server.fulfillmentsAreOn = true;
    const meta_data = [
      { key: '_tracking_number', value: 'F1' },
      { key: '_shipment_provider', value: 'gls' },
    ];
    // "1" is what GET says where POST said true
    server.fulfillments.set(1002, [
      { is_fulfilled: '1', meta_data },
      { is_fulfilled: '', meta_data: [] },
    ]);
    expect(await open().shipments(second, call)).toMatchObject([
      { carrier: 'gls', trackingNumber: 'F1', status: 'shipped' },
      { trackingNumber: '', status: 'preparing' },
    ]);
    server.fulfillmentsAreOn = false;
  });

  it('unpaid orders stand for carts, and say so', async () => {
    const input = { createdAfter: new Date('2026-10-01'), createdBefore: new Date('2026-10-15'), limit: 50 };
    const page = await open().abandonedCarts(input, call);
    expect(page.basis).toBe('pending_orders');
    expect(page.carts.map((cart) => cart.id)).toEqual(['1003']);
    expect(page.carts[0]?.recoveryUrl).toContain('/checkout/order-pay/1003/');
  });

  it('an order of a plug-in’s own numbering is found by its number, not by its id', async () => {
    server.orders.push({ ...(server.orders[0] as (typeof server.orders)[0]), id: 2001, number: 'SO-77' });
    expect((await open().order('SO-77', call)).id).toBe('2001');
    server.orders.pop();
  });

  it('consent is kept in the customer’s meta data', async () => {
    await open().updatePreferences('bob@example.com', { emailMarketing: true, smsMarketing: false }, call);
    expect(server.customers.find((one) => one.email === 'bob@example.com')?.meta_data).toEqual([
      { key: 'accepts_email_marketing', value: 'yes' },
      { key: 'accepts_sms_marketing', value: 'no' },
    ]);
  });
});
