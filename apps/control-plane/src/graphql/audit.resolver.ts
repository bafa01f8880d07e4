import { Inject } from '@nestjs/common';
import { Args, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import { AppError, type Ctx } from '@switchyard/kernel';
import type { AuditKeeping as LedgerKeeping } from '@switchyard/ledger';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import {
  AuditFilter,
  AuditKeeping,
  AuditPage,
  AuditStreamInput,
  AuditVerification,
  ChangedAuditStream,
} from './audit.model.ts';
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
    return this.services.ledger.verifyAudit(ctx).then((found) => ({ ...found, problems: [...found.problems] }));
  }

  @Query(() => AuditKeeping)
  @Access('audit.read')
  async auditKeeping(@CurrentCtx() ctx: Ctx): Promise<AuditKeeping> {
    return this.shown(await this.services.ledger.auditKeeping(ctx));
  }

  @Mutation(() => AuditKeeping, { description: 'days: null keeps the log for ever' })
  @Access('audit.write')
  async setAuditRetention(
    @CurrentCtx() ctx: Ctx,
    @Args('days', { type: () => Int, nullable: true }) days: number | null,
  ): Promise<AuditKeeping> {
    return this.shown(await this.services.ledger.setAuditRetention(ctx, days ?? null));
  }

  @Mutation(() => ChangedAuditStream)
  @Access('audit.write')
  async setAuditStream(
    @CurrentCtx() ctx: Ctx,
    @Args('input', { type: () => AuditStreamInput }) { url, startAt }: AuditStreamInput,
  ): Promise<ChangedAuditStream> {
    if (url === undefined) throw new AppError('unprocessable', 'url: where to; null ends the stream.', { path: 'url' });
    const change = { url, ...(startAt ? { startAt } : {}) };
    const { secret, ...keeping } = await this.services.ledger.setAuditStream(ctx, change);
    return { keeping: this.shown(keeping), secret };
  }

  @Mutation(() => String, { description: 'the new secret that deliveries are signed with: shown this once' })
  @Access('audit.write')
  rotateAuditStreamSecret(@CurrentCtx() ctx: Ctx) {
    return this.services.ledger.rotateAuditStreamSecret(ctx);
  }

  @Mutation(() => AuditKeeping, { description: 'signs how the chain stands now' })
  @Access('audit.verify')
  async signAuditCheckpoint(@CurrentCtx() ctx: Ctx): Promise<AuditKeeping> {
    await this.services.ledger.signAuditCheckpoint(ctx);
    return this.shown(await this.services.ledger.auditKeeping(ctx));
  }

  private shown(keeping: LedgerKeeping): AuditKeeping {
    const [key] = this.services.ledger.auditPublicKeys();
    return { ...keeping, keyId: key?.keyId ?? '' };
  }
}
