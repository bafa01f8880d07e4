import { Readable } from 'node:stream';
import { Controller, Get, Inject, Query, Res } from '@nestjs/common';
import type { Ctx } from '@switchyard/kernel';
import type { FastifyReply } from 'fastify';
import { Access, CurrentCtx } from '../http/access.ts';
import { ZodPipe } from '../http/zod-pipe.ts';
import { SERVICES, type Services } from '../services.ts';
import { AuditExportQuery } from './contract.ts';

const TYPES = { jsonl: 'application/x-ndjson', csv: 'text/csv' } as const;

@Controller('v1/audit')
@Access('audit.read')
export class AuditController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  /** A log of any length, as fast as the client reads. One that breaks off in the middle shows as a broken connection. */
  @Get('export')
  async export(
    @CurrentCtx() ctx: Ctx,
    @Query(new ZodPipe(AuditExportQuery)) query: AuditExportQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { format } = query;
    const lines = this.services.ledger.exportAudit(ctx, query);
    const day = this.services.clock.now().toISOString().slice(0, 10);
    await reply
      .status(200)
      .headers({
        'content-type': `${TYPES[format]}; charset=utf-8`,
        'content-disposition': `attachment; filename="audit-${day}.${format}"`,
        'cache-control': 'no-store',
      })
      .send(Readable.from(lines, { objectMode: true, highWaterMark: 64 }));
  }

  /** The keys by which checkpoints are checked, the one that signs now first. */
  @Get('public-keys')
  async publicKeys(@CurrentCtx() _ctx: Ctx, @Res() reply: FastifyReply): Promise<void> {
    const pem = this.services.ledger.auditPublicKeys().map((key) => `# ${key.keyId}\n${key.pem}`);
    await reply
      .status(200)
      .headers({
        'content-type': 'application/x-pem-file',
        'content-disposition': 'attachment; filename="switchyard-audit-keys.pem"',
      })
      .send(pem.join('\n'));
  }
}
