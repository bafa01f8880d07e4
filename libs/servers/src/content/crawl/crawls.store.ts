import { lockUntilCommit, type Database, type Tx } from '@switchyard/database';
import { newId, type Ctx, type TenantId } from '@switchyard/kernel';
import { z } from 'zod';
import { LeaseLost, type Lease } from '../../lease.ts';
import { ContentError, PAGE_OUTCOMES, isProblem } from '../content-error.ts';
import { siteOf } from './address.ts';
import { CRAWL_STATES, type CrawledAddress, type SiteCrawl, type WaitingAddress } from './crawl.ts';

type Tenant = Pick<Ctx, 'tenantId'>;

const OPEN = ['waiting', 'running'];
const MOST_OPEN = 5;
/** Of a tenant, over all sites. */
const MOST_PAGES = 50_000;
const KEPT_OF_A_SITE = 5;
const state = z.enum(CRAWL_STATES);
const robots = z.record(z.string(), z.string()).catch({});
const outcome = z.enum(PAGE_OUTCOMES);
export const PROBLEMS = PAGE_OUTCOMES.filter(isProblem);

type Row = NonNullable<Awaited<ReturnType<Tx['siteCrawl']['findFirst']>>>;

export const toCrawl = (row: Row): SiteCrawl => ({
  ...row,
  tenantId: row.tenantId as TenantId,
  state: state.parse(row.state),
  robots: robots.parse(row.robots),
});

export interface Step {
  readonly lease: Lease;
  readonly crawl: Pick<SiteCrawl, 'id' | 'tenantId'>;
}

export interface CrawlStart {
  readonly site: string;
  readonly startUrl: string;
  readonly maxPages: number;
  readonly maxDepth: number;
  readonly startedBy: string;
  /** What goes on record with it, in the same transaction. */
  readonly record?: (tx: Tx, crawlId: string) => Promise<void>;
}

/**
 * The open crawl of the site, or a new one that begins with its start and with all pages of the site that are kept already.
 * Throws ContentError `too_many_crawls` or `too_many_pages`.
 */
export async function startCrawl(database: Database, ctx: Tenant, start: CrawlStart): Promise<SiteCrawl> {
  const { site, startUrl, maxPages, maxDepth, startedBy, record } = start;
  return database.inTenant(ctx, async (tx) => {
    await lockUntilCommit(tx, `site crawls ${ctx.tenantId}`);
    const open = await tx.siteCrawl.findMany({ where: { state: { in: OPEN } } });
    const same = open.find((crawl) => crawl.site === site);
    if (same) return toCrawl(same);
    if (open.length >= MOST_OPEN)
      throw new ContentError('too_many_crawls', `${MOST_OPEN} sites are being read already: wait until one is done.`);
    const pages = await tx.contentPage.count();
    if (pages >= MOST_PAGES)
      throw new ContentError('too_many_pages', `At most ${MOST_PAGES.toLocaleString('en')} pages are kept.`, { pages });
    const id = newId();
    const { tenantId } = ctx;
    await tx.siteCrawl.createMany({ data: { id, tenantId, site, startUrl, maxPages, maxDepth, startedBy } });
    const known = await tx.$executeRaw`
      INSERT INTO site_crawl_url (crawl_id, tenant_id, url, kind, depth)
      SELECT ${id}::uuid, ${tenantId}::uuid, url, 'page', 0 FROM (
        SELECT ${startUrl} AS url, 0 AS is_known UNION ALL SELECT url, 1 FROM content_page WHERE site = ${site} AND url <> ${startUrl}
      ) AS address ORDER BY is_known, url LIMIT ${maxPages}`;
    await record?.(tx, id);
    return toCrawl(await tx.siteCrawl.update({ where: { id }, data: { known } }));
  });
}

export async function readCrawl(database: Database, ctx: Tenant, id: string): Promise<SiteCrawl | undefined> {
  const row = await database.inTenant(ctx, (tx) => tx.siteCrawl.findFirst({ where: { id } }));
  return row ? toCrawl(row) : undefined;
}

/** The latest first. */
export async function listCrawls(database: Database, ctx: Tenant, limit: number): Promise<SiteCrawl[]> {
  const rows = await database.inTenant(ctx, (tx) =>
    tx.siteCrawl.findMany({ orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], take: limit }),
  );
  return rows.map(toCrawl);
}

