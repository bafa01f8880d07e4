import { oauthProvider } from '@better-auth/oauth-provider';
import { prismaAdapter } from '@better-auth/prisma-adapter';
import type { Database } from '@switchyard/database';
import { newId, type TenantId, type UserId } from '@switchyard/kernel';
import { betterAuth } from 'better-auth';
import { APIError, createAuthMiddleware, isAPIError } from 'better-auth/api';
import { genericOAuth, twoFactor } from 'better-auth/plugins';
import type { Person } from './change.ts';
import type { Invitations } from './invitations.store.ts';
import { forgetSessions } from './sessions.store.ts';
import { consoleRoutes, type RouteServices } from './routes.ts';
import { AUTH_PATH, IP_HEADER, TOKEN_SCOPES } from './served.ts';
import type { Membership } from './tenants.store.ts';
import type { SignInThrottle } from './throttle.store.ts';
import { ACCESS_TOKEN_PREFIX, REFRESH_TOKEN_PREFIX, storedForm } from './tokens.ts';
import { PASSWORD_MAX, PASSWORD_MIN } from './users.store.ts';

const ACCESS_TOKEN_SECONDS = 3_600;

/** A single sign-on provider, as the operator's environment names it. */
export interface OidcSettings {
  /** `<issuer>/.well-known/openid-configuration` must answer. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** On the sign-in button. */
  readonly name: string;
}

export interface AuthLog {
  (level: 'debug' | 'info' | 'warn' | 'error', message: string): void;
}

export interface AuthOptions {
  readonly database: Pick<Database, 'identity'>;
  readonly baseUrl: string;
  readonly resource: string;
  readonly secret: string;
  readonly trustedOrigins: readonly string[];
  readonly secureCookies: boolean;
  readonly oidc?: OidcSettings;
  readonly log: AuthLog;
  readonly throttle: SignInThrottle;
  readonly invitations: Pick<Invitations, 'isInvited' | 'acceptAll'>;
  readonly routes: RouteServices;
  readonly membershipsOf: (userId: string) => Promise<Membership[]>;
  readonly onSignIn: (userId: string, tenantId: TenantId) => Promise<void>;
}

export interface SignedIn {
  readonly sessionId: string;
  readonly user: Person;
  readonly activeTenantId?: TenantId;
  readonly expiresAt: Date;
}

export interface Auth {
  handler(request: Request): Promise<Response>;
  /** The session of the cookie in these headers; does not renew it. */
  session(headers: Headers): Promise<SignedIn | undefined>;
  readonly sessionCookie: string;
  hashPassword(password: string): Promise<string>;
  /** False when the provider could not be reached as this instance was made: make another. */
  readonly hasOidc: boolean;
}

/** No open sign-up: a stranger whom the identity provider knows gets in only when somebody invited the address. */
const onlyTheInvited = async (
  user: { email: string; emailVerified: boolean },
  invitations: AuthOptions['invitations'],
) => {
  if (!user.emailVerified)
    throw new APIError('FORBIDDEN', {
      code: 'email_not_verified',
      message: 'The identity provider has not verified this e-mail address.',
    });
  if (!(await invitations.isInvited(user.email)))
    throw new APIError('FORBIDDEN', {
      code: 'not_invited',
      message: 'Nobody has invited this e-mail address: ask an admin for an invitation.',
    });
};

const emailOf = (body: unknown): string | undefined => {
  const email = body && typeof body === 'object' && 'email' in body ? body.email : undefined;
  return typeof email === 'string' ? email : undefined;
};

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Clients on a person's own machine come back to a loopback address or a scheme of their own, and most of them register
 * without saying that they are native, which the library then takes for "web" and refuses.
 */
function asNative(body: unknown): object | undefined {
  if (!body || typeof body !== 'object' || 'application_type' in body || !('redirect_uris' in body)) return undefined;
  const { redirect_uris: uris } = body;
  const isLocal = (uri: unknown): boolean => {
    if (typeof uri !== 'string' || !URL.canParse(uri)) return false;
    const { protocol, hostname } = new URL(uri);
    return protocol === 'http:' ? LOOPBACK.includes(hostname) : protocol !== 'https:';
  };
  return Array.isArray(uris) && uris.every(isLocal) ? { ...body, application_type: 'native' } : undefined;
}

const hooksOf = ({ throttle, database }: Pick<AuthOptions, 'throttle' | 'database'>) => ({
  before: createAuthMiddleware(async (ctx) => {
    const native = ctx.path === '/oauth2/register' ? asNative(ctx.body) : undefined;
    if (native) return { context: { body: native } };
    const email = ctx.path === '/sign-in/email' ? emailOf(ctx.body) : undefined;
    const seconds = email === undefined ? 0 : await throttle.retryAfterSeconds(email);
    if (seconds > 0)
      throw new APIError(
        'TOO_MANY_REQUESTS',
        { message: `Too many wrong passwords for this address: try again in ${Math.ceil(seconds / 60)} minutes.` },
        { 'Retry-After': String(seconds) },
      );
  }),
  after: createAuthMiddleware(async (ctx) => {
    if (ctx.path === '/oauth2/revoke') await forgetSessions(database);
    const email = ctx.path === '/sign-in/email' ? emailOf(ctx.body) : undefined;
    if (email === undefined) return;
    const { returned } = ctx.context;
    if (!isAPIError(returned)) await throttle.succeeded(email);
    else if (returned.statusCode === 401) await throttle.failed(email);
  }),
});

