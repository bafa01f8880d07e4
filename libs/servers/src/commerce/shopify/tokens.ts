import { z } from 'zod';
import { parseJson, request, type Reaching, type WithSecrets } from '../request.ts';
import { ShopError } from '../shop-error.ts';

/** Keeps renewed tokens where the connection's other credentials are. */
export type KeepSecrets = (secrets: Readonly<Record<string, string>>) => Promise<void>;

export interface TokenOptions extends Reaching {
  /** https://example.myshopify.com */
  readonly baseUrl: string;
  readonly withSecrets: WithSecrets;
  readonly keepSecrets: KeepSecrets;
}

const granted = z.object({
  access_token: z.string().min(1),
  /** Seconds. Absent for a token that does not expire. */
  expires_in: z.number().optional(),
  refresh_token: z.string().optional(),
});

/** Renewed so long before it ends, that no request carries a token that ends on the way. */
const EARLY_MS = 60_000;

type Secrets = Readonly<Record<string, string>>;

/**
 * The access token of an Admin API request. Three ways, by what credentials the connection has: a fixed token of a
 * custom app; an expiring offline token with its refresh token (one hour); or client id and secret alone (24 hours).
 * Whatever was granted is kept in the vault, not in memory, so that all nodes share it.
 */
export class ShopifyTokens {
  readonly #options: TokenOptions;
  #renewing: Promise<void> | undefined;

  constructor(options: TokenOptions) {
    this.#options = options;
  }

  /** `use` gets the token. Throws ShopError `credential_missing` or `credential_refused`. */
  async with<T>(call: { readonly signal: AbortSignal }, use: (token: string) => Promise<T>): Promise<T> {
    const { withSecrets, time } = this.#options;
    const isStale = await withSecrets(async (secrets) => {
      if (!secrets['accessToken'] && !isRenewable(secrets))
        throw new ShopError(
          'credential_missing',
          'The connection needs an access token, or a client ID and client secret: set them under its credentials.',
        );
      return !secrets['accessToken'] || endsBefore(secrets, time.now().getTime() + EARLY_MS);
    });
    if (isStale) await this.renew(undefined, call);
    return withSecrets((secrets) => use(secrets['accessToken'] ?? ''));
  }

  /** Once for all who wait. `refused` is the token that the shop no longer takes; a newer one in the vault is tried first. */
  renew(refused: string | undefined, call: { readonly signal: AbortSignal }): Promise<void> {
    this.#renewing ??= this.#renew(refused, call).finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #renew(refused: string | undefined, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { withSecrets, keepSecrets, baseUrl, time } = this.#options;
    const before = await withSecrets(async (secrets) => secrets);
    if (refused !== undefined && before['accessToken'] && before['accessToken'] !== refused) return;
    if (!isRenewable(before))
      throw new ShopError(
        'credential_refused',
        'The access token is expired or revoked, and there is nothing to renew it with: set a new one under the credentials.',
      );
    const { clientId, clientSecret, refreshToken } = before;
    const body = {
      client_id: clientId,
      client_secret: clientSecret,
      ...(refreshToken
        ? { grant_type: 'refresh_token', refresh_token: refreshToken }
        : { grant_type: 'client_credentials' }),
    };
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    const url = new URL('/admin/oauth/access_token', baseUrl);
    // Not sent again by itself: a refresh token may be good for one use.
    const answer = await request(this.#options, async () => ({ url, init }), { signal, repeatable: false });
    if (answer.status >= 400) {
      // Another node may have used the refresh token at the same moment: then the vault has what it got.
      const now = await withSecrets(async (secrets) => secrets['accessToken']);
      if (now && now !== before['accessToken']) return;
      throw new ShopError(
        'credential_refused',
        `Shopify does not renew the access token (HTTP ${answer.status}): check client ID and secret, or install the app again.`,
      );
    }
    const parsed = granted.safeParse(parseJson(answer));
    if (!parsed.success) throw new ShopError('bad_answer', 'Shopify’s answer with the token lacks the token.');
    const { access_token, expires_in, refresh_token } = parsed.data;
    await keepSecrets({
      accessToken: access_token,
      ...(refresh_token === undefined ? {} : { refreshToken: refresh_token }),
      ...(expires_in === undefined
        ? {}
        : { accessTokenExpiresAt: new Date(time.now().getTime() + expires_in * 1_000).toISOString() }),
    });
  }
}

const isRenewable = (secrets: Secrets): boolean => Boolean(secrets['clientId'] && secrets['clientSecret']);

function endsBefore(secrets: Secrets, at: number): boolean {
  const ends = Date.parse(secrets['accessTokenExpiresAt'] ?? '');
  return isRenewable(secrets) && Number.isFinite(ends) && ends <= at;
}
