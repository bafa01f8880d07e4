import { Client } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, startFakeEndpoint, testCtx, type TestDatabase } from '@switchyard/testkit';
import { serveInMemory } from '../../in-memory.ts';
import { seedProducts } from '../demo/seed.store.ts';
import { createSearchServer } from '../server.ts';
import { localEmbedder, unit } from './embedder.ts';
import { createOpenAiEmbedder } from './openai-embedder.ts';
import { ProductVectors } from './product-vectors.ts';
import { ExactIndex, toBytes } from './vector-index.ts';

const ada = testCtx();
const bob = testCtx();
let db: TestDatabase;
const failures: unknown[] = [];
const opened: ProductVectors[] = [];

function open(embedder = localEmbedder): ProductVectors {
  const vectors = new ProductVectors({ database: db.database, embedder, onError: (error) => failures.push(error) });
  opened.push(vectors);
  return vectors;
}

beforeAll(async () => {
  db = await createTestDatabase();
  await seedProducts(db.database, ada, 430);
});
afterAll(async () => {
  await Promise.all(opened.map((one) => one.close()));
  await db.drop();
});

describe('the exact index', () => {
  it('gives what comparing with each one gives', () => {
    let seed = 7;
    const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647 - 0.5;
    const vectors = Array.from({ length: 3_000 }, () => unit(Float32Array.from({ length: 32 }, random)));
    const index = new ExactIndex(32);
    vectors.forEach((vector, at) => index.put(`v${at}`, toBytes(vector)));
    const query = unit(Float32Array.from({ length: 32 }, random));
    const cosine = (at: number): number =>
      (vectors[at] ?? new Float32Array()).reduce((sum, value, n) => sum + value * (query[n] ?? 0), 0);
    const best = vectors.map((_, at) => at).sort((a, b) => cosine(b) - cosine(a));
    const found = index.nearest(query, 20, -1);
    const wanted = new Set(best.slice(0, 25).map((at) => `v${at}`)); // a byte rounds: neighbours may change places
    expect(found.filter((near) => !wanted.has(near.id))).toEqual([]);
    expect(found[0]?.similarity).toBeCloseTo(cosine(best[0] ?? 0), 1);
    expect(index.nearest(query, 20, 0.99)).toEqual([]);
    index.put('v0', toBytes(query)); // replaced, not added
    expect(index.size).toBe(3_000);
    expect(index.nearest(query, 1, -1)[0]?.id).toBe('v0');
  });
});

