/**
 * Answers are counted (in outcome.store.ts) in 161 buckets that grow by 2^(1/8) from 1 ms: a percentile is right to within 5%,
 * and buckets add up.
 */
const PER_DOUBLING = 8;
/** 2^20 ms, about 17 minutes: the last bucket holds what is longer. */
const LAST = 20 * PER_DOUBLING;

/** Milliseconds below which the share `quantile` of all answers lies; null when there are none. */
export function percentile(buckets: readonly number[], quantile: number): number | null {
  const all = buckets.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  let below = 0;
  for (const [bucket, count] of buckets.entries()) {
    if (count > 0 && below + count >= quantile * all)
      return 2 ** ((bucket + (quantile * all - below) / count) / PER_DOUBLING);
    below += count;
  }
  return 2 ** (LAST / PER_DOUBLING);
}

/** Counts of several, added up. */
export const addBuckets = (all: readonly (readonly number[])[]): number[] =>
  all.reduce<number[]>(
    (sum, one) => {
      one.forEach((count, bucket) => (sum[bucket] = (sum[bucket] ?? 0) + count));
      return sum;
    },
    Array.from({ length: Math.max(0, ...all.map((one) => one.length)) }, () => 0),
  );
