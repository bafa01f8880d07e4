import { Inject } from '@nestjs/common';
import { Args, ID, Int, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { can } from '@switchyard/identity';
import type { Ctx } from '@switchyard/kernel';
import { whyNotDecide, type Approval as ApprovalRow } from '@switchyard/tools';
import { GraphQLJSON } from 'graphql-scalars';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import { Approval, ApprovalPage, RememberApproval, RememberedApproval } from './approval.model.ts';
import { ApprovalStatusEnum } from './enums.ts';
import { pageLimit } from './paging.ts';
import { Run } from './run.model.ts';

@Resolver(() => Approval)
export class ApprovalResolver {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Query(() => ApprovalPage, { description: 'newest first' })
  @Access('approvals.read')
  approvals(
    @CurrentCtx() ctx: Ctx,
    @Args('status', { type: () => ApprovalStatusEnum, nullable: true }) status: keyof typeof ApprovalStatusEnum | null,
    @Args('runId', { type: () => ID, nullable: true }) runId: string | null,
    @Args('cursor', { type: () => String, nullable: true }) cursor: string | null,
    @Args('limit', { type: () => Int, defaultValue: 25 }) limit: number,
  ) {
    return this.services.approvals.list(ctx, { status, runId, cursor, limit: pageLimit(limit) });
  }

  @Query(() => Int, { description: 'how many wait for a person now' })
  @Access('approvals.read')
  approvalsWaiting(@CurrentCtx() ctx: Ctx) {
    return this.services.approvals.pendingCount(ctx);
  }

  @Query(() => Approval)
  @Access('approvals.read')
  approval(@CurrentCtx() ctx: Ctx, @Args('id', { type: () => ID }) id: string) {
    return this.services.approvals.get(ctx, id);
  }

  @ResolveField(() => String, { nullable: true })
  whyNot(@CurrentCtx() ctx: Ctx, @Parent() approval: ApprovalRow) {
    if (!can(ctx.principal, 'approvals.decide')) return 'Owners, admins and reviewers decide on approvals.';
    return whyNotDecide(ctx, approval);
  }

  @ResolveField(() => Run, { nullable: true })
  @Access('runs.read')
  async run(@CurrentCtx() ctx: Ctx, @Parent() { runId }: ApprovalRow) {
    return runId === null ? null : this.services.ledger.getRun(ctx, runId);
  }

  @Mutation(() => Approval)
  @Access('approvals.decide')
  decideApproval(
    @CurrentCtx() ctx: Ctx,
    @Args('id', { type: () => ID }) id: string,
    @Args('granted', { type: () => Boolean }) granted: boolean,
    @Args('comment', { type: () => String, nullable: true }) comment: string | null,
    @Args('remember', { type: () => RememberApproval, nullable: true }) remember: RememberApproval | null,
  ) {
    return this.services.approvals.decide(ctx, id, { granted, comment, remember });
  }

  @Mutation(() => GraphQLJSON, { nullable: true, description: 'the arguments unmasked; leaves an audit event' })
  @Access('approvals.arguments')
  openApprovalArguments(@CurrentCtx() ctx: Ctx, @Args('id', { type: () => ID }) id: string) {
    return this.services.approvals.openArguments(ctx, id);
  }

  @Query(() => [RememberedApproval])
  @Access('approvals.read')
  rememberedApprovals(@CurrentCtx() ctx: Ctx) {
    return this.services.approvals.listRemembered(ctx);
  }

  @Mutation(() => RememberedApproval)
  @Access('approvals.decide')
  revokeRememberedApproval(@CurrentCtx() ctx: Ctx, @Args('id', { type: () => ID }) id: string) {
    return this.services.approvals.revoke(ctx, id);
  }
}
