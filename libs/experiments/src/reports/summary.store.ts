import type { Arm, TenantId } from '@switchyard/kernel';
import type { Database } from '@switchyard/database';
import { accuracyOf, readGuards, relativeBounds, type Reading } from '../evidence/guards.ts';
import { readEvidence } from '../evidence/evidence.store.ts';
import { inBand, strataOf, sums, total, type Evidence } from '../evidence/evidence.ts';
import type { Bounded } from '../evidence/evaluation.store.ts';
import { addBuckets, percentile } from '../evidence/latencies.ts';
import { armOf, type Rollout } from '../rollout/rollout.ts';
import { DEFAULT_GUARDS } from '../rollout/plan.ts';
import { readRollout } from '../rollout/rollout.store.ts';
import { mean, oneSided } from '../stats/confidence.ts';
import { sampleRatioP } from '../stats/e-values.ts';

const MAX_POINTS = 500;

/** One arm in one attempt. Means are null without data; costs are micro-dollars. */
export interface ArmSummary {
  readonly band: 'treatment' | 'control';
  readonly arm: Arm;
  readonly units: number;
  readonly answeredUnits: number;
  readonly answers: number;
  readonly errors: number;
  readonly errorUnits: number;
  readonly complaintUnits: number;
  readonly crossedUnits: number;
  readonly fallbacks: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly tokensPerAnswer: number | null;
  readonly costMicros: number;
  readonly pricedUnits: number;
  readonly costMicrosPerUnit: number | null;
  readonly latencyMeanMs: number | null;
  readonly latencyP50Ms: number | null;
  readonly latencyP95Ms: number | null;
  readonly latencyP99Ms: number | null;
  /** Share of units with an error, 0 to 1. */
  readonly errorRate: number | null;
  readonly score: number | null;
}

export interface SegmentSummary {
  readonly dimension: string;
  readonly value: string;
  readonly band: string;
  readonly answers: number;
  readonly errors: number;
  readonly latencyMeanMs: number;
  readonly costMicrosPerAnswer: number | null;
  readonly tokensPerAnswer: number;
}

export interface ExperimentPoint {
  readonly at: Date;
  readonly shareBasisPoints: number;
  readonly units: number;
  readonly cost: Bounded | null;
  readonly latency: Bounded | null;
  readonly accuracy: Bounded | null;
}

export interface Experiment {
  readonly rollout: Rollout;
  readonly arms: readonly ArmSummary[];
  readonly cost: Bounded | null;
  readonly latency: Bounded | null;
  /** Absolute; the bounds are one-sided at 95% each. */
  readonly accuracy: (Bounded & { readonly source: 'pairs' | 'scores' }) | null;
  readonly guards: readonly Reading[];
  readonly sampleRatio: {
    readonly treatment: number;
    readonly control: number;
    /** Treatment's part of them as it should be. */
    readonly expected: number | null;
    readonly pValue: number | null;
    /** Chi-square says p < 0.001. */
    readonly alert: boolean;
  };
  /** From kept evaluations, oldest first, at most 500. */
  readonly points: readonly ExperimentPoint[];
  readonly segments: readonly SegmentSummary[];
}

function armSummary(rollout: Rollout, evidence: Evidence, band: 'treatment' | 'control'): ArmSummary {
  const rows = inBand(evidence, band);
  const [answers, answeredUnits] = [total(rows, 'answers'), total(rows, 'answeredUnits')];
  const [cost, latency, score] = [sums(rows, 'cost'), sums(rows, 'latency'), sums(rows, 'score')];
  const [promptTokens, completionTokens] = [total(rows, 'promptTokens'), total(rows, 'completionTokens')];
  const latencies = addBuckets(rows.map((row) => row.latencies));
  const errorUnits = total(rows, 'errorUnits');
  return {
    band,
    arm: armOf(rollout, band),
    units: total(rows, 'units'),
    answeredUnits,
    answers,
    errors: total(rows, 'errors'),
    errorUnits,
    complaintUnits: total(rows, 'complaintUnits'),
    crossedUnits: total(rows, 'crossedUnits'),
    fallbacks: total(rows, 'fallbacks'),
    promptTokens,
    completionTokens,
    tokensPerAnswer: answers === 0 ? null : (promptTokens + completionTokens) / answers,
    costMicros: cost.sum,
    pricedUnits: cost.n,
    costMicrosPerUnit: cost.n === 0 ? null : mean(cost),
    latencyMeanMs: latency.n === 0 ? null : mean(latency),
    latencyP50Ms: percentile(latencies, 0.5),
    latencyP95Ms: percentile(latencies, 0.95),
    latencyP99Ms: percentile(latencies, 0.99),
    errorRate: answeredUnits === 0 ? null : errorUnits / answeredUnits,
    score: score.n === 0 ? null : mean(score),
  };
}

