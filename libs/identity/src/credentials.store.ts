import type { Database } from '@switchyard/database';
import { SCOPES, type KeyId, type Scope, type TenantId, type UserId } from '@switchyard/kernel';
import type { Person } from './change.ts';
import { sha256, storedForm } from './tokens.ts';

/** A key as it is looked up: revoked and expired ones too, so that the refusal can say so. */
export interface KeyRecord {
  readonly id: KeyId;
  readonly tenantId: TenantId;
  readonly tenantSlug: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

export interface TokenRecord {
  readonly user: Person;
  readonly tenantId: string | null;
  readonly scopes: readonly Scope[];
  readonly resources: readonly string[];
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
}

const isScope = (text: string): text is Scope => SCOPES.some((scope) => scope === text);

export async function findKey({ identity }: Pick<Database, 'identity'>, key: string): Promise<KeyRecord | undefined> {
  const row = await identity.apiKey.findUnique({
    where: { hash: Uint8Array.from(sha256(key)) },
    include: { tenant: { select: { slug: true } } },
  });
  return row
    ? {
        id: row.id as KeyId,
        tenantId: row.tenantId as TenantId,
        tenantSlug: row.tenant.slug,
        name: row.name,
        scopes: row.scopes.filter(isScope),
        expiresAt: row.expiresAt,
        revokedAt: row.revokedAt,
      }
    : undefined;
}

/** `token` without its prefix. */
export async function findToken(
  { identity }: Pick<Database, 'identity'>,
  token: string,
): Promise<TokenRecord | undefined> {
  const row = await identity.oauthAccessToken.findUnique({
    where: { token: storedForm(token) },
    include: { user: true, client: { select: { disabled: true } } },
  });
  if (!row?.user || row.client.disabled) return undefined;
  return {
    user: { id: row.user.id as UserId, name: row.user.name, email: row.user.email },
    tenantId: row.referenceId,
    scopes: row.scopes.filter(isScope),
    resources: row.resources,
    expiresAt: row.expiresAt,
    revokedAt: row.revoked,
  };
}

/** Row-level security holds here as well: a key is only touched in its own tenant. */
export const writeLastUse = (
  { inTenant }: Pick<Database, 'inTenant'>,
  key: Pick<KeyRecord, 'id' | 'tenantId'>,
  at: Date,
): Promise<void> =>
  inTenant(key, async (tx) => {
    await tx.apiKey.updateMany({ where: { id: key.id }, data: { lastUsedAt: at } });
  });
