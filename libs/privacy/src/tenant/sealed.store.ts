import { createHash } from 'node:crypto';
import type { Clock, Ctx } from '@switchyard/kernel';
import { lockUntilCommit, type Database, type Tx } from '@switchyard/database';
import type { PseudonymStore } from '../pseudonyms.ts';

interface Blob {
  readonly id: string;
  readonly purpose: string;
}

/** Sealed bytes that expire: the vault's. */
export interface Sealed {
  keep(
    ctx: Pick<Ctx, 'tenantId'>,
    blob: Blob & { readonly bytes: Uint8Array; readonly expiresAt: Date },
    tx: Tx,
  ): Promise<void>;
  recall(ctx: Pick<Ctx, 'tenantId'>, blob: Blob, tx?: Tx): Promise<Buffer | undefined>;
}

const PURPOSE = 'pseudonyms';
const DAY_MS = 86_400_000;

/** Of a conversation, always the same, and no word of its name: the name may be a phone number itself. */
function blobOf({ tenantId }: Pick<Ctx, 'tenantId'>, key: string): Blob {
  const hex = createHash('sha256').update(`${PURPOSE}\0${tenantId}\0${key}`).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  return { id, purpose: PURPOSE };
}

export interface SealedPseudonymsOptions {
  readonly database: Pick<Database, 'inTenant'>;
  readonly sealed: Sealed;
  readonly clock: Clock;
  readonly keptDays: number;
}

/** Maps of conversations, sealed under the tenant's data key. */
export const sealedPseudonyms = ({ database, sealed, clock, keptDays }: SealedPseudonymsOptions): PseudonymStore => ({
  load: async (ctx, key) => (await sealed.recall(ctx, blobOf(ctx, key)))?.toString('utf8'),
  update: (ctx, key, change) =>
    database.inTenant(ctx, async (tx) => {
      const blob = blobOf(ctx, key);
      await lockUntilCommit(tx, blob.id);
      const kept = await sealed.recall(ctx, blob, tx);
      const next = change(kept?.toString('utf8'));
      if (next === undefined) return;
      const expiresAt = new Date(clock.now().getTime() + keptDays * DAY_MS);
      await sealed.keep(ctx, { ...blob, bytes: Buffer.from(next, 'utf8'), expiresAt }, tx);
    }),
});