function buildAuth(options: AuthOptions) {
  const { database, baseUrl, oidc, invitations, membershipsOf } = options;
  const scopes = [...TOKEN_SCOPES, 'offline_access'];
  return betterAuth({
    appName: 'Switchyard',
    baseURL: baseUrl,
    basePath: AUTH_PATH,
    secret: options.secret,
    database: prismaAdapter(database.identity, { provider: 'postgresql', transaction: true }),
    trustedOrigins: [new URL(baseUrl).origin, ...options.trustedOrigins],
    telemetry: { enabled: false },
    logger: { log: (level, message) => options.log(level, message), level: 'warn', disableColors: true },
    onAPIError: {
      errorURL: `${baseUrl}/#/login`,
      // Refusals are answers, and no news to the log.
      onError: (error) => {
        if (!isAPIError(error))
          options.log('error', error instanceof Error ? (error.stack ?? error.message) : String(error));
      },
    },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: PASSWORD_MIN,
      maxPasswordLength: PASSWORD_MAX,
      revokeSessionsOnPasswordReset: true,
    },
    account: { encryptOAuthTokens: true, accountLinking: { enabled: true } },
    session: {
      expiresIn: 7 * 86_400,
      updateAge: 86_400,
      additionalFields: { activeTenantId: { type: 'string', required: false, input: false } },
    },
    rateLimit: {
      enabled: true,
      storage: 'database',
      window: 10,
      max: 200,
      customRules: { '/sign-in/email': { window: 60, max: 20 } },
    },
    hooks: hooksOf(options),
    databaseHooks: {
      user: {
        create: {
          before: async (user) => {
            await onlyTheInvited({ email: user.email, emailVerified: user.emailVerified === true }, invitations);
          },
          after: (user) => invitations.acceptAll({ id: user.id as UserId, name: user.name, email: user.email }),
        },
      },
      session: {
        create: {
          before: async (session) => {
            const [first] = await membershipsOf(session.userId);
            return { data: { ...session, ...(first && { activeTenantId: first.tenantId }) } };
          },
          after: async (session) => {
            const tenantId = session['activeTenantId'];
            if (typeof tenantId === 'string') await options.onSignIn(session.userId, tenantId as TenantId);
          },
        },
        delete: {
          after: () => forgetSessions(database),
        },
      },
    },
    advanced: {
      cookiePrefix: 'switchyard',
      useSecureCookies: options.secureCookies,
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax', secure: options.secureCookies },
      // Said out loud, because better-auth leaves both checks out when it thinks that it runs in a test.
      disableOriginCheck: false,
      disableCSRFCheck: false,
      ipAddress: { ipAddressHeaders: [IP_HEADER] },
      database: { generateId: () => newId() },
    },
    plugins: [
      twoFactor({ issuer: 'Switchyard' }),
      oauthProvider({
        // Opaque tokens: looked up at each use, so that taking one back, or its owner's membership, is felt at once.
        disableJwtPlugin: true,
        loginPage: `${baseUrl}/#/login`,
        consentPage: `${baseUrl}/#/consent`,
        scopes,
        grantTypes: ['authorization_code', 'refresh_token'],
        resources: [{ identifier: options.resource, name: 'Switchyard MCP', allowedScopes: scopes }],
        enforcePerClientResources: false,
        accessTokenExpiresIn: ACCESS_TOKEN_SECONDS,
        allowDynamicClientRegistration: true,
        allowUnauthenticatedClientRegistration: true,
        storeTokens: { hash: storedForm },
        prefix: { opaqueAccessToken: ACCESS_TOKEN_PREFIX, refreshToken: REFRESH_TOKEN_PREFIX },
        postLogin: {
          page: `${baseUrl}/#/consent`,
          shouldRedirect: () => false,
          // The token works in the tenant that was active at consent.
          consentReferenceId: async ({ session, user }) => {
            const memberships = await membershipsOf(user.id);
            const active = memberships.find(({ tenantId }) => tenantId === session['activeTenantId']);
            if (active) return active.tenantId;
            throw new APIError('FORBIDDEN', {
              message: 'You are no member of the active tenant: choose another first.',
            });
          },
        },
        rateLimit: { register: { window: 60, max: 20 }, token: { window: 60, max: 60 } },
      }),
      genericOAuth({
        config: oidc
          ? [
              {
                providerId: 'oidc',
                name: oidc.name,
                discoveryUrl: `${oidc.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
                clientId: oidc.clientId,
                clientSecret: oidc.clientSecret,
                scopes: ['openid', 'email', 'profile'],
                pkce: true,
                requireIdTokenVerification: true,
              },
            ]
          : [],
      }),
      consoleRoutes(options.routes),
    ],
  });
}

/** Ready when this resolves: the resource is stored, the identity provider was asked for its metadata. */
export async function openAuth(options: AuthOptions): Promise<Auth> {
  const auth = buildAuth(options);
  const context = await auth.$context;
  return {
    handler: (request) => auth.handler(request),
    async session(headers) {
      const found = await auth.api.getSession({ headers, query: { disableRefresh: true } });
      if (!found) return undefined;
      const { session, user } = found;
      return {
        sessionId: session.id,
        user: { id: user.id as UserId, name: user.name, email: user.email },
        ...(session.activeTenantId && { activeTenantId: session.activeTenantId as TenantId }),
        expiresAt: session.expiresAt,
      };
    },
    sessionCookie: context.authCookies.sessionToken.name,
    hashPassword: (password) => context.password.hash(password),
    hasOidc: context.socialProviders.some((provider) => provider.id === 'oidc'),
  };
}