function accuracySummary(evidence: Evidence): Experiment['accuracy'] {
  const found = accuracyOf(evidence);
  if (!found) return null;
  const width = oneSided(found.n, found.standardError, { alpha: 0.05, tightestAt: 1_000 });
  const { value, n, source } = found;
  return { value, n, source, lower: value - width, upper: value + width };
}

function sampleRatioSummary(evidence: Evidence): Experiment['sampleRatio'] {
  const splits = strataOf(evidence).map(({ expected, treatment, control }) => ({
    expected,
    treatment: total(treatment, 'units'),
    control: total(control, 'units'),
  }));
  const pValue = sampleRatioP(splits) ?? null;
  const all = splits.reduce((sum, { treatment, control }) => sum + treatment + control, 0);
  const due = splits.reduce((sum, { treatment, control, expected }) => sum + (treatment + control) * expected, 0);
  return {
    treatment: total(inBand(evidence, 'treatment'), 'units'),
    control: total(inBand(evidence, 'control'), 'units'),
    expected: all === 0 ? null : due / all,
    pValue,
    alert: pValue !== null && pValue < 0.001,
  };
}

/** What an attempt (the last, unless told) has shown. Throws AppError `not_found`. */
export async function readExperiment(
  database: Pick<Database, 'inTenant'>,
  ctx: { readonly tenantId: TenantId },
  { rolloutId, attempt: wanted }: { readonly rolloutId: string; readonly attempt?: number | undefined },
): Promise<Experiment> {
  return database.inTenant(ctx, async (tx) => {
    const rollout = await readRollout(tx, rolloutId);
    const attempt = wanted ?? rollout.attempt;
    const evidence = await readEvidence(tx, { id: rollout.id, attempt });
    const points = await tx.rolloutEvaluation.findMany({
      where: { rolloutId: rollout.id, attempt },
      orderBy: { id: 'desc' },
      take: MAX_POINTS,
      select: { at: true, shareBasisPoints: true, treatmentUnits: true, controlUnits: true, differences: true },
    });
    const segments = await tx.segmentCount.findMany({
      where: { rolloutId: rollout.id, attempt },
      orderBy: [{ dimension: 'asc' }, { answers: 'desc' }, { value: 'asc' }, { band: 'desc' }],
      take: MAX_POINTS,
    });
    return {
      rollout,
      arms: [armSummary(rollout, evidence, 'treatment'), armSummary(rollout, evidence, 'control')],
      cost: relativeBounds(evidence, 'cost'),
      latency: relativeBounds(evidence, 'latency'),
      accuracy: accuracySummary(evidence),
      guards: readGuards(rollout.plan.guards.length > 0 ? rollout.plan.guards : DEFAULT_GUARDS, evidence),
      sampleRatio: sampleRatioSummary(evidence),
      points: points.toReversed().map(({ at, shareBasisPoints, treatmentUnits, controlUnits, differences }) => ({
        at,
        shareBasisPoints,
        units: treatmentUnits + controlUnits,
        ...(differences as unknown as Pick<ExperimentPoint, 'cost' | 'latency' | 'accuracy'>),
      })),
      segments: segments.map((row) => ({
        dimension: row.dimension,
        value: row.value,
        band: row.band,
        answers: row.answers,
        errors: row.errors,
        latencyMeanMs: row.latencySum / row.answers,
        costMicrosPerAnswer: row.priced === 0 ? null : row.costSum / row.priced,
        tokensPerAnswer: Number(row.tokens) / row.answers,
      })),
    };
  });
}
