import type { Database, Tx } from '@switchyard/database';
import {
  AppError,
  systemClock,
  type Clock,
  type ConnectionId,
  type Ctx,
  type TenantId,
  type UserId,
} from '@switchyard/kernel';
import { openBlob, readBlob, writeBlob, type Blob } from './blobs.store.ts';
import type { KeyEncryptionKeys } from './keys.ts';
import {
  lockKeys,
  openSecret,
  readSealed,
  reseal,
  rewrap,
  SHARED,
  startDataKey,
  unwrapKey,
  writeSecret,
  writingKey,
  type DataKey,
  type SecretAddress,
} from './secrets.store.ts';

const NAME = /^[A-Za-z_][\w.-]{0,99}$/;
const LONGEST_BYTES = 64 * 1024;
const RESEAL_BATCH = 100;

export type { SecretAddress };

export interface SecretDescription {
  readonly name: string;
  /** Absent for the tenant's shared secret. */
  readonly userId?: UserId;
  readonly updatedAt: Date;
}

export interface VaultChange {
  readonly action: 'secret.stored' | 'secret.removed' | 'data_key.rotated';
  readonly target: { readonly kind: 'connection' | 'data_key'; readonly id: string };
  readonly after?: { readonly names: readonly string[]; readonly userId?: UserId };
}

/** Writes the audit event of a change, in the change's own transaction. */
export type RecordVaultChange = (tx: Tx, ctx: Ctx, change: VaultChange) => Promise<void>;

export interface Vault extends SealedStore {
  /** Stores or replaces one secret. With `tx` in the caller's transaction of the same tenant. Errors: `unprocessable`. */
  put(ctx: Ctx, secret: SecretAddress & { readonly value: string }, tx?: Tx): Promise<void>;
  /**
   * The only way to plaintext: for the length of `use`. The user's own secrets stand over the tenant's shared ones; with
   * `names` these alone are opened, and with `names: []` none.
   * Errors: `unavailable` when a key is missing or a stored secret was tampered with.
   */
  withSecrets<T>(
    ctx: Pick<Ctx, 'tenantId'>,
    of: { readonly connectionId: ConnectionId; readonly userId?: UserId; readonly names?: readonly string[] },
    use: (secrets: Readonly<Record<string, string>>) => Promise<T>,
  ): Promise<T>;
  /** Names and times, never values. */
  describe(ctx: Pick<Ctx, 'tenantId'>, connectionId: ConnectionId): Promise<SecretDescription[]>;
  /** Without `name` every secret of the connection (of that user, or the shared ones). Gives how many went. */
  remove(ctx: Ctx, of: Omit<SecretAddress, 'name'> & { readonly name?: string }, tx?: Tx): Promise<number>;
  /** Every secret of a connection that goes, the shared ones and all users' own. Gives how many went. */
  removeAll(ctx: Ctx, connectionId: ConnectionId, tx?: Tx): Promise<number>;
  /** A new data key, and every secret under it. Reading and writing go on meanwhile; after a crash, run it again. */
  rotateDataKey(ctx: Ctx): Promise<{ readonly resealed: number }>;
  /** After another key-encryption key became active: wraps these tenants' data keys with it. Gives how many it wrapped. */
  rewrapDataKeys(tenantIds: readonly TenantId[]): Promise<number>;
}

/** Sealed bytes that expire: files of runs, large results, recordings. */
export interface SealedStore {
  /** Keeps (or replaces) bytes under an id. In the caller's transaction of the same tenant. */
  keep(
    ctx: Pick<Ctx, 'tenantId'>,
    blob: Blob & { readonly bytes: Uint8Array; readonly expiresAt: Date },
    tx: Tx,
  ): Promise<void>;
  /** Undefined when there is no such thing, or not any more. Errors: `unavailable` when it was tampered with. */
  recall(ctx: Pick<Ctx, 'tenantId'>, blob: Blob, tx?: Tx): Promise<Buffer | undefined>;
  forget(ids: readonly string[], tx: Tx): Promise<void>;
  /** Deletes what has expired. Gives how many. */
  forgetExpired(ctx: Pick<Ctx, 'tenantId'>): Promise<number>;
}

export interface VaultOptions {
  readonly database: Pick<Database, 'inTenant'>;
  readonly keys: KeyEncryptionKeys;
  readonly record: RecordVaultChange;
  /** The system's, unless told. */
  readonly clock?: Clock;
}

function checkSecret(secret: { readonly name: string; readonly value: string }): void {
  if (!NAME.test(secret.name))
    throw new AppError('unprocessable', 'A secret is named with letters, digits, "_", "." and "-".', { path: 'name' });
  const bytes = Buffer.byteLength(secret.value, 'utf8');
  if (bytes === 0 || bytes > LONGEST_BYTES)
    throw new AppError('unprocessable', 'A secret has between 1 byte and 64 KB.', { path: 'value' });
}

