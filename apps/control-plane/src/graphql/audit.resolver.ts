import { Inject } from '@nestjs/common';
import { Args, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { Ctx } from '@switchyard/kernel';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import { AuditFilter, AuditPage, AuditVerification } from './audit.model.ts';
import { given, pageLimit } from './paging.ts';

@Resolver()
export class AuditResolver {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Query(() => AuditPage)
  @Access('audit.read')
  async auditEvents(
    @CurrentCtx() ctx: Ctx,
    @Args('filter', { type: () => AuditFilter, nullable: true }) filter: AuditFilter | null,
    @Args('cursor', { type: () => String, nullable: true }) cursor: string | null,
    @Args('limit', { type: () => Int, defaultValue: 25 }) limit: number,
  ) {
    const query = { ...given(filter), cursor: cursor ?? undefined, limit: pageLimit(limit) };
    const page = await this.services.ledger.listAudit(ctx, query);
    return { ...page, items: page.items.map((event) => ({ ...event, id: String(event.seq) })) };
  }

  @Mutation(() => AuditVerification)
  @Access('audit.verify')
  verifyAudit(@CurrentCtx() ctx: Ctx) {
    return this.services.ledger.verifyAudit(ctx);
  }
}
