import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { buildSchema, parse, validate } from 'graphql';
import type { Shop } from '../shop.ts';
import { FastTime, openWith } from '../testing/openings.ts';
import { DOCUMENTS } from './documents.ts';
import { allOf, codeOf, shopContract, walk } from '../testing/shop-contract.ts';
import { fillShopify, startShopifyServer, type ShopifyServer } from '../testing/shopify-server.ts';

const SCHEMA = buildSchema(
  readFileSync(path.resolve(import.meta.dirname, '../../../fixtures/shopify-admin-2026-07.graphql'), 'utf8'),
);
const call = { signal: new AbortController().signal };
let server: ShopifyServer;
const opened: ShopifyServer[] = [];
beforeEach(async () => {
  server = await startShopifyServer();
  opened.push(server);
  fillShopify(server);
});
afterAll(() => Promise.all(opened.map((one) => one.close())));

const fixed = { accessToken: 'shpat_fixed' };
const open = (vault: Record<string, string> = { ...fixed }, time = new FastTime()): Shop =>
  openWith('shopify', server.url, vault, { time });
const operations = (): string[] => server.seen.map((one) => one.operation);

shopContract('Shopify', () => ({
  known: { order: { number: '1001', email: 'ada@example.com' }, mayChange: true },
  open: (given) => openWith('shopify', server.url, { ...(given ?? fixed) }),
}));

it.each(Object.entries(DOCUMENTS))('the document %s fits the official schema', (_name, text) => {
  expect(validate(SCHEMA, parse(text))).toEqual([]);
});

describe('tokens', () => {
  const app = { clientId: 'client', clientSecret: 'shpss_secret' };

  it('are fetched with client id and secret, and kept for the next', async () => {
    const vault: Record<string, string> = { ...app };
    await open(vault).probe(call);
    expect(vault).toMatchObject({ accessToken: 'shpat_1', accessTokenExpiresAt: expect.stringMatching(/^\d{4}-/) });
    await open(vault).probe(call);
    expect(server.seen.filter((one) => one.operation === 'token')).toEqual([
      { operation: 'token', grant: 'client_credentials' },
    ]);
  });

  it('that expire are renewed before they do, once for all who wait', async () => {
    const vault: Record<string, string> = {
      ...app,
      accessToken: 'shpat_old',
      refreshToken: 'shprt_first',
      accessTokenExpiresAt: new Date(Date.now() + 30_000).toISOString(),
    };
    const shop = open(vault);
    await Promise.all([shop.probe(call), shop.order('1001', call), shop.stock(['VALVE-1'], call)]);
    expect(server.seen.filter((one) => one.operation === 'token')).toEqual([
      { operation: 'token', grant: 'refresh_token' },
    ]);
    expect(vault).toMatchObject({ accessToken: 'shpat_1', refreshToken: 'shprt_1' });
  });

  it('that were revoked are renewed when the shop says 401', async () => {
    const vault: Record<string, string> = { ...app, accessToken: 'shpat_revoked', refreshToken: 'shprt_first' };
    await open(vault).probe(call);
    expect(vault['accessToken']).toBe('shpat_1');
  });

  it('that another node has renewed meanwhile are taken from the vault', async () => {
    const vault: Record<string, string> = { ...app, accessToken: 'shpat_revoked', refreshToken: 'shprt_used' };
    const shop = openWith('shopify', server.url, vault, {
      fetch: async (url, init) => {
        const answer = await fetch(url, init);
        if (String(url).endsWith('/access_token')) vault['accessToken'] = 'shpat_fixed'; // the other one was faster
        return answer;
      },
    });
    await shop.probe(call);
    expect(vault['accessToken']).toBe('shpat_fixed');
  });

  it('that cannot be renewed are an error that says what to do', async () => {
    const used = { ...app, accessToken: 'shpat_revoked', refreshToken: 'shprt_used' };
    await expect(open(used).probe(call)).rejects.toMatchObject({
      code: 'credential_refused',
      message: expect.stringContaining('install the app again'),
    });
    await expect(open({ accessToken: 'shpat_expired' }).probe(call)).rejects.toMatchObject({
      code: 'credential_refused',
    });
    expect(
      JSON.stringify(
        await open(used)
          .probe(call)
          .catch((error: Error) => [error, error.message]),
      ),
    ).not.toMatch(/shpss|shprt|shpat/);
  });
});

