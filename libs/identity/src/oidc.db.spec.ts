import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { systemCtx } from '@switchyard/kernel';
import { createTestDatabase, type TestDatabase } from '@switchyard/testkit';
import { BASE_URL, cookiesOf, openTestIdentity, PASSWORD, type TestIdentity } from './identity.fixture.ts';

const CALLBACK = `${BASE_URL}/api/auth/callback/oidc`;
const CLIENT = { clientId: 'switchyard', clientSecret: 'a-client-secret-of-some-length' };

interface Claims {
  readonly sub: string;
  readonly email: string;
  readonly email_verified: boolean;
  readonly name: string;
}

/** The certified node-oidc-provider, with its own sign-in pages answered by this spec. */
async function startProvider(
  people: ReadonlyMap<string, Claims>,
  port = 0,
): Promise<{ issuer: string; server: Server }> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(port, '127.0.0.1', ready));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const name = 'oidc-provider'; // has no types of its own
  const { default: Provider } = (await import(name)) as {
    default: new (issuer: string, settings: object) => { callback(): (req: unknown, res: unknown) => void };
  };
  for (const level of ['info', 'warn'] as const) jest.spyOn(console, level).mockImplementation(() => undefined); // it warns of its defaults
  const provider = new Provider(issuer, {
    clients: [{ client_id: CLIENT.clientId, client_secret: CLIENT.clientSecret, redirect_uris: [CALLBACK] }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    findAccount: (_ctx: unknown, id: string) => ({ accountId: id, claims: () => people.get(id) ?? { sub: id } }),
    cookies: { keys: ['a cookie key of the spec'] },
  });
  server.on('request', provider.callback());
  return { issuer, server };
}

const stop = (server: Server): Promise<unknown> =>
  new Promise((done) => {
    server.closeAllConnections();
    server.close(done);
  });

