// How well products are found, and how fast: `npm run bench -- search`. Against trigram alone and full text alone, on the
// labelled queries; then time and memory at 5,000 and 100,000 products, the small tenant beside the large one.
import fs from 'node:fs';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import {
  createDatabase,
  migrate,
  openDatabase,
  provisionRoles,
  roleUrls,
  startEmbeddedPostgres,
} from '@switchyard/database';
import { newId, type TenantId } from '@switchyard/kernel';
import { createSearchServer, localEmbedder, ProductVectors, seedProducts, serveInMemory } from '@switchyard/servers';
import pg from 'pg';
import { labelledQueries, type Labelled, type Product } from '../support/labelled-queries.ts';
import { distribution, row, treeMemoryMb } from './measure.ts';

const TOP = 10;
/** `npm run bench -- search 0` judges the ranking alone. */
const MANY = Number(process.argv[3] ?? 100_000);
const GOAL_P95_MS = 50;
const AT_ONCE = 8;
type Find = (query: Labelled) => Promise<readonly string[]>;

export async function search(print: (text: string) => void): Promise<void> {
  const home = fs.mkdtempSync(path.join(path.resolve('.tmp'), 'bench-search-'));
  const server = await startEmbeddedPostgres({ dataDir: path.join(home, 'data'), settings: { fsync: 'off' } });
  const url = server.url('bench');
  await createDatabase(url);
  await migrate(url);
  await provisionRoles(url);
  const database = await openDatabase(roleUrls(url), { poolSize: 8 });
  const owner = new pg.Client(url);
  await owner.connect();
  const onError = (error: unknown): never => {
    throw error;
  };
  const vectors = new ProductVectors({ database, embedder: localEmbedder, onError });
  try {
    const tenantId = newId<TenantId>();
    await seedProducts(database, { tenantId });
    let startedAt = performance.now();
    await vectors.settle({ tenantId });
    print(
      `5,000 products embedded and loaded in ${Math.round(performance.now() - startedAt)} ms (${localEmbedder.model}: deterministic, no model)`,
    );
    const { rows: products } = await owner.query<Product>(
      `SELECT sku, category, price_micros / 1e6::float8 AS price, description FROM product WHERE tenant_id = $1 ORDER BY id`,
      [tenantId],
    );
    const queries = labelledQueries(products);
    const bySku = new Map(products.map((product) => [product.sku, product]));
    print(`${queries.length} labelled queries; MRR and recall@${TOP} (of at most ${TOP} that are meant)\n`);

    const sql = async (text: string, { query, maxPrice }: Labelled): Promise<string[]> =>
      (await owner.query<{ sku: string }>(text, [tenantId, query, maxPrice ?? 1e9])).rows.map((found) => found.sku);
    const trigram: Find = (query) =>
      sql(
        `SELECT sku FROM product WHERE tenant_id = $1 AND price_micros <= $3::float8 * 1e6
           ORDER BY greatest(word_similarity($2, name), similarity($2, sku)) DESC, sku LIMIT ${TOP}`,
        query,
      );
    const fullText: Find = (query) =>
      sql(
        `SELECT sku FROM product WHERE tenant_id = $1 AND price_micros <= $3::float8 * 1e6 AND words @@ websearch_to_tsquery('english', $2)
           ORDER BY ts_rank_cd(words, websearch_to_tsquery('english', $2)) DESC, sku LIMIT ${TOP}`,
        query,
      );
    const connect = async (tenant: TenantId, withVectors: boolean) => {
      const client = new Client({ name: 'bench', version: '1' }, { versionNegotiation: { mode: 'auto' } });
      const options = { database, tenantId: tenant, version: '1', onError, ...(withVectors ? { vectors } : {}) };
      await client.connect(serveInMemory(() => createSearchServer(options)));
      const find: Find = async ({ query, maxPrice }) => {
        const args = { query, limit: TOP, ...(maxPrice === undefined ? {} : { maxPrice }) };
        const { structuredContent } = await client.callTool({ name: 'searchProducts', arguments: args });
        return (structuredContent as { results: { sku: string }[] }).results.map((found) => found.sku);
      };
      return { client, find };
    };
    const words = await connect(tenantId, false);
    const hybrid = await connect(tenantId, true);
    for (const [name, find] of [
      ['trigram alone', trigram],
      ['full text alone', fullText],
      ['words (both, fused)', words.find],
      ['hybrid (and vectors)', hybrid.find],
    ] as const)
      for (const line of await judge(name, find, queries, products, bySku)) print(line);

    const timed = async (find: Find, atOnce = 1, of: readonly Labelled[] = queries): Promise<number[]> => {
      const times: number[] = [];
      const waiting = Array.from({ length: 3 }, () => of).flat();
      await Promise.all(
        Array.from({ length: atOnce }, async () => {
          for (let query = waiting.pop(); query; query = waiting.pop()) {
            const at = performance.now();
            await find(query);
            times.push(performance.now() - at);
          }
        }),
      );
      return times;
    };
    print('');
    print(row('  hybrid at 5,000 products, through MCP', distribution(await timed(hybrid.find)), 'ms'));
    await words.client.close();
    if (MANY === 0) return await hybrid.client.close();

    const large = newId<TenantId>();
    const name = `${MANY.toLocaleString('en')} products`;
    startedAt = performance.now();
    await seedProducts(database, { tenantId: large }, MANY, 600_000);
    print(`\n  ${name} of another tenant loaded in ${Math.round((performance.now() - startedAt) / 1_000)} s`);
    const before = process.memoryUsage();
    startedAt = performance.now();
    await vectors.settle({ tenantId: large });
    const after = process.memoryUsage();
    const grown = Math.round((after.rss - before.rss) / 1_048_576);
    const held = Math.round((after.arrayBuffers - before.arrayBuffers) / 1_048_576);
    print(
      `  embedded and in memory in ${Math.round((performance.now() - startedAt) / 1_000)} s; the process grew by ${grown} MB, ${held} MB of them vectors`,
    );
    await owner.query('ANALYZE');
    const many = await connect(large, true);
    await timed(many.find);
    const alone = distribution(await timed(many.find));
    print(row(`  hybrid at ${name}, through MCP`, alone, 'ms'));
    for (const kind of new Set(queries.map((query) => query.kind))) {
      const own = queries.filter((query) => query.kind === kind);
      print(row(`  · ${kind}`, distribution(await timed(many.find, 1, own)), 'ms'));
    }
    print(row(`  … ${AT_ONCE} callers at once`, distribution(await timed(many.find, AT_ONCE)), 'ms'));
    const withoutVectors = await connect(large, false);
    print(row('  … of that by words alone', distribution(await timed(withoutVectors.find)), 'ms'));
    const scans: number[] = [];
    for (const { query } of queries) {
      const at = performance.now();
      await vectors.nearest({ tenantId: large }, query, 60);
      scans.push(performance.now() - at);
    }
    print(row('  … of that by meaning alone, in memory', distribution(scans), 'ms'));
    print(row('  the neighbour with 5,000, meanwhile', distribution(await timed(hybrid.find)), 'ms'));
    const { rows: sizes } = await owner.query<{ size: string }>(
      `SELECT pg_size_pretty(pg_total_relation_size('product') + pg_total_relation_size('product_vector')) AS size`,
    );
    const postmaster = Number(fs.readFileSync(path.join(home, 'data/postmaster.pid'), 'utf8').split('\n')[0]);
    print(
      `  memory: ${Math.round(process.memoryUsage().rss / 1_048_576)} MB this process, ${treeMemoryMb(postmaster)} MB PostgreSQL; ${sizes[0]?.size} on disk`,
    );
    print(`  the goal of p95 < ${GOAL_P95_MS} ms is ${alone.p95 < GOAL_P95_MS ? 'met' : 'MISSED'}`);
    await Promise.all([many.client.close(), withoutVectors.client.close(), hybrid.client.close()]);
  } finally {
    await vectors.close();
    await database.close();
    await owner.end();
    await server.stop();
    fs.rmSync(home, { recursive: true, force: true });
  }
}

