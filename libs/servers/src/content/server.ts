import { McpServer, type CallToolResult } from '@modelcontextprotocol/server';
import type { Database } from '@switchyard/database';
import type { TenantId } from '@switchyard/kernel';
import type { z } from 'zod';
import { answer, refuse } from '../tool-answer.ts';
import { CONTENT_ERRORS, ContentError, isProblem } from './content-error.ts';
import { pageAddress } from './crawl/address.ts';
import type { SiteCrawl } from './crawl/crawl.ts';
import type { Crawls } from './crawl/crawls.ts';
import type { PassageVectors } from './passages/passage-vectors.ts';
import { findPassages, missingPassages, readPage, readSites } from './passages/passages.store.ts';
import {
  cancelInput,
  crawlOutput,
  pageInput,
  pageOutput,
  scrapeInput,
  searchInput,
  searchOutput,
  statusInput,
} from './schemas.ts';

export interface ContentServerOptions {
  readonly database: Database;
  readonly crawls: Crawls;
  readonly passages: PassageVectors;
  /** Every answer is of this tenant; no argument can change it. */
  readonly tenantId: TenantId;
  readonly version: string;
  /** Hears what broke; the caller of the tool only learns that something did. */
  readonly onError?: (error: unknown) => void;
}

const READ_ONLY = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false } as const;
const CHANGES = { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true } as const;
const META = { 'switchyard/category': 'content' };
const MOST_PROBLEMS = 10;
const NEAR_IN_MEANING = 60;
const NEAR_OF_ALL_SITES = 500;
const CAUGHT = 'What goes wrong is thrown; read error.data.error.code:';

