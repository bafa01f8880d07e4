import { Inject } from '@nestjs/common';
import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { Ctx } from '@switchyard/kernel';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import { Budget, BudgetInput, ChangedBudget, Limits, LimitsInput } from './budget.model.ts';
import { shown, toMicros } from './micros.ts';
import { given } from './paging.ts';

@Resolver()
export class BudgetResolver {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Query(() => Budget)
  @Access('money.read')
  async budget(@CurrentCtx() ctx: Ctx): Promise<Budget> {
    return shown(await this.services.ledger.budget(ctx));
  }

  @Mutation(() => ChangedBudget)
  @Access('money.write')
  async setBudget(
    @CurrentCtx() ctx: Ctx,
    @Args('input', { type: () => BudgetInput }) input: BudgetInput,
  ): Promise<ChangedBudget> {
    const { pilotMicros, strongMicros, mode, emails, webhookUrl } = input;
    const { secret, ...budget } = await this.services.ledger.setBudget(ctx, {
      ...given({ mode, emails }),
      ...(webhookUrl === undefined ? {} : { webhookUrl }), // null takes it away
      ...(pilotMicros == null ? {} : { pilotMicros: toMicros(pilotMicros, 'pilotMicros') }),
      ...(strongMicros == null ? {} : { strongMicros: toMicros(strongMicros, 'strongMicros') }),
    });
    return { budget: shown(budget), webhookSecret: secret };
  }

  @Mutation(() => String, { description: 'the new secret that webhooks are signed with: shown this once' })
  @Access('money.write')
  rotateWebhookSecret(@CurrentCtx() ctx: Ctx) {
    return this.services.ledger.rotateWebhookSecret(ctx);
  }

  @Query(() => Limits)
  @Access('limits.read')
  limits(@CurrentCtx() ctx: Ctx): Promise<Limits> {
    return this.services.ledger.limits(ctx);
  }

  @Mutation(() => Limits)
  @Access('limits.write')
  setLimits(@CurrentCtx() ctx: Ctx, @Args('input', { type: () => LimitsInput }) input: LimitsInput): Promise<Limits> {
    return this.services.ledger.setLimits(ctx, given(input));
  }
}
