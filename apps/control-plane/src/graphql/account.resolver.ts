import { Inject } from '@nestjs/common';
import { Args, Context, ID, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { Ctx } from '@switchyard/kernel';
import { Access, CurrentCtx } from '../http/access.ts';
import type { SwitchyardRequest } from '../http/request.ts';
import { SERVICES, type Services } from '../services.ts';
import { Account, ConnectStart, CredentialTest, Disconnected, EnteredClient, OwnAccount } from './account.model.ts';
import { Connection } from './connection.model.ts';

/** Accounts upstream. Whose they are to change is the library's to say: one's own, or as an admin the tenant's. */
@Resolver(() => Connection)
export class AccountResolver {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Query(() => [OwnAccount])
  @Access('accounts.own')
  accounts(@CurrentCtx() ctx: Ctx) {
    return this.services.connections.ownAccounts(ctx);
  }

  @Mutation(() => ConnectStart)
  @Access('accounts.own')
  async connectAccount(
    @CurrentCtx() ctx: Ctx,
    @Args('connectionId', { type: () => ID }) connectionId: string,
    @Context('request') request: SwitchyardRequest,
  ) {
    return this.services.accounts.begin(ctx, { connectionId, session: () => this.services.sessionOf(request) });
  }

  @Mutation(() => Disconnected)
  @Access('accounts.own')
  disconnectAccount(@CurrentCtx() ctx: Ctx, @Args('connectionId', { type: () => ID }) connectionId: string) {
    return this.services.accounts.disconnect(ctx, connectionId);
  }

  @Mutation(() => CredentialTest, { description: 'whether the server takes the credential that one’s calls carry' })
  @Access('accounts.own')
  testCredential(@CurrentCtx() ctx: Ctx, @Args('connectionId', { type: () => ID }) connectionId: string) {
    return this.services.connections.test(ctx, connectionId);
  }

  @ResolveField(() => Account, { nullable: true, description: 'that the asker’s calls use; null without OAuth' })
  @Access('connections.read')
  account(@CurrentCtx() ctx: Ctx, @Parent() connection: Connection) {
    return this.services.connections.account(ctx, connection.id);
  }

  @ResolveField(() => EnteredClient, { nullable: true })
  @Access('connections.read')
  oauthClient(@CurrentCtx() ctx: Ctx, @Parent() connection: Connection) {
    return this.services.connections.enteredClient(ctx, connection.id);
  }
}
