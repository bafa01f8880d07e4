import { AppError, isUuid, newId, type Ctx } from '@switchyard/kernel';
import { lockUntilCommit, Prisma, type Database, type Tx } from '@switchyard/database';
import { SLOW_MS } from '../rollout/plan.ts';
import type { Judgement, StorableOutcome } from './outcome.ts';

/** A dimension keeps so many values; what comes later is counted together. */
const MAX_SEGMENTS = 200;
const OTHER = '(other)';

/** Counts of one tenant are written by one at a time, on whichever node: rows are locked in no order. */
const takeTurn = (tx: Tx, { tenantId }: Pick<Ctx, 'tenantId'>): Promise<void> =>
  lockUntilCommit(tx, `experiments:${tenantId}`);

/** JSON as Postgres takes it apart again into rows. */
const asJson = (outcomes: readonly StorableOutcome[]): string =>
  JSON.stringify(
    outcomes.map((one) => ({
      id: one.id,
      exposure_id: one.exposureId,
      at: one.at.toISOString(),
      served_arm: one.servedArm,
      error: one.error,
      fallback: one.fallback,
      latency_ms: one.latencyMs,
      cost_micros: one.costMicros === null ? null : String(one.costMicros),
      prompt_tokens: one.promptTokens,
      completion_tokens: one.completionTokens,
      intent: one.intent,
      model: one.model,
      tools: one.tools,
    })),
  );

const TOLD = Prisma.sql`
  AS one (id uuid, exposure_id uuid, at timestamptz, served_arm text, error boolean, fallback boolean, latency_ms float8,
          cost_micros bigint, prompt_tokens int, completion_tokens int, intent text, model text, tools text[])`;

/**
 * One statement for all of them, so that it is planned once. Gives the ids that were counted: not written before, of units
 * that are measured. What a unit was before comes from the locked row; a batch may hold several answers of one.
 */
