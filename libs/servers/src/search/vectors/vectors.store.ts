import { lockUntilCommit, type Database } from '@switchyard/database';
import type { Ctx } from '@switchyard/kernel';
import type { WaitingText } from './tenant-vectors.ts';

type Tenant = Pick<Ctx, 'tenantId'>;

/** Products without a vector of this model, and what is to be embedded of each. */
export async function readWaiting(
  database: Database,
  ctx: Tenant,
  model: string,
  limit: number,
): Promise<WaitingText[]> {
  return database.inTenant(
    ctx,
    (tx) => tx.$queryRaw<WaitingText[]>`
      SELECT p.id, concat_ws('. ', p.name, p.category, p.manufacturer, left(p.description, 2000)) AS text
      FROM product_vector v JOIN product p ON p.id = v.product_id
      WHERE v.model IS DISTINCT FROM ${model} ORDER BY v.version LIMIT ${limit}`,
  );
}

/**
 * Keeps what was made of these texts; a product whose words changed meanwhile goes on waiting. One writer at a time for a
 * tenant, so that versions become visible in their order. Gives how many were kept.
 */
export async function keepVectors(
  database: Database,
  ctx: Tenant,
  model: string,
  vectors: readonly (WaitingText & { readonly bytes: Int8Array })[],
): Promise<number> {
  const rows = vectors.map(({ id, text, bytes }) => ({ id, text, vector: Buffer.from(bytes).toString('hex') }));
  return database.inTenant(ctx, async (tx) => {
    await lockUntilCommit(tx, `product vectors ${ctx.tenantId}`);
    return tx.$executeRaw`
      UPDATE product_vector v
      SET model = ${model}, vector = decode(row.vector, 'hex'), version = nextval('product_vector_version_seq')
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row (id uuid, text text, vector text)
      JOIN product p ON p.id = row.id
      WHERE v.product_id = row.id
        AND concat_ws('. ', p.name, p.category, p.manufacturer, left(p.description, 2000)) = row.text`;
  });
}

/** Vectors that are newer than what is known, oldest first. */
export async function readVectors(
  database: Database,
  ctx: Tenant,
  model: string,
  after: bigint,
  limit: number,
): Promise<{ id: string; vector: Uint8Array; version: bigint }[]> {
  return database.inTenant(
    ctx,
    (tx) => tx.$queryRaw<{ id: string; vector: Uint8Array; version: bigint }[]>`
      SELECT product_id AS id, vector, version FROM product_vector
      WHERE version > ${after} AND model = ${model} AND vector IS NOT NULL ORDER BY version LIMIT ${limit}`,
  );
}
