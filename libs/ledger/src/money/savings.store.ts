import { isUuid, type Ctx } from '@switchyard/kernel';
import { Prisma, type Database, type Tx } from '@switchyard/database';
import type { Span } from './usage.store.ts';

/** Counted on what really went through. Money in micro-dollars. */
export interface MeasuredSavings {
  readonly usedTokens: number;
  /** Of the answers that have a price. */
  readonly usedCostMicros: bigint;
  /** Definitions and results, each once, that a traditional context would have held. */
  readonly keptOutTokens: number;
}

/** What the traditional way would have used, by the model of `counterfactual`. */
export interface EstimatedSavings {
  readonly otherTokens: number;
  readonly otherCostMicros: bigint;
  /** `other` less `used`; negative: the code way took more. */
  readonly savedTokens: number;
  readonly savedCostMicros: bigint;
}

export interface SavingsRow {
  /** The day (UTC) or the arm; null: code from outside, no chat's arm. */
  readonly key: string | null;
  readonly scripted: boolean;
  /** Answers of chats, and runs of code from outside. */
  readonly answers: number;
  /** Of those without a price: in the tokens, not in the money. */
  readonly unpricedAnswers: number;
  readonly measured: MeasuredSavings;
  readonly estimated: EstimatedSavings;
  /** Answers in which the code way took more tokens, and how much more: in `estimated` already, shown for themselves. */
  readonly losses: { readonly answers: number; readonly tokens: number; readonly costMicros: bigint };
}

/** One tool's part. Definitions and the conversation belong to no tool, so these do not add up to the whole. */
export interface ToolSavings {
  readonly tool: string;
  readonly scripted: boolean;
  readonly calls: number;
  /** Measured: each result once. */
  readonly resultTokens: number;
  /** Estimated: each result again on each later turn. */
  readonly otherInputTokens: number;
}

export interface Savings {
  readonly days: readonly SavingsRow[];
  readonly arms: readonly SavingsRow[];
  /** The fifty with most tokens. */
  readonly tools: readonly ToolSavings[];
  /** One of models, and one of the scripted model where it answered. */
  readonly totals: readonly SavingsRow[];
}

interface Row {
  readonly key: string | null;
  readonly scripted: boolean;
  readonly answers: number;
  readonly unpricedAnswers: number;
  readonly usedTokens: number;
  readonly usedCostMicros: bigint;
  readonly keptOutTokens: number;
  readonly otherTokens: number;
  readonly otherCostMicros: bigint;
  readonly lossAnswers: number;
  readonly lossTokens: number;
  readonly lossCostMicros: bigint;
}

const toRow = (row: Row): SavingsRow => ({
  key: row.key,
  scripted: row.scripted,
  answers: row.answers,
  unpricedAnswers: row.unpricedAnswers,
  measured: { usedTokens: row.usedTokens, usedCostMicros: row.usedCostMicros, keptOutTokens: row.keptOutTokens },
  estimated: {
    otherTokens: row.otherTokens,
    otherCostMicros: row.otherCostMicros,
    savedTokens: row.otherTokens - row.usedTokens,
    savedCostMicros: row.otherCostMicros - row.usedCostMicros,
  },
  losses: { answers: row.lossAnswers, tokens: row.lossTokens, costMicros: row.lossCostMicros },
});

const within = ({ from, to }: Span): Prisma.Sql =>
  Prisma.sql`at >= ${from.toISOString()}::timestamptz AND at < ${to.toISOString()}::timestamptz`;

type Grouping = 'days' | 'arms' | 'totals';

