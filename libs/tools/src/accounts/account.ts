import type { Tx } from '@switchyard/database';
import { AppError, type ConnectionId, type Ctx, type TenantId, type UserId } from '@switchyard/kernel';
import type { Connection } from '../catalog/connection.ts';
import { requireAdmin } from '../catalog/connection.ts';
import type { Secrets } from '../upstream/target.ts';
import type { AuthorizationServer } from './discovery.ts';

/** Stands for "the tenant's own account": a null would not count in the unique key. */
export const SHARED = '00000000-0000-0000-0000-000000000000';

/** An account upstream that somebody connected, without its tokens. */
export interface Grant {
  readonly id: string;
  readonly tenantId: TenantId;
  readonly connectionId: ConnectionId;
  /** `SHARED` or whose own it is. */
  readonly userId: string;
  readonly status: 'connected' | 'needs_reconnect';
  readonly problem: string | null;
  readonly serverUrl: string;
  readonly resource: string | null;
  readonly server: AuthorizationServer;
  readonly clientRef: string | null;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly account: string | null;
  readonly connectedByName: string;
  readonly connectedAt: Date;
  readonly expiresAt: Date | null;
  readonly refreshAt: Date | null;
  readonly isRefreshable: boolean;
  readonly refreshedAt: Date | null;
  readonly version: number;
}

export const ACCOUNT_STATES = ['not_connected', 'connected', 'expires_soon', 'needs_reconnect'] as const;
export type AccountState = (typeof ACCOUNT_STATES)[number];

/** How an account stands, for people. Nothing of a token. */
export interface AccountStatus {
  readonly state: AccountState;
  /** What the authorization server calls it, where it says so. */
  readonly account: string | null;
  readonly issuer: string | null;
  readonly scopes: readonly string[];
  readonly connectedBy: string | null;
  readonly connectedAt: Date | null;
  /** When access ends unless somebody connects anew; null where it is renewed by itself, or has no end. */
  readonly endsAt: Date | null;
  readonly renewedAt: Date | null;
  readonly problem: string | null;
}

/** The vault, as far as accounts need it. */
export interface AccountVault {
  withSecrets<T>(
    ctx: Pick<Ctx, 'tenantId'>,
    of: { readonly connectionId: ConnectionId; readonly userId?: UserId; readonly names?: readonly string[] },
    use: (secrets: Secrets) => Promise<T>,
  ): Promise<T>;
  put(ctx: Ctx, secret: SecretPlace & { readonly name: string; readonly value: string }, tx?: Tx): Promise<void>;
  remove(ctx: Ctx, of: SecretPlace & { readonly name?: string }, tx?: Tx): Promise<number>;
  keep(
    ctx: Pick<Ctx, 'tenantId'>,
    blob: { readonly id: string; readonly purpose: string; readonly bytes: Uint8Array; readonly expiresAt: Date },
    tx: Tx,
  ): Promise<void>;
  recall(
    ctx: Pick<Ctx, 'tenantId'>,
    blob: { readonly id: string; readonly purpose: string },
    tx?: Tx,
  ): Promise<Buffer | undefined>;
  forget(ids: readonly string[], tx: Tx): Promise<void>;
}

interface SecretPlace {
  readonly connectionId: ConnectionId;
  readonly userId?: UserId;
}

export const accessName = (grantId: string): string => `oauth.access.${grantId}`;
export const refreshName = (grantId: string): string => `oauth.refresh.${grantId}`;
export const clientSecretName = (clientRef: string): string => `oauth.client.${clientRef}`;
/** Names that begin so are not for people to set. */
export const isOwnSecret = (name: string): boolean => name.startsWith('oauth.');

export const placeOf = ({ connectionId, userId }: Pick<Grant, 'connectionId' | 'userId'>): SecretPlace => ({
  connectionId,
  ...(userId === SHARED ? {} : { userId: userId as UserId }),
});

/** Whose account a caller's calls use: exactly one, and never another's. Errors: `forbidden` for who is no person. */
export function ownerOf(
  { principal }: Pick<Ctx, 'principal'>,
  connection: Pick<Connection, 'perUser' | 'name'>,
): string {
  if (!connection.perUser) return SHARED;
  if (principal.kind === 'user') return principal.id;
  throw new AppError(
    'forbidden',
    `"${connection.name}" works with each user’s own account: call it as a signed-in user.`,
  );
}

/** Who may connect or disconnect what: their own, or as admins the tenant's. Errors: `forbidden`, `unprocessable`. */
export function requireMayConnect(ctx: Pick<Ctx, 'principal'>, connection: Connection): UserId {
  if (!connection.perUser) requireAdmin(ctx);
  if (!connection.oauth || connection.kind !== 'http' || connection.url === null)
    throw new AppError(
      'unprocessable',
      'This connection does not sign in by OAuth: change that in its settings first.',
    );
  if (ctx.principal.kind !== 'user')
    throw new AppError('forbidden', 'An account is connected by a person in a browser: sign in to the console.');
  return ctx.principal.id;
}

const SOON_MS = 24 * 3_600_000;

export const NOT_CONNECTED: AccountStatus = {
  state: 'not_connected',
  account: null,
  issuer: null,
  scopes: [],
  connectedBy: null,
  connectedAt: null,
  endsAt: null,
  renewedAt: null,
  problem: null,
};

export function statusOf(grant: Grant | undefined, now: Date): AccountStatus {
  if (!grant) return NOT_CONNECTED;
  const endsAt = grant.isRefreshable ? null : grant.expiresAt;
  const left = endsAt === null ? Infinity : endsAt.getTime() - now.getTime();
  const state =
    grant.status === 'needs_reconnect' || left <= 0
      ? 'needs_reconnect'
      : left <= SOON_MS
        ? 'expires_soon'
        : 'connected';
  return {
    state,
    account: grant.account,
    issuer: grant.server.issuer,
    scopes: grant.scopes,
    connectedBy: grant.connectedByName,
    connectedAt: grant.connectedAt,
    endsAt,
    renewedAt: grant.refreshedAt,
    problem: grant.problem ?? (left <= 0 ? 'Its access has ended, and the server gave no way to renew it.' : null),
  };
}
