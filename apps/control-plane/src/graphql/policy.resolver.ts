import { Inject } from '@nestjs/common';
import { Args, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { Ctx } from '@switchyard/kernel';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import { PolicyModeEnum } from './enums.ts';
import { given, pageLimit } from './paging.ts';
import { DecisionFilter, DecisionPage, GrantChange, Policy } from './policy.model.ts';

@Resolver(() => Policy)
export class PolicyResolver {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Query(() => Policy)
  @Access('grants.read')
  async policy(@CurrentCtx() ctx: Ctx) {
    const [state, grants] = await Promise.all([this.services.policy.state(ctx), this.services.policy.listGrants(ctx)]);
    return { ...state, grants };
  }

  @Query(() => DecisionPage)
  @Access('policy.read')
  decisions(
    @CurrentCtx() ctx: Ctx,
    @Args('filter', { type: () => DecisionFilter, nullable: true }) filter: DecisionFilter | null,
    @Args('cursor', { type: () => String, nullable: true }) cursor: string | null,
    @Args('limit', { type: () => Int, defaultValue: 25 }) limit: number,
  ) {
    return this.services.policy.listDecisions(ctx, {
      ...given(filter),
      cursor: cursor ?? undefined,
      limit: pageLimit(limit),
    });
  }

  @Mutation(() => Policy)
  @Access('grants.write')
  async setGrants(
    @CurrentCtx() ctx: Ctx,
    @Args('expectedRevision', { type: () => Int }) expectedRevision: number,
    @Args('changes', { type: () => [GrantChange] }) changes: GrantChange[],
    @Args('comment', { type: () => String, nullable: true }) comment: string | null,
  ) {
    const wanted = changes.map((change) => ({ ...change, effect: change.effect ?? null }));
    await this.services.policy.setGrants(ctx, { changes: wanted, expectedRevision, comment });
    return this.policy(ctx);
  }

  @Mutation(() => Policy)
  @Access('policy.write')
  async setPolicyMode(
    @CurrentCtx() ctx: Ctx,
    @Args('mode', { type: () => PolicyModeEnum }) mode: keyof typeof PolicyModeEnum,
  ) {
    await this.services.policy.setMode(ctx, mode);
    return this.policy(ctx);
  }
}