/** All three groupings in one pass over the rows. */
async function readRows(tx: Tx, span: Span): Promise<Record<Grouping, SavingsRow[]>> {
  const rows = await tx.$queryRaw<(Row & { grouping: Grouping })[]>`
    SELECT CASE WHEN grouping(day) = 0 THEN 'days' WHEN grouping(arm) = 0 THEN 'arms' ELSE 'totals' END AS grouping,
           CASE WHEN grouping(day) = 0 THEN day::text WHEN grouping(arm) = 0 THEN arm ELSE 'all' END AS key,
           scripted, count(*)::float8 AS answers,
           count(*) FILTER (WHERE price_id IS NULL AND NOT scripted)::float8 AS "unpricedAnswers",
           sum(used)::float8 AS "usedTokens", coalesce(sum(used_cost_micros), 0)::bigint AS "usedCostMicros",
           sum(kept_out)::float8 AS "keptOutTokens",
           sum(other)::float8 AS "otherTokens", coalesce(sum(other_cost_micros), 0)::bigint AS "otherCostMicros",
           count(*) FILTER (WHERE used > other)::float8 AS "lossAnswers",
           coalesce(sum(used - other) FILTER (WHERE used > other), 0)::float8 AS "lossTokens",
           coalesce(sum(used_cost_micros - other_cost_micros) FILTER (WHERE used_cost_micros > other_cost_micros), 0)::bigint
             AS "lossCostMicros"
    FROM (SELECT (at AT TIME ZONE 'UTC')::date AS day, arm, scripted, price_id, used_cost_micros, other_cost_micros,
                 used_input_tokens + used_output_tokens AS used, other_input_tokens + other_output_tokens AS other,
                 definition_tokens::bigint + result_tokens AS kept_out
          FROM counterfactual WHERE ${within(span)}) AS answer
    GROUP BY GROUPING SETS ((day, scripted), (arm, scripted), (scripted)) ORDER BY 2, 3`;
  const of = (wanted: Grouping): SavingsRow[] => rows.filter(({ grouping }) => grouping === wanted).map(toRow);
  return { days: of('days'), arms: of('arms'), totals: of('totals') };
}

const readTools = (tx: Tx, span: Span): Promise<ToolSavings[]> =>
  tx.$queryRaw<ToolSavings[]>`
    SELECT tool, scripted, sum(calls)::float8 AS calls, sum(result_tokens)::float8 AS "resultTokens",
           sum(other_input_tokens)::float8 AS "otherInputTokens"
    FROM counterfactual_tool WHERE ${within(span)} GROUP BY 1, 2 ORDER BY 5 DESC, 1 LIMIT 50`;

/** One answer, or one run from outside, beside what the traditional way would have used. */
export interface ComparedAnswer {
  /** Of the model call that finished the answer, or of the run. */
  readonly id: string;
  readonly kind: 'answer' | 'run';
  readonly at: Date;
  readonly arm: string | null;
  readonly scripted: boolean;
  /** Measured, each counted once. */
  readonly definitionTokens: number;
  /** Measured, each counted once. */
  readonly resultTokens: number;
  readonly usedTokens: number;
  /** Null: no price. */
  readonly usedCostMicros: bigint | null;
  /** Estimated. */
  readonly otherTurns: number;
  readonly otherTokens: number;
  readonly otherCostMicros: bigint | null;
}

/** Oldest first, the last 200. */
export const readAnswers = (
  database: Pick<Database, 'inTenant'>,
  ctx: Ctx,
  of: { readonly conversation: string } | { readonly run: string },
): Promise<ComparedAnswer[]> =>
  database.inTenant(ctx, async (tx) => {
    const where =
      'run' in of
        ? Prisma.sql`id = ${isUuid(of.run) ? of.run : null}::uuid`
        : Prisma.sql`conversation = ${of.conversation}`;
    const rows = await tx.$queryRaw<ComparedAnswer[]>`
      SELECT id::text, kind, at, arm, scripted, definition_tokens AS "definitionTokens", result_tokens AS "resultTokens",
             (used_input_tokens + used_output_tokens)::float8 AS "usedTokens", used_cost_micros AS "usedCostMicros",
             jsonb_array_length(turns) AS "otherTurns", (other_input_tokens + other_output_tokens)::float8 AS "otherTokens",
             other_cost_micros AS "otherCostMicros"
      FROM counterfactual WHERE ${where} ORDER BY at DESC, id DESC LIMIT 200`;
    return rows.reverse();
  });

/** By day, by arm, by tool, and in all. */
export const readSavings = (database: Pick<Database, 'inTenant'>, ctx: Ctx, span: Span): Promise<Savings> =>
  database.inTenant(ctx, async (tx) => ({
    ...(await readRows(tx, span)),
    tools: await readTools(tx, span),
  }));
