import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { openContent } from './content.fixture.ts';
import { article, startTestSite, type TestSite } from './testing/site.ts';

const WORKER = fileURLToPath(new URL('../../fixtures/crawl-worker.ts', import.meta.url));
const PAGES = 120;
const LEASE_MS = 2_000;

let db: TestDatabase;
let site: TestSite;
beforeAll(async () => {
  db = await createTestDatabase();
  site = await startTestSite();
  const links = Array.from({ length: PAGES }, (_, at) => `/page-${at}`);
  site.pages.set('/', article('Start', '<p>Here it begins, and leads to all the others there are.</p>', links));
  for (const [at, path] of links.entries())
    site.pages.set(path, article(`Page ${at}`, `<p>${`This is page number ${at}, and no other. `.repeat(8)}</p>`));
}, 60_000);
afterAll(async () => {
  await site.close();
  await db.drop();
});

it('goes on where a killed process was, and reads no page twice that was stored', async () => {
  const ctx = testCtx();
  const args = [
    '--conditions=@switchyard/source',
    '--disable-warning=ExperimentalWarning',
    WORKER,
    db.ownerUrl,
    ctx.tenantId,
    `${site.url}/`,
    String(LEASE_MS),
  ];
  const worker = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const died = new Promise((resolve) => worker.on('exit', resolve));
  const until = Date.now() + 60_000;
  while (site.asked.length < PAGES / 2 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
  worker.kill('SIGKILL');
  await died;
  const stored = new Set(
    (await db.sql<{ url: string }>('SELECT url FROM content_page')).map(({ url }) => url.replace(site.url, '')),
  );
  expect(stored.size).toBeGreaterThan(10);
  expect(stored.size).toBeLessThan(PAGES);
  site.asked.length = 0;
  const content = openContent(db.database, { leaseMs: LEASE_MS });
  const [open] = await content.crawls.list(ctx, 1);
  if (!open) throw new Error('the crawl is gone');
  const crawl = await content.crawls.runFor(ctx, open, { signal: new AbortController().signal, forMs: 60_000 });
  expect(crawl).toMatchObject({ id: open.id, state: 'done', added: PAGES + 1, read: PAGES + 1, known: PAGES + 1 });
  expect(site.asked.filter(({ path }) => stored.has(path))).toEqual([]);
  expect(site.asked.filter(({ path }) => path === '/robots.txt')).toEqual([]);
  expect(await db.sql('SELECT count(*)::int AS n FROM content_page')).toEqual([{ n: PAGES + 1 }]);
  await content.close();
  expect(content.failures).toEqual([]);
}, 120_000);
