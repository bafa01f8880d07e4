import { AppError, isUuid, newId, type Ctx } from '@switchyard/kernel';
import type { Database, Tx } from '@switchyard/database';
import { bucketOfLatency } from '../evidence/latencies.ts';
import { SLOW_MS } from '../rollout/plan.ts';
import type { Judgement, StorableOutcome } from './outcome.ts';

/** A dimension keeps so many values; what comes later is counted together. */
const MAX_SEGMENTS = 200;
const OTHER = '(other)';

/** Counts of one tenant are written by one at a time, on whichever node: rows are locked in no order. */
const takeTurn = (tx: Tx, { tenantId }: Pick<Ctx, 'tenantId'>): Promise<unknown> =>
  tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`experiments:${tenantId}`}, 0))`;

/** True when it was counted: not written before, of a unit that is measured. */
async function writeOutcome(tx: Tx, { tenantId }: Pick<Ctx, 'tenantId'>, one: StorableOutcome): Promise<boolean> {
  const cost = one.costMicros;
  const changed = await tx.$executeRaw`
    WITH unit AS (
      SELECT *, CASE WHEN answers = 0 THEN 0 ELSE latency_ms / answers END AS mean_before,
             (latency_ms + ${one.latencyMs}::float8) / (answers + 1) AS mean_after
      FROM exposure WHERE id = ${one.exposureId}::uuid AND band <> 'unmeasured' FOR UPDATE
    ), fresh AS (
      INSERT INTO outcome (id, tenant_id, exposure_id, at, served_arm, error, fallback, latency_ms, cost_micros,
                           prompt_tokens, completion_tokens, intent, model, tools)
      SELECT ${one.id}::uuid, ${tenantId}::uuid, unit.id, ${one.at}, ${one.servedArm}, ${one.error}, ${one.fallback},
             ${one.latencyMs}, ${cost}, ${one.promptTokens}, ${one.completionTokens}, ${one.intent}, ${one.model},
             ${one.tools}
      FROM unit
      ON CONFLICT (id) DO NOTHING
      RETURNING id, ${one.fallback} OR served_arm <> (SELECT arm FROM unit) AS crosses
    ), touched AS (
      UPDATE exposure SET
        answers = exposure.answers + 1,
        had_error = exposure.had_error OR ${one.error},
        crossed = exposure.crossed OR fresh.crosses,
        latency_ms = exposure.latency_ms + ${one.latencyMs}::float8,
        priced_answers = exposure.priced_answers + ${cost === null ? 0 : 1},
        cost_micros = exposure.cost_micros + ${cost ?? 0n}
      FROM fresh, unit WHERE exposure.id = unit.id
    )
    UPDATE arm_count SET
      answered_units = answered_units + (unit.answers = 0)::int,
      error_units = error_units + (${one.error} AND NOT unit.had_error)::int,
      crossed_units = crossed_units + (fresh.crosses AND NOT unit.crossed)::int,
      answers = arm_count.answers + 1,
      errors = errors + ${one.error ? 1 : 0},
      fallbacks = fallbacks + ${one.fallback ? 1 : 0},
      slow = slow + ${one.latencyMs > SLOW_MS ? 1 : 0},
      prompt_tokens = prompt_tokens + ${one.promptTokens},
      completion_tokens = completion_tokens + ${one.completionTokens},
      cost_units = cost_units + (${cost !== null} AND unit.priced_answers = 0)::int,
      cost_sum = cost_sum + ${Number(cost ?? 0n)}::float8,
      cost_squares = cost_squares + (unit.cost_micros + ${Number(cost ?? 0n)}::float8) ^ 2 - unit.cost_micros::float8 ^ 2,
      latency_sum = latency_sum + unit.mean_after - unit.mean_before,
      latency_squares = latency_squares + unit.mean_after ^ 2 - unit.mean_before ^ 2,
      latencies[${bucketOfLatency(one.latencyMs) + 1}::int] = latencies[${bucketOfLatency(one.latencyMs) + 1}::int] + 1,
      last_at = greatest(last_at, ${one.at})
    FROM unit, fresh
    WHERE arm_count.rollout_id = unit.rollout_id AND arm_count.epoch = unit.epoch AND arm_count.band = unit.band`;
  return changed > 0;
}

async function writeSegments(tx: Tx, { tenantId }: Pick<Ctx, 'tenantId'>, one: StorableOutcome): Promise<void> {
  const of = (dimension: string, value: string | null): [string, string][] => (value ? [[dimension, value]] : []);
  const segments = [
    ...of('intent', one.intent),
    ...of('model', one.model),
    ...one.tools.map((tool): [string, string] => ['tool', tool]),
  ];
  if (segments.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO segment_count AS known (tenant_id, rollout_id, attempt, dimension, value, band, answers, errors, latency_sum,
                                        priced, cost_sum, tokens)
    SELECT ${tenantId}::uuid, unit.rollout_id, unit.attempt, segment.dimension,
           CASE WHEN EXISTS (SELECT FROM segment_count s WHERE s.rollout_id = unit.rollout_id AND s.attempt = unit.attempt
                               AND s.dimension = segment.dimension AND s.value = segment.value)
                  OR (SELECT count(DISTINCT s.value) FROM segment_count s WHERE s.rollout_id = unit.rollout_id
                        AND s.attempt = unit.attempt AND s.dimension = segment.dimension) < ${MAX_SEGMENTS}
                THEN segment.value ELSE ${OTHER} END AS value,
           unit.band, 1, ${one.error ? 1 : 0}, ${one.latencyMs}::float8, ${one.costMicros === null ? 0 : 1},
           ${Number(one.costMicros ?? 0n)}::float8, ${one.promptTokens + one.completionTokens}
    FROM exposure unit, unnest(${segments.map(([dimension]) => dimension)}::text[], ${segments.map(([, value]) => value)}::text[])
                          AS segment (dimension, value)
    WHERE unit.id = ${one.exposureId}::uuid
    ON CONFLICT (tenant_id, rollout_id, attempt, dimension, value, band) DO UPDATE SET
      answers = known.answers + 1, errors = known.errors + EXCLUDED.errors,
      latency_sum = known.latency_sum + EXCLUDED.latency_sum, priced = known.priced + EXCLUDED.priced,
      cost_sum = known.cost_sum + EXCLUDED.cost_sum, tokens = known.tokens + EXCLUDED.tokens`;
}

