import { Client } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TenantId } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { serveInMemory } from '../in-memory.ts';
import { seedProducts } from './demo/seed.store.ts';
import { createSearchServer } from './server.ts';
import { localEmbedder } from './vectors/embedder.ts';
import { ProductVectors } from './vectors/product-vectors.ts';

interface Listed {
  sku: string;
  name: string;
  category: string;
  manufacturer: string;
  price: number;
  currency: string;
  stock: number;
  score: number;
}
interface Page {
  results: Listed[];
  total: number;
}

const ada = testCtx();
const bob = testCtx();
let db: TestDatabase;
let vectors: ProductVectors;
const clients: Client[] = [];
const failures: unknown[] = [];

async function connect(tenantId: TenantId, mode: 'auto' | 'legacy' = 'auto'): Promise<Client> {
  const client = new Client({ name: 'spec', version: '1' }, { capabilities: {}, versionNegotiation: { mode } });
  const { database } = db;
  const onError = (error: unknown): unknown => failures.push(error);
  await client.connect(
    serveInMemory(() => createSearchServer({ database, tenantId, version: '1.2.3', vectors, onError })),
  );
  clients.push(client);
  return client;
}

let client: Client;
beforeAll(async () => {
  db = await createTestDatabase();
  const startedAt = performance.now();
  expect(await seedProducts(db.database, ada)).toBe(5_000);
  console.info(`seeded 5,000 products in ${Math.round(performance.now() - startedAt)} ms`);
  vectors = new ProductVectors({
    database: db.database,
    embedder: localEmbedder,
    onError: (error) => failures.push(error),
  });
  await vectors.settle(ada);
  client = await connect(ada.tenantId);
});
afterAll(async () => {
  await Promise.all(clients.map((open) => open.close()));
  await vectors.close();
  await db.drop();
});

async function call(name: string, args: Record<string, unknown>, by = client) {
  const answer = await by.callTool({ name, arguments: args });
  const [first] = answer.content;
  return { ...answer, text: first?.type === 'text' ? first.text : '' };
}
async function search(args: Record<string, unknown>, by = client): Promise<Page> {
  const answer = await call('searchProducts', args, by);
  if (answer.isError) throw new Error(answer.text);
  expect(JSON.parse(answer.text)).toEqual(answer.structuredContent);
  return answer.structuredContent as unknown as Page;
}
const skus = (page: Page): string[] => page.results.map((product) => product.sku);

describe('the server', () => {
  it('speaks both protocol eras', async () => {
    expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28');
    expect(client.getServerVersion()).toMatchObject({ name: 'switchyard-search', version: '1.2.3' });
    const old = await connect(ada.tenantId, 'legacy');
    expect(old.getNegotiatedProtocolVersion()).toBe('2025-11-25');
    expect(skus(await search({ query: 'A4VTG90', limit: 1 }, old))).toEqual(['A4VTG90']);
  });

  it('describes its tools: both schemas, an example, read-only', async () => {
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name)).toEqual([
      'searchProducts',
      'searchByCategory',
      'getProductDetails',
      'getRecommendations',
    ]);
    for (const tool of tools) {
      expect(tool.annotations).toMatchObject({ readOnlyHint: true, destructiveHint: false, openWorldHint: false });
      expect(tool.description).toContain(`Example: ${tool.name}({`);
      expect(tool.inputSchema.type).toBe('object');
      expect(tool.outputSchema?.['type']).toBe('object');
    }
    expect(tools[0]?.inputSchema.required).toEqual(['query']);
  });
});

