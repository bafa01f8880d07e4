import { Inject } from '@nestjs/common';
import { Args, ID, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { Ctx } from '@switchyard/kernel';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import {
  PolicyQuestion,
  PolicyVersion,
  PolicyVersionGrants,
  ReplayPart,
  SimulatedDecision,
} from './policy-draft.model.ts';
import { GrantChange, Policy } from './policy.model.ts';
import { PolicyRuleInput } from './rule.model.ts';
import { ruleOf } from './rule.resolver.ts';

/** Policies that are not in force: earlier ones, and those that somebody is thinking of. */
@Resolver()
export class PolicyDraftResolver {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Query(() => [PolicyVersion])
  @Access('grants.read')
  policyVersions(
    @CurrentCtx() ctx: Ctx,
    @Args('before', { type: () => Int, nullable: true }) before: number | null,
    @Args('limit', { type: () => Int, defaultValue: 50 }) limit: number,
  ) {
    return this.services.policy.listVersions(ctx, { before, limit });
  }

  @Query(() => PolicyVersionGrants)
  @Access('grants.read')
  async policyVersion(@CurrentCtx() ctx: Ctx, @Args('revision', { type: () => Int }) revision: number) {
    return { revision, ...(await this.services.policy.versionGrants(ctx, revision)) };
  }

  @Query(() => SimulatedDecision)
  @Access('policy.read')
  simulateDecision(
    @CurrentCtx() ctx: Ctx,
    @Args('question', { type: () => PolicyQuestion }) question: PolicyQuestion,
    @Args('changes', { type: () => [GrantChange], defaultValue: [] }) changes: GrantChange[],
  ) {
    return this.services.policy.simulate(ctx, question, { changes });
  }

  @Query(() => ReplayPart, { description: 'Ask again with `next` as the cursor until it is null.' })
  @Access('policy.read')
  replayDecisions(
    @CurrentCtx() ctx: Ctx,
    @Args('changes', { type: () => [GrantChange], defaultValue: [] }) changes: GrantChange[],
    @Args('rule', { type: () => PolicyRuleInput, nullable: true, description: 'a rule as it would be' })
    rule: PolicyRuleInput | null,
    @Args('ruleId', {
      type: () => ID,
      nullable: true,
      description: 'the rule that is changed, or taken away where there is no `rule`',
    })
    ruleId: string | null,
    @Args('moduleRevision', {
      type: () => Int,
      nullable: true,
      description: "the tenant's own rules as of this revision; 0: none",
    })
    moduleRevision: number | null,
    @Args('cursor', { type: () => String, nullable: true }) cursor: string | null,
    @Args('limit', { type: () => Int, defaultValue: 2_000 }) limit: number,
  ) {
    return this.services.policy.replay(
      ctx,
      { changes, rule: rule && ruleOf(rule), ruleId, moduleRevision },
      { cursor, limit },
    );
  }

  @Mutation(() => Policy)
  @Access('grants.write')
  async rollBackPolicy(
    @CurrentCtx() ctx: Ctx,
    @Args('revision', { type: () => Int }) revision: number,
    @Args('expectedRevision', { type: () => Int }) expectedRevision: number,
    @Args('comment', { type: () => String, nullable: true }) comment: string | null,
  ) {
    const { policy } = this.services;
    const state = await policy.rollBack(ctx, { revision, expectedRevision, comment });
    return { ...state, grants: await policy.listGrants(ctx) };
  }
}
