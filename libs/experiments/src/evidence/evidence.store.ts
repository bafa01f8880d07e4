import type { Tx } from '@switchyard/database';
import type { ArmCounts, Evidence } from './evidence.ts';

/** All counts of one attempt: two rows for each share that it has had. */
export async function readEvidence(
  tx: Tx,
  { id, attempt }: { readonly id: string; readonly attempt: number },
): Promise<Evidence> {
  const rows = await tx.armCount.findMany({
    where: { rolloutId: id, attempt },
    orderBy: [{ epoch: 'asc' }, { band: 'asc' }],
  });
  return rows.map((row): ArmCounts => ({
    epoch: row.epoch,
    band: row.band === 'treatment' ? 'treatment' : 'control',
    shareBasisPoints: row.shareBasisPoints,
    units: row.units,
    answeredUnits: row.answeredUnits,
    errorUnits: row.errorUnits,
    complaintUnits: row.complaintUnits,
    crossedUnits: row.crossedUnits,
    answers: row.answers,
    errors: row.errors,
    fallbacks: row.fallbacks,
    slow: row.slow,
    promptTokens: Number(row.promptTokens),
    completionTokens: Number(row.completionTokens),
    cost: { n: row.costUnits, sum: row.costSum, squares: row.costSquares },
    latency: { n: row.answeredUnits, sum: row.latencySum, squares: row.latencySquares },
    latencies: row.latencies,
    score: { n: row.scoreUnits, sum: row.scoreSum, squares: row.scoreSquares },
    pairs: { n: row.pairs, sum: row.pairSum, squares: row.pairSquares },
    lastAt: row.lastAt,
  }));
}
