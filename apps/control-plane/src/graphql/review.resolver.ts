import { Inject } from '@nestjs/common';
import { Args, ID, Int, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { AppError, type Ctx } from '@switchyard/kernel';
import type { Review as Reviews, ReviewedItem } from '@switchyard/runs';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import { given, pageLimit } from './paging.ts';
import {
  Block,
  Review,
  ReviewCounts,
  ReviewFilter,
  ReviewItem,
  ReviewPage,
  ReviewRules,
  ReviewRulesInput,
  VerdictInput,
} from './review.model.ts';
import { Run } from './run.model.ts';

const DAY_MS = 86_400_000;
const EARLIER_RUNS = 20;

interface Shown {
  readonly item: ReviewedItem;
  readonly verdicts: ReviewedItem['verdicts'];
  readonly similar: ReviewedItem['similar'];
}
const shown = (item: ReviewedItem): Shown => ({ item, verdicts: item.verdicts, similar: item.similar });

@Resolver(() => Review)
export class ReviewResolver {
  private readonly review: Reviews;

  constructor(@Inject(SERVICES) private readonly services: Services) {
    this.review = services.review;
  }

  @Query(() => ReviewPage)
  @Access('reviews.read')
  reviews(
    @CurrentCtx() ctx: Ctx,
    @Args('filter', { type: () => ReviewFilter, nullable: true }) filter: ReviewFilter | null,
    @Args('cursor', { type: () => String, nullable: true }) cursor: string | null,
    @Args('limit', { type: () => Int, defaultValue: 25 }) limit: number,
  ) {
    return this.review.list(ctx, { ...given(filter), cursor, limit: pageLimit(limit) });
  }

  @Query(() => Review, { name: 'review' })
  @Access('reviews.read')
  async one(@CurrentCtx() ctx: Ctx, @Args('id', { type: () => ID }) id: string) {
    return shown(await this.review.get(ctx, id));
  }

  @Query(() => [ReviewItem], { description: 'one at most; none where nobody looks at the run' })
  @Access('reviews.read')
  async reviewsOfRun(@CurrentCtx() ctx: Ctx, @Args('runId', { type: () => ID }) runId: string) {
    return [(await this.review.ofRun(ctx, runId)) ?? []].flat();
  }

  @Query(() => ReviewCounts)
  @Access('reviews.read')
  reviewCounts(@CurrentCtx() ctx: Ctx) {
    return this.review.counts(ctx);
  }

  @Query(() => ReviewRules)
  @Access('reviews.read')
  reviewRules(@CurrentCtx() ctx: Ctx) {
    return this.review.rules(ctx);
  }

  @Query(() => [Block], { description: 'those that stand, then the last that were lifted' })
  @Access('reviews.read')
  blocks(@CurrentCtx() ctx: Ctx) {
    return this.review.listBlocks(ctx);
  }

  @Mutation(() => ReviewRules, { description: 'what is left out stays' })
  @Access('reviews.decide')
  setReviewRules(@CurrentCtx() ctx: Ctx, @Args('input', { type: () => ReviewRulesInput }) input: ReviewRulesInput) {
    return this.review.setRules(ctx, given(input));
  }

  @Mutation(() => ReviewItem, { description: 'puts a run before reviewers' })
  @Access('reviews.decide')
  askForReview(@CurrentCtx() ctx: Ctx, @Args('runId', { type: () => ID }) runId: string) {
    return this.review.ask(ctx, runId);
  }

  @Mutation(() => Review, { description: 'for a signed-in owner, admin or reviewer; keys are refused' })
  @Access('reviews.decide')
  async giveVerdict(
    @CurrentCtx() ctx: Ctx,
    @Args('input', { type: () => VerdictInput }) { itemId, seen, verdict, comment, block }: VerdictInput,
  ) {
    if (seen === 'closed') throw new AppError('conflict', 'This review is closed already.');
    return shown(await this.review.giveVerdict(ctx, { itemId, seen, verdict, comment, block: block ?? undefined }));
  }

  @Mutation(() => Block, { description: 'for a signed-in owner, admin or reviewer; keys are refused' })
  @Access('reviews.decide')
  liftBlock(@CurrentCtx() ctx: Ctx, @Args('id', { type: () => ID }) id: string) {
    return this.review.liftBlock(ctx, id);
  }

  @ResolveField(() => Run)
  @Access('runs.read')
  run(@CurrentCtx() ctx: Ctx, @Parent() { item }: Shown) {
    return this.services.ledger.getRun(ctx, item.runId);
  }

  @ResolveField(() => [Run])
  @Access('runs.read')
  async earlierRuns(@CurrentCtx() ctx: Ctx, @Parent() { item }: Shown) {
    const { codeHashes, runId } = item;
    const { items } = await this.services.ledger.listRuns(ctx, { codeHashes, limit: EARLIER_RUNS + 1 });
    return items.filter(({ id }) => id !== runId).slice(0, EARLIER_RUNS);
  }

  @ResolveField(() => Number, { nullable: true })
  @Access('reviews.read')
  async costMicros(@CurrentCtx() ctx: Ctx, @Parent() { item }: Shown): Promise<number | null> {
    const around = (ms: number): Date => new Date(item.createdAt.getTime() + ms);
    const span = { from: around(-DAY_MS), to: around(DAY_MS) };
    const rows = await this.services.ledger.usage(ctx, { ...span, by: 'run', run: item.runId });
    const priced = rows.filter(({ calls, unpricedCalls, scripted }) => !scripted && calls > unpricedCalls);
    return priced.length === 0 ? null : priced.reduce((sum, row) => sum + Number(row.costMicros), 0);
  }
}
