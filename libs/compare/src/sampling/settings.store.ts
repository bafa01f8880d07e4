import type { Ctx } from '@switchyard/kernel';
import type { Tx } from '@switchyard/database';
import type { AuditCompare } from '../audited.ts';
import { NO_SAMPLING, type SamplingSettings, type StoredSampling } from './settings.ts';

export async function readSettings(tx: Tx, { tenantId }: Pick<Ctx, 'tenantId'>): Promise<StoredSampling> {
  const row = await tx.samplingSettings.findUnique({ where: { tenantId }, omit: { tenantId: true } });
  return row ?? NO_SAMPLING;
}

const plain = ({ shadowBasisPoints, shadowBudgetMicros, shadowRunsPerDay, gradingBasisPoints }: SamplingSettings) => ({
  shadowBasisPoints,
  shadowBudgetMicros: String(shadowBudgetMicros),
  shadowRunsPerDay,
  gradingBasisPoints,
});

export async function writeSettings(
  tx: Tx,
  ctx: Ctx,
  { settings, now, audit }: { settings: SamplingSettings; now: Date; audit: AuditCompare },
): Promise<StoredSampling> {
  const before = await readSettings(tx, ctx);
  const data = { ...settings, updatedByName: ctx.principal.name, updatedAt: now };
  await tx.samplingSettings.upsert({
    where: { tenantId: ctx.tenantId },
    create: { ...data, tenantId: ctx.tenantId },
    update: data,
  });
  await audit(tx, ctx, {
    action: 'sampling.changed',
    target: { kind: 'sampling', id: ctx.tenantId },
    before: plain(before),
    after: plain(settings),
  });
  return data;
}
