import { lockUntilCommit, type Database } from '@switchyard/database';
import type { Ctx } from '@switchyard/kernel';
import type { WaitingText } from '../../search/vectors/tenant-vectors.ts';

type Tenant = Pick<Ctx, 'tenantId'>;

/** Passages without a vector of this model, and what is to be embedded of each. */
export function readWaitingPassages(
  database: Database,
  ctx: Tenant,
  model: string,
  limit: number,
): Promise<WaitingText[]> {
  return database.inTenant(
    ctx,
    (tx) => tx.$queryRaw<WaitingText[]>`
      SELECT c.id, concat_ws('. ', c.heading, c.text) AS text FROM content_vector v JOIN content_chunk c ON c.id = v.chunk_id
      WHERE v.model IS DISTINCT FROM ${model} ORDER BY v.version LIMIT ${limit}`,
  );
}

/** Gives how many were kept. One writer at a time for a tenant, so that versions become visible in their order. */
export async function keepPassageVectors(
  database: Database,
  ctx: Tenant,
  model: string,
  vectors: readonly (WaitingText & { readonly bytes: Int8Array })[],
): Promise<number> {
  const rows = vectors.map(({ id, text, bytes }) => ({ id, text, vector: Buffer.from(bytes).toString('hex') }));
  return database.inTenant(ctx, async (tx) => {
    await lockUntilCommit(tx, `content vectors ${ctx.tenantId}`);
    return tx.$executeRaw`
      UPDATE content_vector v
      SET model = ${model}, vector = decode(row.vector, 'hex'), version = nextval('content_vector_version_seq')
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row (id uuid, text text, vector text)
      JOIN content_chunk c ON c.id = row.id
      WHERE v.chunk_id = row.id AND concat_ws('. ', c.heading, c.text) = row.text`;
  });
}

/** Newer than what is known, oldest first. */
export function readPassageVectors(
  database: Database,
  ctx: Tenant,
  model: string,
  after: bigint,
  limit: number,
): Promise<{ id: string; vector: Uint8Array; version: bigint }[]> {
  return database.inTenant(
    ctx,
    (tx) => tx.$queryRaw<{ id: string; vector: Uint8Array; version: bigint }[]>`
      SELECT chunk_id AS id, vector, version FROM content_vector
      WHERE version > ${after} AND model = ${model} AND vector IS NOT NULL ORDER BY version LIMIT ${limit}`,
  );
}
