import { Inject } from '@nestjs/common';
import { Args, ID, Int, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { Ctx } from '@switchyard/kernel';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import { given, pageLimit } from './paging.ts';
import { CrawledAddress, OutcomeCount, SiteCrawl, StartSiteCrawlInput } from './site-crawl.model.ts';

@Resolver(() => SiteCrawl)
export class SiteCrawlResolver {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Query(() => [SiteCrawl], { description: 'the latest first' })
  @Access('connections.read')
  siteCrawls(@CurrentCtx() ctx: Ctx, @Args('limit', { type: () => Int, defaultValue: 20 }) limit: number) {
    return this.services.siteCrawls.list(ctx, pageLimit(limit));
  }

  @Query(() => SiteCrawl)
  @Access('connections.read')
  siteCrawl(@CurrentCtx() ctx: Ctx, @Args('id', { type: () => ID }) id: string) {
    return this.services.siteCrawls.get(ctx, id);
  }

  @Mutation(() => SiteCrawl, { description: 'the open crawl of the site, or a new one' })
  @Access('connections.write')
  startSiteCrawl(@CurrentCtx() ctx: Ctx, @Args('input') { url, ...bounds }: StartSiteCrawlInput) {
    return this.services.siteCrawls.start(ctx, { url, ...given(bounds) });
  }

  @Mutation(() => SiteCrawl)
  @Access('connections.write')
  cancelSiteCrawl(@CurrentCtx() ctx: Ctx, @Args('id', { type: () => ID }) id: string) {
    return this.services.siteCrawls.cancel(ctx, id);
  }

  @ResolveField(() => [CrawledAddress], { description: 'the latest first; all problems where no outcome is named' })
  @Access('connections.read')
  addresses(
    @CurrentCtx() ctx: Ctx,
    @Parent() crawl: SiteCrawl,
    @Args('outcome', { type: () => String, nullable: true }) outcome: string | null,
    @Args('limit', { type: () => Int, defaultValue: 50 }) limit: number,
  ) {
    return this.services.siteCrawls.addresses(ctx, crawl.id, {
      ...(outcome == null ? {} : { outcomes: [outcome] }),
      limit: pageLimit(limit),
    });
  }

  @ResolveField(() => [OutcomeCount], { description: 'pages by how reading them ended' })
  @Access('connections.read')
  async outcomes(@CurrentCtx() ctx: Ctx, @Parent() crawl: SiteCrawl) {
    const counts = await this.services.siteCrawls.outcomes(ctx, crawl.id);
    return Object.entries(counts).map(([outcome, count]) => ({ outcome, count }));
  }
}
