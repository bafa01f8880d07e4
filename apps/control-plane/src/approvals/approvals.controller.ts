import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import type { Ctx } from '@switchyard/kernel';
import { Access, CurrentCtx } from '../http/access.ts';
import { ZodPipe } from '../http/zod-pipe.ts';
import { SERVICES, type Services } from '../services.ts';
import { toApprovalBody, toRememberedBody } from './approval-body.ts';
import {
  ApprovalsQuery,
  DecisionBody,
  type ApprovalBody,
  type ApprovalList,
  type RememberedBody,
  type RememberedList,
} from './contract.ts';

@Controller('v1/approvals')
export class ApprovalsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  @Access('approvals.read')
  async list(@CurrentCtx() ctx: Ctx, @Query(new ZodPipe(ApprovalsQuery)) query: ApprovalsQuery): Promise<ApprovalList> {
    const { items, next } = await this.services.approvals.list(ctx, query);
    return { approvals: items.map(toApprovalBody), next };
  }

  @Get('remembered')
  @Access('approvals.read')
  async remembered(@CurrentCtx() ctx: Ctx): Promise<RememberedList> {
    return { remembered: (await this.services.approvals.listRemembered(ctx)).map(toRememberedBody) };
  }

  @Delete('remembered/:id')
  @HttpCode(200)
  @Access('approvals.decide')
  async revoke(@CurrentCtx() ctx: Ctx, @Param('id') id: string): Promise<RememberedBody> {
    return toRememberedBody(await this.services.approvals.revoke(ctx, id));
  }

  @Get(':id')
  @Access('approvals.read')
  async get(@CurrentCtx() ctx: Ctx, @Param('id') id: string): Promise<ApprovalBody> {
    return toApprovalBody(await this.services.approvals.get(ctx, id));
  }

  /** For a person's session: keys are refused. */
  @Post(':id/decision')
  @HttpCode(200)
  @Access('approvals.decide')
  async decide(
    @CurrentCtx() ctx: Ctx,
    @Param('id') id: string,
    @Body(new ZodPipe(DecisionBody)) body: DecisionBody,
  ): Promise<ApprovalBody> {
    return toApprovalBody(await this.services.approvals.decide(ctx, id, body));
  }
}
