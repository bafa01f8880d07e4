import { createHash } from 'node:crypto';
import type { TenantId } from '@switchyard/kernel';

/** One percent is a hundred of them. */
export const BASIS_POINTS = 10_000;

/**
 * Whether an answer belongs to a share of all. The same answer is always drawn or never, a larger share draws all that
 * a smaller one did, and the two kinds are drawn independently.
 */
export function isDrawn(
  kind: 'shadow' | 'grading',
  { tenantId, answerId, basisPoints }: { tenantId: TenantId; answerId: string; basisPoints: number },
): boolean {
  const hash = createHash('sha256').update(`${kind}:${tenantId}:${answerId}`).digest();
  return Math.floor((hash.readUInt32BE() * BASIS_POINTS) / 2 ** 32) < basisPoints;
}