describe('the vectors of a tenant', () => {
  it('are made once and read by other processes', async () => {
    await open().settle(ada);
    const [row] = await db.sql<{ made: number }>(
      `SELECT count(*)::int AS made FROM product_vector WHERE vector IS NOT NULL`,
    );
    expect(row?.made).toBe(430);
    let asked = 0;
    const counting = {
      ...localEmbedder,
      embed: (texts: readonly string[], signal: AbortSignal) => (
        (asked += texts.length),
        localEmbedder.embed(texts, signal)
      ),
    };
    const second = open(counting);
    await second.settle(ada);
    expect(asked).toBe(0);
    expect(await second.nearest(ada, 'hydraulic gear pump', 5)).toHaveLength(5);
  });

  it('follow the words of a product, and go with it', async () => {
    const vectors = open();
    await vectors.settle(ada);
    const [changed] = await db.sql<{ id: string }>(
      `UPDATE product SET name = 'Zirconium crucible', description = 'Zirconium crucible' WHERE sku = '4WE6' RETURNING id`,
    );
    await vectors.settle(ada);
    expect((await vectors.nearest(ada, 'zirconium crucible', 3)).map((near) => near.id)).toEqual([changed?.id]);
    await db.sql(`UPDATE product SET stock = 1 WHERE sku = 'A4VTG90'`);
    const [waiting] = await db.sql<{ rows: number }>(
      `SELECT count(*)::int AS rows FROM product_vector WHERE model IS NULL`,
    );
    expect(waiting?.rows).toBe(0); // stock is no word
    await db.sql(`DELETE FROM product WHERE sku = '4WE6'`);
    const [left] = await db.sql<{ rows: number }>(
      `SELECT count(*)::int AS rows FROM product_vector WHERE product_id = $1`,
      [changed?.id],
    );
    expect(left?.rows).toBe(0);
  });

  it('are another tenant’s in nothing', async () => {
    const vectors = open();
    await Promise.all([vectors.settle(ada), vectors.settle(bob)]);
    expect(await vectors.nearest(bob, 'hydraulic gear pump', 5)).toEqual([]);
    const [product] = await db.sql<{ id: string }>(`SELECT id FROM product WHERE sku = 'A4VTG90'`);
    expect(vectors.like(bob, product?.id ?? '', 5)).toEqual([]);
    expect(vectors.like(ada, product?.id ?? '', 5).length).toBeGreaterThan(0);
    const rows = await db.database.inTenant(bob, (tx) => tx.productVector.findMany());
    expect(rows).toEqual([]);
  });

  it('are made anew by another model, and words alone search while it is away', async () => {
    const endpoint = await startFakeEndpoint();
    const vector = Array.from({ length: 256 }, (_, at) => (at === 3 ? 1 : 0));
    endpoint.reply(({ body }) => {
      const data = (body.input as string[]).map((_, index) => ({ object: 'embedding', index, embedding: vector }));
      return {
        status: 200,
        body: JSON.stringify({ object: 'list', data, model: 'm', usage: {} }),
        headers: { 'content-type': 'application/json' },
      };
    });
    const vectors = open(
      createOpenAiEmbedder({ apiKey: 'k', baseUrl: endpoint.baseUrl, model: 'text-embedding-3-small' }),
    );
    await vectors.settle(ada);
    const [row] = await db.sql<{ made: number }>(
      `SELECT count(*)::int AS made FROM product_vector WHERE model = 'text-embedding-3-small/256'`,
    );
    expect(row?.made).toBe(429);
    expect(endpoint.requests[0]?.body).toMatchObject({ model: 'text-embedding-3-small', dimensions: 256 });
    endpoint.reply({ status: 401, body: '{"error":{"message":"wrong key"}}' });
    expect(await vectors.nearest(ada, 'never asked before', 5)).toEqual([]);
    expect(failures).toHaveLength(1);
    failures.length = 0;
    await endpoint.close();
  });
});

describe('getRecommendations', () => {
  it('gives what is alike, in stock first, and without a vector the same category', async () => {
    const vectors = open();
    await vectors.settle(ada);
    const ask = async (withVectors: boolean, sku: string) => {
      const options = {
        database: db.database,
        tenantId: ada.tenantId,
        version: '1',
        ...(withVectors ? { vectors } : {}),
      };
      const client = new Client({ name: 'spec', version: '1' }, { versionNegotiation: { mode: 'auto' } });
      await client.connect(serveInMemory(() => createSearchServer(options)));
      const answer = await client.callTool({ name: 'getRecommendations', arguments: { sku, limit: 6 } });
      await client.close();
      return answer;
    };
    const { structuredContent: alike } = await ask(true, 'a4vtg90');
    const { results, basis } = alike as { results: { sku: string; category: string; stock: number }[]; basis: string };
    expect(basis).toBe('similar_meaning');
    expect(results).toHaveLength(6);
    expect(results.map((one) => one.sku)).not.toContain('A4VTG90');
    expect(results.filter((one) => one.category === 'Axial piston pumps').length).toBeGreaterThanOrEqual(4);
    const stocked = results.map((one) => one.stock > 0);
    expect(stocked).toEqual([...stocked].sort((a, b) => Number(b) - Number(a)));
    expect((await ask(false, 'A4VTG90')).structuredContent).toMatchObject({
      basis: 'same_category',
      results: expect.arrayContaining([expect.objectContaining({ category: 'Axial piston pumps', score: 0 })]),
    });
    expect(await ask(true, 'A4VTG9O')).toMatchObject({
      isError: true,
      structuredContent: { error: { code: 'sku_not_found', near: expect.arrayContaining(['A4VTG90']) } },
    });
    expect(failures).toEqual([]);
  });
});
