import { AppError, type Ctx } from '@switchyard/kernel';
import { Prisma, type Database } from '@switchyard/database';

/** calls: of tools, by code. runs: of code. models: calls of models. savings: answers beside the traditional way. */
export const REPORT_SUBJECTS = ['calls', 'runs', 'models', 'savings'] as const;
export type ReportSubject = (typeof REPORT_SUBJECTS)[number];

export const REPORT_KEYS = ['day', 'tool', 'arm'] as const;
export type ReportKey = (typeof REPORT_KEYS)[number];

export interface ReportQuery {
  readonly of: ReportSubject;
  /** None: one row in all. */
  readonly by: readonly ReportKey[];
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  readonly limit: number;
}

export interface ReportRow {
  /** The day (UTC), `server.tool`, the arm; null where code came from outside. Undefined: not grouped by it. */
  readonly day?: string;
  readonly tool?: string;
  readonly arm?: string | null;
  /** Of the scripted model: no model's result. Undefined where no model has a part. */
  readonly scripted?: boolean;
  /** Those whose name ends in `Micros` are micro-dollars, in `Ms` milliseconds; null: nothing to measure. */
  readonly measures: Readonly<Record<string, number | bigint | null>>;
}

interface Source {
  readonly table: Prisma.Sql;
  readonly at: Prisma.Sql;
  readonly keys: Readonly<Partial<Record<ReportKey, Prisma.Sql>>>;
  readonly isOfModels: boolean;
  readonly only?: Prisma.Sql;
  readonly measures: Prisma.Sql;
}

const dayOf = (at: Prisma.Sql): Prisma.Sql => Prisma.sql`to_char(${at} AT TIME ZONE 'UTC', 'YYYY-MM-DD')`;
const STARTED = Prisma.sql`started_at`;
const AT = Prisma.sql`at`;

const CALLS: Source = {
  table: Prisma.sql`run_call`,
  at: STARTED,
  keys: { day: dayOf(STARTED), tool: Prisma.sql`server || '.' || tool`, arm: Prisma.sql`arm` },
  isOfModels: false,
  measures: Prisma.sql`count(*)::float8 AS calls, count(*) FILTER (WHERE status NOT IN ('ok', 'denied'))::float8 AS failed,
    count(*) FILTER (WHERE status = 'denied')::float8 AS denied,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) AS "p50Ms",
    percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) AS "p95Ms",
    coalesce(sum(result_tokens), 0)::float8 AS "resultTokens"`,
};

const RUNS: Source = {
  table: Prisma.sql`run`,
  at: STARTED,
  keys: { day: dayOf(STARTED), arm: Prisma.sql`arm` },
  isOfModels: false,
  only: Prisma.sql`AND status NOT IN ('running', 'awaiting_approval')`,
  measures: Prisma.sql`count(*)::float8 AS runs, count(*) FILTER (WHERE status = 'done')::float8 AS done,
    count(*) FILTER (WHERE status = 'rejected')::float8 AS rejected, count(*) FILTER (WHERE status = 'failed')::float8 AS failed,
    count(*) FILTER (WHERE status = 'limit')::float8 AS "limit", count(*) FILTER (WHERE status = 'crashed')::float8 AS crashed,
    coalesce(sum(denied_count), 0)::float8 AS "deniedCalls",
    percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) AS "p50Ms",
    percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) AS "p95Ms",
    coalesce(sum(tokens_returned), 0)::float8 AS "tokensReturned", coalesce(sum(tokens_kept_out), 0)::float8 AS "tokensKeptOut"`,
};

const MODELS: Source = {
  table: Prisma.sql`model_call`,
  at: STARTED,
  keys: { day: dayOf(STARTED), arm: Prisma.sql`arm` },
  isOfModels: true,
  measures: Prisma.sql`count(*)::float8 AS calls, count(*) FILTER (WHERE status = 'error')::float8 AS errors,
    coalesce(sum(input_tokens), 0)::float8 AS "inputTokens", coalesce(sum(output_tokens), 0)::float8 AS "outputTokens",
    sum(cost_micros)::bigint AS "costMicros",
    count(*) FILTER (WHERE cost_micros IS NULL AND NOT scripted)::float8 AS "unpricedCalls"`,
};

