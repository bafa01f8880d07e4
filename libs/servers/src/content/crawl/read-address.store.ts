import type { Database, Tx } from '@switchyard/database';
import { newId, type Ctx } from '@switchyard/kernel';
import { isProblem, type PageOutcome } from '../content-error.ts';
import { pathOf } from './address.ts';
import { holdLease, type Step } from './crawls.store.ts';
import type { FoundAddress, PageContent, ReadAddress } from './crawl.ts';

type Tenant = Pick<Ctx, 'tenantId'>;

/** Of one path, those that differ in their query: calendars, filters and sorting make them without end. */
const MOST_OF_A_PATH = 50;
const MOST_SITEMAPS = 50;
/** After these, what was kept of the page goes. */
const GOES: ReadonlySet<string> = new Set([
  'gone',
  'moved',
  'no_index',
  'robots_forbidden',
  'other_site',
  'duplicate',
  'no_text',
]);

/**
 * What reading an address came to, all in one transaction: the page and its passages, what was found on it, the outcome and
 * the counts. What was committed is never read again in this crawl. Gives the outcome.
 */
export async function storeRead(database: Database, ctx: Tenant, step: Step, read: ReadAddress): Promise<string> {
  return database.inTenant(ctx, async (tx) => {
    await holdLease(tx, step);
    const crawl = await tx.siteCrawl.findFirstOrThrow({ where: { id: step.crawl.id } });
    const { url, kind } = read.address;
    const outcome =
      read.outcome === 'content' && read.page
        ? await storePage(tx, ctx, { url, site: crawl.site, crawlId: crawl.id, page: read.page })
        : read.outcome;
    if (outcome === 'unchanged')
      await tx.contentPage.updateMany({ where: { url }, data: { readAt: new Date(), crawlId: crawl.id } });
    const removed = GOES.has(outcome) ? (await tx.contentPage.deleteMany({ where: { url } })).count : 0;
    const found = await addFound(tx, ctx, crawl, read.found);
    await tx.siteCrawlUrl.updateMany({
      where: { crawlId: crawl.id, url },
      data: { outcome, detail: read.detail ?? null, at: new Date() },
    });
    const isPage = kind === 'page';
    const counted = (name: string): { increment: number } => ({ increment: isPage && outcome === name ? 1 : 0 });
    await tx.siteCrawl.update({
      where: { id: crawl.id },
      data: {
        read: { increment: (isPage ? 1 : 0) + found.forbidden },
        added: counted('added'),
        changed: counted('changed'),
        unchanged: counted('unchanged'),
        removed: { increment: removed },
        forbidden: { increment: found.forbidden + (outcome === 'robots_forbidden' ? 1 : 0) },
        problems: {
          increment:
            isPage &&
            outcome !== 'sitemap' &&
            outcome !== 'content' &&
            outcome !== 'robots_forbidden' &&
            isProblem(outcome)
              ? 1
              : 0,
        },
        known: { increment: found.added },
        leftOut: { increment: found.leftOut },
        failures: 0,
      },
    });
    return outcome;
  });
}

interface NewPage {
  readonly url: string;
  readonly site: string;
  readonly crawlId: string;
  readonly page: PageContent;
}