describe('ranking', () => {
  /** `first` must be the first SKU, `every` hold for each of the first five. */
  const cases: { query: string; first?: string; every?: (product: Listed) => boolean }[] = [
    { query: 'A4VTG90', first: 'A4VTG90' },
    { query: 'a4vtg90', first: 'A4VTG90' },
    { query: 'a4vtg 90', first: 'A4VTG90' },
    { query: '6205-2RS', first: '6205-2RS' },
    { query: '6205 2rs', first: '6205-2RS' },
    { query: 'A4VTG9O', first: 'A4VTG90' },
    { query: 'A4VTG90 price', first: 'A4VTG90' },
    { query: 'A10VSO', every: ({ sku }) => sku.startsWith('A10VSO') },
    { query: 'hydraulic pumps', every: ({ category }) => category.endsWith('pumps') },
    { query: 'pumps', every: ({ name }) => name.includes('pump') },
    { query: 'hydralic pump', every: ({ name }) => /Hydraulic .*pump/.test(name) },
    { query: 'presure sensr', every: ({ category }) => category === 'Pressure sensors' },
    { query: 'barings', every: ({ category }) => category.endsWith('bearings') },
    { query: 'cilinder', every: ({ category }) => category.endsWith('cylinders') },
    { query: '"gear pump" -aluminium', every: ({ category }) => category === 'Gear pumps' },
    { query: 'quick coupling for tractors', every: ({ category }) => category === 'Quick couplings' },
    { query: 'rotary shaft seal FKM double', every: ({ category }) => category === 'Shaft seals' },
  ];
  it.each(cases)('$query', async ({ query, first, every }) => {
    const page = await search({ query, limit: 5 });
    expect(page.results.length).toBeGreaterThan(0);
    if (first !== undefined) expect(skus(page)[0]).toBe(first);
    if (every) expect(page.results.filter((product) => !every(product))).toEqual([]);
  });

  it('finds singular and plural alike', async () => {
    expect((await search({ query: 'pumps' })).total).toBe((await search({ query: 'pump' })).total);
  });

  it('scores the SKU itself 1 and never raises the score down the page', async () => {
    const { results } = await search({ query: 'A4VTG90', limit: 50 });
    const scores = results.map((product) => product.score);
    expect(scores[0]).toBe(1);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(scores.slice(1).every((score) => score > 0 && score < 1)).toBe(true);
  });

  it('puts the part itself before what only mentions its words', async () => {
    const { results } = await search({ query: 'seal kit', limit: 100 });
    expect(new Set(results.map((product) => product.category))).toEqual(new Set(['Seal kits']));
  });

  it('finds nothing where there is nothing', async () => {
    expect(await search({ query: 'xylophone quartzite' })).toEqual({ results: [], total: 0 });
  });
});

describe('filters and pages', () => {
  it('lists by name when the query is empty', async () => {
    const page = await search({ query: '  ', limit: 1_000 });
    const names = page.results.map((product) => product.name);
    expect(page.total).toBe(5_000);
    expect(names).toHaveLength(1_000);
    expect(names).toEqual([...names].sort());
    expect(page.results.every((product) => product.score === 0)).toBe(true);
  });

  it('pages without a gap or a repeat, and keeps the total beyond the end', async () => {
    const all = await search({ query: 'hydraulic', limit: 1_000 });
    const pages = await Promise.all([0, 20, 40].map((offset) => search({ query: 'hydraulic', offset })));
    expect(pages.flatMap(skus)).toEqual(skus(all).slice(0, 60));
    expect(await search({ query: 'hydraulic', offset: 100_000 })).toEqual({ results: [], total: all.total });
  });

  it('narrows by category, stock and price', async () => {
    const args = { query: 'pump', category: 'gear PUMPS', inStock: true, maxPrice: 150.5, limit: 1_000 };
    const { results, total } = await search(args);
    expect(total).toBe(results.length);
    expect(total).toBeGreaterThan(3);
    for (const product of results) {
      expect(product).toMatchObject({ category: 'Gear pumps', currency: 'EUR' });
      expect(product.price).toBeLessThanOrEqual(150.5);
      expect(product.stock).toBeGreaterThan(0);
    }
    const none = await search({ query: 'pump', inStock: false, limit: 1_000 });
    expect(new Set(none.results.map((product) => product.stock))).toEqual(new Set([0]));
  });

  it('answers a price in major units, to the cent', async () => {
    const [row] = await db.sql<{ cents: string }>(
      `SELECT price_micros / 10000 AS cents FROM product WHERE sku = 'A4VTG90'`,
    );
    const { results } = await search({ query: 'A4VTG90', limit: 1 });
    expect(Math.round((results[0]?.price ?? 0) * 100)).toBe(Number(row?.cents));
  });

  it.each([
    { limit: 0 },
    { limit: 1_001 },
    { limit: 1.5 },
    { offset: -1 },
    { maxPrice: -1 },
    { query: 'x'.repeat(1_001) },
  ])('refuses %j', async (args) => {
    expect(await call('searchProducts', { query: 'pump', ...args })).toMatchObject({ isError: true });
  });
});

