import { Inject } from '@nestjs/common';
import { Args, ID, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { ApiKey as StoredKey, Member as StoredMember } from '@switchyard/identity';
import { AppError, SCOPES, type Ctx, type KeyId, type Scope } from '@switchyard/kernel';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import { ApiKey, CreatedApiKey } from './api-key.model.ts';
import { RoleEnum } from './enums.ts';
import { ExecutorStatus } from './executor.model.ts';
import { IdPipe } from './id.pipe.ts';
import { Invitation, Member } from './member.model.ts';
import { Viewer } from './viewer.model.ts';

const DAY_MS = 86_400_000;

function parseScopes(scopes: readonly string[]): Scope[] {
  const known = SCOPES.filter((scope) => scopes.includes(scope));
  if (known.length === 0 || known.length !== new Set(scopes).size)
    throw new AppError('unprocessable', `scopes: at least one of ${SCOPES.join(', ')}`, { path: 'scopes' });
  return known;
}

const toApiKey = ({ start, ...key }: StoredKey): ApiKey => ({ ...key, prefix: start, scopes: [...key.scopes] });
const toMember = ({ createdAt, ...member }: StoredMember): Member => ({ ...member, joinedAt: createdAt });

@Resolver()
export class IdentityResolver {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Query(() => Viewer)
  @Access('signed-in')
  viewer(@CurrentCtx() ctx: Ctx) {
    return this.services.viewer(ctx);
  }

  @Query(() => [ApiKey])
  @Access('keys.read')
  async apiKeys(@CurrentCtx() ctx: Ctx) {
    return (await this.services.identity.listKeys(ctx)).filter((key) => !key.revokedAt).map(toApiKey);
  }

  @Mutation(() => CreatedApiKey)
  @Access('keys.write')
  async createApiKey(
    @CurrentCtx() ctx: Ctx,
    @Args('name') name: string,
    @Args('scopes', { type: () => [String] }) scopes: string[],
    @Args('expiresInDays', { type: () => Int, nullable: true }) expiresInDays: number | null | undefined,
  ) {
    const expiry =
      expiresInDays !== null && expiresInDays !== undefined // 0 is not "never": identity refuses it
        ? { expiresAt: new Date(this.services.clock.now().getTime() + expiresInDays * DAY_MS) }
        : {};
    const { key, ...made } = await this.services.identity.createKey(ctx, {
      name,
      scopes: parseScopes(scopes),
      ...expiry,
    });
    return { apiKey: toApiKey(made), key };
  }

  @Mutation(() => Boolean)
  @Access('keys.write')
  async revokeApiKey(@CurrentCtx() ctx: Ctx, @Args('id', { type: () => ID }, new IdPipe('API key')) id: string) {
    await this.services.identity.revokeKey(ctx, id as KeyId);
    return true;
  }

  @Query(() => [Member])
  @Access('members.read')
  async members(@CurrentCtx() ctx: Ctx) {
    return (await this.services.identity.listMembers(ctx)).map(toMember);
  }

  @Query(() => [Invitation])
  @Access('members.read')
  invitations(@CurrentCtx() ctx: Ctx) {
    return this.services.identity.listInvitations(ctx);
  }

  @Mutation(() => Invitation)
  @Access('members.write')
  inviteMember(
    @CurrentCtx() ctx: Ctx,
    @Args('email') email: string,
    @Args('role', { type: () => RoleEnum }) role: keyof typeof RoleEnum,
  ) {
    return this.services.identity.invite(ctx, { email, role });
  }

  @Mutation(() => Boolean)
  @Access('members.write')
  async cancelInvitation(
    @CurrentCtx() ctx: Ctx,
    @Args('id', { type: () => ID }, new IdPipe('open invitation')) id: string,
  ) {
    await this.services.identity.cancelInvitation(ctx, id);
    return true;
  }

  @Mutation(() => Member)
  @Access('members.write')
  async setMemberRole(
    @CurrentCtx() ctx: Ctx,
    @Args('id', { type: () => ID }, new IdPipe('member')) id: string,
    @Args('role', { type: () => RoleEnum }) role: keyof typeof RoleEnum,
  ) {
    await this.services.identity.setRole(ctx, id, role);
    return (await this.members(ctx)).find((member) => member.id === id);
  }

  @Mutation(() => Boolean)
  @Access('signed-in') // anybody may leave; identity refuses to take others out
  async removeMember(@CurrentCtx() ctx: Ctx, @Args('id', { type: () => ID }, new IdPipe('member')) id: string) {
    await this.services.identity.removeMember(ctx, id);
    return true;
  }

  @Query(() => ExecutorStatus)
  @Access('runs.read')
  executor() {
    return this.services.executorStatus();
  }
}
