import { setTimeout as sleep } from 'node:timers/promises';
import type { Tx } from '@switchyard/database';
import { AppError, newId, type Ctx } from '@switchyard/kernel';
import { LeaseLost } from '../../lease.ts';
import { ContentError, PageRefusal } from '../content-error.ts';
import { pageAddress, siteOf } from './address.ts';
import type { SiteCrawl } from './crawl.ts';
import { CrawlTurn, failureOf, type TurnOptions } from './crawl-turn.ts';
import {
  cancelCrawl,
  claimCrawl,
  countOutcomes,
  endCrawl,
  leaveCrawl,
  listCrawls,
  nextWaitMs,
  readAddresses,
  readCrawl,
  startCrawl,
  type Step,
} from './crawls.store.ts';

type Tenant = Pick<Ctx, 'tenantId'>;

export interface CrawlsOptions extends Omit<TurnOptions, 'delayMs' | 'timeoutMs'> {
  /** Throws AppError where the URL must not be reached. */
  readonly checkUrl: (url: string) => Promise<void>;
  /** Makes what was read searchable by meaning. */
  readonly embed: (ctx: Tenant) => Promise<void>;
  readonly onError: (error: unknown) => void;
  /** How long a worker that has died keeps a crawl from the others. */
  readonly leaseMs?: number;
  /** Between two requests to one site. */
  readonly delayMs?: number;
  /** For one request. */
  readonly timeoutMs?: number;
}

export interface NewCrawl {
  readonly url: string;
  readonly maxPages?: number | undefined;
  /** Links from the start, or from a sitemap. */
  readonly maxDepth?: number | undefined;
}

export interface StartedBy {
  readonly startedBy: string;
  /** What goes on record in the same transaction. */
  readonly record?: (tx: Tx, crawlId: string) => Promise<void>;
}

interface Work {
  readonly signal: AbortSignal;
  /** Leaves the rest to others after so long. */
  readonly forMs: number;
}

/** More than the longest wait between two requests and one request together. */
const LEASE_MS = 120_000;
const DELAY_MS = 200;
const TIMEOUT_MS = 20_000;
const POLL_MS = 300;
const MOST_FAILURES = 4;
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 300_000;
const MOST_LISTED = 200;
export const DEFAULT_PAGES = 500;
export const MOST_PAGES = 10_000;
export const DEFAULT_DEPTH = 10;
export const MOST_DEPTH = 50;

/**
 * Reads sites into the tenant's pages: an address at a time and a transaction for each, so that whoever comes after a crash
 * goes on with those that still wait. What a site does to resist is bounded and ends as the outcome of that address.
 */
export class Crawls {
  readonly #options: CrawlsOptions;
  readonly #leaseMs: number;

  constructor(options: CrawlsOptions) {
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? LEASE_MS;
  }

