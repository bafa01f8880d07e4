import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Ctx } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { openContent } from './content.fixture.ts';
import { article, startTestSite, type TestSite } from './testing/site.ts';

const WORDS = 'The pump is delivered with a certificate. Its housing is made of cast iron and is tested at nine bar. ';
const paragraph = (about: string): string => `<p>${about}. ${WORDS.repeat(3)}</p>`;

let db: TestDatabase;
let content: ReturnType<typeof openContent>;
let site: TestSite;
let ada: Ctx;
let call: Awaited<ReturnType<typeof content.connect>>;

beforeAll(async () => {
  db = await createTestDatabase();
  content = openContent(db.database);
}, 60_000);
afterAll(async () => {
  await content.close();
  await db.drop();
  expect(content.failures).toEqual([]);
});
beforeEach(async () => {
  site = await startTestSite();
  ada = testCtx();
  call = await content.connect(ada.tenantId);
});
afterEach(() => site.close());

const scrape = (path = '/', more: object = {}) =>
  call('scrapeSite', { url: site.url + path, waitSeconds: 25, ...more });
const asked = (): string[] => site.asked.map(({ path }) => path);

function fill(): void {
  site.pages.set(
    '/',
    article('Shop', paragraph('Welcome'), [
      '/returns',
      '/about#team',
      '/private/a',
      'https://elsewhere.example/x',
      '/photo.jpg',
    ]),
  );
  site.pages.set(
    '/returns',
    article(
      'Returns',
      `<h2>Deadlines</h2>${paragraph('Goods may be sent back within thirty days')}<h2>Refunds</h2>${paragraph('Money comes back by bank transfer')}`,
      ['/', '/about?utm_source=x'],
    ),
  );
  site.pages.set('/about', article('About us', paragraph('We are a family of engineers')));
  site.pages.set('/hidden', article('From the sitemap', paragraph('Only the sitemap leads here')));
  site.pages.set('/sitemap.xml', (_request, response) => {
    const xml = `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>${site.url}/hidden</loc></url></urlset>`;
    response.writeHead(200, { 'content-type': 'application/gzip' }).end(gzipSync(xml));
  });
  site.pages.set('/robots.txt', (_request, response) =>
    response.writeHead(200, { 'content-type': 'text/plain' }).end('User-agent: SwitchyardBot\nDisallow: /private/\n'),
  );
}

