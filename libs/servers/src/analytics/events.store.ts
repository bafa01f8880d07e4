import { Prisma, lockUntilCommit, type Database } from '@switchyard/database';
import { newId, type Ctx } from '@switchyard/kernel';
import { AnalyticsError } from './analytics-error.ts';
import type { Span } from './span.ts';

type Tenant = Pick<Ctx, 'tenantId'>;

export interface AnalyticsEvent {
  readonly name: string;
  readonly at: Date;
  readonly value: number | null;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly key: string | null;
}

const MOST_A_DAY = 100_000;
const KEPT_DAYS = 400;

/**
 * Keeps events, each key of a name once, and lets go of what is older than 400 days. Gives how many were new. Throws
 * AnalyticsError `too_many_events` above 100,000 a day (UTC): none is kept then.
 */
export async function keepEvents(database: Database, ctx: Tenant, events: readonly AnalyticsEvent[]): Promise<number> {
  const rows = events.map((event) => ({ ...event, id: newId(), at: event.at.toISOString() }));
  return database.inTenant(ctx, async (tx) => {
    await lockUntilCommit(tx, `analytics events ${ctx.tenantId}`); // or several at once would each find room
    const [today] = await tx.$queryRaw<{ events: number }[]>`
      SELECT count(*)::int AS events FROM analytics_event
      WHERE recorded_at >= date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'`;
    if ((today?.events ?? 0) + rows.length > MOST_A_DAY)
      throw new AnalyticsError('too_many_events', 'At most 100,000 events a day (UTC) are kept: tell sums instead.');
    await tx.$executeRaw`DELETE FROM analytics_event WHERE recorded_at < now() - make_interval(days => ${KEPT_DAYS})`;
    return tx.$executeRaw`
      INSERT INTO analytics_event (id, tenant_id, name, at, value, properties, key)
      SELECT id, ${ctx.tenantId}::uuid, name, at, value, properties, key
      FROM jsonb_to_recordset(${JSON.stringify(rows).replaceAll('\\u0000', '')}::jsonb)
        AS row (id uuid, name text, at timestamptz, value float8, properties jsonb, key text)
      ON CONFLICT (tenant_id, name, key) DO NOTHING`;
  });
}

export interface EventRow {
  readonly day?: string;
  readonly name?: string;
  readonly measures: {
    readonly events: number;
    readonly valueSum: number | null;
    readonly valueAverage: number | null;
  };
}

const KEYS = {
  day: Prisma.sql`to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD')`,
  name: Prisma.sql`name`,
} as const;
export type EventKey = keyof typeof KEYS;

/** Sums of the events that happened in a span; by name alone the most frequent first, else in the order of keys. */
export async function readEvents(
  database: Database,
  ctx: Tenant,
  { by, from, to, limit }: Span & { readonly by: readonly EventKey[]; readonly limit: number },
): Promise<{ rows: EventRow[]; total: number }> {
  const keys = (['day', 'name'] as const).filter((key) => by.includes(key));
  const select = keys.map((key) => Prisma.sql`${KEYS[key]} AS ${Prisma.raw(key)},`);
  const places = Prisma.raw(keys.map((_, at) => at + 1).join(', '));
  const order = keys.length === 1 && keys[0] === 'name' ? Prisma.sql`events DESC, 1` : places;
  const found = await database.inTenant(
    ctx,
    (tx) => tx.$queryRaw<(EventRow['measures'] & { day?: string; name?: string; rows: number })[]>`
      SELECT *, count(*) OVER ()::int AS rows FROM (
        SELECT ${keys.length > 0 ? Prisma.join(select, ' ') : Prisma.empty} count(*)::float8 AS events,
          sum(value) AS "valueSum", avg(value) AS "valueAverage"
        FROM analytics_event WHERE at >= ${from.toISOString()}::timestamptz AND at < ${to.toISOString()}::timestamptz
        ${keys.length > 0 ? Prisma.sql`GROUP BY ${places} ORDER BY ${order}` : Prisma.empty}
      ) AS grouped LIMIT ${limit}`,
  );
  return {
    total: found[0]?.rows ?? 0,
    rows: found.map(({ rows: _rows, events, valueSum, valueAverage, ...row }) => ({
      ...row,
      measures: { events, valueSum, valueAverage },
    })),
  };
}