export function createVault({ database, keys, record, clock = systemClock }: VaultOptions): Vault {
  const within = <T>(ctx: Pick<Ctx, 'tenantId'>, tx: Tx | undefined, work: (tx: Tx) => Promise<T>): Promise<T> =>
    tx ? work(tx) : database.inTenant(ctx, work);

  return {
    async put(ctx, secret, tx) {
      checkSecret(secret);
      await within(ctx, tx, async (tx) => {
        const key = await writingKey(tx, keys, ctx.tenantId);
        await writeSecret(tx, key, ctx.tenantId, secret);
        key.plain.fill(0);
        await record(tx, ctx, {
          action: 'secret.stored',
          target: { kind: 'connection', id: secret.connectionId },
          after: { names: [secret.name], ...(secret.userId && { userId: secret.userId }) },
        });
      });
    },

    async withSecrets(ctx, { connectionId, userId, names }, use) {
      const rows = await database.inTenant(ctx, (tx) => readSealed(tx, connectionId, userId ?? SHARED, names));
      const dataKeys = new Map<string, DataKey>();
      const secrets = new Map<string, string>();
      try {
        for (const row of rows) {
          const key = dataKeys.get(row.dataKeyId) ?? (await unwrapKey(keys, row));
          dataKeys.set(row.dataKeyId, key);
          secrets.set(row.name, openSecret(key, ctx.tenantId, row));
        }
      } finally {
        for (const key of dataKeys.values()) key.plain.fill(0);
      }
      return use(Object.freeze(Object.fromEntries(secrets)));
    },

    async describe(ctx, connectionId) {
      const rows = await database.inTenant(ctx, (tx) =>
        tx.secret.findMany({
          where: { connectionId },
          select: { name: true, userId: true, updatedAt: true },
          orderBy: [{ name: 'asc' }, { userId: 'asc' }],
        }),
      );
      return rows.map(({ name, userId, updatedAt }) => ({
        name,
        updatedAt,
        ...(userId !== SHARED && { userId: userId as UserId }),
      }));
    },

    remove: (ctx, { connectionId, userId, name }, tx) =>
      within(ctx, tx, async (tx) => {
        const where = { connectionId, userId: userId ?? SHARED, ...(name !== undefined && { name }) };
        const names = (await tx.secret.findMany({ where, select: { name: true } })).map((row) => row.name);
        if (names.length === 0) return 0;
        await tx.secret.deleteMany({ where: { ...where, name: { in: names } } });
        const target = { kind: 'connection', id: connectionId } as const;
        await record(tx, ctx, { action: 'secret.removed', target, after: { names, ...(userId && { userId }) } });
        return names.length;
      }),

    removeAll: (ctx, connectionId, tx) =>
      within(ctx, tx, async (tx) => {
        const found = await tx.secret.findMany({ where: { connectionId }, select: { id: true, name: true } });
        if (found.length === 0) return 0;
        await tx.secret.deleteMany({ where: { id: { in: found.map(({ id }) => id) } } });
        const names = [...new Set(found.map(({ name }) => name))];
        await record(tx, ctx, {
          action: 'secret.removed',
          target: { kind: 'connection', id: connectionId },
          after: { names },
        });
        return found.length;
      }),

    async rotateDataKey(ctx) {
      const { tenantId } = ctx;
      const key = await database.inTenant(ctx, async (tx) => {
        await lockKeys(tx, tenantId, 'exclusive');
        const started = await startDataKey(tx, keys, tenantId);
        await record(tx, ctx, { action: 'data_key.rotated', target: { kind: 'data_key', id: started.id } });
        return started;
      });
      let resealed = 0;
      for (let done = RESEAL_BATCH; done === RESEAL_BATCH; resealed += done)
        done = await database.inTenant(ctx, (tx) => reseal(tx, keys, tenantId, key, RESEAL_BATCH));
      key.plain.fill(0);
      await database.inTenant(ctx, (tx) =>
        tx.dataKey.deleteMany({ where: { retiredAt: { not: null }, secrets: { none: {} }, blobs: { none: {} } } }),
      );
      return { resealed };
    },

    keep: (ctx, blob, tx) => writeBlob(tx, keys, ctx.tenantId, blob),

    async recall(ctx, blob, tx) {
      const row = await within(ctx, tx, (tx) => readBlob(tx, blob, clock.now()));
      return row && openBlob(keys, ctx.tenantId, blob, row);
    },

    forget: async (ids, tx) => void (await tx.sealedBlob.deleteMany({ where: { id: { in: [...ids] } } })),

    async forgetExpired(ctx) {
      const { count } = await database.inTenant(ctx, (tx) =>
        tx.sealedBlob.deleteMany({ where: { expiresAt: { lte: clock.now() } } }),
      );
      return count;
    },

    async rewrapDataKeys(tenantIds) {
      let wrapped = 0;
      for (const tenantId of tenantIds)
        wrapped += await database.inTenant({ tenantId }, (tx) => rewrap(tx, keys, tenantId));
      return wrapped;
    },
  };
}