describe('hostile text', () => {
  it.each([
    `'; DROP TABLE product; --`,
    `" OR 1=1 --`,
    `%_\\`,
    `a4vtg90' UNION SELECT 1`,
    `((( & | ! <-> :*`,
    `"unbalanced`,
    `$1 {{secret}}`,
    '🚀🔧',
    'насос',
    'ポンプ',
    'a\u0000b\u001b',
    '\ud800 pump',
    'the of and',
    '-pump',
    'pump '.repeat(200),
    '9A'.repeat(20),
    'ab1 '.repeat(250),
    'é'.repeat(1_000),
  ])('%j is only text', async (query) => {
    const page = await search({ query });
    expect(page.total).toBeLessThanOrEqual(5_000);
    expect((await search({ query: '' })).total).toBe(5_000);
    expect(failures).toEqual([]);
  });
});

describe('searchByCategory', () => {
  it('sorts by price, stock or name', async () => {
    const list = async (sort: string): Promise<Page> =>
      (await call('searchByCategory', { category: 'gear pumps', sort, limit: 1_000 }))
        .structuredContent as unknown as Page;
    const prices = (await list('price')).results.map((product) => product.price);
    const stocks = (await list('stock')).results.map((product) => product.stock);
    const names = (await list('name')).results.map((product) => product.name);
    expect(prices.length).toBeGreaterThan(100);
    expect(prices).toEqual([...prices].sort((a, b) => a - b));
    expect(stocks).toEqual([...stocks].sort((a, b) => b - a));
    expect(names).toEqual([...names].sort());
  });

  it('names the nearest and all categories when there is no such one', async () => {
    const answer = await call('searchByCategory', { category: 'Gear pump' });
    expect(answer.isError).toBe(true);
    expect(answer.text).toMatch(
      /^There is no category "Gear pump"\. Nearest: "Gear pumps", .* All 42: "Accumulators", /,
    );
    const wrong = await call('searchProducts', { query: 'pump', category: 'Toys' });
    expect(wrong).toMatchObject({ isError: true });
  });

  it('does not take an empty page for an unknown category', async () => {
    const answer = await call('searchProducts', { query: 'xylophone', category: 'Gear pumps' });
    expect(answer.structuredContent).toEqual({ results: [], total: 0 });
  });
});

