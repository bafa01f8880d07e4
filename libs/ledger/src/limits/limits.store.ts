import type { Ctx } from '@switchyard/kernel';
import type { Tx } from '@switchyard/database';
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

/** From the bucket that all nodes draw from: it holds a minute's worth and fills evenly. */
export async function drawTokens(
  tx: Tx,
  ctx: Pick<Ctx, 'tenantId'>,
  { name, perMinute, want }: { name: string; perMinute: number; want: number },
): Promise<Draw> {
  await tx.$executeRaw`
    INSERT INTO limit_bucket (tenant_id, name, tokens, refilled_at)
    VALUES (${ctx.tenantId}::uuid, ${name}, ${perMinute}, clock_timestamp()) ON CONFLICT DO NOTHING`;
  await tx.$queryRaw`
    SELECT 1 FROM limit_bucket WHERE tenant_id = ${ctx.tenantId}::uuid AND name = ${name} FOR UPDATE`;
  const [row] = await tx.$queryRaw<{ available: number }[]>`
    UPDATE limit_bucket SET refilled_at = greatest(refilled_at, clock_timestamp()), tokens = least(${perMinute}::float8,
      tokens + greatest(0, extract(epoch FROM clock_timestamp() - refilled_at)::float8) * ${perMinute}::float8 / 60)
    WHERE tenant_id = ${ctx.tenantId}::uuid AND name = ${name} RETURNING tokens AS available`;
  const available = row?.available ?? 0;
  const granted = Math.min(want, Math.floor(available));
  if (granted <= 0) return { granted: 0, waitSeconds: ((1 - available) * 60) / perMinute };
  await tx.$executeRaw`
    UPDATE limit_bucket SET tokens = tokens - ${granted}::float8
    WHERE tenant_id = ${ctx.tenantId}::uuid AND name = ${name}`;
  return { granted, waitSeconds: 0 };
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
  tx: Tx,
  ctx: Pick<Ctx, 'tenantId'>,
  { name, nodeId, want, limit }: Places,
): Promise<number> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`limit/${ctx.tenantId}/${name}`}, 0))`;
  await tx.$executeRaw`
    DELETE FROM limit_slots WHERE tenant_id = ${ctx.tenantId}::uuid AND name = ${name} AND node_id <> ${nodeId}::uuid
      AND NOT EXISTS (SELECT FROM node_lease lease WHERE lease.id = limit_slots.node_id
                      AND lease.renewed_at >= now() - make_interval(secs => ${EXPIRED_SECONDS}))`;
  const [row] = await tx.$queryRaw<{ others: number; own: number }[]>`
    SELECT coalesce(sum(held) FILTER (WHERE node_id <> ${nodeId}::uuid), 0)::float8 AS others,
           coalesce(sum(held) FILTER (WHERE node_id = ${nodeId}::uuid), 0)::float8 AS own
    FROM limit_slots WHERE tenant_id = ${ctx.tenantId}::uuid AND name = ${name}`;
  const { others, own } = row ?? { others: 0, own: 0 };
  const held = want <= own ? want : Math.max(own, Math.min(want, limit - others));
  await tx.$executeRaw`
    INSERT INTO limit_slots (tenant_id, name, node_id, held) VALUES (${ctx.tenantId}::uuid, ${name}, ${nodeId}::uuid, ${held})
    ON CONFLICT (tenant_id, name, node_id) DO UPDATE SET held = excluded.held`;
  return held;
}
