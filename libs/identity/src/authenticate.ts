import type { Database } from '@switchyard/database';
import { AppError, type Clock, type Principal, type TenantId } from '@switchyard/kernel';
import type { Auth, SignedIn } from './auth.ts';
import { findKey, findToken, writeLastUse, type KeyRecord, type TokenRecord } from './credentials.store.ts';
import type { TokenHolder } from './permissions.ts';
import { createShortCache } from './short-cache.ts';
import { findMemberships, type Membership } from './tenants.store.ts';
import { ACCESS_TOKEN_PREFIX, KEY_PREFIX, sha256 } from './tokens.ts';

/** Picks one of a person's tenants, by id or slug, in place of the session's active one. */
export const TENANT_HEADER = 'x-switchyard-tenant';
const CACHED_FOR_MS = 5_000;
const CACHED_MAX = 10_000;
const LAST_USE_EVERY_MS = 60_000;

export type Credential = 'key' | 'token' | 'session';

export interface Authenticated {
  readonly tenantId: TenantId;
  readonly principal: Principal | TokenHolder;
  readonly via: Credential;
  /** Of a browser: what is begun in it may have to be ended in it. */
  readonly sessionId?: string;
}

export interface AuthenticateInput {
  readonly headers: Headers;
  /** Which credentials this surface takes; `['key', 'session']` unless told. OAuth tokens are made out to /mcp alone. */
  readonly accept?: readonly Credential[];
}

export interface Authenticator {
  /**
   * A bearer credential counts before a cookie. Errors: `unauthenticated`; `forbidden` for a tenant that the caller does
   * not belong to, or a cookie that comes from another site's page.
   */
  authenticate(input: AuthenticateInput): Promise<Authenticated>;
  close(): Promise<void>;
}

interface AuthenticatorOptions {
  readonly database: Pick<Database, 'identity' | 'inTenant' | 'onChange'>;
  readonly auth: () => Promise<Auth>;
  readonly clock: Clock;
  readonly resource: string;
  readonly origins: readonly string[];
  readonly onError: (error: unknown) => void;
}

const refused = (message: string): AppError => new AppError('unauthenticated', message);

const NO_CREDENTIALS = 'Send an API key as "Authorization: Bearer sy_…", or sign in.';

/** Never read from a URL: those end in logs. */
const bearerOf = (headers: Headers): string | undefined => {
  const header = headers.get('authorization');
  if (header === null) return undefined;
  const token = /^bearer +([\x21-\x7e]+)$/i.exec(header.trim())?.[1];
  if (token === undefined) throw refused('The Authorization header must read "Bearer <API key>".');
  return token;
};

const cookieOf = (headers: Headers, name: string): string | undefined =>
  headers
    .get('cookie')
    ?.split(/; */)
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);

const isPast = (date: Date | null, now: Date): boolean => date !== null && date <= now;

function checkKey(key: KeyRecord | undefined, now: Date): KeyRecord {
  if (!key) throw refused('This API key is unknown: make a new one in the console.');
  if (key.revokedAt) throw refused(`The API key "${key.name}" was revoked: use another.`);
  if (isPast(key.expiresAt, now)) throw refused(`The API key "${key.name}" has expired: make a new one.`);
  return key;
}

function checkToken(token: TokenRecord | undefined, now: Date, resource: string): TokenRecord {
  if (!token || token.revokedAt || isPast(token.expiresAt, now))
    throw refused('This access token is unknown, expired or revoked: refresh it, or sign in again.');
  if (!token.resources.includes(resource))
    throw refused(`This access token is not made out to ${resource}: ask for it with that "resource".`);
  return token;
}

const isTenant = (wanted: string, membership: { tenantId: string; slug: string }): boolean =>
  membership.tenantId === wanted || membership.slug === wanted;

interface CachedSession extends SignedIn {
  readonly memberships: readonly Membership[];
}