describe('the rate limit', () => {
  it('is waited for by what the shop says of its bucket', async () => {
    const time = new FastTime();
    server.limits.available = 12; // 40 short of 52, at 100 a second
    time.onSleep = () => {
      server.limits.available = 2_000;
    };
    await open({ ...fixed }, time).probe(call);
    expect(time.slept).toEqual([400]);
  });

  it('is told when waiting would take too long', async () => {
    Object.assign(server.limits, { available: 0, restoreRate: 1 });
    await expect(open().probe(call)).rejects.toMatchObject({ code: 'throttled', details: { retryAfterMs: 52_000 } });
  });

  it('lets a throttled change be sent again, and a failed one not', async () => {
    const time = new FastTime();
    time.onSleep = () => {
      server.limits.available = 2_000;
    };
    server.limits.available = 60; // enough to find the customer
    await open({ ...fixed }, time).updatePreferences('ada@example.com', { smsMarketing: true }, call);
    expect(server.customers[0]?.consent).toMatchObject({
      sms: { marketingState: 'SUBSCRIBED', marketingOptInLevel: 'SINGLE_OPT_IN' },
    });
    const shop = open();
    server.seen.length = 0;
    const changing = shop.updatePreferences('ada@example.com', { language: 'de' }, call);
    server.faults.push(); // none for the lookup
    await changing;
    expect(operations()).toEqual(['Customer', 'SetLanguage']);
  });
});

describe('the catalogue', () => {
  it('is read by one bulk operation, whose result is fetched once', async () => {
    const pages = await walk(open());
    expect(allOf(pages)).toHaveLength(250);
    expect(pages.map((page) => page.products.length)).toEqual([100, 100, 50]);
    expect(operations().filter((one) => one === 'download')).toHaveLength(1);
    expect(operations()).not.toContain('Variants');
  });

  it('is read on from the line where another process stopped, as it was when the operation ran', async () => {
    const first = await open().products({}, call);
    server.variants.reverse();
    const rest = await walk(open(), first.next);
    expect(new Set([...first.products, ...allOf(rest)].map((one) => one.sku)).size).toBe(250);
  });

  it('is read page by page where the shop starts no bulk operation', async () => {
    server.bulkIsBusy = true;
    const pages = await walk(open());
    expect(new Set(allOf(pages).map((one) => one.sku)).size).toBe(250);
    expect(operations().filter((one) => one === 'Variants')).toHaveLength(3);
  });

  it('knows what is sold no more', async () => {
    const [first] = server.variants;
    if (first) first.product.status = 'ARCHIVED';
    expect(allOf(await walk(open()))).toHaveLength(249);
    expect(await open().productsBySku(['VALVE-1'], call)).toEqual([]);
  });

  it('carries options, maker and kind', async () => {
    const found = await open().productsBySku(['VALVE-10', 'VALVE-1'], call);
    expect(found).toMatchObject([
      {
        name: 'Valve 1',
        attributes: {},
        manufacturer: 'Acme',
        category: 'Valves',
        price: { micros: 19_990_000n, currency: 'EUR' },
      },
      { name: 'Valve 10 - Large', attributes: { Size: 'Large' } },
    ]);
  });
});

describe('what is particular', () => {
  it('tells the carrier’s state, and checkouts as carts without those completed after all', async () => {
    const order = await open().order('1001', call);
    expect(order).toMatchObject({ status: 'completed', shopStatus: 'paid / fulfilled', paid: true });
    expect(await open().shipments(order, call)).toMatchObject([
      { status: 'in_transit', carrier: 'DHL', trackingNumber: 'JD014600003' },
    ]);
    const input = { createdAfter: new Date('2026-10-01'), createdBefore: new Date('2026-10-15'), limit: 50 };
    const page = await open().abandonedCarts(input, call);
    expect(page).toMatchObject({ basis: 'abandoned_checkouts', carts: [{ id: 'gid://shopify/AbandonedCheckout/1' }] });
    expect(page.carts).toHaveLength(1);
  });

  it('a shop that fails is tried again for a question, and is down after three', async () => {
    server.faults.push(503, 502);
    await open().probe(call);
    server.faults.push(500, 500, 500);
    expect(await codeOf(open().probe(call))).toBe('shop_down');
  });
});