/** All or none; written again it changes nothing. */
export async function writeOutcomes(
  database: Pick<Database, 'inTenant'>,
  ctx: Pick<Ctx, 'tenantId'>,
  outcomes: readonly StorableOutcome[],
): Promise<void> {
  await database.inTenant(ctx, async (tx) => {
    await takeTurn(tx, ctx);
    for (const one of outcomes) if (await writeOutcome(tx, ctx, one)) await writeSegments(tx, ctx, one);
  });
}

/** The exposure of a unit in an attempt, else the conversation's youngest. */
export async function findExposure(
  tx: Tx,
  where: { rolloutId: string; attempt: number; unit: string; conversation: string } | { exposureId: string },
): Promise<string | undefined> {
  if ('exposureId' in where) {
    const row = isUuid(where.exposureId) && (await tx.exposure.findFirst({ where: { id: where.exposureId } }));
    return row ? row.id : undefined;
  }
  const { conversation, ...unit } = where;
  const row =
    (await tx.exposure.findFirst({ where: unit })) ??
    (await tx.exposure.findFirst({
      where: { conversation, rolloutId: unit.rolloutId, attempt: unit.attempt },
      orderBy: { at: 'desc' },
    }));
  return row?.id;
}

/** Counts a unit's first complaint; one person who complains eleven times is one. False when it was counted before. */
export async function writeComplaint(tx: Tx, ctx: Pick<Ctx, 'tenantId'>, exposureId: string): Promise<boolean> {
  await takeTurn(tx, ctx);
  const changed = await tx.$executeRaw`
    WITH unit AS (
      UPDATE exposure SET complained = true
      WHERE id = ${exposureId}::uuid AND NOT complained RETURNING rollout_id, epoch, band
    )
    UPDATE arm_count SET complaint_units = complaint_units + 1 FROM unit
    WHERE arm_count.rollout_id = unit.rollout_id AND arm_count.epoch = unit.epoch AND arm_count.band = unit.band`;
  return changed > 0;
}

/** A pair's difference counts by itself; scores count as the unit's mean. Feedback is kept and not counted. */
export async function writeJudgement(
  tx: Tx,
  ctx: Pick<Ctx, 'tenantId'>,
  { exposureId, at, source, value }: Judgement & { exposureId: string; at: Date },
): Promise<void> {
  await takeTurn(tx, ctx);
  const unit = await tx.exposure.findFirst({ where: { id: exposureId } });
  if (!unit) throw new AppError('not_found', 'There is no such exposure in this tenant.');
  const { tenantId } = ctx;
  await tx.accuracy.create({ data: { id: newId(at.getTime()), tenantId, exposureId, at, source, value } });
  if (source === 'feedback' || unit.band === 'unmeasured') return;
  const { rolloutId, epoch, band } = unit;
  if (source === 'shadow') {
    // whichever arm answered for the user, both have answered this: the pair belongs to the difference
    await tx.$executeRaw`
      UPDATE arm_count SET pairs = pairs + 1, pair_sum = pair_sum + ${value}::float8, pair_squares = pair_squares + ${value ** 2}::float8
      WHERE rollout_id = ${rolloutId}::uuid AND epoch = ${epoch} AND band = ${band}`;
    return;
  }
  const before = unit.scores === 0 ? 0 : unit.score / unit.scores;
  const after = (unit.score + value) / (unit.scores + 1);
  await tx.exposure.update({
    where: { id: exposureId },
    data: { scores: { increment: 1 }, score: { increment: value } },
  });
  await tx.$executeRaw`
    UPDATE arm_count SET score_units = score_units + ${unit.scores === 0 ? 1 : 0}, score_sum = score_sum + ${after - before}::float8,
                         score_squares = score_squares + ${after ** 2 - before ** 2}::float8
    WHERE rollout_id = ${rolloutId}::uuid AND epoch = ${epoch} AND band = ${band}`;
}
