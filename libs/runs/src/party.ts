import { createHash } from 'node:crypto';
import type { Ctx } from '@switchyard/kernel';

/** The tenant, as a word that tells the executor nothing but which runs are one's. */
export const partyOf = ({ tenantId }: Pick<Ctx, 'tenantId'>): string =>
  createHash('sha256').update(`party ${tenantId}`).digest('base64url').slice(0, 16);