describe('signing in by OIDC', () => {
  let db: TestDatabase;
  let test: TestIdentity;
  let provider: Awaited<ReturnType<typeof startProvider>>;
  const people = new Map<string, Claims>();
  const person = (sub: string, email: string, verified = true) =>
    people.set(sub, { sub, email, email_verified: verified, name: sub });

  beforeAll(async () => {
    db = await createTestDatabase();
    provider = await startProvider(people);
    test = await openTestIdentity(db.database, { oidc: { issuer: provider.issuer, name: 'Example SSO', ...CLIENT } });
  });
  afterAll(async () => {
    await test.identity.close();
    jest.restoreAllMocks();
    await stop(provider.server);
    await db.drop();
  });

  /** A browser at the provider: follows redirects, fills in its two forms, and stops at our callback. */
  async function atProvider(start: string, login: string): Promise<URL> {
    const jar = new Map<string, string>();
    let url = new URL(start);
    let form: Record<string, string> | undefined;
    for (let step = 0; step < 12; step++) {
      const answer = await fetch(url, {
        redirect: 'manual',
        method: form ? 'POST' : 'GET',
        headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
        ...(form && { body: new URLSearchParams(form) }),
      });
      form = undefined;
      for (const cookie of answer.headers.getSetCookie()) {
        const [pair = ''] = cookie.split(';');
        jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
      }
      const location = answer.headers.get('location');
      if (location) {
        url = new URL(location, url);
        if (url.href.startsWith(CALLBACK)) return url;
        continue;
      }
      const page = await answer.text();
      const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1];
      if (!action) throw new Error(`the provider shows no form at ${url.pathname}: ${page.slice(0, 300)}`);
      url = new URL(action, url);
      form = page.includes('name="login"') ? { prompt: 'login', login, password: 'any' } : { prompt: 'consent' };
    }
    throw new Error('the provider goes round in circles');
  }

  async function signInAs(sub: string): Promise<Response> {
    const body = { provider: 'oidc', callbackURL: '/', errorCallbackURL: '/#/login' };
    const started = await test.call('/api/auth/sign-in/social', { body });
    const { url } = (await started.json()) as { url: string };
    expect(new URL(url).searchParams.get('code_challenge_method')).toBe('S256');
    const callback = await atProvider(url, sub);
    return test.call(callback.href, { cookie: cookiesOf(started) });
  }
  const whoIs = (answer: Response) =>
    test.identity.authenticate({ headers: new Headers({ cookie: cookiesOf(answer) }) });

  it('shows the button that the operator named', async () => {
    const providers = await (await test.call('/api/auth/providers')).json();
    expect(providers).toEqual({ password: true, oidc: { id: 'oidc', name: 'Example SSO' } });
  });

  it('takes in a stranger whom somebody invited, with the role of the invitation', async () => {
    const { tenant } = await test.tenantWith('acme', ['owner']);
    person('nell', 'nell@acme.example');
    await test.identity.invite(systemCtx(tenant.id), { email: 'nell@acme.example', role: 'reviewer' });
    const answer = await signInAs('nell');
    expect(answer.headers.get('location')).toBe('/');
    expect(await whoIs(answer)).toMatchObject({
      tenantId: tenant.id,
      principal: { name: 'nell@acme.example', role: 'reviewer' },
    });
    expect(await whoIs(await signInAs('nell'))).toMatchObject({ tenantId: tenant.id });
    expect(await test.identity.listInvitations(systemCtx(tenant.id))).toEqual([]);
  });

  it('turns away a stranger whom nobody invited', async () => {
    person('mallory', 'mallory@evil.example');
    const answer = await signInAs('mallory');
    expect(answer.headers.get('location')).toMatch(/^\/\?error=not_invited&error_description=Nobody.*#\/login$/);
    await expect(whoIs(answer)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await test.identity.userByEmail('mallory@evil.example')).toBeUndefined();
  });

  it('turns away an address that the provider has not verified, invited or not', async () => {
    const { tenant } = await test.tenantWith('unverified', ['owner']);
    person('fake', 'boss@unverified.example', false);
    await test.identity.invite(systemCtx(tenant.id), { email: 'boss@unverified.example', role: 'admin' });
    const answer = await signInAs('fake');
    expect(answer.headers.get('location')).toContain('error=email_not_verified');
    person('taker', 'owner@unverified.example', false);
    const taken = await signInAs('taker');
    expect(taken.headers.get('location')).toContain('error=');
    await expect(whoIs(taken)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('signs an existing user in whose address the operator vouched for', async () => {
    const { tenant } = await test.tenantWith('linked', ['admin']);
    person('admin-linked', 'admin@linked.example');
    expect(await whoIs(await signInAs('admin-linked'))).toMatchObject({
      tenantId: tenant.id,
      principal: { role: 'admin' },
    });
    expect((await test.signIn('admin@linked.example', PASSWORD)).status).toBe(200);
  });

  it('refuses an answer of the provider that this browser did not ask for', async () => {
    person('nell', 'nell@acme.example');
    const body = { provider: 'oidc', callbackURL: '/', errorCallbackURL: '/#/login' };
    const started = await test.call('/api/auth/sign-in/social', { body });
    const callback = await atProvider(((await started.json()) as { url: string }).url, 'nell');
    const elsewhere = await test.call(callback.href);
    expect(elsewhere.headers.get('location')).toContain('error=');
    await expect(whoIs(elsewhere)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('sends nobody to another site afterwards', async () => {
    const body = { provider: 'oidc', callbackURL: 'https://evil.example/' };
    expect((await test.call('/api/auth/sign-in/social', { body })).status).toBe(403);
  });

  it('works without the provider, and with it as soon as it is back', async () => {
    const away = await startProvider(people);
    await stop(away.server);
    const late = await openTestIdentity(db.database, { oidc: { issuer: away.issuer, name: 'SSO', ...CLIENT } });
    const start = () => late.call('/api/auth/sign-in/social', { body: { provider: 'oidc', callbackURL: '/' } });
    expect((await start()).status).toBe(404);
    expect((await late.signIn('admin@linked.example', PASSWORD)).status).toBe(200);
    const back = await startProvider(people, Number(new URL(away.issuer).port));
    late.clock.advance(30_000);
    expect(((await (await start()).json()) as { url: string }).url).toContain(away.issuer);
    await stop(back.server);
    await late.identity.close();
  });
});
