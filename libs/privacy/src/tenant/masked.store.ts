import type { Ctx } from '@switchyard/kernel';
import type { Database, Tx } from '@switchyard/database';

/** How often a kind was replaced on its way to a model, in one place and field. */
export interface MaskedCount {
  /** `message`, or the tool (`server.tool`) or run that it came out of. */
  readonly place: string;
  /** The field's name; empty for free text. */
  readonly field: string;
  readonly kind: string;
  readonly count: number;
}

/** A day of a tenant holds so many rows; what comes later is counted together. */
const MOST_ROWS = 2_000;
const OTHER = '(other)';

/** Adds to the day's counts. */
export async function addMasked(
  tx: Tx,
  { tenantId }: Pick<Ctx, 'tenantId'>,
  { counts, at }: { counts: readonly MaskedCount[]; at: Date },
): Promise<void> {
  const day = at.toISOString().slice(0, 10);
  const rows = JSON.stringify(counts);
  await tx.$executeRaw`
    WITH told AS (
      SELECT * FROM jsonb_to_recordset(${rows}::jsonb) AS one (place text, field text, kind text, count bigint)
    ), room AS (
      SELECT count(*) >= ${MOST_ROWS} AS full FROM masked_count WHERE tenant_id = ${tenantId}::uuid AND day = ${day}::date
    ), placed AS (
      SELECT CASE WHEN is_new THEN ${OTHER} ELSE place END AS place, CASE WHEN is_new THEN '' ELSE field END AS field,
             kind, sum(count) AS count
      FROM (
        SELECT told.*, room.full AND NOT EXISTS (
          SELECT 1 FROM masked_count known WHERE known.tenant_id = ${tenantId}::uuid AND known.day = ${day}::date
            AND known.place = told.place AND known.field = told.field AND known.kind = told.kind) AS is_new
        FROM told, room
      ) AS each GROUP BY 1, 2, 3
    )
    INSERT INTO masked_count (tenant_id, day, place, field, kind, count)
    SELECT ${tenantId}::uuid, ${day}::date, place, field, kind, count FROM placed ORDER BY place, field, kind
    ON CONFLICT (tenant_id, day, place, field, kind) DO UPDATE SET count = masked_count.count + EXCLUDED.count`;
}

/** Since that day, the most frequent first. */
export function readMasked(
  database: Pick<Database, 'inTenant'>,
  ctx: Pick<Ctx, 'tenantId'>,
  since: Date,
): Promise<MaskedCount[]> {
  return database.inTenant(ctx, async (tx) => {
    const rows = await tx.maskedCount.groupBy({
      by: ['place', 'field', 'kind'],
      where: { tenantId: ctx.tenantId, day: { gte: since } },
      _sum: { count: true },
      orderBy: [{ _sum: { count: 'desc' } }, { place: 'asc' }, { field: 'asc' }, { kind: 'asc' }],
      take: 500,
    });
    return rows.map(({ place, field, kind, _sum }) => ({ place, field, kind, count: Number(_sum.count ?? 0) }));
  });
}
