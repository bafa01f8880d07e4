// A tenant's sites at the source's scale: `npm run bench -- content`. A site on this machine is read as any other is (fetched,
// parsed, cut, embedded, stored), then searched through MCP. The text is made up from a seed; the embedding is the local one.
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
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
import { Crawls, createContentServer, localEmbedder, PassageVectors, Reader, serveInMemory } from '@switchyard/servers';
import { distribution, row, treeMemoryMb } from './measure.ts';

/** *Source*: 4,491 pages, 20,227 embeddings. */
const PAGES = 4_491;
const PASSAGES = 20_227;
const SEARCHES = 400;
const AT_ONCE = 8;
const WORDS =
  'pump valve seal bearing pressure flow housing motor gear cylinder filter coupling sensor drive hose tank oil water steam heat torque speed noise leak repair order delivery return refund warranty invoice stock price catalogue manual drawing certificate test bench customer supplier engineer workshop plant line station shift report limit alarm cable fuse relay switch panel network gateway update release license account address country customs weight'.split(
    ' ',
  );

/** The same numbers at each start (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const wordsOf = (random: () => number, count: number): string[] =>
  Array.from({ length: count }, () => WORDS[Math.floor(random() * WORDS.length)] ?? '');

/** Each section is one passage: larger than what is put together, smaller than what is cut. */
function pageOf(index: number): string {
  const random = randomOf(index + 1);
  const extra = PASSAGES - 4 * PAGES;
  const sections = Array.from({ length: index < extra ? 5 : 4 }, (_, section) => {
    const sentences = Array.from({ length: 12 }, () => `The ${wordsOf(random, 11).join(' ')}.`);
    return `<h2>${wordsOf(random, 2).join(' ')} ${index}.${section}</h2><p>${sentences.join(' ')} Part number PN-${index}-${section}.</p>`;
  });
  return `<!doctype html><html lang="en"><head><title>Document ${index}</title></head><body><article>${sections.join('')}</article></body></html>`;
}

export async function content(print: (text: string) => void): Promise<void> {
  const home = fs.mkdtempSync(path.join(path.resolve('.tmp'), 'bench-content-'));
  const postgres = await startEmbeddedPostgres({ dataDir: path.join(home, 'data'), settings: { fsync: 'off' } });
  const url = postgres.url('bench');
  await createDatabase(url);
  await migrate(url);
  await provisionRoles(url);
  const database = await openDatabase(roleUrls(url), { poolSize: 8 });
  const onError = (error: unknown): never => {
    throw error;
  };
  const passages = new PassageVectors({ database, embedder: localEmbedder, onError });
  const reader = new Reader();
  let origin = '';
  const site = http.createServer((request, response) => {
    const index = Number(/^\/page-(\d+)$/.exec(request.url ?? '')?.[1] ?? NaN);
    if (request.url === '/sitemap.xml') {
      const places = Array.from({ length: PAGES }, (_, at) => `<url><loc>${origin}/page-${at}</loc></url>`);
      response
        .writeHead(200, { 'content-type': 'application/xml' })
        .end(`<?xml version="1.0"?><urlset>${places.join('')}</urlset>`);
    } else if (Number.isNaN(index)) response.writeHead(404).end();
    else {
      const etag = `"${index}"`;
      if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
      else response.writeHead(200, { 'content-type': 'text/html', etag }).end(pageOf(index));
    }
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  const crawls = new Crawls({
    database,
    reader,
    version: 'bench',
    fetch,
    checkUrl: async () => undefined,
    embed: (ctx) => passages.settle(ctx),
    onError,
    delayMs: 0,
  });
  const tenantId = newId<TenantId>();
  const ctx = { tenantId };
  const client = new Client({ name: 'bench', version: '1' });
  try {
    const read = async (): Promise<number> => {
      const at = performance.now();
      const crawl = await crawls.start(ctx, { url: `${origin}/page-0`, maxPages: 10_000 }, { startedBy: 'bench' });
      const ended = await crawls.runFor(ctx, crawl, { signal: new AbortController().signal, forMs: 900_000 });
      if (ended.state !== 'done' || ended.added + ended.unchanged !== PAGES)
        throw new Error(`the site was not read whole: ${JSON.stringify(ended)}`);
      return (performance.now() - at) / 1_000;
    };
    const before = process.memoryUsage().rss;
    const firstS = await read();
    const [kept] = await database.inTenant(
      ctx,
      (tx) => tx.$queryRaw<{ pages: number; passages: number; vectors: number }[]>`
        SELECT (SELECT count(*)::int FROM content_page) AS pages, (SELECT count(*)::int FROM content_chunk) AS passages,
          (SELECT count(*)::int FROM content_vector WHERE vector IS NOT NULL) AS vectors`,
    );
    print(
      `  ${kept?.pages} pages, ${kept?.passages} passages, ${kept?.vectors} vectors (${localEmbedder.model}: deterministic, no model)`,
    );
    if (kept?.passages !== PASSAGES || kept.vectors !== PASSAGES) throw new Error(`meant were ${PASSAGES} passages`);
    print(
      `  read, parsed, cut, stored and embedded in ${firstS.toFixed(1)} s: ${(PAGES / firstS).toFixed(0)} pages a second`,
    );
    print(`  read again, nothing changed: ${(await read()).toFixed(1)} s`);
    await client.connect(
      serveInMemory(() => createContentServer({ database, crawls, passages, tenantId, version: 'bench', onError })),
    );
    const random = randomOf(7);
    const queries = Array.from({ length: SEARCHES }, (_, at) =>
      at % 4 === 0 ? `PN-${at * 7}-${at % 4}` : wordsOf(random, 3).join(' '),
    );
    const timed = async (atOnce: number): Promise<number[]> => {
      const waiting = [...queries];
      const times: number[] = [];
      await Promise.all(
        Array.from({ length: atOnce }, async () => {
          for (let query = waiting.pop(); query !== undefined; query = waiting.pop()) {
            const at = performance.now();
            const result = await client.callTool({ name: 'searchContent', arguments: { query, limit: 10 } });
            if (result.isError) throw new Error(JSON.stringify(result));
            times.push(performance.now() - at);
          }
        }),
      );
      return times;
    };
    await timed(1);
    print(row('  search, one at a time, through MCP', distribution(await timed(1)), 'ms'));
    print(row(`  search, ${AT_ONCE} callers at once`, distribution(await timed(AT_ONCE)), 'ms'));
    const postmaster = Number(fs.readFileSync(path.join(home, 'data/postmaster.pid'), 'utf8').split('\n')[0]);
    const rss = process.memoryUsage().rss;
    print(
      `  memory: ${Math.round(rss / 1_048_576)} MB this process (${Math.round((rss - before) / 1_048_576)} more than before, the site and the threads among them), ${treeMemoryMb(postmaster)} MB PostgreSQL`,
    );
  } finally {
    await client.close();
    await passages.close();
    await reader.close();
    await new Promise((resolve) => site.close(resolve).closeAllConnections());
    await database.close();
    await postgres.stop();
    fs.rmSync(home, { recursive: true, force: true });
  }
}