describe('getProductDetails', () => {
  it('gives every field and the attributes', async () => {
    const answer = await call('getProductDetails', { sku: 'a4vtg90' });
    expect(answer.structuredContent).toEqual({
      sku: 'A4VTG90',
      name: 'Hydraulic axial piston pump A4VTG90',
      description: expect.stringContaining('displacement cc 90'),
      category: 'Axial piston pumps',
      manufacturer: expect.any(String),
      price: expect.any(Number),
      currency: 'EUR',
      stock: expect.any(Number),
      attributes: expect.objectContaining({ displacementCc: 90 }),
      updatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
  });

  it('names similar SKUs when there is no such one, and takes no wildcard', async () => {
    const answer = await call('getProductDetails', { sku: 'A4VTG9O' });
    expect(answer.isError).toBe(true);
    expect(answer.text).toMatch(/^There is no product with the SKU "A4VTG9O"\. Similar: "A4VTG90"/);
    expect(await call('getProductDetails', { sku: 'A4VTG%' })).toMatchObject({ isError: true });
    expect((await call('getProductDetails', { sku: 'xylophone' })).text).toContain('nor a similar one');
  });
});

describe('another tenant', () => {
  it('sees none of it, whichever way it asks', async () => {
    const theirs = await connect(bob.tenantId);
    for (const query of ['', 'A4VTG90', 'pump', 'hydralic pump'])
      expect(await search({ query }, theirs)).toEqual({ results: [], total: 0 });
    expect((await call('searchByCategory', { category: 'Gear pumps' }, theirs)).text).toBe(
      'There are no products yet, so there is no category.',
    );
    expect((await call('getProductDetails', { sku: 'A4VTG90' }, theirs)).text).toContain('nor a similar one');
  });

  it('sees its own where both have the same SKU', async () => {
    const eve = testCtx();
    expect(await seedProducts(db.database, eve, 100)).toBe(100);
    expect((await search({ query: 'pumps' }, await connect(eve.tenantId))).total).toBeLessThan(100);
    expect((await search({ query: '' })).total).toBe(5_000);
  });

  it('gets not even a product’s id out of the function behind row-level security', async () => {
    const asBob = await db.database.inTenant(
      bob,
      (tx) =>
        tx.$queryRaw`SELECT product_id FROM product_matches('pump', ARRAY['A4VTG90'], NULL, NULL, NULL, 10, '{}')`,
    );
    expect(asBob).toEqual([]);
    expect(
      await db.database.host
        .$queryRaw`SELECT * FROM product_matches('pump', ARRAY['A4VTG90'], NULL, NULL, NULL, 10, '{}')`,
    ).toEqual([]);
    await expect(
      db.database.identity.$queryRaw`SELECT * FROM product_matches('pump', '{}', NULL, NULL, NULL, 10, '{}')`,
    ).rejects.toThrow(/permission denied/);
  });
});

describe('the catalogue', () => {
  it('is seeded once, also by two at the same time', async () => {
    expect(await seedProducts(db.database, ada)).toBe(0);
    const both = testCtx();
    const counts = await Promise.all([1, 2].map(() => seedProducts(db.database, both, 300)));
    expect(counts.sort()).toEqual([0, 300]);
  });

  it('leaves the planner with statistics of what it inserted', async () => {
    const [row] = await db.sql<{ rows: number }>(`SELECT reltuples AS rows FROM pg_class WHERE relname = 'product'`);
    expect(row?.rows).toBeGreaterThan(4_900);
  });

  it('finds a product by its new words as soon as it changes', async () => {
    const { tenantId } = ada;
    await db.database.inTenant(ada, (tx) =>
      tx.product.update({
        where: { tenantId_sku: { tenantId, sku: '4WE6' } },
        data: { description: 'Zirconium special' },
      }),
    );
    expect(skus(await search({ query: 'zirconium' }))).toEqual(['4WE6']);
  });

  it('answers fast at 5,000 products', async () => {
    const queries = [
      'A4VTG90',
      'A4VTG9O',
      'pumps',
      'hydraulic pump 280 bar',
      'hydralic pump',
      'bearing',
      'xylophone',
      '',
    ];
    const all: number[] = [];
    for (const query of queries) {
      const times: number[] = [];
      for (let round = 0; round < 15; round++) {
        const startedAt = performance.now();
        await search({ query });
        times.push(performance.now() - startedAt);
      }
      all.push(...times);
      console.info(`${query || '(all)'}: p50 ${median(times).toFixed(1)} ms`);
    }
    console.info(`p50 over all: ${median(all).toFixed(1)} ms through the MCP client`);
    expect(all).toHaveLength(queries.length * 15);
  });
});

const median = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[times.length >> 1] ?? Number.NaN;
