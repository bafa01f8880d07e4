import type { Database } from '@switchyard/database';
import { AppError, type Ctx } from '@switchyard/kernel';
import type { FetchLike } from '../../commerce/request.ts';
import type { Lease } from '../../lease.ts';
import { ContentError, PageRefusal } from '../content-error.ts';
import type { Reader } from '../reading/reader.ts';
import type { SiteCrawl, WaitingAddress } from './crawl.ts';
import { keepRobots, postpone, takeWaiting, type Step } from './crawls.store.ts';
import { Pace } from './pace.ts';
import { readAddress } from './read-address.ts';
import { storeRead } from './read-address.store.ts';
import { robotsOf, type Robots } from './robots.ts';
import { fetchRobots } from './site-robots.ts';

export interface TurnOptions {
  readonly database: Database;
  readonly fetch: FetchLike;
  readonly reader: Reader;
  readonly version: string;
  /** Between two requests to a site that asks for nothing else. */
  readonly delayMs: number;
  readonly timeoutMs: number;
}

const PARALLEL = 4;
const BATCH = 32;
const MOST_ATTEMPTS = 3;
const LONGEST_RETRY_MS = 60_000;
/** A site that wants to be asked less often than that is not read. */
const LONGEST_DELAY_MS = 60_000;

/** One worker's time with one crawl. */
export class CrawlTurn {
  readonly #options: TurnOptions;
  readonly #ctx: Pick<Ctx, 'tenantId'>;
  readonly #crawl: SiteCrawl;
  readonly #step: Step;
  readonly #signal: AbortSignal;
  readonly #untilMs: number;
  readonly #robots = new Map<string, Promise<Robots>>();
  readonly #read = new Map<string, Robots>();
  #pace: Pace;
  #parallel = PARALLEL;

  constructor(
    options: TurnOptions,
    of: {
      readonly ctx: Pick<Ctx, 'tenantId'>;
      readonly crawl: SiteCrawl;
      readonly lease: Lease;
      readonly signal: AbortSignal;
      readonly untilMs: number;
    },
  ) {
    this.#options = options;
    this.#ctx = of.ctx;
    this.#crawl = of.crawl;
    this.#step = { lease: of.lease, crawl: of.crawl };
    this.#signal = of.signal;
    this.#untilMs = of.untilMs;
    this.#pace = new Pace(options.delayMs);
  }

  get step(): Step {
    return this.#step;
  }

  get #isOver(): boolean {
    return this.#signal.aborted || performance.now() > this.#untilMs;
  }

  /**
   * Reads until nothing waits that may be asked now (true), or until time is over (false). Throws LeaseLost, ContentError
   * where the site does not let itself be read, and PageRefusal where its robots.txt cannot be had.
   */
  async run(): Promise<boolean> {
    const { database } = this.#options;
    const origin = new URL(this.#crawl.startUrl).origin;
    const robots = await this.#robotsOf(origin);
    if (robots.delayMs > LONGEST_DELAY_MS)
      throw new ContentError(
        'robots_too_slow',
        'The site’s robots.txt asks for more than a minute between two requests.',
      );
    if (robots.delayMs > 0) this.#parallel = 1;
    this.#pace = new Pace(Math.max(this.#options.delayMs, robots.delayMs));
    while (!this.#isOver) {
      const waiting = await takeWaiting(database, this.#ctx, this.#step, BATCH);
      if (waiting.length === 0) return true;
      const lanes = Array.from({ length: this.#parallel }, async () => {
        for (let next = waiting.shift(); next && !this.#isOver; next = waiting.shift()) await this.#readOne(next);
      });
      const ended = await Promise.allSettled(lanes);
      for (const lane of ended) if (lane.status === 'rejected') throw lane.reason;
    }
    return false;
  }

  async #readOne(address: WaitingAddress): Promise<void> {
    const { database, fetch, reader, version, timeoutMs } = this.#options;
    try {
      if (performance.now() + this.#pace.waitMs > this.#untilMs) return;
      await this.#pace.pass(this.#signal);
      const read = await readAddress(address, {
        fetch,
        reader,
        version,
        timeoutMs,
        signal: this.#signal,
        site: this.#crawl.site,
        allows: async (url) => (await this.#robotsOf(new URL(url).origin)).allows(url),
        mayAllow: (url) => this.#read.get(new URL(url).origin)?.allows(url) ?? true,
      });
      await storeRead(database, this.#ctx, this.#step, read);
    } catch (error) {
      if (this.#signal.aborted) return;
      if (!(error instanceof PageRefusal)) throw error;
      await this.#refused(address, error);
    }
  }

  async #refused(address: WaitingAddress, { outcome, message, retryAfterMs }: PageRefusal): Promise<void> {
    const { database } = this.#options;
    const mayPass = retryAfterMs !== undefined && address.attempts + 1 < MOST_ATTEMPTS;
    if (mayPass && retryAfterMs <= LONGEST_RETRY_MS)
      return postpone(database, this.#ctx, this.#step, address.url, retryAfterMs * 2 ** address.attempts);
    const end = address.kind === 'sitemap' ? ('sitemap' as const) : outcome;
    await storeRead(database, this.#ctx, this.#step, { address, outcome: end, detail: message, found: [] });
  }

  /** Read once for a crawl; those who ask meanwhile wait for it. */
  #robotsOf(origin: string): Promise<Robots> {
    const known = this.#robots.get(origin);
    if (known) return known;
    const reading = this.#readRobots(origin);
    this.#robots.set(origin, reading);
    reading.catch(() => this.#robots.delete(origin));
    return reading;
  }

  async #readRobots(origin: string): Promise<Robots> {
    const { database, fetch, version, timeoutMs } = this.#options;
    const kept = this.#crawl.robots[origin];
    const text = kept ?? (await fetchRobots(origin, { fetch, version, timeoutMs, signal: this.#signal }));
    const robots = robotsOf(origin, text);
    this.#read.set(origin, robots);
    if (kept !== undefined) return robots;
    const sitemaps = [...new Set([...robots.sitemaps, `${origin}/sitemap.xml`])];
    await keepRobots(database, this.#ctx, this.#step, { origin, text, sitemaps });
    return robots;
  }
}

/** What of a failure is for people: a code and a message. */
export function failureOf(error: unknown): { readonly error: string; readonly errorCode: string } {
  if (error instanceof ContentError) return { error: error.message, errorCode: error.code };
  if (error instanceof PageRefusal)
    return { error: error.message, errorCode: error.outcome === 'unreachable' ? 'site_down' : error.outcome };
  if (error instanceof AppError) return { error: error.message, errorCode: 'internal' };
  return { error: 'The crawl failed inside; the log has the details.', errorCode: 'internal' };
}
