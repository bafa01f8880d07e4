import { Inject } from '@nestjs/common';
import { Args, ID, Int, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import type { ConnectionId, Ctx } from '@switchyard/kernel';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import { Connection } from './connection.model.ts';
import { CatalogueSync, OpenedShopHook, ShopHook } from './shop.model.ts';

const id = { type: () => ID };

/** What connections to shops have beside tools. */
@Resolver(() => Connection)
export class ShopResolver {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @ResolveField(() => CatalogueSync, { nullable: true, description: 'of a shop: the latest' })
  @Access('connections.read')
  async catalogueSync(@CurrentCtx() ctx: Ctx, @Parent() connection: Connection) {
    return (await this.services.catalogueSyncs.latest(ctx, connection.id as ConnectionId)) ?? null;
  }

  @ResolveField(() => Int, { nullable: true, description: 'of a shop: hours between readings; 0: only when asked' })
  @Access('connections.read')
  syncEveryHours(@CurrentCtx() ctx: Ctx, @Parent() connection: Connection) {
    return this.services.catalogueSyncs.scheduleOf(ctx, connection.id);
  }

  @ResolveField(() => ShopHook, { nullable: true, description: 'of a shop that tells of changes' })
  @Access('connections.read')
  async shopHook(@CurrentCtx() ctx: Ctx, @Parent() connection: Connection) {
    return (await this.services.shopHooks.get(ctx, connection.id as ConnectionId)) ?? null;
  }

  @Mutation(() => CatalogueSync, { description: 'the one that is open, or a new one' })
  @Access('connections.write')
  startCatalogueSync(@CurrentCtx() ctx: Ctx, @Args('connectionId', id) connectionId: string) {
    return this.services.catalogueSyncs.start(ctx, connectionId);
  }

  @Mutation(() => CatalogueSync, { description: 'what it has written stays' })
  @Access('connections.write')
  cancelCatalogueSync(@CurrentCtx() ctx: Ctx, @Args('connectionId', id) connectionId: string) {
    return this.services.catalogueSyncs.cancel(ctx, connectionId);
  }

  @Mutation(() => Boolean)
  @Access('connections.write')
  async scheduleCatalogueSync(
    @CurrentCtx() ctx: Ctx,
    @Args('connectionId', id) connectionId: string,
    @Args('everyHours', { type: () => Int, description: '0: only when asked' }) everyHours: number,
  ) {
    await this.services.catalogueSyncs.schedule(ctx, connectionId, everyHours);
    return true;
  }

  @Mutation(() => OpenedShopHook, { description: 'a new address and secret, in the place of those there were' })
  @Access('connections.write')
  openShopHook(@CurrentCtx() ctx: Ctx, @Args('connectionId', id) connectionId: string) {
    return this.services.shopHooks.open(ctx, connectionId);
  }

  @Mutation(() => Boolean)
  @Access('connections.write')
  async closeShopHook(@CurrentCtx() ctx: Ctx, @Args('connectionId', id) connectionId: string) {
    await this.services.shopHooks.close(ctx, connectionId);
    return true;
  }
}
