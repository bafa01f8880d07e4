import type { Database } from '@switchyard/database';
import { AppError, systemClock, type Clock, type Ctx, type TenantId, type UserId } from '@switchyard/kernel';
import type { Auth, AuthLog, OidcSettings } from './auth.ts';
import { createAuthenticator, type Authenticator } from './authenticate.ts';
import { personCtx, type Person, type RecordIdentityChange } from './change.ts';
import { createInvitations, type Invitations } from './invitations.store.ts';
import { createKeys, type Keys } from './keys.store.ts';
import { createMembers, type Members } from './members.store.ts';
import { AUTH_PATH, IP_HEADER, SERVED_PATHS, TOKEN_SCOPES } from './served.ts';
import { activateTenant, forgetSessions } from './sessions.store.ts';
import {
  findMemberships,
  findTenant,
  findTenants,
  insertTenant,
  type Membership,
  type Tenant,
} from './tenants.store.ts';
import { createSignInThrottle } from './throttle.store.ts';
import { findUser, findUsers, insertUser, replacePassword, type NewUser } from './users.store.ts';

export interface IdentityOptions {
  readonly database: Pick<Database, 'identity' | 'inTenant' | 'onChange'>;
  /** Where browsers and clients reach this product, without a trailing slash: part of links, cookies, OAuth's issuer and audience. */
  readonly baseUrl: string;
  /** Signs cookies and encrypts stored OAuth tokens; 32 random bytes or more, kept over restarts. */
  readonly secret: string;
  /** Origins beside baseUrl's whose pages may use the session. */
  readonly trustedOrigins?: readonly string[];
  readonly secureCookies: boolean;
  readonly oidc?: OidcSettings;
  /** Sign-in is opened when it is first wanted: for the command line, which hardly ever does. */
  readonly opensLater?: boolean;
  readonly record: RecordIdentityChange;
  readonly log?: AuthLog;
  readonly clock?: Clock;
}

/** RFC 9728. */
export interface ProtectedResourceMetadata {
  readonly resource: string;
  readonly resource_name: string;
  readonly authorization_servers: readonly string[];
  readonly scopes_supported: readonly string[];
  readonly bearer_methods_supported: readonly string[];
}

export interface Identity
  extends
    Keys,
    Members,
    Pick<Invitations, 'invite' | 'listInvitations' | 'cancelInvitation' | 'acceptInvitation' | 'readInvitation'>,
    Pick<Authenticator, 'authenticate'> {
  /** Answers everything below /api/auth and the authorisation server's metadata. `ip` is the peer's address, for throttling. */
  handler(request: Request, from: { readonly ip: string }): Promise<Response>;
  /** The operator's: no check, because only the host's own command line and set-up reach it. */
  createTenant(input: { readonly slug: string; readonly name: string }): Promise<Tenant>;
  createUser(input: NewUser): Promise<Person>;
  setPassword(email: string, password: string): Promise<void>;
  userByEmail(email: string): Promise<Person | undefined>;
  listTenants(): Promise<Tenant[]>;
  tenantBySlug(slug: string): Promise<Tenant | undefined>;
  tenantsOf(userId: UserId): Promise<Membership[]>;
  protectedResourceMetadata(): ProtectedResourceMetadata;
  /** The WWW-Authenticate header of a 401, or with `missing` scopes of a 403, at /mcp. */
  challenge(missing?: readonly string[]): string;
  close(): Promise<void>;
}

const SECRET_MIN = 32;
const OIDC_RETRY_MS = 30_000;

