import { Inject } from '@nestjs/common';
import { Args, ID, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { Ctx } from '@switchyard/kernel';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import { shownShadow } from './case-answer.model.ts';
import { GradeEnum, EquivalenceEnum } from './enums.ts';
import { shown, toMicros } from './micros.ts';
import { pageLimit } from './paging.ts';
import {
  GradeCount,
  GradedAnswer,
  GradedAnswerPage,
  Sampling,
  SetSampling,
  ShadowRun,
  ShadowRunPage,
  ShadowSummary,
} from './sampling.model.ts';

@Resolver()
export class SamplingResolver {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Query(() => Sampling)
  @Access('comparisons.read')
  async sampling(@CurrentCtx() ctx: Ctx) {
    return shown(await this.services.compare.sampling(ctx));
  }

  @Mutation(() => Sampling)
  @Access('sampling.write')
  async setSampling(@CurrentCtx() ctx: Ctx, @Args('input') input: SetSampling) {
    const settings = { ...input, shadowBudgetMicros: toMicros(input.shadowBudgetMicros, 'shadowBudgetMicros') };
    return shown(await this.services.compare.setSampling(ctx, settings));
  }

  @Query(() => ShadowRunPage)
  @Access('comparisons.read')
  async shadowRuns(
    @CurrentCtx() ctx: Ctx,
    @Args('verdict', { type: () => EquivalenceEnum, nullable: true }) verdict: keyof typeof EquivalenceEnum | null,
    @Args('cursor', { type: () => String, nullable: true }) cursor: string | null,
    @Args('limit', { type: () => Int, defaultValue: 25 }) limit: number,
  ) {
    const page = await this.services.compare.listShadows(ctx, { verdict, cursor, limit: pageLimit(limit) });
    return { ...page, items: page.items.map(shownShadow) };
  }

  @Query(() => ShadowRun)
  @Access('comparisons.read')
  async shadowRun(@CurrentCtx() ctx: Ctx, @Args('id', { type: () => ID }) id: string) {
    return shownShadow(await this.services.compare.getShadow(ctx, id));
  }

  @Query(() => ShadowSummary)
  @Access('comparisons.read')
  async shadowSummary(@CurrentCtx() ctx: Ctx) {
    return shown(await this.services.compare.shadowSummary(ctx));
  }

  @Query(() => GradedAnswerPage, { description: 'graded: false is the queue' })
  @Access('comparisons.read')
  sampledAnswers(
    @CurrentCtx() ctx: Ctx,
    @Args('graded', { type: () => Boolean, nullable: true }) graded: boolean | null,
    @Args('cursor', { type: () => String, nullable: true }) cursor: string | null,
    @Args('limit', { type: () => Int, defaultValue: 25 }) limit: number,
  ) {
    return this.services.compare.listAnswers(ctx, { graded, cursor, limit: pageLimit(limit) });
  }

  @Query(() => [GradeCount])
  @Access('comparisons.read')
  gradeCounts(@CurrentCtx() ctx: Ctx) {
    return this.services.compare.gradeCounts(ctx);
  }

  @Mutation(() => GradedAnswer)
  @Access('answers.grade')
  gradeAnswer(
    @CurrentCtx() ctx: Ctx,
    @Args('id', { type: () => ID }) id: string,
    @Args('grade', { type: () => GradeEnum }) grade: keyof typeof GradeEnum,
    @Args('comment', { type: () => String, nullable: true }) comment: string | null,
  ) {
    return this.services.compare.grade(ctx, { id, grade, comment });
  }
}