/** Addresses that ended so, the latest first; all problems where no outcome is named. */
export async function readAddresses(
  database: Database,
  ctx: Tenant,
  crawlId: string,
  { outcomes, limit }: { readonly outcomes?: readonly string[] | undefined; readonly limit: number },
): Promise<CrawledAddress[]> {
  const rows = await database.inTenant(ctx, (tx) =>
    tx.siteCrawlUrl.findMany({
      where: { crawlId, outcome: { in: [...(outcomes ?? PROBLEMS)] } },
      orderBy: [{ at: 'desc' }, { url: 'asc' }],
      take: limit,
    }),
  );
  return rows.map(({ url, detail, at, ...row }) => ({ url, outcome: outcome.parse(row.outcome), detail, at }));
}

export async function countOutcomes(database: Database, ctx: Tenant, crawlId: string): Promise<Record<string, number>> {
  const rows = await database.inTenant(
    ctx,
    (tx) => tx.$queryRaw<{ outcome: string; count: number }[]>`
      SELECT outcome, count(*)::int AS count FROM site_crawl_url
      WHERE crawl_id = ${crawlId}::uuid AND outcome IS NOT NULL AND kind = 'page' GROUP BY outcome ORDER BY 2 DESC, 1`,
  );
  return Object.fromEntries(rows.map((row) => [row.outcome, row.count]));
}

