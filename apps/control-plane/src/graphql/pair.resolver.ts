import { Inject } from '@nestjs/common';
import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { Ctx } from '@switchyard/kernel';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import { PairChoiceEnum } from './enums.ts';
import { BlindPair, PairSummary } from './pair.model.ts';

@Resolver()
export class PairResolver {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Query(() => [BlindPair], { description: 'of a comparison, or without one of the latest fifty shadow runs' })
  @Access('answers.grade')
  blindPairs(
    @CurrentCtx() ctx: Ctx,
    @Args('comparison', { type: () => ID, nullable: true }) comparison: string | null,
  ) {
    return this.services.compare.pairs(ctx, { comparison: comparison ?? null });
  }

  @Query(() => PairSummary, { description: 'what people said of those pairs' })
  @Access('comparisons.read')
  pairSummary(
    @CurrentCtx() ctx: Ctx,
    @Args('comparison', { type: () => ID, nullable: true }) comparison: string | null,
  ) {
    return this.services.compare.pairSummary(ctx, { comparison: comparison ?? null });
  }

  @Mutation(() => BlindPair, { description: 'once for each person; said again, the last word counts' })
  @Access('answers.grade')
  gradePair(
    @CurrentCtx() ctx: Ctx,
    @Args('id', { type: () => ID }) id: string,
    @Args('choice', { type: () => PairChoiceEnum }) choice: keyof typeof PairChoiceEnum,
  ) {
    return this.services.compare.gradePair(ctx, { id, choice });
  }
}
