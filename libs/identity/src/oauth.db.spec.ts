import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemCtx } from '@switchyard/kernel';
import { createTestDatabase, type TestDatabase } from '@switchyard/testkit';
import { BASE_URL, eventually, openTestIdentity, PASSWORD, type TestIdentity } from './identity.fixture.ts';

const REDIRECT = 'http://127.0.0.1:33418/callback';
const RESOURCE = `${BASE_URL}/mcp`;

interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly scope: string;
  readonly token_type: string;
}

describe('OAuth 2.1 for /mcp', () => {
  let db: TestDatabase;
  let test: TestIdentity;
  beforeAll(async () => {
    db = await createTestDatabase();
    test = await openTestIdentity(db.database);
    await test.tenantWith('acme', ['owner', 'analyst', 'admin']);
    await test.tenantWith('globex', ['owner']);
  });
  afterAll(async () => {
    await test.identity.close();
    await db.drop();
  });

  const cookies = new Map<string, Promise<string>>();
  /** One session for each person: hashing a password takes long on purpose. */
  const cookieFor = (email: string): Promise<string> => {
    const cookie = cookies.get(email) ?? test.cookieFor(email);
    cookies.set(email, cookie);
    return cookie;
  };
  const json = async <T>(answer: Promise<Response>): Promise<T> => (await (await answer).json()) as T;
  const withToken = (token: string, accept: ('key' | 'token' | 'session')[] = ['key', 'token']) =>
    test.identity.authenticate({ headers: new Headers({ authorization: `Bearer ${token}` }), accept });

  async function register(): Promise<string> {
    const body = {
      client_name: 'An MCP client',
      redirect_uris: [REDIRECT],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    };
    const answer = await test.call('/api/auth/oauth2/register', { body });
    if (answer.status > 201) throw new Error(await answer.text());
    const client = (await answer.json()) as { client_id: string; client_secret?: string };
    expect(client.client_secret).toBeUndefined();
    return client.client_id;
  }

  /** What stands behind the # of a redirect to a console page. */
  const pageQuery = (location: string, page: string): string => {
    expect(location.startsWith(`${BASE_URL}/#/${page}?`)).toBe(true);
    return location.slice(location.indexOf('?') + 1);
  };

  const authorizeUrl = (clientId: string, challenge: string, over: Record<string, string> = {}): string =>
    `/api/auth/oauth2/authorize?${new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: REDIRECT,
      scope: 'runs tools offline_access',
      state: 'xyz',
      resource: RESOURCE,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...over,
    })}`;

  const newPkce = () => {
    const verifier = randomBytes(32).toString('base64url');
    return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
  };

  /** Signs in, consents, and gives the code that the client's redirect address receives. */
  async function consent(clientId: string, email: string, over: Record<string, string> = {}) {
    const { verifier, challenge } = newPkce();
    const cookie = await cookieFor(email);
    const asked = await test.call(authorizeUrl(clientId, challenge, over), { cookie });
    const query = pageQuery(asked.headers.get('location') ?? '', 'consent');
    const body = { accept: true, oauth_query: query };
    const { url } = await json<{ url: string }>(test.call('/api/auth/oauth2/consent', { cookie, body }));
    const back = new URL(url);
    expect(back.origin + back.pathname).toBe(REDIRECT);
    expect(back.searchParams.get('state')).toBe('xyz');
    expect(back.searchParams.get('iss')).toBe(`${BASE_URL}/api/auth`);
    return { code: back.searchParams.get('code') ?? '', verifier, cookie };
  }

  const exchange = (form: Record<string, string>) => test.call('/api/auth/oauth2/token', { form });
  const redeem = (clientId: string, code: string, verifier: string, over: Record<string, string> = {}) =>
    exchange({
      grant_type: 'authorization_code',
      client_id: clientId,
      code,
      code_verifier: verifier,
      redirect_uri: REDIRECT,
      resource: RESOURCE,
      ...over,
    });

  async function tokensFor(email: string, over: Record<string, string> = {}): Promise<Tokens & { clientId: string }> {
    const clientId = await register();
    const { code, verifier } = await consent(clientId, email, over);
    const answer = await redeem(clientId, code, verifier);
    if (answer.status !== 200) throw new Error(await answer.text());
    return { ...((await answer.json()) as Tokens), clientId };
  }

  it('publishes where to go: the resource, the server, PKCE, registration', async () => {
    expect(test.identity.protectedResourceMetadata()).toMatchObject({
      resource: RESOURCE,
      authorization_servers: [`${BASE_URL}/api/auth`],
      scopes_supported: ['runs', 'tools'],
    });
    const server = await json<Record<string, unknown>>(test.call('/.well-known/oauth-authorization-server/api/auth'));
    expect(server).toMatchObject({
      issuer: `${BASE_URL}/api/auth`,
      authorization_endpoint: `${BASE_URL}/api/auth/oauth2/authorize`,
      token_endpoint: `${BASE_URL}/api/auth/oauth2/token`,
      registration_endpoint: `${BASE_URL}/api/auth/oauth2/register`,
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
    });
    expect(server['token_endpoint_auth_methods_supported']).toContain('none');
    expect(test.identity.challenge()).toBe(
      `Bearer scope="runs tools", resource_metadata="${BASE_URL}/.well-known/oauth-protected-resource/mcp"`,
    );
    expect(test.identity.challenge(['runs'])).toMatch(/^Bearer error="insufficient_scope", scope="runs"/);
  });

  it('leads a client from registration through sign-in and consent to a token of the active tenant', async () => {
    const clientId = await register();
    const { verifier, challenge } = newPkce();
    const asked = await test.call(authorizeUrl(clientId, challenge));
    const loginQuery = pageQuery(asked.headers.get('location') ?? '', 'login');
    const signedIn = await test.call('/api/auth/sign-in/email', {
      body: { email: 'owner@acme.example', password: PASSWORD, oauth_query: loginQuery },
    });
    const cookie = signedIn.headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; ');
    const { url: consentUrl } = (await signedIn.json()) as { url: string };
    const consentQuery = pageQuery(consentUrl, 'consent');
    const shown = await json<Record<string, unknown>>(
      test.call(`/api/auth/oauth2/public-client?client_id=${new URLSearchParams(consentQuery).get('client_id')}`, {
        cookie,
      }),
    );
    expect(shown).toMatchObject({ client_name: 'An MCP client' });
    const answer = await test.call('/api/auth/oauth2/consent', {
      cookie,
      body: { accept: true, oauth_query: consentQuery },
    });
    const { url } = (await answer.json()) as { url: string };
    const code = new URL(url).searchParams.get('code') ?? '';
    const tokens = await json<Tokens>(redeem(clientId, code, verifier));
    expect(tokens).toMatchObject({ token_type: 'Bearer', scope: 'runs tools offline_access' });
    expect(tokens.access_token).toMatch(/^syt_/);
    expect(await withToken(tokens.access_token)).toEqual({
      tenantId: (await test.identity.tenantBySlug('acme'))?.id,
      via: 'token',
      principal: {
        kind: 'user',
        id: (await test.identity.userByEmail('owner@acme.example'))?.id,
        name: 'owner@acme.example',
        role: 'owner',
        scopes: ['runs', 'tools'],
      },
    });
  });

  it('takes a token at /mcp alone', async () => {
    const { access_token: token } = await tokensFor('owner@acme.example');
    await expect(withToken(token, ['key', 'session'])).rejects.toMatchObject({ code: 'unauthenticated' });
    const elsewhere = await openTestIdentity(db.database, { baseUrl: 'http://127.0.0.1:4001' });
    const headers = new Headers({ authorization: `Bearer ${token}` });
    await expect(elsewhere.identity.authenticate({ headers, accept: ['token'] })).rejects.toThrow(/not made out to/);
    await elsewhere.identity.close();
  });

  it('gives the scopes that were asked for, and none that are for keys', async () => {
    const { access_token: token } = await tokensFor('owner@acme.example', { scope: 'tools' });
    expect(await withToken(token)).toMatchObject({ principal: { scopes: ['tools'] } });
    const { challenge } = newPkce();
    const cookie = await cookieFor('owner@acme.example');
    const asked = await test.call(authorizeUrl(await register(), challenge, { scope: 'admin' }), { cookie });
    expect(asked.headers.get('location')).toContain('error=invalid_scope');
  });

  it("never gives another tenant than that of its owner's membership", async () => {
    const { access_token: token } = await tokensFor('owner@acme.example');
    const headers = new Headers({ authorization: `Bearer ${token}`, 'x-switchyard-tenant': 'globex' });
    const who = await test.identity.authenticate({ headers, accept: ['token'] });
    expect(who.tenantId).toBe((await test.identity.tenantBySlug('acme'))?.id);
    const globex = await test.identity.tenantBySlug('globex');
    await db.sql(`UPDATE oauth_access_token SET reference_id = $1`, [globex?.id]);
    test.clock.advance(6_000);
    await expect(withToken(token)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('ends with the membership of its owner', async () => {
    const { access_token: token } = await tokensFor('analyst@acme.example');
    expect(await withToken(token)).toMatchObject({ principal: { role: 'analyst' } });
    const { tenantId } = await withToken(token);
    const member = (await test.identity.listMembers(systemCtx(tenantId))).find(({ role }) => role === 'analyst');
    await test.identity.removeMember(systemCtx(tenantId), member?.id ?? '');
    const refused = () =>
      withToken(token).then(
        () => false,
        (error) => error.message.includes('left the tenant'),
      );
    expect(await eventually(refused)).toBe(true);
  });

  it('refreshes, and takes the whole family back when a used refresh token comes again', async () => {
    const { refresh_token: first = '', clientId } = await tokensFor('owner@globex.example');
    const refresh = (token: string) =>
      exchange({ grant_type: 'refresh_token', client_id: clientId, refresh_token: token, resource: RESOURCE });
    const second = await json<Tokens>(refresh(first));
    expect(await withToken(second.access_token)).toMatchObject({ via: 'token' });
    expect((await refresh(first)).status).toBe(400);
    expect((await refresh(second.refresh_token ?? '')).status).toBe(400);
  });

  it('ends when it is revoked or expires', async () => {
    const { access_token: token, clientId } = await tokensFor('owner@globex.example');
    await withToken(token);
    const form = { token, client_id: clientId, token_type_hint: 'access_token' };
    expect((await test.call('/api/auth/oauth2/revoke', { form })).status).toBe(200);
    expect(
      await eventually(() =>
        withToken(token).then(
          () => false,
          () => true,
        ),
      ),
    ).toBe(true);
    const { access_token: late } = await tokensFor('owner@globex.example');
    test.clock.advance(3_601_000);
    await expect(withToken(late)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('wants PKCE, the registered address, the right verifier and each code once', async () => {
    const clientId = await register();
    const { challenge } = newPkce();
    const cookie = await cookieFor('owner@globex.example');
    const without = await test.call(authorizeUrl(clientId, challenge).replace(/&code_challenge.*$/, ''), { cookie });
    expect(without.headers.get('location')).toContain('error=invalid_request');
    const elsewhere = await test.call(authorizeUrl(clientId, challenge, { redirect_uri: 'https://evil.example/' }), {
      cookie,
    });
    expect(elsewhere.headers.get('location')).not.toMatch(/^https:\/\/evil/);
    const { code, verifier } = await consent(clientId, 'owner@globex.example');
    expect((await redeem(clientId, code, 'x'.repeat(43))).status).not.toBe(200);
    const other = await consent(clientId, 'owner@globex.example', { prompt: 'consent' });
    expect((await redeem(clientId, other.code, other.verifier)).status).toBe(200);
    expect((await redeem(clientId, other.code, other.verifier)).status).not.toBe(200);
    expect(verifier).not.toBe(other.verifier);
  });

  it('gives nothing when the person refuses', async () => {
    const { challenge } = newPkce();
    const cookie = await cookieFor('owner@globex.example');
    const asked = await test.call(authorizeUrl(await register(), challenge), { cookie });
    const query = pageQuery(asked.headers.get('location') ?? '', 'consent');
    const body = { accept: false, oauth_query: query };
    const { url } = await json<{ url: string }>(test.call('/api/auth/oauth2/consent', { cookie, body }));
    expect(url).toContain('error=access_denied');
    const forged = { accept: true, oauth_query: query.replace('scope=runs', 'scope=tools') };
    expect((await test.call('/api/auth/oauth2/consent', { cookie, body: forged })).status).toBe(400);
  });
});