const SAVINGS: Source = {
  table: Prisma.sql`counterfactual`,
  at: AT,
  keys: { day: dayOf(AT), arm: Prisma.sql`arm` },
  isOfModels: true,
  measures: Prisma.sql`count(*)::float8 AS answers,
    coalesce(sum(used_input_tokens + used_output_tokens), 0)::float8 AS "usedTokens",
    coalesce(sum(other_input_tokens + other_output_tokens), 0)::float8 AS "estimatedOtherTokens",
    sum(used_cost_micros)::bigint AS "usedCostMicros", sum(other_cost_micros)::bigint AS "estimatedOtherCostMicros"`,
};

const SAVINGS_OF_TOOLS: Source = {
  table: Prisma.sql`counterfactual_tool`,
  at: AT,
  keys: { day: dayOf(AT), arm: Prisma.sql`arm`, tool: Prisma.sql`tool` },
  isOfModels: true,
  measures: Prisma.sql`coalesce(sum(calls), 0)::float8 AS calls, coalesce(sum(result_tokens), 0)::float8 AS "resultTokens",
    coalesce(sum(other_input_tokens), 0)::float8 AS "estimatedOtherTokens"`,
};

function sourceOf({ of, by }: ReportQuery): Source {
  switch (of) {
    case 'calls':
      return CALLS;
    case 'runs':
      return RUNS;
    case 'models':
      return MODELS;
    case 'savings':
      return by.includes('tool') ? SAVINGS_OF_TOOLS : SAVINGS;
  }
}

/**
 * Sums of a span, made by the database: rows by key in their order, days first. Errors: `unprocessable` for a subject that
 * knows no such key (runs and model calls belong to no one tool).
 */
export async function readReport(
  database: Pick<Database, 'inTenant'>,
  ctx: Pick<Ctx, 'tenantId'>,
  query: ReportQuery,
): Promise<{ readonly rows: readonly ReportRow[]; readonly total: number }> {
  const source = sourceOf(query);
  const by = REPORT_KEYS.filter((key) => query.by.includes(key));
  const keys = by.map((key) => {
    const column = source.keys[key];
    if (!column)
      throw new AppError('unprocessable', `A report of ${query.of} cannot be made by ${key}.`, { path: 'by' });
    return column;
  });
  const groups = [...keys, ...(source.isOfModels ? [Prisma.sql`scripted`] : [])];
  const named = [
    ...by.map((key, at) => Prisma.sql`${keys[at]} AS ${Prisma.raw(key)}`),
    ...(source.isOfModels ? [Prisma.sql`scripted`] : []),
  ];
  const select = named.length > 0 ? Prisma.sql`${Prisma.join(named)},` : Prisma.empty;
  const grouping = groups.length > 0 ? Prisma.sql`GROUP BY ${Prisma.join(groups)}` : Prisma.empty;
  const order =
    groups.length > 0 ? Prisma.sql`ORDER BY ${Prisma.raw(groups.map((_, at) => at + 1).join(', '))}` : Prisma.empty;
  const found = await database.inTenant(
    ctx,
    (tx) => tx.$queryRaw<(Record<string, number | bigint | string | boolean | null> & { rows: number })[]>`
      SELECT *, count(*) OVER ()::int AS rows FROM (
        SELECT ${select} ${source.measures} FROM ${source.table}
        WHERE ${source.at} >= ${query.from.toISOString()}::timestamptz AND ${source.at} < ${query.to.toISOString()}::timestamptz
          ${source.only ?? Prisma.empty}
        ${grouping} ${order}
      ) AS grouped LIMIT ${query.limit}`,
  );
  return { rows: found.map(({ rows: _rows, ...row }) => toRow(row)), total: found[0]?.rows ?? 0 };
}

function toRow({
  day,
  tool,
  arm,
  scripted,
  ...measures
}: Record<string, number | bigint | string | boolean | null>): ReportRow {
  return {
    ...(typeof day === 'string' ? { day } : {}),
    ...(typeof tool === 'string' ? { tool } : {}),
    ...(arm === undefined ? {} : { arm: arm === null ? null : String(arm) }),
    ...(typeof scripted === 'boolean' ? { scripted } : {}),
    measures: measures as ReportRow['measures'],
  };
}