async function storePage(tx: Tx, { tenantId }: Tenant, { url, site, crawlId, page }: NewPage): Promise<PageOutcome> {
  const { chunks, links, ...content } = page;
  const [before, same] = await Promise.all([
    tx.contentPage.findFirst({ where: { url }, select: { id: true, hash: true } }),
    tx.contentPage.findFirst({ where: { hash: page.hash, site, url: { not: url } }, select: { id: true } }),
  ]);
  if (same && before?.hash !== page.hash) return 'duplicate';
  const now = new Date();
  const facts = { etag: page.etag, lastModified: page.lastModified, links: [...links], crawlId, readAt: now };
  if (before?.hash === page.hash) {
    await tx.contentPage.updateMany({ where: { id: before.id }, data: facts });
    return 'unchanged';
  }
  const id = before?.id ?? newId();
  if (before) await tx.contentPage.updateMany({ where: { id }, data: { ...content, ...facts, changedAt: now } });
  else await tx.contentPage.createMany({ data: { id, tenantId, site, url, ...content, ...facts, changedAt: now } });
  const rows = chunks.map((chunk, place) => ({ id: newId(), place, ...chunk }));
  await tx.contentChunk.deleteMany({ where: { pageId: id, place: { gte: rows.length } } });
  // A passage that says the same as before keeps its vector.
  await tx.$executeRaw`
    INSERT INTO content_chunk (id, tenant_id, page_id, place, heading, text, tokens)
    SELECT id, ${tenantId}::uuid, ${id}::uuid, place, heading, text, tokens
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row (id uuid, place int, heading text, text text, tokens int)
    ON CONFLICT (page_id, place) DO UPDATE SET heading = excluded.heading, text = excluded.text, tokens = excluded.tokens
    WHERE (content_chunk.heading, content_chunk.text) IS DISTINCT FROM (excluded.heading, excluded.text)`;
  return before ? 'changed' : 'added';
}

interface Room {
  readonly id: string;
  readonly known: number;
  readonly maxPages: number;
  readonly maxDepth: number;
}

/** Those that are new and that there is room for. */
async function addFound(tx: Tx, { tenantId }: Tenant, crawl: Room, found: readonly FoundAddress[]) {
  const byUrl = new Map(found.map((one) => [one.url, one]));
  const urls = [...byUrl.keys()];
  if (urls.length === 0) return { added: 0, forbidden: 0, leftOut: 0 };
  const met = await tx.$queryRaw<{ url: string }[]>`
    SELECT url FROM site_crawl_url WHERE crawl_id = ${crawl.id}::uuid AND url = ANY(${urls}::text[])`;
  for (const { url } of met) byUrl.delete(url);
  const ofPath = await readOfPath(tx, crawl.id, [...byUrl.keys()]);
  let room = crawl.maxPages - crawl.known;
  let sitemaps = MOST_SITEMAPS - (await tx.siteCrawlUrl.count({ where: { crawlId: crawl.id, kind: 'sitemap' } }));
  const taken = [...byUrl.values()].filter(({ url, kind, depth }) => {
    if (kind === 'sitemap') return sitemaps-- > 0;
    if (depth > crawl.maxDepth || room <= 0) return false;
    if (url.includes('?')) {
      const path = pathOf(url);
      const count = (ofPath.get(path) ?? 0) + 1;
      ofPath.set(path, count);
      if (count > MOST_OF_A_PATH) return false;
    }
    room--;
    return true;
  });
  await tx.$executeRaw`
    INSERT INTO site_crawl_url (crawl_id, tenant_id, url, kind, depth, outcome, at)
    SELECT ${crawl.id}::uuid, ${tenantId}::uuid, url, kind, depth,
      CASE WHEN "isForbidden" THEN 'robots_forbidden' END, CASE WHEN "isForbidden" THEN now() END
    FROM jsonb_to_recordset(${JSON.stringify(taken)}::jsonb) AS row (url text, kind text, depth int, "isForbidden" boolean)
    ON CONFLICT DO NOTHING`;
  const pages = taken.filter(({ kind }) => kind === 'page');
  return {
    added: pages.length,
    forbidden: pages.filter(({ isForbidden }) => isForbidden).length,
    leftOut: byUrl.size - taken.length,
  };
}

async function readOfPath(tx: Tx, crawlId: string, urls: readonly string[]): Promise<Map<string, number>> {
  const paths = [...new Set(urls.filter((url) => url.includes('?')).map(pathOf))];
  if (paths.length === 0) return new Map();
  const rows = await tx.$queryRaw<{ path: string; count: number }[]>`
    SELECT split_part(url, '?', 1) AS path, count(*)::int AS count FROM site_crawl_url
    WHERE crawl_id = ${crawlId}::uuid AND url LIKE '%?%' AND split_part(url, '?', 1) = ANY(${paths}::text[]) GROUP BY 1`;
  return new Map(rows.map(({ path, count }) => [path, count]));
}
