import { createHash } from 'node:crypto';

/** Shares are in basis points: 10,000 are all. */
export const ALL = 10_000;

export const BANDS = ['treatment', 'control', 'unmeasured'] as const;
export type Band = (typeof BANDS)[number];

export interface BucketOf {
  readonly salt: string;
  readonly tenantId: string;
  readonly flag: string;
  readonly unit: string;
}

/** 0 to 9,999, the same for ever for the same words. In SQL: `bucketSql`. */
export function bucketOf({ salt, tenantId, flag, unit }: BucketOf): number {
  const digest = createHash('sha256').update(`${salt}:${tenantId}:${flag}:${unit}`).digest();
  return Math.floor((digest.readUInt32BE(0) * ALL) / 2 ** 32);
}

/** How many basis points are measured as control beside a treatment of `share`: as many, while there are as many left. */
export const controlShare = (share: number): number => Math.min(share, ALL - share);

/**
 * Treatment is [0, share), control the last of all: raising the share takes nobody out of treatment, and the two stay 1:1
 * up to 50%.
 */
export function bandOf(bucket: number, share: number): Band {
  if (bucket < share) return 'treatment';
  return bucket >= ALL - controlShare(share) ? 'control' : 'unmeasured';
}

/** The share of measured units that should be in treatment, between 0 and 1; undefined where there are no two arms. */
export function expectedSplit(share: number): number | undefined {
  const control = controlShare(share);
  return control > 0 ? share / (share + control) : undefined;
}

/** "12.34%" */
export const percent = (basisPoints: number): string => `${basisPoints / 100}%`;