/** The first-party `content` server for one tenant's sites. Connect it to one transport. */
export function createContentServer(options: ContentServerOptions): McpServer {
  const { database, crawls, passages, tenantId, version, onError } = options;
  const ctx = { tenantId };
  const server = new McpServer(
    { name: 'switchyard-content', title: 'Content of sites', version },
    {
      instructions:
        'Reads whole sites and finds passages in them. Scrape a site once, then search; scrape again to bring it up to date.',
      capabilities: { tools: {} },
    },
  );

  const guarded = async (work: () => Promise<Record<string, unknown>>): Promise<CallToolResult> => {
    try {
      return answer(await work());
    } catch (error) {
      if (error instanceof ContentError) return refuse(error.message, { code: error.code, details: error.details });
      onError?.(error);
      return refuse('The content tools failed inside: try again.', { code: 'internal' });
    }
  };

  async function crawlOf(id: string): Promise<SiteCrawl> {
    const crawl = await crawls.get(ctx, id);
    if (crawl) return crawl;
    throw new ContentError('crawl_not_found', 'There is no such crawl: scrapeSite gives the id of one.');
  }

  async function summaryOf(crawl: SiteCrawl): Promise<z.infer<typeof crawlOutput>> {
    const found = crawl.problems > 0 ? await crawls.addresses(ctx, crawl.id, { limit: MOST_PROBLEMS }) : [];
    const { site, state, known, read, added, changed, unchanged, removed, forbidden, leftOut } = crawl;
    const counts = { known, read, added, changed, unchanged, removed, forbidden, leftOut };
    const problems = found.filter((one) => isProblem(one.outcome) && one.outcome !== 'robots_forbidden');
    const shown = problems.map(({ url, outcome, detail }) => ({ url, outcome, detail }));
    return { crawlId: crawl.id, site, state, ...counts, problems: shown };
  }

  /** One that has failed is an error, so that code need not look. */
  async function answerOf(crawl: SiteCrawl): Promise<Record<string, unknown>> {
    const summary = await summaryOf(crawl);
    if (crawl.state !== 'failed') return summary;
    const code = CONTENT_ERRORS.find((known) => known === crawl.errorCode) ?? 'internal';
    throw new ContentError(code, crawl.error ?? 'The site could not be read.', summary);
  }

  server.registerTool(
    'scrapeSite',
    {
      title: 'Read a site',
      description:
        'Reads a site by its sitemap and links, keeps the main text of each page and makes it searchable. Pages that have not changed cost next to nothing. ' +
        'Large sites take longer than one call: ask getCrawlStatus until state is "done". ' +
        'Example: scrapeSite({ url: "https://docs.example.com/", maxPages: 200 }) → { crawlId, state: "done", added: 180, changed: 0, removed: 0, forbidden: 4, problems: [{ url, outcome }] }. ' +
        `${CAUGHT} robots_forbidden, private_address, bad_url, site_down, throttled, too_many_crawls.`,
      inputSchema: scrapeInput,
      outputSchema: crawlOutput,
      annotations: { title: 'Read a site', ...CHANGES },
      _meta: META,
    },
    ({ url, maxPages, maxDepth, waitSeconds }, { mcpReq: { signal } }) =>
      guarded(async () => {
        const crawl = await crawls.start(ctx, { url, maxPages, maxDepth }, { startedBy: 'tool' });
        return answerOf(await crawls.runFor(ctx, crawl, { forMs: waitSeconds * 1_000, signal }));
      }),
  );

  server.registerTool(
    'getCrawlStatus',
    {
      title: 'See how a crawl stands',
      description:
        'How far the reading of a site is, what it found and which pages could not be read. ' +
        'Example: getCrawlStatus({ crawlId, waitSeconds: 10 }) → { state: "running", known: 900, read: 210, problems: [{ url, outcome: "too_large" }] }. ' +
        `${CAUGHT} crawl_not_found; of a crawl that has failed what it failed with, such as site_down.`,
      inputSchema: statusInput,
      outputSchema: crawlOutput,
      annotations: { title: 'See how a crawl stands', ...READ_ONLY },
      _meta: META,
    },
    ({ crawlId, waitSeconds }, { mcpReq: { signal } }) =>
      guarded(async () => {
        const crawl = await crawlOf(crawlId);
        return answerOf(
          waitSeconds > 0 ? await crawls.runFor(ctx, crawl, { forMs: waitSeconds * 1_000, signal }) : crawl,
        );
      }),
  );

  server.registerTool(
    'cancelCrawl',
    {
      title: 'Stop a crawl',
      description:
        'Stops the reading of a site; what was read stays. Example: cancelCrawl({ crawlId }) → { state: "cancelled", read: 210, … }. ' +
        `${CAUGHT} crawl_not_found.`,
      inputSchema: cancelInput,
      outputSchema: crawlOutput,
      annotations: { title: 'Stop a crawl', ...CHANGES, openWorldHint: false },
      _meta: META,
    },
    ({ crawlId }) =>
      guarded(async () => {
        await crawls.cancel(ctx, crawlId);
        return summaryOf(await crawlOf(crawlId));
      }),
  );

  server.registerTool(
    'searchContent',
    {
      title: 'Search in sites',
      description:
        'Passages of the sites that were read, by words and by meaning, best first. ' +
        'Example: searchContent({ query: "return policy", limit: 3 }) → { results: [{ url, title, heading, text, score }] }. Nothing found is an empty list.',
      inputSchema: searchInput,
      outputSchema: searchOutput,
      annotations: { title: 'Search in sites', ...READ_ONLY },
      _meta: META,
    },
    ({ query, site, limit }) =>
      guarded(async () => {
        const near = await passages.nearest(ctx, query, site === undefined ? NEAR_IN_MEANING : NEAR_OF_ALL_SITES);
        const ids = near.map(({ id }) => id);
        const { weight, model } = passages.embedder;
        const wanted = site
          ?.trim()
          .toLowerCase()
          .replace(/^www\./, '');
        const found = await findPassages(database, ctx, { query, site: wanted, limit }, { ids, weight });
        if (ids.length > 0) passages.forget(ctx, await missingPassages(database, ctx, ids));
        return {
          results: found.map(({ id: _id, readAt, score, ...passage }) => ({
            ...passage,
            readAt: readAt.toISOString(),
            score: Math.round(score * 1_000) / 1_000,
          })),
          embedding: model,
        } satisfies z.infer<typeof searchOutput>;
      }),
  );

  server.registerTool(
    'getPage',
    {
      title: 'Get a page',
      description:
        'The main text of one page that was read, a part at a time. ' +
        'Example: getPage({ url: "https://docs.example.com/returns" }) → { title, text, chars: 5120, nextOffset: null }. ' +
        `${CAUGHT} page_not_found (sites: what there is).`,
      inputSchema: pageInput,
      outputSchema: pageOutput,
      annotations: { title: 'Get a page', ...READ_ONLY },
      _meta: META,
    },
    ({ url, offset, limit }) =>
      guarded(async () => {
        const page = (await readPage(database, ctx, url)) ?? (await readPage(database, ctx, pageAddress(url) ?? url));
        if (!page) {
          const sites = await readSites(database, ctx);
          throw new ContentError('page_not_found', 'No such page was read: search for it, or scrape its site.', {
            sites,
          });
        }
        const { text, readAt, changedAt, ...about } = page;
        const end = Math.min(offset + limit, text.length);
        return {
          ...about,
          text: text.slice(offset, end),
          chars: text.length,
          nextOffset: end < text.length ? end : null,
          readAt: readAt.toISOString(),
          changedAt: changedAt.toISOString(),
        } satisfies z.infer<typeof pageOutput>;
      }),
  );
  return server;
}