function chooseMembership(session: CachedSession, wanted: string | null): Membership {
  const choice = session.memberships.find((membership) =>
    wanted === null ? membership.tenantId === session.activeTenantId : isTenant(wanted, membership),
  );
  if (choice) return choice;
  throw new AppError(
    'forbidden',
    wanted === null
      ? 'No tenant is active in this session: choose one of yours.'
      : 'You are not a member of this tenant: choose one of yours, or ask for an invitation.',
  );
}

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { database, auth, clock, resource } = options;
  const limits = { ttlMs: CACHED_FOR_MS, max: CACHED_MAX };
  const keys = createShortCache<KeyRecord>(limits);
  const tokens = createShortCache<TokenRecord & { readonly membership: Membership | undefined }>(limits);
  const sessions = createShortCache<CachedSession>(limits);
  const lastUse = new Map<string, number>();
  const writing = new Set<Promise<void>>();

  const stopListening = database.onChange(({ tenantId, topic }) => {
    if (topic === 'keys') keys.drop((key) => key.tenantId === tenantId);
    if (topic === 'all') keys.drop();
    if (topic === 'members' || topic === 'all') {
      sessions.drop();
      tokens.drop();
    }
  });

  /** At most once a minute for each key, and never waited for. */
  function noteUse(key: KeyRecord, now: Date): void {
    if (now.getTime() - (lastUse.get(key.id) ?? 0) < LAST_USE_EVERY_MS) return;
    if (lastUse.size >= CACHED_MAX) lastUse.clear();
    lastUse.set(key.id, now.getTime());
    const write = writeLastUse(database, key, now)
      .catch(options.onError)
      .finally(() => writing.delete(write));
    writing.add(write);
  }

  async function byKey(bearer: string, headers: Headers, now: Date): Promise<Authenticated> {
    const hash = sha256(bearer).toString('base64');
    const key = checkKey(await keys.fetch(hash, now.getTime(), () => findKey(database, bearer)), now);
    const wanted = headers.get(TENANT_HEADER);
    if (wanted !== null && !isTenant(wanted, { tenantId: key.tenantId, slug: key.tenantSlug }))
      throw new AppError('forbidden', 'This API key belongs to another tenant: use a key of the tenant you name.');
    noteUse(key, now);
    const principal: Principal = { kind: 'key', id: key.id, name: key.name, scopes: key.scopes };
    return { tenantId: key.tenantId, principal, via: 'key' };
  }

  async function byToken(bearer: string, now: Date): Promise<Authenticated> {
    const found = await tokens.fetch(sha256(bearer).toString('base64'), now.getTime(), async () => {
      const token = await findToken(database, bearer.slice(ACCESS_TOKEN_PREFIX.length));
      if (!token) return undefined;
      const memberships = await findMemberships(database, token.user.id);
      return { ...token, membership: memberships.find(({ tenantId }) => tenantId === token.tenantId) };
    });
    const { user, scopes } = checkToken(found, now, resource);
    if (!found?.membership) throw refused('The owner of this access token left the tenant: sign in again.');
    const { tenantId, role } = found.membership;
    const principal: TokenHolder = { kind: 'user', id: user.id, name: user.email, role, scopes };
    return { tenantId, principal, via: 'token' };
  }

  async function bySession(headers: Headers, now: Date): Promise<Authenticated> {
    const { session: readSession, sessionCookie } = await auth();
    const cookie = cookieOf(headers, sessionCookie);
    if (cookie === undefined) throw refused(NO_CREDENTIALS);
    const origin = headers.get('origin');
    const site = headers.get('sec-fetch-site');
    if ((origin !== null && !options.origins.includes(origin)) || site === 'cross-site')
      throw new AppError(
        'forbidden',
        'This request comes from a page of another site: use the console, or an API key.',
      );
    const session = await sessions.fetch(sha256(cookie).toString('base64'), now.getTime(), async () => {
      const signedIn = await readSession(headers);
      return signedIn && { ...signedIn, memberships: await findMemberships(database, signedIn.user.id) };
    });
    if (!session || isPast(session.expiresAt, now)) throw refused('The session has ended: sign in again.');
    const { tenantId, role } = chooseMembership(session, headers.get(TENANT_HEADER));
    return {
      tenantId,
      principal: { kind: 'user', id: session.user.id, name: session.user.email, role },
      via: 'session',
      sessionId: session.sessionId,
    };
  }

  return {
    async authenticate({ headers, accept = ['key', 'session'] }) {
      const now = clock.now();
      const bearer = bearerOf(headers);
      if (bearer === undefined) {
        if (accept.includes('session')) return bySession(headers, now);
        throw refused(NO_CREDENTIALS);
      }
      if (bearer.startsWith(KEY_PREFIX) && accept.includes('key')) return byKey(bearer, headers, now);
      if (bearer.startsWith(ACCESS_TOKEN_PREFIX) && accept.includes('token')) return byToken(bearer, now);
      throw refused(`This is not a credential that is taken here. ${NO_CREDENTIALS}`);
    },
    async close() {
      stopListening();
      await Promise.all(writing);
    },
  };
}
