import type { Ctx } from '@switchyard/kernel';
import type { Database, Tx } from '@switchyard/database';
import type { EndedStatus } from './run.ts';

export interface DayCount extends Readonly<Record<EndedStatus, number>> {
  /** `2026-11-21`, UTC. */
  readonly day: string;
  readonly tokensReturned: number;
  readonly tokensKeptOut: number;
}

export interface ToolUse {
  readonly server: string;
  readonly tool: string;
  readonly calls: number;
  /** Calls that did not end `ok`. */
  readonly failed: number;
  readonly medianMs: number;
}

export interface RunStats {
  /** Each day of the span, also those without a run. */
  readonly days: readonly DayCount[];
  /** Runs that have ended. */
  readonly runs: number;
  /** Of those, the share (0 to 1) that did not end `done`. */
  readonly failedShare: number;
  /** Null without a run. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly tokensReturned: number;
  readonly tokensKeptOut: number;
  readonly deniedCalls: number;
  /** The twenty most used. */
  readonly tools: readonly ToolUse[];
}

interface Span {
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
}

const ISO = ({ from, to }: Span): [string, string] => [from.toISOString(), to.toISOString()];

function readDays(tx: Tx, span: Span): Promise<DayCount[]> {
  const [from, to] = ISO(span);
  return tx.$queryRaw<DayCount[]>`
    SELECT to_char(day, 'YYYY-MM-DD') AS day,
           count(*) FILTER (WHERE status = 'done')::float8 AS done, count(*) FILTER (WHERE status = 'rejected')::float8 AS rejected,
           count(*) FILTER (WHERE status = 'failed')::float8 AS failed, count(*) FILTER (WHERE status = 'limit')::float8 AS "limit",
           count(*) FILTER (WHERE status = 'crashed')::float8 AS crashed,
           coalesce(sum(tokens_returned), 0)::float8 AS "tokensReturned", coalesce(sum(tokens_kept_out), 0)::float8 AS "tokensKeptOut"
    FROM generate_series(date_trunc('day', ${from}::timestamptz AT TIME ZONE 'UTC'),
                         (${to}::timestamptz AT TIME ZONE 'UTC') - interval '1 millisecond', interval '1 day') AS day
    LEFT JOIN run ON started_at >= ${from}::timestamptz AND started_at < ${to}::timestamptz
                 AND date_trunc('day', started_at AT TIME ZONE 'UTC') = day
    GROUP BY day ORDER BY day`;
}

type Totals = Pick<RunStats, 'runs' | 'p50Ms' | 'p95Ms' | 'deniedCalls'> & { notDone: number };

async function readTotals(tx: Tx, span: Span): Promise<Totals> {
  const [from, to] = ISO(span);
  const rows = await tx.$queryRaw<Totals[]>`
    SELECT count(*)::float8 AS runs, count(*) FILTER (WHERE status <> 'done')::float8 AS "notDone",
           percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) AS "p50Ms",
           percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) AS "p95Ms",
           coalesce(sum(denied_count), 0)::float8 AS "deniedCalls"
    FROM run WHERE status NOT IN ('running', 'awaiting_approval') AND started_at >= ${from}::timestamptz AND started_at < ${to}::timestamptz`;
  return rows[0] ?? { runs: 0, notDone: 0, p50Ms: null, p95Ms: null, deniedCalls: 0 };
}

function readTools(tx: Tx, span: Span): Promise<ToolUse[]> {
  const [from, to] = ISO(span);
  return tx.$queryRaw<ToolUse[]>`
    SELECT server, tool, count(*)::float8 AS calls, count(*) FILTER (WHERE status <> 'ok')::float8 AS failed,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) AS "medianMs"
    FROM run_call WHERE started_at >= ${from}::timestamptz AND started_at < ${to}::timestamptz
    GROUP BY server, tool ORDER BY count(*) DESC, server, tool LIMIT 20`;
}

const sum = (days: readonly DayCount[], of: (day: DayCount) => number): number =>
  days.reduce((total, day) => total + of(day), 0);

/** What the runs that began in a span came to. */
export function readStats(database: Pick<Database, 'inTenant'>, ctx: Ctx, span: Span): Promise<RunStats> {
  return database.inTenant(ctx, async (tx) => {
    const days = await readDays(tx, span);
    const { notDone, ...totals } = await readTotals(tx, span);
    return {
      days,
      ...totals,
      failedShare: totals.runs === 0 ? 0 : notDone / totals.runs,
      tokensReturned: sum(days, (day) => day.tokensReturned),
      tokensKeptOut: sum(days, (day) => day.tokensKeptOut),
      tools: await readTools(tx, span),
    };
  });
}
