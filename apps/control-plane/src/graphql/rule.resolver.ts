import { Inject } from '@nestjs/common';
import { Args, ID, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { Ctx } from '@switchyard/kernel';
import type { RuleInput } from '@switchyard/policy';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import { PolicyRuleInput, PolicyRules } from './rule.model.ts';

/** Parsed where the rules are: what is not acceptable is told with its path. */
export const ruleOf = ({ name, server, tool, subjects, when, effect, reason }: PolicyRuleInput): RuleInput =>
  ({
    name,
    server,
    tool,
    subjects: subjects.map((one) => ({ ...one })),
    when: when ?? undefined,
    effect,
    reason,
  }) as RuleInput;

@Resolver()
export class RuleResolver {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Query(() => PolicyRules, { description: 'conditions and obligations of calls that grants allow' })
  @Access('grants.read')
  async policyRules(@CurrentCtx() ctx: Ctx) {
    const { policy } = this.services;
    const [{ revision }, rules] = await Promise.all([policy.state(ctx), policy.listRules(ctx)]);
    return { revision, rules };
  }

  @Mutation(() => PolicyRules)
  @Access('grants.write')
  async savePolicyRule(
    @CurrentCtx() ctx: Ctx,
    @Args('id', { type: () => ID, nullable: true, description: 'the rule to change; absent: a new one' })
    id: string | null,
    @Args('rule', { type: () => PolicyRuleInput }) rule: PolicyRuleInput,
    @Args('expectedRevision', { type: () => Int, nullable: true }) expectedRevision: number | null,
  ) {
    await this.services.policy.saveRule(ctx, {
      id: id ?? undefined,
      rule: ruleOf(rule),
      expectedRevision: expectedRevision ?? undefined,
    });
    return this.policyRules(ctx);
  }

  @Mutation(() => PolicyRules)
  @Access('grants.write')
  async removePolicyRule(
    @CurrentCtx() ctx: Ctx,
    @Args('id', { type: () => ID }) id: string,
    @Args('expectedRevision', { type: () => Int, nullable: true }) expectedRevision: number | null,
  ) {
    await this.services.policy.removeRule(ctx, { id, expectedRevision: expectedRevision ?? undefined });
    return this.policyRules(ctx);
  }
}
