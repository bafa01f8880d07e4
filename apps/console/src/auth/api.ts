import { ApiError } from '../api/errors.ts';
import { send, sendJson } from '../api/http.ts';

type Fields = Readonly<Record<string, unknown>>;
const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const post = (path: string, body: unknown): Promise<unknown> =>
  sendJson(`/api/auth/${path}`, { method: 'POST', body, anonymous: true });

export interface Providers {
  readonly password: boolean;
  /** Single sign-on, where the operator has set it up. */
  readonly oidc?: { readonly id: string; readonly name: string };
}

export async function readProviders(signal?: AbortSignal): Promise<Providers> {
  const { password, oidc } = fields(await sendJson('/api/auth/providers', { anonymous: true, signal }));
  const named = fields(oidc);
  return {
    password: password !== false,
    ...(text(named.name) === '' ? {} : { oidc: { id: text(named.id) || 'oidc', name: text(named.name) } }),
  };
}

export interface Credentials {
  readonly email: string;
  readonly password: string;
  /** The query with which an outside program sent the person here (OAuth): it goes on after the sign-in. */
  readonly oauthQuery?: string | undefined;
}

export type SignedIn =
  | { readonly kind: 'in' }
  /** A code of the person's authenticator app is wanted as well. */
  | { readonly kind: 'second_factor' }
  /** On to another page, as OAuth wants it. */
  | { readonly kind: 'onward'; readonly url: string };

/** Throws ApiError with words for the form. */
export async function signInByPassword({ email, password, oauthQuery }: Credentials): Promise<SignedIn> {
  try {
    const answer = fields(
      await post('sign-in/email', { email, password, ...(oauthQuery ? { oauth_query: oauthQuery } : {}) }),
    );
    if (answer.twoFactorRedirect === true) return { kind: 'second_factor' };
    return oauthQuery && text(answer.url) !== '' ? { kind: 'onward', url: text(answer.url) } : { kind: 'in' };
  } catch (error) {
    throw inWords(error);
  }
}

export const verifySecondFactor = (code: string): Promise<unknown> => post('two-factor/verify-totp', { code });

/** Where the identity provider takes the person. */
export async function startSingleSignOn(provider: string): Promise<string> {
  return text(fields(await post('sign-in/social', { provider, callbackURL: '/', errorCallbackURL: '/' })).url);
}

function inWords(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  if (error.status === 429) {
    const seconds = Number(error.details.retryAfterSeconds);
    const wait = Number.isFinite(seconds) && seconds > 0 ? `Wait ${Math.ceil(seconds)} seconds` : 'Wait a few minutes';
    return new ApiError(error.code, `Too many attempts to sign in. ${wait}, then try again.`, 429, error.details);
  }
  if (error.status === 401)
    return new ApiError(error.code, 'That e-mail and password do not belong together. Check both and try again.', 401);
  return error;
}

export interface InvitationSeen {
  readonly email: string;
  readonly role: string;
  readonly tenant: string;
  /** Then they sign in, instead of choosing a password. */
  readonly userExists: boolean;
}

export async function readInvitation(token: string): Promise<InvitationSeen> {
  const seen = fields(await post('invitation/read', { token }));
  return {
    email: text(seen.email),
    role: text(seen.role),
    tenant: text(fields(seen.tenant).name),
    userExists: seen.userExists === true,
  };
}

/** Gives the id of the tenant that the person now belongs to. */
export const acceptInvitation = async (input: { token: string; name?: string; password?: string }): Promise<string> =>
  text(fields(await post('invitation/accept', input)).tenantId);

export interface Me {
  readonly name: string;
  readonly activeTenantId: string;
  readonly tenants: readonly { readonly id: string; readonly name: string }[];
}

/** Who is signed in; undefined when nobody is. */
export async function readMe(): Promise<Me | undefined> {
  try {
    const me = fields(await sendJson('/api/auth/me', { anonymous: true }));
    const tenants = Array.isArray(me.tenants) ? me.tenants.map(fields) : [];
    return {
      name: text(fields(me.user).name),
      activeTenantId: text(me.activeTenantId),
      tenants: tenants.map((tenant) => ({ id: text(tenant.tenantId) || text(tenant.id), name: text(tenant.name) })),
    };
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return undefined;
    throw error;
  }
}

/** OAuth tokens work in the tenant that is active when consent is given. */
export const activateTenant = (tenantId: string): Promise<unknown> => post('tenant/activate', { tenantId });

export const readClientName = async (clientId: string): Promise<string> =>
  text(
    fields(
      await sendJson(`/api/auth/oauth2/public-client?${new URLSearchParams({ client_id: clientId })}`, {
        anonymous: true,
      }),
    ).client_name,
  );

/** Gives the address at which the program waits for the answer. */
export async function answerConsent(accept: boolean, oauthQuery: string): Promise<string> {
  const answer = fields(await post('oauth2/consent', { accept, oauth_query: oauthQuery }));
  return text(answer.url) || text(answer.redirectURI);
}

export const signOut = (): Promise<unknown> =>
  send('/api/auth/sign-out', { method: 'POST', body: {}, anonymous: true }).catch(() => undefined);
