import { Inject } from '@nestjs/common';
import { Args, ID, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import { markdownOf, type Report } from '@switchyard/compare';
import type { Ctx } from '@switchyard/kernel';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import { shownCase } from './case-answer.model.ts';
import { Comparison, ComparisonPage, ComparisonReport, StartComparison, Suite } from './comparison.model.ts';
import { pageLimit } from './paging.ts';

const priced = <Arm extends { readonly costMicros: string | null }>(arm: Arm) => ({
  ...arm,
  costMicros: arm.costMicros === null ? null : Number(arm.costMicros),
});

function shown(report: Report) {
  const { comparison, figures, cases, notice } = report;
  const { startedAt, finishedAt } = comparison;
  return {
    notice,
    cases: cases.map(shownCase),
    comparison: {
      ...comparison,
      startedAt: new Date(startedAt),
      finishedAt: finishedAt === null ? null : new Date(finishedAt),
    },
    figures: { ...figures, baseline: priced(figures.baseline), candidate: priced(figures.candidate) },
    markdown: markdownOf(report),
    json: report,
  };
}

@Resolver()
export class ComparisonResolver {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Query(() => [Suite])
  @Access('comparisons.read')
  suites() {
    return this.services.compare.suites.map(({ suite, version, title, description, requires, cases }) => ({
      name: suite,
      version,
      title,
      description,
      requires,
      cases: cases.map(({ id, category, messages, writes }) => ({
        id,
        category,
        writes,
        question: messages.at(-1)?.content ?? '',
      })),
    }));
  }

  @Query(() => ComparisonPage)
  @Access('comparisons.read')
  comparisons(
    @CurrentCtx() ctx: Ctx,
    @Args('suite', { type: () => String, nullable: true }) suite: string | null,
    @Args('cursor', { type: () => String, nullable: true }) cursor: string | null,
    @Args('limit', { type: () => Int, defaultValue: 25 }) limit: number,
  ) {
    return this.services.compare.list(ctx, { suite, cursor, limit: pageLimit(limit) });
  }

  @Query(() => Comparison)
  @Access('comparisons.read')
  comparison(@CurrentCtx() ctx: Ctx, @Args('id', { type: () => ID }) id: string) {
    return this.services.compare.get(ctx, id);
  }

  @Query(() => ComparisonReport, { description: 'of what was answered so far' })
  @Access('comparisons.read')
  async comparisonReport(@CurrentCtx() ctx: Ctx, @Args('id', { type: () => ID }) id: string) {
    return shown(await this.services.compare.report(ctx, id));
  }

  @Mutation(() => Comparison, { description: 'goes on by itself: `changed` tells of comparisons' })
  @Access('comparisons.run')
  startComparison(@CurrentCtx() ctx: Ctx, @Args('input') input: StartComparison) {
    return this.services.compare.start(ctx, input);
  }

  @Mutation(() => Comparison)
  @Access('comparisons.run')
  resumeComparison(@CurrentCtx() ctx: Ctx, @Args('id', { type: () => ID }) id: string) {
    return this.services.compare.resume(ctx, id);
  }

  @Mutation(() => Comparison)
  @Access('comparisons.run')
  cancelComparison(@CurrentCtx() ctx: Ctx, @Args('id', { type: () => ID }) id: string) {
    return this.services.compare.cancel(ctx, id);
  }
}
