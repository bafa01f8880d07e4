import type { Ctx } from '@switchyard/kernel';
import { lockUntilCommit, type Prisma, type Tx } from '@switchyard/database';
import type { CustomPattern } from '../custom-pattern.ts';
import { OPTIONAL_KINDS } from '../tokens.ts';
import { DEFAULT_PRIVACY, type PrivacySettings } from './settings.ts';

export async function readPrivacy(tx: Tx, { tenantId }: Pick<Ctx, 'tenantId'>): Promise<PrivacySettings> {
  const row = await tx.privacySettings.findUnique({ where: { tenantId } });
  if (!row) return DEFAULT_PRIVACY;
  const { enabled, country, exemptFields, withheldFrom, keptDays } = row;
  const kinds = OPTIONAL_KINDS.filter((kind) => row.kinds.includes(kind));
  const patterns = row.patterns as unknown as readonly CustomPattern[];
  return { enabled, kinds, country, exemptFields, patterns, withheldFrom, keptDays };
}

/** Of two who change it at once the second sees what the first has done. */
export const lockPrivacy = (tx: Tx, { tenantId }: Pick<Ctx, 'tenantId'>): Promise<void> =>
  lockUntilCommit(tx, `privacy:${tenantId}`);

export async function writePrivacy(
  tx: Tx,
  { tenantId }: Pick<Ctx, 'tenantId'>,
  settings: PrivacySettings,
): Promise<void> {
  const data = {
    enabled: settings.enabled,
    kinds: [...settings.kinds],
    country: settings.country,
    exemptFields: [...settings.exemptFields],
    patterns: settings.patterns.map(({ kind, mask }) => ({ kind, mask })) as Prisma.InputJsonArray,
    withheldFrom: [...settings.withheldFrom],
    keptDays: settings.keptDays,
  };
  await tx.privacySettings.upsert({ where: { tenantId }, create: { tenantId, ...data }, update: data });
}
