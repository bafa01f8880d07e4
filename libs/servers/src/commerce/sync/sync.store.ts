import type { Database, Tx } from '@switchyard/database';
import { newId, type ConnectionId, type Ctx, type TenantId } from '@switchyard/kernel';
import { z } from 'zod';
import { LeaseLost, type Lease } from '../../lease.ts';
import type { ShopProduct } from '../shop.ts';
import { compare, sampled, type Sampled } from './compare.ts';
import { lookAgainSince } from '../hooks/changes.store.ts';
import { readStored, relabel, upsert } from './stored.store.ts';

type Tenant = Pick<Ctx, 'tenantId'>;

export const SYNC_STATES = ['waiting', 'running', 'done', 'failed', 'cancelled'] as const;
const state = z.enum(SYNC_STATES);
const sample = z
  .array(z.object({ sku: z.string(), change: z.enum(['added', 'changed', 'removed']), fields: z.array(z.string()) }))
  .catch([]);

export interface CatalogueSync {
  readonly id: string;
  readonly tenantId: TenantId;
  readonly connectionId: ConnectionId;
  readonly state: (typeof SYNC_STATES)[number];
  readonly cursor: string | null;
  readonly isRead: boolean;
  readonly seen: number;
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly removed: number;
  readonly withoutSku: number;
  readonly conflicts: number;
  readonly sample: readonly Sampled[];
  readonly failures: number;
  readonly error: string | null;
  readonly errorCode: string | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

type Row = NonNullable<Awaited<ReturnType<Tx['catalogueSync']['findFirst']>>>;

const toSync = (row: Row): CatalogueSync => ({
  ...row,
  tenantId: row.tenantId as TenantId,
  connectionId: row.connectionId as ConnectionId,
  state: state.parse(row.state),
  sample: sample.parse(row.sample),
});

/** The open sync of the connection, or a new one. */
export async function startSync(
  tx: Tx,
  ctx: Tenant,
  connectionId: ConnectionId,
  startedBy: string,
): Promise<{ readonly sync: CatalogueSync; readonly isNew: boolean }> {
  const made = await tx.$executeRaw`
    INSERT INTO catalogue_sync (id, tenant_id, connection_id, started_by, updated_at)
    VALUES (${newId()}::uuid, ${ctx.tenantId}::uuid, ${connectionId}::uuid, ${startedBy}, now())
    ON CONFLICT (tenant_id, connection_id) WHERE state IN ('waiting', 'running') DO NOTHING`;
  const where = { connectionId, state: { in: ['waiting', 'running'] } };
  return { sync: toSync(await tx.catalogueSync.findFirstOrThrow({ where })), isNew: made > 0 };
}

export async function readSync(database: Database, ctx: Tenant, id: string): Promise<CatalogueSync | undefined> {
  const row = await database.inTenant(ctx, (tx) => tx.catalogueSync.findFirst({ where: { id } }));
  return row ? toSync(row) : undefined;
}

export async function latestSync(
  database: Database,
  ctx: Tenant,
  connectionId: ConnectionId,
): Promise<CatalogueSync | undefined> {
  const row = await database.inTenant(ctx, (tx) =>
    tx.catalogueSync.findFirst({ where: { connectionId }, orderBy: { createdAt: 'desc' } }),
  );
  return row ? toSync(row) : undefined;
}

/** Takes a sync that nobody works on, the given one or the oldest. Several may ask at once: each gets another, or none. */
export async function claimSync(
  database: Database,
  ctx: Tenant,
  lease: Lease,
  syncId?: string,
): Promise<CatalogueSync | undefined> {
  return database.inTenant(ctx, async (tx) => {
    const [found] = await tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM catalogue_sync
      WHERE state IN ('waiting', 'running') AND (lease_until IS NULL OR lease_until < now())
        AND (${syncId ?? null}::uuid IS NULL OR id = ${syncId ?? null}::uuid)
      ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED`;
    if (!found) return undefined;
    await tx.$executeRaw`
      UPDATE catalogue_sync SET state = 'running', lease_id = ${lease.id}::uuid,
        lease_until = now() + make_interval(secs => ${lease.forMs / 1_000}), updated_at = now()
      WHERE id = ${found.id}::uuid`;
    return toSync(await tx.catalogueSync.findFirstOrThrow({ where: { id: found.id } }));
  });
}

interface Step {
  readonly lease: Lease;
  readonly sync: CatalogueSync;
}

/** First in a transaction: no other worker writes for this sync until it ends. Throws LeaseLost. */
async function holdLease(tx: Tx, { lease, sync }: Step): Promise<void> {
  const held = await tx.$executeRaw`
    UPDATE catalogue_sync SET lease_until = now() + make_interval(secs => ${lease.forMs / 1_000}), updated_at = now()
    WHERE id = ${sync.id}::uuid AND lease_id = ${lease.id}::uuid AND state = 'running'`;
  if (held === 0) throw new LeaseLost('another worker goes on with this sync');
}

/**
 * One page: compared in memory with what is stored, written, counted, and the cursor moved on, all in one transaction. What
 * was met before in this sync counts no second time.
 */
export async function storePage(
  database: Database,
  ctx: Tenant,
  step: Step,
  page: { readonly products: readonly ShopProduct[]; readonly withoutSku: number; readonly next: string | undefined },
  isLast: boolean,
): Promise<CatalogueSync> {
  const { sync } = step;
  const bySku = new Map(page.products.map((product) => [product.sku, product]));
  return database.inTenant(ctx, async (tx) => {
    await holdLease(tx, step);
    const skus = [...bySku.keys()];
    const fresh = await tx.$queryRaw<{ sku: string }[]>`
      INSERT INTO catalogue_sync_met (sync_id, tenant_id, sku)
      SELECT ${sync.id}::uuid, ${ctx.tenantId}::uuid, sku FROM unnest(${skus}::text[]) AS sku
      ON CONFLICT DO NOTHING RETURNING sku`;
    const stored = new Map((await readStored(tx, sync.connectionId, skus)).map((row) => [row.sku, row]));
    const counts = { added: 0, changed: 0, unchanged: 0, conflict: 0 };
    const write: ShopProduct[] = [];
    const same: ShopProduct[] = [];
    const news: Sampled[] = [];
    for (const { sku } of fresh) {
      const product = bySku.get(sku);
      if (!product) continue;
      const change = compare(product, stored.get(sku), sync.connectionId);
      counts[change.kind]++;
      if (change.kind === 'unchanged') same.push(product);
      if (change.kind !== 'added' && change.kind !== 'changed') continue;
      write.push(product);
      news.push({ sku, change: change.kind, fields: change.kind === 'changed' ? change.fields : [] });
    }
    if (write.length > 0) await upsert(tx, ctx, sync.connectionId, write);
    await relabel(tx, same, stored);
    const row = await tx.catalogueSync.update({
      where: { id: sync.id },
      data: {
        seen: { increment: fresh.length },
        added: { increment: counts.added },
        changed: { increment: counts.changed },
        unchanged: { increment: counts.unchanged },
        conflicts: { increment: counts.conflict },
        withoutSku: { increment: page.withoutSku },
        cursor: page.next ?? null,
        isRead: isLast,
        failures: 0,
        sample: toJson(sampled(sync.sample, news)),
      },
    });
    return toSync(row);
  });
}

/** Some of this shop's products that the sync has not met. */
export async function readNotMet(
  database: Database,
  ctx: Tenant,
  sync: CatalogueSync,
  limit: number,
): Promise<string[]> {
  const rows = await database.inTenant(
    ctx,
    (tx) => tx.$queryRaw<{ sku: string }[]>`
      SELECT p.sku FROM product p
      WHERE p.source_id = ${sync.connectionId}::uuid
        AND NOT EXISTS (SELECT FROM catalogue_sync_met m WHERE m.sync_id = ${sync.id}::uuid AND m.sku = p.sku)
      ORDER BY p.sku LIMIT ${limit}`,
  );
  return rows.map((row) => row.sku);
}

export async function removeGone(
  database: Database,
  ctx: Tenant,
  step: Step,
  skus: readonly string[],
): Promise<CatalogueSync> {
  const { sync } = step;
  return database.inTenant(ctx, async (tx) => {
    await holdLease(tx, step);
    const where = { sku: { in: [...skus] }, sourceId: sync.connectionId };
    const { count } = await tx.product.deleteMany({ where });
    const news = skus.map((sku) => ({ sku, change: 'removed' as const, fields: [] }));
    const data = { removed: { increment: count }, sample: toJson(sampled(sync.sample, news)) };
    return toSync(await tx.catalogueSync.update({ where: { id: sync.id }, data }));
  });
}

export async function endSync(
  database: Database,
  ctx: Tenant,
  step: Step,
  end: { readonly state: 'done' } | { readonly state: 'failed'; readonly error: string; readonly errorCode: string },
): Promise<CatalogueSync> {
  return database.inTenant(ctx, async (tx) => {
    await holdLease(tx, step);
    await tx.catalogueSyncMet.deleteMany({ where: { syncId: step.sync.id } });
    await lookAgainSince(tx, step.sync.connectionId, step.sync.createdAt);
    const data = { ...end, leaseId: null, leaseUntil: null, finishedAt: new Date() };
    return toSync(await tx.catalogueSync.update({ where: { id: step.sync.id }, data }));
  });
}

/** Ends one that is open, whoever works on it: their next page finds the lease gone. Undefined where none is open. */
export async function cancelSync(tx: Tx, connectionId: ConnectionId): Promise<CatalogueSync | undefined> {
  const open = await tx.catalogueSync.findFirst({ where: { connectionId, state: { in: ['waiting', 'running'] } } });
  if (!open) return undefined;
  const data = { state: 'cancelled', leaseId: null, leaseUntil: null, finishedAt: new Date() };
  // Its worker may end it in the same moment: whoever is first has said how it ended.
  const { count } = await tx.catalogueSync.updateMany({ where: { id: open.id, finishedAt: null }, data });
  if (count === 0) return undefined;
  await tx.catalogueSyncMet.deleteMany({ where: { syncId: open.id } });
  await lookAgainSince(tx, connectionId, open.createdAt);
  return toSync(await tx.catalogueSync.findFirstOrThrow({ where: { id: open.id } }));
}

/** Leaves it to whoever comes next, at once or after a while; from the start where its place is lost. */
export async function leaveSync(
  database: Database,
  ctx: Tenant,
  step: Step,
  how: { readonly afterMs: number; readonly failed: boolean; readonly restart?: boolean },
): Promise<CatalogueSync> {
  return database.inTenant(ctx, async (tx) => {
    await holdLease(tx, step);
    const data = {
      leaseId: null,
      leaseUntil: new Date(Date.now() + how.afterMs),
      failures: { increment: how.failed ? 1 : 0 },
      ...(how.restart ? { cursor: null, isRead: false } : {}),
    };
    return toSync(await tx.catalogueSync.update({ where: { id: step.sync.id }, data }));
  });
}

const toJson = (list: readonly Sampled[]) => list.map((one) => ({ ...one, fields: [...one.fields] }));
