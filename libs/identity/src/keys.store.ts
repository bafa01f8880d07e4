import { announce, type Database } from '@switchyard/database';
import { AppError, newId, SCOPES, type Clock, type Ctx, type KeyId, type Scope } from '@switchyard/kernel';
import { z } from 'zod';
import type { RecordIdentityChange } from './change.ts';
import { requirePermission } from './permissions.ts';
import { newApiKey, sha256, startOf } from './tokens.ts';
import { nameSchema, parse } from './users.store.ts';

export interface ApiKey {
  readonly id: KeyId;
  readonly name: string;
  /** Its first characters, to tell keys apart. */
  readonly start: string;
  readonly scopes: readonly Scope[];
  /** The name of whoever made it. */
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt?: Date;
  /** To the minute. */
  readonly lastUsedAt?: Date;
  readonly revokedAt?: Date;
}

export interface NewApiKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt?: Date;
}

export interface Keys {
  /** The only time that the key itself is seen. Errors: `forbidden`, `unprocessable`. */
  createKey(ctx: Ctx, input: NewApiKey): Promise<ApiKey & { readonly key: string }>;
  /** Revoked and expired ones too, the newest first. */
  listKeys(ctx: Ctx): Promise<ApiKey[]>;
  /** In force on every node when its notification arrives. Errors: `forbidden`, `not_found`. */
  revokeKey(ctx: Ctx, id: KeyId): Promise<void>;
}

interface KeysOptions {
  readonly database: Pick<Database, 'inTenant'>;
  readonly record: RecordIdentityChange;
  readonly clock: Clock;
}

const scopesSchema = z.array(z.enum(SCOPES)).min(1, 'name at least one scope');

interface Row {
  readonly id: string;
  readonly name: string;
  readonly start: string;
  readonly scopes: string[];
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

const toKey = (row: Row): ApiKey => ({
  id: row.id as KeyId,
  name: row.name,
  start: row.start,
  scopes: scopesSchema.parse(row.scopes),
  createdBy: row.createdBy,
  createdAt: row.createdAt,
  ...(row.expiresAt && { expiresAt: row.expiresAt }),
  ...(row.lastUsedAt && { lastUsedAt: row.lastUsedAt }),
  ...(row.revokedAt && { revokedAt: row.revokedAt }),
});

export function createKeys({ database, record, clock }: KeysOptions): Keys {
  return {
    async createKey(ctx, input) {
      requirePermission(ctx, 'keys.write');
      const name = parse(nameSchema, 'name', input.name);
      const scopes = [...new Set(parse(scopesSchema, 'scopes', input.scopes))];
      const expiresAt = input.expiresAt ?? null;
      if (expiresAt && !(expiresAt > clock.now()))
        throw new AppError('unprocessable', 'The expiry must lie in the future.', { path: 'expiresAt' });
      const key = newApiKey();
      const data = { id: newId(), tenantId: ctx.tenantId, name, start: startOf(key), scopes, expiresAt };
      const row = await database.inTenant(ctx, async (tx) => {
        const made = await tx.apiKey.create({
          data: { ...data, hash: Uint8Array.from(sha256(key)), createdBy: ctx.principal.name, createdAt: clock.now() },
        });
        await record(tx, ctx, {
          action: 'key.created',
          target: { kind: 'key', id: made.id },
          after: { name, start: made.start, scopes, expiresAt: expiresAt?.toISOString() ?? null },
        });
        return made;
      });
      return { ...toKey(row), key };
    },

    async listKeys(ctx) {
      requirePermission(ctx, 'keys.read');
      return database.inTenant(ctx, async (tx) =>
        (await tx.apiKey.findMany({ orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] })).map(toKey),
      );
    },

    async revokeKey(ctx, id) {
      requirePermission(ctx, 'keys.write');
      await database.inTenant(ctx, async (tx) => {
        const key = await tx.apiKey.findUnique({ where: { id } });
        if (!key) throw new AppError('not_found', 'There is no such API key in this tenant.');
        if (key.revokedAt) return;
        await tx.apiKey.update({ where: { id }, data: { revokedAt: clock.now() } });
        const target = { kind: 'key', id } as const;
        await record(tx, ctx, { action: 'key.revoked', target, before: { name: key.name, start: key.start } });
        await announce(tx, ctx.tenantId, 'keys');
      });
    },
  };
}
