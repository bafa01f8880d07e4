import { Inject } from '@nestjs/common';
import { Args, ID, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { Ctx } from '@switchyard/kernel';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import { AlertDelivery, AlertPage, Budget, BudgetInput, ChangedBudget, Limits, LimitsInput } from './budget.model.ts';
import { IdPipe } from './id.pipe.ts';
import { shown, toMicros } from './micros.ts';
import { given, pageLimit } from './paging.ts';

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

  @Query(() => AlertPage)
  @Access('money.read')
  alerts(
    @CurrentCtx() ctx: Ctx,
    @Args('cursor', { type: () => String, nullable: true }) cursor: string | null,
    @Args('limit', { type: () => Int, defaultValue: 25 }) limit: number,
  ) {
    return this.services.ledger.listAlerts(ctx, { cursor, limit: pageLimit(limit) });
  }

  @Mutation(() => AlertDelivery)
  @Access('money.write')
  sendAlertAgain(
    @CurrentCtx() ctx: Ctx,
    @Args('deliveryId', { type: () => ID }, new IdPipe('delivery')) deliveryId: string,
  ) {
    return this.services.ledger.sendAlertAgain(ctx, deliveryId);
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
