import type { Ctx } from '@switchyard/kernel';
import { Prisma, type Database } from '@switchyard/database';

export interface Span {
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
}

export const USAGE_KEYS = ['day', 'arm', 'model', 'purpose', 'conversation', 'run'] as const;
export type UsageKey = (typeof USAGE_KEYS)[number];

export interface UsageRow {
  /** The day (UTC), arm, `provider/model`, purpose, conversation or run; null where a call has none. */
  readonly key: string | null;
  /** Of the scripted model: no model's result, and never priced. */
  readonly scripted: boolean;
  readonly calls: number;
  readonly errors: number;
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  /** Of the calls that have a price. */
  readonly costMicros: bigint;
  /** Calls without a price: their cost is not known, and not in `costMicros`. */
  readonly unpricedCalls: number;
  /** Calls whose tokens were counted by us. */
  readonly estimatedCalls: number;
}

const KEYS: Readonly<Record<UsageKey, Prisma.Sql>> = {
  day: Prisma.sql`(started_at AT TIME ZONE 'UTC')::date`,
  arm: Prisma.sql`arm`,
  model: Prisma.sql`provider || '/' || model`,
  purpose: Prisma.sql`purpose`,
  conversation: Prisma.sql`conversation`,
  run: Prisma.sql`run_id::text`,
};

const MOST_ROWS = 500;

/** By day and arm in their order, else the most expensive first; 500 rows at most. */
export function readUsage(
  database: Pick<Database, 'inTenant'>,
  ctx: Ctx,
  { by, from, to, conversation, run }: Span & { by: UsageKey; conversation?: string | null; run?: string | null },
): Promise<UsageRow[]> {
  const order = by === 'day' ? Prisma.sql`1, 2` : Prisma.sql`"costMicros" DESC, calls DESC, 1`;
  const only = [
    ...(conversation ? [Prisma.sql`AND conversation = ${conversation}`] : []),
    ...(run ? [Prisma.sql`AND run_id::text = ${run}`] : []),
  ];
  return database.inTenant(
    ctx,
    (tx) => tx.$queryRaw<UsageRow[]>`
      SELECT (${KEYS[by]})::text AS key, scripted, count(*)::float8 AS calls,
             count(*) FILTER (WHERE status = 'error')::float8 AS errors,
             sum(input_tokens)::float8 AS "inputTokens", sum(cached_input_tokens)::float8 AS "cachedInputTokens",
             sum(output_tokens)::float8 AS "outputTokens", sum(reasoning_tokens)::float8 AS "reasoningTokens",
             coalesce(sum(cost_micros), 0)::bigint AS "costMicros",
             count(*) FILTER (WHERE cost_micros IS NULL AND NOT scripted)::float8 AS "unpricedCalls",
             count(*) FILTER (WHERE usage_estimated)::float8 AS "estimatedCalls"
      FROM model_call WHERE started_at >= ${from.toISOString()}::timestamptz AND started_at < ${to.toISOString()}::timestamptz
        ${only.length > 0 ? Prisma.join(only, ' ') : Prisma.empty}
      GROUP BY ${KEYS[by]}, scripted ORDER BY ${order} LIMIT ${MOST_ROWS}`,
  );
}
