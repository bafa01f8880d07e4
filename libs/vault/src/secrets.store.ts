import { randomBytes } from 'node:crypto';
import { lockUntilCommit, type Tx } from '@switchyard/database';
import { AppError, newId, type ConnectionId, type TenantId, type UserId } from '@switchyard/kernel';
import type { KeyEncryptionKeys } from './keys.ts';
import { open, seal, KEY_BYTES, type Binding } from './seal.ts';

/** Stands for "the tenant's shared secret": a null would not count in the unique key. */
export const SHARED = '00000000-0000-0000-0000-000000000000';

export interface DataKey {
  readonly id: string;
  readonly plain: Buffer;
}

interface WrappedKey {
  readonly id: string;
  readonly tenantId: string;
  readonly kekId: string;
  readonly wrapped: Uint8Array;
}

interface SecretRow {
  readonly connectionId: string;
  readonly userId: string;
  readonly name: string;
  readonly sealed: Uint8Array;
}

const dataKeyBinding = (tenantId: string, id: string, kekId: string): Binding => ['data-key', tenantId, id, kekId];

const secretBinding = (tenantId: string, dataKeyId: string, row: Omit<SecretRow, 'sealed'>): Binding => [
  'secret',
  tenantId,
  dataKeyId,
  row.connectionId,
  row.userId,
  row.name,
];

export const unwrapKey = async (keys: KeyEncryptionKeys, key: WrappedKey): Promise<DataKey> => ({
  id: key.id,
  plain: await keys.unwrap(key.kekId, key.wrapped, dataKeyBinding(key.tenantId, key.id, key.kekId)),
});

async function wrapKey(keys: KeyEncryptionKeys, tenantId: string, id: string, plain: Uint8Array) {
  const kekId = keys.activeId();
  return { kekId, wrapped: await keys.wrap(kekId, plain, dataKeyBinding(tenantId, id, kekId)) };
}

/** Held by writers together, by the switch of the active data key alone: after it no secret is written under the old one. */
export async function lockKeys(tx: Tx, tenantId: TenantId, mode: 'shared' | 'exclusive'): Promise<void> {
  const lock = `vault:${tenantId}`;
  if (mode === 'shared') await tx.$executeRaw`SELECT pg_advisory_xact_lock_shared(hashtextextended(${lock}, 0))`;
  else await lockUntilCommit(tx, lock);
}

/** Makes a data key and retires the others. The caller holds the exclusive lock. */
export async function startDataKey(tx: Tx, keys: KeyEncryptionKeys, tenantId: TenantId): Promise<DataKey> {
  const key: DataKey = { id: newId(), plain: randomBytes(KEY_BYTES) };
  await tx.dataKey.updateMany({ where: { retiredAt: null }, data: { retiredAt: new Date() } });
  await tx.dataKey.create({ data: { id: key.id, tenantId, ...(await wrapKey(keys, tenantId, key.id, key.plain)) } });
  return key;
}

const activeKey = (tx: Tx): Promise<WrappedKey | null> => tx.dataKey.findFirst({ where: { retiredAt: null } });

/** The tenant's data key for writing, made at its first secret. */
export async function writingKey(tx: Tx, keys: KeyEncryptionKeys, tenantId: TenantId): Promise<DataKey> {
  if (!(await activeKey(tx))) {
    await lockKeys(tx, tenantId, 'exclusive');
    if (!(await activeKey(tx))) return startDataKey(tx, keys, tenantId);
  }
  await lockKeys(tx, tenantId, 'shared');
  const active = await activeKey(tx);
  if (!active) throw new AppError('conflict', "The tenant's data keys were removed meanwhile: try again.");
  return unwrapKey(keys, active);
}

export interface SecretAddress {
  readonly connectionId: ConnectionId;
  readonly userId?: UserId;
  readonly name: string;
}