/** Takes a crawl that nobody works on, the given one or the oldest. Several may ask at once: each gets another, or none. */
export async function claimCrawl(
  database: Database,
  ctx: Tenant,
  lease: Lease,
  crawlId?: string,
): Promise<SiteCrawl | undefined> {
  return database.inTenant(ctx, async (tx) => {
    const [found] = await tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM site_crawl
      WHERE state IN ('waiting', 'running') AND (lease_until IS NULL OR lease_until < now())
        AND (${crawlId ?? null}::uuid IS NULL OR id = ${crawlId ?? null}::uuid)
      ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED`;
    if (!found) return undefined;
    await tx.$executeRaw`
      UPDATE site_crawl SET state = 'running', lease_id = ${lease.id}::uuid,
        lease_until = now() + make_interval(secs => ${lease.forMs / 1_000}), updated_at = now()
      WHERE id = ${found.id}::uuid`;
    return toCrawl(await tx.siteCrawl.findFirstOrThrow({ where: { id: found.id } }));
  });
}

/** First in a transaction: no other worker writes for this crawl until it ends. Throws LeaseLost, also after a cancel. */
export async function holdLease(tx: Tx, { lease, crawl }: Step): Promise<void> {
  const held = await tx.$executeRaw`
    UPDATE site_crawl SET lease_until = now() + make_interval(secs => ${lease.forMs / 1_000}), updated_at = now()
    WHERE id = ${crawl.id}::uuid AND lease_id = ${lease.id}::uuid AND state = 'running'`;
  if (held === 0) throw new LeaseLost('another worker goes on with this crawl, or it was cancelled');
}

/** Addresses that wait, in the order of meeting and the shallow ones first. */
export async function takeWaiting(
  database: Database,
  ctx: Tenant,
  step: Step,
  limit: number,
): Promise<WaitingAddress[]> {
  return database.inTenant(ctx, async (tx) => {
    await holdLease(tx, step);
    return tx.$queryRaw<WaitingAddress[]>`
      SELECT u.url, u.kind, u.depth, u.attempts, p.etag, p.last_modified AS "lastModified", p.links
      FROM site_crawl_url u LEFT JOIN content_page p ON p.url = u.url AND u.kind = 'page'
      WHERE u.crawl_id = ${step.crawl.id}::uuid AND u.outcome IS NULL AND (u.not_before IS NULL OR u.not_before <= now())
      ORDER BY u.depth, u.place LIMIT ${limit}`;
  });
}

/** How long until the next address may be asked again; undefined when none waits. */
export async function nextWaitMs(database: Database, ctx: Tenant, crawlId: string): Promise<number | undefined> {
  const [row] = await database.inTenant(
    ctx,
    (tx) => tx.$queryRaw<{ ms: number | null }[]>`
      SELECT (extract(epoch FROM min(coalesce(not_before, now())) - now()) * 1000)::float8 AS ms
      FROM site_crawl_url WHERE crawl_id = ${crawlId}::uuid AND outcome IS NULL`,
  );
  return row?.ms == null ? undefined : Math.max(0, row.ms);
}

/** Asked again after a while. */
export async function postpone(
  database: Database,
  ctx: Tenant,
  step: Step,
  url: string,
  afterMs: number,
): Promise<void> {
  await database.inTenant(ctx, async (tx) => {
    await holdLease(tx, step);
    await tx.$executeRaw`
      UPDATE site_crawl_url SET attempts = attempts + 1, not_before = now() + make_interval(secs => ${afterMs / 1_000})
      WHERE crawl_id = ${step.crawl.id}::uuid AND url = ${url}`;
  });
}

/** With the sitemaps that it names, which are read first. */
export async function keepRobots(
  database: Database,
  ctx: Tenant,
  step: Step,
  { origin, text, sitemaps }: { readonly origin: string; readonly text: string; readonly sitemaps: readonly string[] },
): Promise<void> {
  await database.inTenant(ctx, async (tx) => {
    await holdLease(tx, step);
    const { site } = await tx.siteCrawl.findFirstOrThrow({ where: { id: step.crawl.id }, select: { site: true } });
    const own = sitemaps.filter((url) => URL.canParse(url) && /^https?:/.test(url) && siteOf(url) === site);
    await tx.$executeRaw`
      UPDATE site_crawl SET robots = robots || jsonb_build_object(${origin}::text, ${text}::text), failures = 0
      WHERE id = ${step.crawl.id}::uuid`;
    await tx.siteCrawlUrl.createMany({
      data: own.map((url) => ({ crawlId: step.crawl.id, tenantId: ctx.tenantId, url, kind: 'sitemap', depth: 0 })),
      skipDuplicates: true,
    });
  });
}

/** Leaves it to whoever comes next, at once or after a while. */
export async function leaveCrawl(
  database: Database,
  ctx: Tenant,
  step: Step,
  how: { readonly afterMs: number; readonly failed: boolean },
): Promise<SiteCrawl> {
  return database.inTenant(ctx, async (tx) => {
    await holdLease(tx, step);
    await tx.$executeRaw`
      UPDATE site_crawl SET lease_id = NULL, lease_until = now() + make_interval(secs => ${how.afterMs / 1_000}),
        failures = failures + ${how.failed ? 1 : 0}, updated_at = now() WHERE id = ${step.crawl.id}::uuid`;
    return toCrawl(await tx.siteCrawl.findFirstOrThrow({ where: { id: step.crawl.id } }));
  });
}

type End = { readonly error: string; readonly errorCode: string } | undefined;

/** Done, or failed with a reason; older crawls of the site go. */
export async function endCrawl(database: Database, ctx: Tenant, step: Step, failure: End): Promise<SiteCrawl> {
  return database.inTenant(ctx, async (tx) => {
    await holdLease(tx, step);
    const { id } = step.crawl;
    const reason = failure ?? (await readFailure(tx, id));
    const data = {
      state: reason ? 'failed' : 'done',
      ...reason,
      leaseId: null,
      leaseUntil: null,
      finishedAt: new Date(),
    };
    const ended = toCrawl(await tx.siteCrawl.update({ where: { id }, data }));
    await tx.$executeRaw`
      DELETE FROM site_crawl WHERE site = ${ended.site} AND id NOT IN (
        SELECT id FROM site_crawl WHERE site = ${ended.site} ORDER BY created_at DESC, id DESC LIMIT ${KEPT_OF_A_SITE}
      ) AND state NOT IN ('waiting', 'running')`;
    return ended;
  });
}

/** Where nothing at all could be read, what was wrong with its start is what is wrong with it. */
async function readFailure(tx: Tx, id: string): Promise<End> {
  const crawl = await tx.siteCrawl.findFirstOrThrow({ where: { id } });
  if (crawl.added + crawl.changed + crawl.unchanged > 0) return undefined;
  const start = await tx.siteCrawlUrl.findFirst({ where: { crawlId: id, url: crawl.startUrl } });
  const found = outcome.safeParse(start?.outcome);
  if (!found.success || !isProblem(found.data)) return undefined;
  const errorCode = found.data === 'unreachable' ? 'site_down' : found.data;
  return { errorCode, error: start?.detail ?? 'The first page could not be read.' };
}

/** Whoever works on it finds out with its next page. Gives the crawl; undefined where there is no such. */
export async function cancelCrawl(
  database: Database,
  ctx: Tenant,
  id: string,
  record?: (tx: Tx, crawlId: string) => Promise<void>,
): Promise<SiteCrawl | undefined> {
  return database.inTenant(ctx, async (tx) => {
    const data = { state: 'cancelled', leaseId: null, leaseUntil: null, finishedAt: new Date() };
    const { count } = await tx.siteCrawl.updateMany({ where: { id, state: { in: OPEN } }, data });
    if (count > 0) await record?.(tx, id);
    const row = await tx.siteCrawl.findFirst({ where: { id } });
    return row ? toCrawl(row) : undefined;
  });
}
