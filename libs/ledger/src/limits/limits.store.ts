import type { Ctx } from '@switchyard/kernel';
import { Prisma, type Database, type Tx } from '@switchyard/database';
import { parseLimits, type LimitSettings } from './limits.ts';

export async function readSettings(tx: Tx, { tenantId }: Pick<Ctx, 'tenantId'>): Promise<LimitSettings> {
  const row = await tx.tenantLimits.findFirst({ where: { tenantId } });
  return { wanted: parseLimits(row?.wanted ?? {}), ceiling: parseLimits(row?.ceiling ?? {}) };
}

/** Locked until the transaction ends: of two changes at once one comes after the other. */
export async function lockSettings(tx: Tx, ctx: Pick<Ctx, 'tenantId'>, at: Date): Promise<LimitSettings> {
  await tx.tenantLimits.createMany({ data: { tenantId: ctx.tenantId, updatedAt: at }, skipDuplicates: true });
  await tx.$queryRaw`SELECT 1 FROM tenant_limits WHERE tenant_id = ${ctx.tenantId}::uuid FOR UPDATE`;
  return readSettings(tx, ctx);
}

export async function writeSettings(
  tx: Tx,
  { tenantId }: Pick<Ctx, 'tenantId'>,
  { settings, at }: { settings: LimitSettings; at: Date },
): Promise<void> {
  await tx.tenantLimits.updateMany({
    where: { tenantId },
    data: { wanted: { ...settings.wanted }, ceiling: { ...settings.ceiling }, updatedAt: at },
  });
}

export interface Draw {
  readonly granted: number;
  /** When there is one again; 0 where something was granted. */
  readonly waitSeconds: number;
}

/** What a crash of the database's machine swallows of these is a fraction of a second's worth: nobody waits for its disk. */
const LOOSELY = { durable: false } as const;

/** From the bucket that all nodes draw from: it holds a minute's worth and fills evenly. */
export async function drawTokens(
  database: Pick<Database, 'exchange'>,
  ctx: Pick<Ctx, 'tenantId'>,
  { name, perMinute, want }: { name: string; perMinute: number; want: number },
): Promise<Draw> {
  const bucket = Prisma.sql`tenant_id = ${ctx.tenantId}::uuid AND name = ${name}`;
  // A statement sees what was committed before it began: so the lock is taken by one of its own.
  const answers = await database.exchange(
    ctx,
    [
      Prisma.sql`
        INSERT INTO limit_bucket (tenant_id, name, tokens, refilled_at)
        VALUES (${ctx.tenantId}::uuid, ${name}, ${perMinute}::float8, clock_timestamp()) ON CONFLICT DO NOTHING`,
      Prisma.sql`SELECT 1 FROM limit_bucket WHERE ${bucket} FOR UPDATE`,
      Prisma.sql`
        WITH filled AS (
          SELECT greatest(refilled_at, moment) AS at, least(${perMinute}::float8,
            tokens + greatest(0, extract(epoch FROM moment - refilled_at)::float8) * ${perMinute}::float8 / 60) AS tokens
          FROM limit_bucket, (SELECT clock_timestamp() AS moment) AS now WHERE ${bucket})
        UPDATE limit_bucket SET refilled_at = filled.at,
          tokens = filled.tokens - greatest(0, least(${want}::float8, floor(filled.tokens)))
        FROM filled WHERE ${bucket} RETURNING filled.tokens AS available`,
    ],
    LOOSELY,
  );
  const available = Number(answers[2]?.[0]?.['available'] ?? 0);
  const granted = Math.min(want, Math.floor(available));
  return granted > 0 ? { granted, waitSeconds: 0 } : { granted: 0, waitSeconds: ((1 - available) * 60) / perMinute };
}

/** As node_lease: a process that has not renewed for so long is taken for dead. */
const EXPIRED_SECONDS = 15;

interface Places {
  readonly name: string;
  readonly nodeId: string;
  /** What this node holds from now on; more than it held only as far as the limit goes. */
  readonly want: number;
  readonly limit: number;
}

/** Gives how many places this node now holds. Those of nodes that are gone are taken back. */
export async function holdPlaces(
  database: Pick<Database, 'exchange'>,
  ctx: Pick<Ctx, 'tenantId'>,
  { name, nodeId, want, limit }: Places,
): Promise<number> {
  const places = Prisma.sql`tenant_id = ${ctx.tenantId}::uuid AND name = ${name}`;
  const answers = await database.exchange(
    ctx,
    [
      Prisma.sql`SELECT pg_advisory_xact_lock(hashtextextended(${`limit/${ctx.tenantId}/${name}`}, 0))`,
      Prisma.sql`
        DELETE FROM limit_slots WHERE ${places} AND node_id <> ${nodeId}::uuid
          AND NOT EXISTS (SELECT FROM node_lease lease WHERE lease.id = limit_slots.node_id
                          AND lease.renewed_at >= now() - make_interval(secs => ${EXPIRED_SECONDS}))`,
      Prisma.sql`
        WITH taken AS (
          SELECT coalesce(sum(held) FILTER (WHERE node_id <> ${nodeId}::uuid), 0)::int AS others,
                 coalesce(sum(held) FILTER (WHERE node_id = ${nodeId}::uuid), 0)::int AS own
          FROM limit_slots WHERE ${places})
        INSERT INTO limit_slots (tenant_id, name, node_id, held)
        SELECT ${ctx.tenantId}::uuid, ${name}, ${nodeId}::uuid, CASE WHEN ${want}::int <= own THEN ${want}::int
          ELSE greatest(own, least(${want}::int, ${limit}::int - others)) END FROM taken
        ON CONFLICT (tenant_id, name, node_id) DO UPDATE SET held = excluded.held RETURNING held`,
    ],
    LOOSELY,
  );
  return Number(answers[2]?.[0]?.['held'] ?? 0);
}
