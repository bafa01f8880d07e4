import type { Tx } from '@switchyard/database';
import { AppError, type TenantId } from '@switchyard/kernel';
import type { KeyEncryptionKeys } from './keys.ts';
import { open, seal, type Binding } from './seal.ts';
import { unwrapKey, writingKey } from './secrets.store.ts';

/** Bytes that are kept sealed until they expire. */
export interface Blob {
  /** A UUID, given by whoever keeps it. */
  readonly id: string;
  /** What it is kept for; it opens for this and nothing else. */
  readonly purpose: string;
}

interface BlobRow {
  readonly sealed: Uint8Array;
  readonly dataKeyId: string;
  readonly id: string;
  readonly tenantId: string;
  readonly kekId: string;
  readonly wrapped: Uint8Array;
}

const blobBinding = (tenantId: string, dataKeyId: string, { id, purpose }: Blob): Binding => [
  'blob',
  tenantId,
  dataKeyId,
  purpose,
  id,
];

export async function writeBlob(
  tx: Tx,
  keys: KeyEncryptionKeys,
  tenantId: TenantId,
  blob: Blob & { readonly bytes: Uint8Array; readonly expiresAt: Date },
): Promise<void> {
  const key = await writingKey(tx, keys, tenantId);
  const { id, purpose, expiresAt } = blob;
  const sealed = seal(key.plain, blob.bytes, blobBinding(tenantId, key.id, blob));
  key.plain.fill(0);
  await tx.sealedBlob.upsert({
    where: { id },
    create: { id, tenantId, dataKeyId: key.id, purpose, sealed, expiresAt },
    update: { dataKeyId: key.id, sealed, expiresAt },
  });
}

/** One statement, so that a rotation in between cannot part it from its key. What has expired is not there any more. */
export async function readBlob(tx: Tx, blob: Blob, now: Date): Promise<BlobRow | undefined> {
  const [row] = await tx.$queryRaw<BlobRow[]>`
    SELECT b.sealed, b.data_key_id AS "dataKeyId", k.id, k.tenant_id AS "tenantId", k.kek_id AS "kekId", k.wrapped
    FROM sealed_blob b JOIN data_key k ON k.id = b.data_key_id
    WHERE b.id = ${blob.id}::uuid AND b.purpose = ${blob.purpose} AND b.expires_at > ${now}`;
  return row;
}

export async function openBlob(keys: KeyEncryptionKeys, tenantId: TenantId, blob: Blob, row: BlobRow): Promise<Buffer> {
  const key = await unwrapKey(keys, row);
  try {
    return open(key.plain, row.sealed, blobBinding(tenantId, key.id, blob));
  } catch {
    throw new AppError(
      'unavailable',
      'What was kept cannot be opened: it was changed or moved in the database. Find out who did that.',
    );
  } finally {
    key.plain.fill(0);
  }
}
