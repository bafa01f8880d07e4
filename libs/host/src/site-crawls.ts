import { isUuid, AppError, systemCtx, type Ctx } from '@switchyard/kernel';
import type { Tx } from '@switchyard/database';
import { ContentError, type CrawledAddress, type Crawls, type SiteCrawl } from '@switchyard/servers';
import { createRounds, type Rounds } from './rounds.ts';

/** Reading sites: for people to start and see, and in the background. */
export interface SiteCrawls extends Rounds {
  /** Audited. Errors: AppError `forbidden` for an address that must not be reached, `unprocessable`, `rate_limited`. */
  start(
    ctx: Ctx,
    crawl: { readonly url: string; readonly maxPages?: number; readonly maxDepth?: number },
  ): Promise<SiteCrawl>;
  /** Audited. Errors: `not_found`, also for another tenant's. */
  cancel(ctx: Ctx, id: string): Promise<SiteCrawl>;
  /** Errors: `not_found`. */
  get(ctx: Ctx, id: string): Promise<SiteCrawl>;
  /** The latest first. */
  list(ctx: Ctx, limit: number): Promise<readonly SiteCrawl[]>;
  /** Addresses by how they ended; all problems where no outcome is named. */
  addresses(
    ctx: Ctx,
    id: string,
    of: { readonly outcomes?: readonly string[]; readonly limit: number },
  ): Promise<readonly CrawledAddress[]>;
  outcomes(ctx: Ctx, id: string): Promise<Readonly<Record<string, number>>>;
}

interface Options {
  readonly crawls: Crawls;
  readonly audit: (
    tx: Tx,
    ctx: Ctx,
    event: {
      readonly action: string;
      readonly target: { readonly kind: string; readonly id: string };
      readonly after?: { readonly url: string };
    },
  ) => Promise<unknown>;
}

const TURN_MS = 60_000;

export function createSiteCrawls({ crawls, audit }: Options): SiteCrawls {
  const rounds = createRounds(async (tenantId, signal) => {
    await crawls.work(systemCtx(tenantId, 'crawl', signal), { signal, forMs: TURN_MS });
  });
  async function get(ctx: Ctx, id: string): Promise<SiteCrawl> {
    const crawl = isUuid(id) ? await crawls.get(ctx, id) : undefined;
    if (!crawl) throw notFound();
    return crawl;
  }
  return {
    ...rounds,
    get,
    list: (ctx, limit) => crawls.list(ctx, limit),
    async addresses(ctx, id, of) {
      await get(ctx, id);
      return crawls.addresses(ctx, id, of);
    },
    async outcomes(ctx, id) {
      await get(ctx, id);
      return crawls.outcomes(ctx, id);
    },
    async start(ctx, crawl) {
      const record = async (tx: Tx, targetId: string): Promise<void> => {
        await audit(tx, ctx, {
          action: 'crawl.started',
          target: { kind: 'crawl', id: targetId },
          after: { url: crawl.url },
        });
      };
      try {
        return await crawls.start(ctx, crawl, { startedBy: ctx.principal.name, record });
      } catch (error) {
        throw refusalOf(error);
      }
    },
    async cancel(ctx, id) {
      const record = async (tx: Tx, targetId: string): Promise<void> => {
        await audit(tx, ctx, { action: 'crawl.cancelled', target: { kind: 'crawl', id: targetId } });
      };
      const cancelled = isUuid(id) ? await crawls.cancel(ctx, id, record) : undefined;
      if (!cancelled) throw notFound();
      return cancelled;
    },
  };
}

const notFound = (): AppError => new AppError('not_found', 'There is no such crawl in this tenant.');

function refusalOf(error: unknown): unknown {
  if (!(error instanceof ContentError)) return error;
  switch (error.code) {
    case 'private_address':
      return new AppError('forbidden', error.message, { reason: 'egress' });
    case 'too_many_crawls':
      return new AppError('rate_limited', error.message, { retryAfterSeconds: 60 });
    default:
      return new AppError('unprocessable', error.message, { path: 'url', reason: error.code });
  }
}
