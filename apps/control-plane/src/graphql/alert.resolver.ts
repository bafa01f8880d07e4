import { Inject } from '@nestjs/common';
import { Args, ID, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { Ctx } from '@switchyard/kernel';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import { Alert, AlertDelivery, AlertPage } from './alert.model.ts';
import { IdPipe } from './id.pipe.ts';
import { pageLimit } from './paging.ts';

@Resolver()
export class AlertResolver {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Query(() => AlertPage, { description: 'newest first; open: true are those that nobody has acknowledged' })
  @Access('money.read')
  alerts(
    @CurrentCtx() ctx: Ctx,
    @Args('open', { type: () => Boolean, nullable: true }) open: boolean | null,
    @Args('cursor', { type: () => String, nullable: true }) cursor: string | null,
    @Args('limit', { type: () => Int, defaultValue: 25 }) limit: number,
  ) {
    return this.services.ledger.listAlerts(ctx, { open, cursor, limit: pageLimit(limit) });
  }

  @Query(() => Int, { description: 'alerts that nobody has acknowledged; 100 stands for more' })
  @Access('money.read')
  openAlerts(@CurrentCtx() ctx: Ctx) {
    return this.services.ledger.countOpenAlerts(ctx);
  }

  @Mutation(() => Alert)
  @Access('money.write')
  acknowledgeAlert(@CurrentCtx() ctx: Ctx, @Args('id', { type: () => ID }, new IdPipe('alert')) id: string) {
    return this.services.ledger.acknowledgeAlert(ctx, id);
  }

  @Mutation(() => Alert, { description: 'sends one everywhere at once, and tells how that went' })
  @Access('money.write')
  testAlerts(@CurrentCtx() ctx: Ctx) {
    return this.services.ledger.testAlerts(ctx);
  }

  @Mutation(() => AlertDelivery)
  @Access('money.write')
  sendAlertAgain(
    @CurrentCtx() ctx: Ctx,
    @Args('deliveryId', { type: () => ID }, new IdPipe('delivery')) deliveryId: string,
  ) {
    return this.services.ledger.sendAlertAgain(ctx, deliveryId);
  }
}
