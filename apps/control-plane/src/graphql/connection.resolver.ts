import { Inject } from '@nestjs/common';
import { Args, ID, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { ConnectionId, Ctx } from '@switchyard/kernel';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import { AddConnectionInput, Connection, Preset, SecretInfo, Tool, UpdateConnectionInput } from './connection.model.ts';
import { ToolStatusEnum } from './enums.ts';

@Resolver(() => Connection)
export class ConnectionResolver {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Query(() => [Connection])
  @Access('connections.read')
  connections(@CurrentCtx() ctx: Ctx) {
    return this.services.connections.list(ctx);
  }

  @Query(() => Connection)
  @Access('connections.read')
  connection(@CurrentCtx() ctx: Ctx, @Args('id', { type: () => ID }) id: string) {
    return this.services.connections.get(ctx, id);
  }

  @Query(() => [Preset])
  @Access('connections.read')
  presets() {
    return this.services.connections.presets();
  }

  @Query(() => [Tool])
  @Access('connections.read')
  tools(
    @CurrentCtx() ctx: Ctx,
    @Args('connectionId', { type: () => ID, nullable: true }) connectionId?: string,
    @Args('query', { type: () => String, nullable: true }) query?: string,
    @Args('status', { type: () => ToolStatusEnum, nullable: true }) status?: keyof typeof ToolStatusEnum,
  ) {
    return this.services.connections.tools(ctx, { connectionId, query, status });
  }

  @Query(() => Tool)
  @Access('connections.read')
  tool(@CurrentCtx() ctx: Ctx, @Args('id', { type: () => ID }) id: string) {
    return this.services.connections.tool(ctx, id);
  }

  @Mutation(() => Connection)
  @Access('connections.write')
  addConnection(@CurrentCtx() ctx: Ctx, @Args('input') input: AddConnectionInput) {
    return this.services.connections.add(ctx, input);
  }

  @Mutation(() => Connection)
  @Access('connections.write')
  updateConnection(@CurrentCtx() ctx: Ctx, @Args('input') input: UpdateConnectionInput) {
    return this.services.connections.update(ctx, input);
  }

  @Mutation(() => Boolean)
  @Access('connections.write')
  async removeConnection(@CurrentCtx() ctx: Ctx, @Args('id', { type: () => ID }) id: string) {
    await this.services.connections.remove(ctx, id);
    return true;
  }

  @Mutation(() => Connection, { description: 'connects, refreshes the tool list, gives the new state' })
  @Access('connections.write')
  checkConnection(@CurrentCtx() ctx: Ctx, @Args('id', { type: () => ID }) id: string) {
    return this.services.connections.check(ctx, id);
  }

  @Mutation(() => Tool)
  @Access('connections.write')
  acceptTool(
    @CurrentCtx() ctx: Ctx,
    @Args('id', { type: () => ID }) id: string,
    @Args('pendingHash') pendingHash: string,
  ) {
    return this.services.connections.acceptTool(ctx, { toolId: id, pendingHash });
  }

  @ResolveField(() => [Tool], { name: 'tools' })
  @Access('connections.read')
  toolsOf(@CurrentCtx() ctx: Ctx, @Parent() connection: Connection) {
    return this.services.connections.tools(ctx, { connectionId: connection.id });
  }

  @ResolveField(() => [SecretInfo])
  @Access('connections.read')
  secrets(@CurrentCtx() ctx: Ctx, @Parent() connection: Connection) {
    return this.services.connections.secrets(ctx, connection.id as ConnectionId);
  }
}