async function judge(
  name: string,
  find: Find,
  queries: readonly Labelled[],
  products: readonly Product[],
  bySku: ReadonlyMap<string, Product>,
): Promise<string[]> {
  const scores: { kind: string; reciprocal: number; recall: number }[] = [];
  for (const query of queries) {
    const found = (await find(query)).map((sku) => bySku.get(sku));
    const meant = products.filter(query.means).length;
    if (meant === 0) throw new Error(`nothing is meant by ${query.query}`);
    const hits = found.map((product) => product !== undefined && query.means(product));
    const first = hits.indexOf(true);
    const recall = hits.filter(Boolean).length / Math.min(TOP, meant);
    scores.push({ kind: query.kind, reciprocal: first === -1 ? 0 : 1 / (first + 1), recall });
  }
  const mean = (values: readonly number[]): string =>
    (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(3);
  const line = (label: string, of: typeof scores): string =>
    `  ${label.padEnd(16)} ${String(of.length).padStart(4)}   MRR ${mean(of.map((one) => one.reciprocal))}   recall@${TOP} ${mean(of.map((one) => one.recall))}`;
  const kinds = [...new Set(scores.map((one) => one.kind))];
  return [
    name,
    line('all', scores),
    ...kinds.map((kind) =>
      line(
        `· ${kind}`,
        scores.filter((one) => one.kind === kind),
      ),
    ),
  ];
}