export async function writeSecret(
  tx: Tx,
  key: DataKey,
  tenantId: TenantId,
  secret: SecretAddress & { readonly value: string },
): Promise<void> {
  const row = { connectionId: secret.connectionId, userId: secret.userId ?? SHARED, name: secret.name };
  const sealed = seal(key.plain, Buffer.from(secret.value, 'utf8'), secretBinding(tenantId, key.id, row));
  await tx.secret.upsert({
    where: { tenantId_connectionId_userId_name: { tenantId, ...row } },
    create: { id: newId(), tenantId, ...row, dataKeyId: key.id, sealed },
    update: { dataKeyId: key.id, sealed },
  });
}

export type SealedSecret = SecretRow & WrappedKey & { readonly dataKeyId: string };

/** One statement, so that a rotation in between cannot part a secret from its key. The user's own come last. */
export const readSealed = (
  tx: Tx,
  connectionId: ConnectionId,
  userId: string,
  names: readonly string[] | undefined,
): Promise<SealedSecret[]> =>
  tx.$queryRaw<SealedSecret[]>`
    SELECT s.connection_id AS "connectionId", s.user_id AS "userId", s.name, s.sealed, s.data_key_id AS "dataKeyId",
           k.id, k.tenant_id AS "tenantId", k.kek_id AS "kekId", k.wrapped
    FROM secret s JOIN data_key k ON k.id = s.data_key_id
    WHERE s.connection_id = ${connectionId}::uuid AND s.user_id IN (${SHARED}::uuid, ${userId}::uuid)
      AND (${names === undefined} OR s.name = ANY (${[...(names ?? [])]}::text[]))
    ORDER BY (s.user_id <> ${SHARED}::uuid), s.name`;

export function openSecret(key: DataKey, tenantId: TenantId, row: SecretRow): string {
  try {
    return open(key.plain, row.sealed, secretBinding(tenantId, key.id, row)).toString('utf8');
  } catch {
    throw new AppError(
      'unavailable',
      `The stored secret "${row.name}" cannot be opened: it was changed or moved in the database. Set it again, and find out who did that.`,
      { name: row.name },
    );
  }
}

/**
 * Brings up to `limit` secrets of retired keys under `key`. Gives how many; fewer than `limit` means all are done, or a
 * later rotation has retired `key` itself and does the rest.
 */
export async function reseal(
  tx: Tx,
  keys: KeyEncryptionKeys,
  tenantId: TenantId,
  key: DataKey,
  limit: number,
): Promise<number> {
  await lockKeys(tx, tenantId, 'shared');
  if ((await activeKey(tx))?.id !== key.id) return 0;
  const rows = await tx.$queryRaw<(SealedSecret & { readonly secretId: string })[]>`
    SELECT s.id AS "secretId", s.connection_id AS "connectionId", s.user_id AS "userId", s.name, s.sealed,
           s.data_key_id AS "dataKeyId", k.id, k.tenant_id AS "tenantId", k.kek_id AS "kekId", k.wrapped
    FROM secret s JOIN data_key k ON k.id = s.data_key_id
    WHERE s.data_key_id <> ${key.id}::uuid ORDER BY s.id LIMIT ${limit} FOR UPDATE OF s`;
  for (const row of rows) {
    const old = await unwrapKey(keys, row);
    const plain = Buffer.from(openSecret(old, tenantId, row), 'utf8');
    const sealed = seal(key.plain, plain, secretBinding(tenantId, key.id, row));
    await tx.secret.update({ where: { id: row.secretId }, data: { dataKeyId: key.id, sealed } });
    plain.fill(0);
    old.plain.fill(0);
  }
  return rows.length;
}

/** Wraps the tenant's data keys anew where another than the active key-encryption key holds them. */
export async function rewrap(tx: Tx, keys: KeyEncryptionKeys, tenantId: TenantId): Promise<number> {
  await lockKeys(tx, tenantId, 'exclusive');
  const stale = await tx.dataKey.findMany({ where: { kekId: { not: keys.activeId() } } });
  for (const row of stale) {
    const key = await unwrapKey(keys, row);
    await tx.dataKey.update({ where: { id: row.id }, data: await wrapKey(keys, tenantId, row.id, key.plain) });
    key.plain.fill(0);
  }
  return stale.length;
}