/** Resolves when sign-in works, unless it opens later; rejects when the database cannot be reached. */
export async function createIdentity(options: IdentityOptions): Promise<Identity> {
  const { database, record, oidc, secureCookies, secret, log = () => undefined, clock = systemClock } = options;
  const { trustedOrigins = [] } = options;
  const baseUrl = options.baseUrl.replace(/\/$/, '');
  const resource = `${baseUrl}/mcp`;
  if (secret.length < SECRET_MIN) throw new Error(`The identity secret needs ${SECRET_MIN} characters or more.`);

  const hashPassword = async (password: string): Promise<string> => (await auth()).hashPassword(password);
  const membershipsOf = (userId: string): Promise<Membership[]> => findMemberships(database, userId);
  const invitations = createInvitations({ database, record, clock, baseUrl, hashPassword });

  async function onSignIn(userId: string, tenantId: TenantId): Promise<void> {
    const person = (await findUsers(database, [userId])).get(userId);
    const membership = (await membershipsOf(userId)).find((one) => one.tenantId === tenantId);
    if (!membership || !person) return;
    const ctx: Ctx = personCtx(tenantId, person, membership.role);
    const target = { kind: 'user', id: userId } as const;
    await database.inTenant(ctx, (tx) => record(tx, ctx, { action: 'session.signed_in', target }));
  }

  async function open(): Promise<Auth> {
    const { openAuth } = await import('./auth.ts');
    return openAuth({
      database,
      baseUrl,
      resource,
      secret,
      trustedOrigins,
      secureCookies,
      ...(oidc && { oidc }),
      log,
      throttle: createSignInThrottle(database, clock),
      invitations,
      membershipsOf,
      onSignIn,
      routes: {
        invitations,
        membershipsOf,
        activate: (session, tenantId) => activateTenant(database, session, tenantId),
        oidcName: oidc?.name,
      },
    });
  }
  let opened: Promise<Auth> | undefined;
  let openedAtMs = clock.now().getTime();
  function auth(): Promise<Auth> {
    if (opened) return opened;
    openedAtMs = clock.now().getTime();
    opened = open();
    opened.catch(() => (opened = undefined));
    return opened;
  }
  if (!options.opensLater) await auth();

  /** The provider's metadata is read when an instance is made: one that was away then is asked again later. */
  async function reopenWithoutOidc(): Promise<void> {
    if (!oidc || clock.now().getTime() - openedAtMs < OIDC_RETRY_MS || (await auth()).hasOidc) return;
    opened = undefined;
    await auth();
  }

  const authenticator = createAuthenticator({
    database,
    auth,
    clock,
    resource,
    origins: [new URL(baseUrl).origin, ...trustedOrigins],
    onError: (error) => log('error', `the last use of an API key could not be written: ${String(error)}`),
  });

  async function handler(request: Request, { ip }: { readonly ip: string }): Promise<Response> {
    const { pathname } = new URL(request.url);
    const metadata = `/.well-known/oauth-authorization-server${AUTH_PATH}`;
    if (
      pathname !== metadata &&
      !(pathname.startsWith(AUTH_PATH) && SERVED_PATHS.has(pathname.slice(AUTH_PATH.length)))
    )
      return Response.json(
        { error: { code: 'not_found', message: 'There is nothing at this address.' } },
        { status: 404 },
      );
    if (pathname.endsWith('/sign-in/social')) await reopenWithoutOidc();
    const inner = new Request(request);
    inner.headers.set(IP_HEADER, ip);
    const answer = await (await auth()).handler(inner);
    const headers = new Headers(answer.headers);
    const retryAfter = headers.get('x-retry-after');
    if (retryAfter !== null) headers.set('retry-after', retryAfter);
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
    return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers });
  }

  return {
    handler,
    authenticate: authenticator.authenticate,
    ...createKeys({ database, record, clock }),
    ...createMembers({ database, record }),
    invite: invitations.invite,
    listInvitations: invitations.listInvitations,
    cancelInvitation: invitations.cancelInvitation,
    readInvitation: invitations.readInvitation,
    acceptInvitation: invitations.acceptInvitation,
    createTenant: (input) => insertTenant(database, record, input),
    createUser: (input) => insertUser(database, { ...input, emailVerified: true }, hashPassword),
    async setPassword(email, password) {
      const user = await findUser(database, email);
      if (!user) throw new AppError('not_found', `There is no user ${email}.`);
      await replacePassword(database, user.id, password, hashPassword);
      await forgetSessions(database);
    },
    userByEmail: (email) => findUser(database, email),
    listTenants: () => findTenants(database),
    tenantBySlug: (slug) => findTenant(database, slug),
    tenantsOf: membershipsOf,
    protectedResourceMetadata: () => ({
      resource,
      resource_name: 'Switchyard',
      authorization_servers: [`${baseUrl}${AUTH_PATH}`],
      scopes_supported: [...TOKEN_SCOPES],
      bearer_methods_supported: ['header'],
    }),
    challenge(missing) {
      const metadata = `resource_metadata="${baseUrl}/.well-known/oauth-protected-resource/mcp"`;
      const scope = `scope="${(missing ?? TOKEN_SCOPES).join(' ')}"`;
      return missing ? `Bearer error="insufficient_scope", ${scope}, ${metadata}` : `Bearer ${scope}, ${metadata}`;
    },
    close: authenticator.close,
  };
}