async function countOutcomes(
  tx: Tx,
  { tenantId }: Pick<Ctx, 'tenantId'>,
  outcomes: readonly StorableOutcome[],
): Promise<Set<string>> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    WITH told AS (
      SELECT * FROM jsonb_to_recordset(${asJson(outcomes)}::jsonb) ${TOLD}
    ), unit AS (
      SELECT * FROM exposure
      WHERE id IN (SELECT exposure_id FROM told) AND band <> 'unmeasured' ORDER BY id FOR UPDATE
    ), fresh AS (
      INSERT INTO outcome (id, tenant_id, exposure_id, at, served_arm, error, fallback, latency_ms, cost_micros,
                           prompt_tokens, completion_tokens, intent, model, tools)
      SELECT told.id, ${tenantId}::uuid, told.exposure_id, told.at, told.served_arm, told.error, told.fallback,
             told.latency_ms, told.cost_micros, told.prompt_tokens, told.completion_tokens, told.intent, told.model, told.tools
      FROM told JOIN unit ON unit.id = told.exposure_id
      ON CONFLICT (id) DO NOTHING
      RETURNING *
    ), grown AS (
      SELECT unit.id, count(*)::int AS answers, bool_or(fresh.error) AS had_error,
             bool_or(fresh.fallback OR fresh.served_arm <> unit.arm) AS crossed, sum(fresh.latency_ms) AS latency_ms,
             count(fresh.cost_micros)::int AS priced, coalesce(sum(fresh.cost_micros), 0)::bigint AS cost_micros
      FROM fresh JOIN unit ON unit.id = fresh.exposure_id GROUP BY unit.id
    ), touched AS (
      UPDATE exposure SET
        answers = exposure.answers + grown.answers, had_error = exposure.had_error OR grown.had_error,
        crossed = exposure.crossed OR grown.crossed, latency_ms = exposure.latency_ms + grown.latency_ms,
        priced_answers = exposure.priced_answers + grown.priced, cost_micros = exposure.cost_micros + grown.cost_micros
      FROM grown WHERE exposure.id = grown.id
    ), units AS (
      SELECT unit.rollout_id, unit.epoch, unit.band,
             sum((unit.answers = 0)::int)::int AS answered,
             sum((grown.had_error AND NOT unit.had_error)::int)::int AS errors,
             sum((grown.crossed AND NOT unit.crossed)::int)::int AS crossed,
             sum((grown.priced > 0 AND unit.priced_answers = 0)::int)::int AS priced,
             sum(grown.cost_micros)::float8 AS cost,
             sum((unit.cost_micros + grown.cost_micros)::float8 ^ 2 - unit.cost_micros::float8 ^ 2) AS cost_squares,
             sum(after.mean - before.mean) AS latency, sum(after.mean ^ 2 - before.mean ^ 2) AS latency_squares
      FROM unit JOIN grown ON grown.id = unit.id,
           LATERAL (SELECT CASE WHEN unit.answers = 0 THEN 0 ELSE unit.latency_ms / unit.answers END AS mean) AS before,
           LATERAL (SELECT (unit.latency_ms + grown.latency_ms) / (unit.answers + grown.answers) AS mean) AS after
      GROUP BY 1, 2, 3
    ), answers AS (
      SELECT unit.rollout_id, unit.epoch, unit.band, count(*)::int AS answers, sum(fresh.error::int)::int AS errors,
             sum(fresh.fallback::int)::int AS fallbacks, sum((fresh.latency_ms > ${SLOW_MS})::int)::int AS slow,
             sum(fresh.prompt_tokens) AS prompt_tokens, sum(fresh.completion_tokens) AS completion_tokens,
             max(fresh.at) AS last_at,
             array_agg(least(160, floor(ln(greatest(1, fresh.latency_ms)) / ln(2) * 8))::int) AS buckets
      FROM fresh JOIN unit ON unit.id = fresh.exposure_id GROUP BY 1, 2, 3
    ), counted AS (
      UPDATE arm_count known SET
        answered_units = known.answered_units + units.answered, error_units = known.error_units + units.errors,
        crossed_units = known.crossed_units + units.crossed, cost_units = known.cost_units + units.priced,
        cost_sum = known.cost_sum + units.cost, cost_squares = known.cost_squares + units.cost_squares,
        latency_sum = known.latency_sum + units.latency, latency_squares = known.latency_squares + units.latency_squares,
        answers = known.answers + answers.answers, errors = known.errors + answers.errors,
        fallbacks = known.fallbacks + answers.fallbacks, slow = known.slow + answers.slow,
        prompt_tokens = known.prompt_tokens + answers.prompt_tokens,
        completion_tokens = known.completion_tokens + answers.completion_tokens,
        last_at = greatest(known.last_at, answers.last_at),
        latencies = ARRAY(
          SELECT old.count + (SELECT count(*)::int FROM unnest(answers.buckets) AS bucket WHERE bucket = old.place - 1)
          FROM unnest(known.latencies) WITH ORDINALITY AS old (count, place) ORDER BY old.place)
      FROM units JOIN answers USING (rollout_id, epoch, band)
      WHERE known.rollout_id = units.rollout_id AND known.epoch = units.epoch AND known.band = units.band
    )
    SELECT id::text FROM fresh`;
  return new Set(rows.map(({ id }) => id));
}

/** The same answers by intent, model and tool. */
async function countSegments(
  tx: Tx,
  { tenantId }: Pick<Ctx, 'tenantId'>,
  outcomes: readonly StorableOutcome[],
): Promise<void> {
  const told = outcomes.filter(({ intent, model, tools }) => intent !== null || model !== null || tools.length > 0);
  if (told.length === 0) return;
  await tx.$executeRaw`
    WITH segment AS (
      SELECT unit.rollout_id, unit.attempt, unit.band, named.dimension, named.value, count(*)::int AS answers,
             sum(one.error::int)::int AS errors, sum(one.latency_ms) AS latency, count(one.cost_micros)::int AS priced,
             coalesce(sum(one.cost_micros), 0)::float8 AS cost, sum(one.prompt_tokens + one.completion_tokens) AS tokens
      FROM jsonb_to_recordset(${asJson(told)}::jsonb) ${TOLD}
      JOIN exposure unit ON unit.id = one.exposure_id,
      LATERAL (
        SELECT 'intent' AS dimension, one.intent AS value WHERE one.intent IS NOT NULL
        UNION ALL SELECT 'model', one.model WHERE one.model IS NOT NULL
        UNION ALL SELECT 'tool', unnest(one.tools)
      ) AS named
      GROUP BY 1, 2, 3, 4, 5
    ), known AS (
      SELECT DISTINCT s.rollout_id, s.attempt, s.dimension, s.value FROM segment_count s
      WHERE (s.rollout_id, s.attempt) IN (SELECT rollout_id, attempt FROM segment)
    ), placed AS (
      SELECT segment.*,
             CASE WHEN known.value IS NOT NULL
                    OR (SELECT count(*) FROM known k WHERE k.rollout_id = segment.rollout_id AND k.attempt = segment.attempt
                          AND k.dimension = segment.dimension)
                       + dense_rank() OVER (PARTITION BY segment.rollout_id, segment.attempt, segment.dimension,
                                                         known.value IS NULL ORDER BY segment.value) <= ${MAX_SEGMENTS}
                  THEN segment.value ELSE ${OTHER} END AS place
      FROM segment LEFT JOIN known USING (rollout_id, attempt, dimension, value)
    )
    INSERT INTO segment_count AS held (tenant_id, rollout_id, attempt, dimension, value, band, answers, errors, latency_sum,
                                       priced, cost_sum, tokens)
    SELECT ${tenantId}::uuid, rollout_id, attempt, dimension, place, band, sum(answers), sum(errors), sum(latency),
           sum(priced), sum(cost), sum(tokens)
    FROM placed GROUP BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (tenant_id, rollout_id, attempt, dimension, value, band) DO UPDATE SET
      answers = held.answers + EXCLUDED.answers, errors = held.errors + EXCLUDED.errors,
      latency_sum = held.latency_sum + EXCLUDED.latency_sum, priced = held.priced + EXCLUDED.priced,
      cost_sum = held.cost_sum + EXCLUDED.cost_sum, tokens = held.tokens + EXCLUDED.tokens`;
}

/** All or none; written again it changes nothing. */
export async function writeOutcomes(
  database: Pick<Database, 'inTenant'>,
  ctx: Pick<Ctx, 'tenantId'>,
  outcomes: readonly StorableOutcome[],
): Promise<void> {
  await database.inTenant(ctx, async (tx) => {
    await takeTurn(tx, ctx);
    const counted = await countOutcomes(tx, ctx, outcomes);
    await countSegments(
      tx,
      ctx,
      outcomes.filter(({ id }) => counted.has(id)),
    );
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
