import type { Database, Tx } from '@switchyard/database';
import type { ConnectionId, Ctx } from '@switchyard/kernel';
import type { ShopProduct } from '../shop.ts';
import { compare } from '../sync/compare.ts';
import { readStored, relabel, upsert } from '../sync/stored.store.ts';

type Tenant = Pick<Ctx, 'tenantId'>;

/** Products of one shop that somebody has undertaken to look at. */
export interface Looking {
  readonly leaseId: string;
  readonly connectionId: ConnectionId;
  readonly productIds: readonly string[];
  /** The most that looking at one of them has failed in a row. */
  readonly failures: number;
}

/** Each product once, however often it is told of; the sooner time counts. */
export async function askFor(
  tx: Tx,
  { tenantId }: Tenant,
  connectionId: ConnectionId,
  productIds: readonly string[],
  afterSeconds: number,
): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO shop_change (connection_id, product_id, tenant_id, due_at)
    SELECT ${connectionId}::uuid, id, ${tenantId}::uuid, now() + make_interval(secs => ${afterSeconds}::float8)
    FROM unnest(${[...productIds]}::text[]) AS id
    ON CONFLICT (connection_id, product_id) DO UPDATE SET due_at = least(shop_change.due_at, excluded.due_at)`;
}

/** What a catalogue's reading that began then may have written over with something older. */
export async function lookAgainSince(tx: Tx, connectionId: ConnectionId, since: Date): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO shop_change (connection_id, product_id, tenant_id, due_at)
    SELECT DISTINCT d.connection_id, id, d.tenant_id, now()
    FROM shop_delivery d, unnest(d.product_ids) AS id
    WHERE d.connection_id = ${connectionId}::uuid AND d.received_at >= ${since}
    ON CONFLICT (connection_id, product_id) DO UPDATE SET due_at = least(shop_change.due_at, excluded.due_at)`;
}

/** Due products of the shop that has waited longest, of those given; nobody else gets them until the lease ends. */
export async function claimChanges(
  database: Database,
  ctx: Tenant,
  shops: readonly ConnectionId[],
  lease: { readonly id: string; readonly forMs: number; readonly limit: number },
): Promise<Looking | undefined> {
  const rows = await database.inTenant(
    ctx,
    (tx) => tx.$queryRaw<{ connectionId: ConnectionId; productId: string; failures: number }[]>`
      WITH due AS (
        SELECT connection_id, product_id, coalesce(due_at, lease_until) AS since FROM shop_change
        WHERE connection_id = ANY(${[...shops]}::uuid[]) AND (lease_until IS NULL OR lease_until < now())
          AND (due_at <= now() OR (due_at IS NULL AND lease_until < now()))
        ORDER BY since FOR UPDATE SKIP LOCKED LIMIT 500
      ), picked AS (
        SELECT connection_id, product_id FROM due
        WHERE connection_id = (SELECT connection_id FROM due ORDER BY since LIMIT 1) ORDER BY since LIMIT ${lease.limit}
      )
      UPDATE shop_change c SET due_at = NULL, lease_id = ${lease.id}::uuid,
        lease_until = now() + make_interval(secs => ${lease.forMs / 1_000}::float8)
      FROM picked WHERE c.connection_id = picked.connection_id AND c.product_id = picked.product_id
      RETURNING c.connection_id AS "connectionId", c.product_id AS "productId", c.failures`,
  );
  const [first] = rows;
  if (!first) return undefined;
  const failures = Math.max(...rows.map((row) => row.failures));
  return {
    leaseId: lease.id,
    connectionId: first.connectionId,
    productIds: rows.map((row) => row.productId),
    failures,
  };
}

/** The products that these ids stand for: of a variant that is stored, the one that it belongs to. */
export async function withParents(database: Database, ctx: Tenant, looking: Looking): Promise<string[]> {
  const rows = await database.inTenant(
    ctx,
    (tx) => tx.$queryRaw<{ id: string; parent: string }[]>`
      SELECT external_id AS id, external_product_id AS parent FROM product
      WHERE source_id = ${looking.connectionId}::uuid AND external_id = ANY(${[...looking.productIds]}::text[])
        AND external_product_id <> external_id`,
  );
  const parents = new Map(rows.map((row) => [row.id, row.parent]));
  return [...new Set(looking.productIds.map((id) => parents.get(id) ?? id))];
}

/**
 * What the shop sells under these products now takes the place of what was stored of them, in one transaction. Gives how many
 * rows became different. Nothing is written where the lease is lost: another looks at them, or the shop is connected no more.
 */
export async function storeLooked(
  database: Database,
  ctx: Tenant,
  { leaseId, connectionId, productIds: asked }: Looking,
  productIds: readonly string[],
  found: readonly ShopProduct[],
): Promise<number> {
  return database.inTenant(ctx, async (tx) => {
    const held = await tx.$executeRaw`
      SELECT 1 FROM shop_change WHERE connection_id = ${connectionId}::uuid AND lease_id = ${leaseId}::uuid
        AND product_id = ANY(${[...asked]}::text[]) FOR UPDATE`;
    if (held < asked.length) return 0;
    const bySku = new Map(found.map((product) => [product.sku, product]));
    const stored = new Map((await readStored(tx, connectionId, [...bySku.keys()])).map((row) => [row.sku, row]));
    const kinds = Map.groupBy(bySku.values(), (one) => compare(one, stored.get(one.sku), connectionId).kind);
    const write = [...(kinds.get('added') ?? []), ...(kinds.get('changed') ?? [])];
    if (write.length > 0) await upsert(tx, ctx, connectionId, write);
    await relabel(tx, kinds.get('unchanged') ?? [], stored);
    const gone = await tx.$executeRaw`
      DELETE FROM product WHERE source_id = ${connectionId}::uuid AND external_product_id = ANY(${[...productIds]}::text[])
        AND sku <> ALL(${[...bySku.keys()]}::text[])`;
    await tx.$executeRaw`
      DELETE FROM shop_change WHERE connection_id = ${connectionId}::uuid AND lease_id = ${leaseId}::uuid AND due_at IS NULL`;
    await tx.$executeRaw`
      UPDATE shop_change SET lease_id = NULL, lease_until = NULL, failures = 0
      WHERE connection_id = ${connectionId}::uuid AND lease_id = ${leaseId}::uuid`; // told of again meanwhile
    const changed = write.length + gone;
    await tx.$executeRaw`
      UPDATE shop_hook SET changed = changed + ${changed}, problem = NULL WHERE connection_id = ${connectionId}::uuid`;
    return changed;
  });
}

/** Puts them back for later, or gives them up: the next reading of the catalogue mends what is left out. */
export async function putBack(
  database: Database,
  ctx: Tenant,
  { leaseId, connectionId }: Looking,
  how: { readonly afterMs: number | undefined; readonly problem: string },
): Promise<void> {
  const { afterMs, problem } = how;
  await database.inTenant(ctx, async (tx) => {
    if (afterMs === undefined)
      await tx.$executeRaw`
        DELETE FROM shop_change WHERE connection_id = ${connectionId}::uuid AND lease_id = ${leaseId}::uuid`;
    else
      await tx.$executeRaw`
        UPDATE shop_change SET lease_id = NULL, lease_until = NULL, failures = failures + 1,
          due_at = now() + make_interval(secs => ${afterMs / 1_000}::float8)
        WHERE connection_id = ${connectionId}::uuid AND lease_id = ${leaseId}::uuid`;
    await tx.$executeRaw`UPDATE shop_hook SET problem = ${problem} WHERE connection_id = ${connectionId}::uuid`;
  });
}