describe('the content server', () => {
  it('knows no crawl that is not', async () => {
    const crawl = await call('getCrawlStatus', { crawlId: '00000000-0000-7000-8000-000000000000' });
    expect(crawl.error).toMatchObject({ code: 'crawl_not_found' });
  });

  it('reads a site by sitemap and links, as robots.txt allows, and finds passages', async () => {
    fill();
    const crawl = await scrape();
    expect(crawl).toMatchObject({
      state: 'done',
      added: 4,
      changed: 0,
      forbidden: 1,
      known: 5,
      read: 5,
      leftOut: 0,
      problems: [],
    });
    expect(asked()).not.toContain('/private/a');
    expect(asked()).not.toContain('/photo.jpg');
    expect(site.asked[0]?.headers['user-agent']).toBe('SwitchyardBot/1.2.3');
    expect(asked()[0]).toBe('/robots.txt');
    const { results } = await call('searchContent', { query: 'how many days to send goods back', limit: 3 });
    expect(results[0]).toMatchObject({
      url: `${site.url}/returns`,
      title: 'Returns',
      heading: 'Returns › Deadlines',
      language: 'en',
    });
    expect(results[0].text).toContain('thirty days');
    const page = await call('getPage', { url: `${site.url}/about`, limit: 100 });
    expect(page).toMatchObject({ title: 'About us', nextOffset: 100 });
    expect((await call('getPage', { url: `${site.url}/about` })).text).not.toMatch(/menu|footer/);
  });

  it('keeps it to the tenant', async () => {
    fill();
    const { crawlId } = await scrape();
    const bob = await content.connect(testCtx().tenantId);
    expect((await bob('getCrawlStatus', { crawlId })).error.code).toBe('crawl_not_found');
    expect((await bob('cancelCrawl', { crawlId })).error.code).toBe('crawl_not_found');
    expect((await bob('getPage', { url: `${site.url}/about` })).error).toMatchObject({
      code: 'page_not_found',
      sites: [],
    });
    expect((await bob('searchContent', { query: 'family of engineers' })).results).toEqual([]);
    expect((await call('searchContent', { query: 'family of engineers' })).results).not.toEqual([]);
  });

  it('read again: asks for nothing that is the same, embeds what is new, lets go of what is gone', async () => {
    fill();
    await scrape();
    content.embedded.length = 0;
    site.asked.length = 0;
    expect(await scrape()).toMatchObject({ state: 'done', added: 0, changed: 0, unchanged: 4, removed: 0 });
    expect(content.embedded).toEqual([]);
    site.pages.set(
      '/returns',
      article(
        'Returns',
        `<h2>Deadlines</h2>${paragraph('Goods may be sent back within sixty days')}<h2>Refunds</h2>${paragraph('Money comes back by bank transfer')}`,
        ['/', '/about?utm_source=x'],
      ),
    );
    site.pages.delete('/about');
    expect(await scrape()).toMatchObject({ state: 'done', changed: 1, unchanged: 2, removed: 1 });
    expect(content.embedded).toHaveLength(1);
    expect(content.embedded[0]).toContain('sixty days');
    expect((await call('searchContent', { query: 'family of engineers' })).results).toEqual([]);
    expect((await call('searchContent', { query: 'sent back within sixty days' })).results[0].text).toContain('sixty');
  });

  it.each<[string, string, (path: string) => void]>([
    ['hangs', 'too_slow', (path) => site.pages.set(path, () => undefined)],
    [
      'drips for ever',
      'too_slow',
      (path) =>
        site.pages.set(path, (_request, response) => {
          response.writeHead(200, { 'content-type': 'text/html' });
          const timer = setInterval(() => response.write('<p>more</p>'), 50);
          response.on('close', () => clearInterval(timer));
        }),
    ],
    [
      'floods',
      'too_large',
      (path) =>
        site.pages.set(path, (_request, response) => {
          response.writeHead(200, { 'content-type': 'text/html' });
          const block = 'x'.repeat(1_000_000);
          const more = (): void => {
            while (!response.destroyed && response.write(block));
          };
          response.on('drain', more);
          more();
        }),
    ],
    [
      'unpacks to a flood',
      'too_large',
      (path) =>
        site.pages.set(path, (_request, response) =>
          response
            .writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' })
            .end(gzipSync(Buffer.alloc(50_000_000, 'a'))),
        ),
    ],
    [
      'says that a picture is a page',
      'not_text',
      (path) =>
        site.pages.set(path, (_request, response) =>
          response
            .writeHead(200, { 'content-type': 'text/html' })
            .end(Buffer.from('\x89PNG\r\n\x1a\n\0\0\0', 'latin1')),
        ),
    ],
    [
      'is no text',
      'not_text',
      (path) =>
        site.pages.set(path, (_request, response) => response.writeHead(200, { 'content-type': 'video/mp4' }).end('x')),
    ],
    [
      'is in no encoding',
      'bad_encoding',
      (path) =>
        site.pages.set(path, (_request, response) =>
          response
            .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
            .end(Buffer.from('é'.repeat(500), 'latin1')),
        ),
    ],
    [
      'leads inwards',
      'other_site',
      (path) =>
        site.pages.set(path, (_request, response) => response.writeHead(302, { location: 'http://10.0.0.1/' }).end()),
    ],
    [
      'asks for a password',
      'refused',
      (path) => site.pages.set(path, (_request, response) => response.writeHead(401).end()),
    ],
    ['is broken off', 'unreachable', (path) => site.pages.set(path, (request) => request.socket.destroy())],
    ['is empty', 'no_text', (path) => site.pages.set(path, '<html><body></body></html>')],
  ])(
    'a page that %s is %s, and the rest is read',
    async (_what, outcome, make) => {
      site.pages.set('/', article('Shop', paragraph('Welcome'), ['/bad', '/good']));
      site.pages.set('/good', article('Good', paragraph('All is well here')));
      make('/bad');
      const { crawlId } = await scrape();
      let crawl = await call('getCrawlStatus', { crawlId, waitSeconds: 25 });
      if (crawl.state === 'running') crawl = await call('getCrawlStatus', { crawlId, waitSeconds: 25 });
      expect(crawl).toMatchObject({ state: 'done', added: 2, problems: [{ url: `${site.url}/bad`, outcome }] });
    },
    60_000,
  );

  it('reads what is nested without end, and ends what takes without end', async () => {
    site.pages.set('/', article('Shop', `${'<div>'.repeat(50_000)}${paragraph('Deep')}`, ['/b']));
    const crawl = await scrape();
    expect(crawl.state ?? crawl.error.code).toMatch(/done|too_complex/);
  }, 60_000);

  it('does not follow an endless calendar, or a loop, without end', async () => {
    const page = (path: string): void => {
      site.pages.set(path, (request, response) => {
        const url = new URL(request.url ?? '/', site.url);
        const day = Number(url.searchParams.get('day') ?? 0);
        const body = article(`Day ${day}`, paragraph(`Nothing happens on day ${day}`), [
          `/calendar?day=${day + 1}`,
          `${url.pathname}/deeper/`,
          '/moved/1',
        ]);
        for (const next of [`/calendar?day=${day + 1}`, `${url.pathname}/deeper/`])
          if (!site.pages.has(next)) page(next);
        response.writeHead(200, { 'content-type': 'text/html' }).end(body);
      });
    };
    page('/calendar');
    site.pages.set('/moved/1', (_request, response) => response.writeHead(301, { location: '/moved/2' }).end());
    site.pages.set('/moved/2', (_request, response) => response.writeHead(301, { location: '/moved/1' }).end());
    const crawl = await scrape('/calendar', { maxPages: 300, maxDepth: 40 });
    expect(crawl).toMatchObject({ state: 'done' });
    expect(crawl.read).toBeLessThanOrEqual(300);
    expect(asked().filter((path) => path.startsWith('/calendar?')).length).toBeLessThanOrEqual(50);
    expect(crawl.leftOut).toBeGreaterThan(0);
  }, 60_000);

  it('reads other encodings as they are', async () => {
    site.pages.set('/', (_request, response) =>
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end(
          Buffer.from(
            `<meta charset="iso-8859-1"><title>Über uns</title><p>${'Grüße aus München. '.repeat(20)}`,
            'latin1',
          ),
        ),
    );
    await scrape();
    expect(await call('getPage', { url: `${site.url}/` })).toMatchObject({
      title: 'Über uns',
      text: expect.stringContaining('Grüße aus München'),
    });
  });

  it('keeps the pace that robots.txt asks for, one request at a time', async () => {
    fill();
    site.pages.set('/robots.txt', (_request, response) =>
      response.writeHead(200).end('User-agent: *\nCrawl-delay: 0.3\n'),
    );
    await scrape('/', { maxPages: 4 });
    const [, ...pages] = site.asked;
    for (const [at, one] of pages.entries())
      if (at > 0) expect(one.atMs - (pages[at - 1]?.atMs ?? 0)).toBeGreaterThan(250);
    expect(site.busiest()).toBe(1);
  });

  it.each([
    ['not-a-url', 'bad_url'],
    ['ftp://example.com/', 'bad_url'],
    ['http://10.0.0.1/', 'private_address'],
  ])('refuses to begin at %s: %s', async (url, code) => {
    expect((await call('scrapeSite', { url })).error).toMatchObject({ code });
  });

  it('says what is wrong with the start', async () => {
    site.pages.set('/robots.txt', (_request, response) => response.writeHead(200).end('User-agent: *\nDisallow: /\n'));
    expect((await scrape('/')).error).toMatchObject({ code: 'robots_forbidden', forbidden: 1 });
    expect(asked()).toEqual(['/robots.txt', '/sitemap.xml'].slice(0, asked().length));
    const other = await startTestSite();
    other.pages.set('/robots.txt', (_request, response) =>
      response.writeHead(200).end('User-agent: *\nCrawl-delay: 600\n'),
    );
    expect((await call('scrapeSite', { url: other.url })).error).toMatchObject({ code: 'robots_too_slow' });
    await other.close();
    expect((await call('scrapeSite', { url: other.url, waitSeconds: 25 })).error).toMatchObject({ code: 'site_down' });
  }, 60_000);

  it('stops when it is told to', async () => {
    fill();
    site.pages.set('/robots.txt', (_request, response) =>
      response.writeHead(200).end('User-agent: *\nCrawl-delay: 5\n'),
    );
    const { crawlId } = await scrape('/', { waitSeconds: 0 });
    expect(await call('cancelCrawl', { crawlId })).toMatchObject({ state: 'cancelled' });
    const before = site.asked.length;
    expect(await call('getCrawlStatus', { crawlId, waitSeconds: 1 })).toMatchObject({ state: 'cancelled' });
    expect(site.asked.length).toBe(before);
  });

  it('is read by one worker at a time, also where several start it', async () => {
    fill();
    const all = await Promise.all(Array.from({ length: 4 }, () => scrape()));
    expect(new Set(all.map(({ crawlId }) => crawlId)).size).toBe(1);
    for (const path of ['/returns', '/about', '/hidden']) expect(asked().filter((one) => one === path)).toHaveLength(1);
  });

  it('has room for five sites at a time', async () => {
    const others = await Promise.all(Array.from({ length: 6 }, () => startTestSite()));
    const started = await Promise.all(others.map(({ url }) => call('scrapeSite', { url, waitSeconds: 0 })));
    expect(started.filter((one) => one.error?.code === 'too_many_crawls')).toHaveLength(1);
    await Promise.all(started.map(({ crawlId }) => crawlId && call('cancelCrawl', { crawlId })));
    await Promise.all(others.map((one) => one.close()));
  });
});