  /** The open one of this site, or a new one. Throws ContentError for an address that must not or cannot be read. */
  async start(ctx: Tenant, crawl: NewCrawl, by: StartedBy): Promise<SiteCrawl> {
    const startUrl = pageAddress(crawl.url);
    if (startUrl === undefined)
      throw new ContentError('bad_url', 'This is no address of a page: write it as https://host/path.');
    try {
      await this.#options.checkUrl(startUrl);
    } catch (error) {
      throw refusedAddress(error);
    }
    const maxPages = Math.min(Math.max(Math.trunc(crawl.maxPages ?? DEFAULT_PAGES), 1), MOST_PAGES);
    const maxDepth = Math.min(Math.max(Math.trunc(crawl.maxDepth ?? DEFAULT_DEPTH), 0), MOST_DEPTH);
    return startCrawl(this.#options.database, ctx, { ...by, site: siteOf(startUrl), startUrl, maxPages, maxDepth });
  }

  get(ctx: Tenant, id: string): Promise<SiteCrawl | undefined> {
    return readCrawl(this.#options.database, ctx, id);
  }

  /** The latest first. */
  list(ctx: Tenant, limit: number): Promise<SiteCrawl[]> {
    return listCrawls(this.#options.database, ctx, Math.min(limit, MOST_LISTED));
  }

  /** Addresses by how they ended; all problems where no outcome is named. */
  addresses(
    ctx: Tenant,
    crawlId: string,
    of: { readonly outcomes?: readonly string[] | undefined; readonly limit: number },
  ) {
    return readAddresses(this.#options.database, ctx, crawlId, { ...of, limit: Math.min(of.limit, MOST_LISTED) });
  }

  outcomes(ctx: Tenant, crawlId: string): Promise<Record<string, number>> {
    return countOutcomes(this.#options.database, ctx, crawlId);
  }

  /** Undefined where there is no such crawl; one that has ended stays as it is. */
  cancel(ctx: Tenant, id: string, record?: StartedBy['record']): Promise<SiteCrawl | undefined> {
    return cancelCrawl(this.#options.database, ctx, id, record);
  }

  /** Works on the crawl, or waits while another does, for so long. */
  async runFor(ctx: Tenant, crawl: SiteCrawl, { signal, forMs }: Work): Promise<SiteCrawl> {
    const until = performance.now() + forMs;
    let now = crawl;
    for (let leftMs = forMs; now.finishedAt === null && leftMs > 0; leftMs = until - performance.now()) {
      signal.throwIfAborted();
      const worked = await this.work(ctx, { signal, forMs: leftMs }, crawl.id);
      now = worked ?? (await this.get(ctx, crawl.id)) ?? now;
      if (now.finishedAt === null) await sleep(Math.min(POLL_MS, Math.max(0, until - performance.now())));
    }
    return now;
  }

  /** Works on a crawl of the tenant that nobody works on: the given one, or the oldest. Undefined when there is none. */
  async work(ctx: Tenant, { signal, forMs }: Work, crawlId?: string): Promise<SiteCrawl | undefined> {
    const { database, delayMs = DELAY_MS, timeoutMs = TIMEOUT_MS } = this.#options;
    const lease = { id: newId(), forMs: this.#leaseMs };
    const crawl = await claimCrawl(database, ctx, lease, crawlId);
    if (!crawl) return undefined;
    const untilMs = performance.now() + forMs;
    const turn = new CrawlTurn({ ...this.#options, delayMs, timeoutMs }, { ctx, crawl, lease, signal, untilMs });
    try {
      const isThrough = await turn.run();
      if (!isThrough) return await leaveCrawl(database, ctx, turn.step, { afterMs: 0, failed: false });
      const afterMs = await nextWaitMs(database, ctx, crawl.id);
      if (afterMs !== undefined) return await leaveCrawl(database, ctx, turn.step, { afterMs, failed: false });
      await this.#embed(ctx); // before it is called done
      return await endCrawl(database, ctx, turn.step, undefined);
    } catch (error) {
      if (error instanceof LeaseLost) return this.get(ctx, crawl.id);
      return this.#fail(ctx, turn.step, crawl, error, signal);
    }
  }

  async #fail(ctx: Tenant, step: Step, crawl: SiteCrawl, error: unknown, signal: AbortSignal) {
    const { database, onError } = this.#options;
    try {
      if (signal.aborted) return await leaveCrawl(database, ctx, step, { afterMs: 0, failed: false });
      if (!(error instanceof ContentError) && !(error instanceof PageRefusal)) onError(error);
      const mayPass =
        error instanceof PageRefusal ? error.retryAfterMs !== undefined : !(error instanceof ContentError);
      if (mayPass && crawl.failures + 1 < MOST_FAILURES) {
        const asked = error instanceof PageRefusal ? (error.retryAfterMs ?? 0) : 0;
        const afterMs = Math.min(LONGEST_RETRY_MS, Math.max(asked, FIRST_RETRY_MS * 2 ** crawl.failures));
        return await leaveCrawl(database, ctx, step, { afterMs, failed: true });
      }
      return await endCrawl(database, ctx, step, failureOf(error));
    } catch (thrown) {
      if (thrown instanceof LeaseLost) return this.get(ctx, crawl.id);
      throw thrown;
    }
  }

  /** A model that is away costs nothing but its share: the search embeds what waits when it is used. */
  async #embed(ctx: Tenant): Promise<void> {
    try {
      await this.#options.embed(ctx);
    } catch (error) {
      this.#options.onError(error);
    }
  }
}

function refusedAddress(error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  if (error.code === 'forbidden') return new ContentError('private_address', error.message);
  if (error.code === 'unavailable') return new ContentError('site_down', error.message);
  return new ContentError('bad_url', error.message);
}
