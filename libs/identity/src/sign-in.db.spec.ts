import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@switchyard/testkit';
import { BASE_URL, cookiesOf, eventually, openTestIdentity, PASSWORD, type TestIdentity } from './identity.fixture.ts';

describe('signing in', () => {
  let db: TestDatabase;
  let test: TestIdentity;
  beforeAll(async () => {
    db = await createTestDatabase();
    test = await openTestIdentity(db.database);
    await test.tenantWith('acme', ['owner', 'analyst']);
    await test.tenantWith('globex', ['owner']);
  });
  afterAll(async () => {
    await test.identity.close();
    await db.drop();
  });
  const cookieHeader = (cookie: string, more: Record<string, string> = {}) => new Headers({ cookie, ...more });

  it('gives a cookie that is HttpOnly and SameSite=Lax, and a principal with the role of the tenant', async () => {
    const answer = await test.signIn('owner@acme.example');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('set-cookie')).toMatch(/^switchyard\.session_token=.*HttpOnly.*SameSite=Lax/i);
    const who = await test.identity.authenticate({ headers: cookieHeader(cookiesOf(answer)) });
    const acme = await test.identity.tenantBySlug('acme');
    expect(who).toMatchObject({
      tenantId: acme?.id,
      via: 'session',
      principal: { kind: 'user', name: 'owner@acme.example', role: 'owner' },
    });
    expect(test.changes).toContainEqual(expect.objectContaining({ action: 'session.signed_in' }));
  });

  it('sets Secure cookies with the __Secure- prefix behind TLS', async () => {
    const secure = await openTestIdentity(db.database, { baseUrl: 'https://switchyard.example', secureCookies: true });
    const answer = await secure.signIn('owner@acme.example');
    expect(answer.headers.get('set-cookie')).toMatch(/^__Secure-switchyard\.session_token=.*Secure/);
    const who = await secure.identity.authenticate({ headers: cookieHeader(cookiesOf(answer)) });
    expect(who.via).toBe('session');
    await secure.identity.close();
  });

  it('tells who is signed in, and stores no password in the clear', async () => {
    const cookie = await test.cookieFor('analyst@acme.example');
    const me = await (await test.call('/api/auth/me', { cookie })).json();
    expect(me).toMatchObject({
      user: { email: 'analyst@acme.example', twoFactor: false },
      tenants: [{ slug: 'acme', role: 'analyst' }],
      activeTenantId: (await test.identity.tenantBySlug('acme'))?.id,
    });
    const accounts = await db.sql<{ password: string }>('SELECT password FROM account');
    for (const { password } of accounts) expect(password).not.toContain(PASSWORD);
  });

  it('refuses a wrong password and an unknown address alike', async () => {
    const wrong = await test.signIn('owner@acme.example', 'not the password');
    const unknown = await test.signIn('nobody@acme.example', 'not the password');
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    expect(await wrong.text()).toBe(await unknown.text());
  });

  it('has no open sign-up, and serves nothing of the library that is not listed', async () => {
    const body = { email: 'eve@example.com', name: 'Eve', password: PASSWORD };
    for (const path of [
      '/sign-up/email',
      '/oauth2/create-client',
      '/admin/oauth2/create-client',
      '/delete-user',
      '/ok',
    ])
      expect((await test.call(`/api/auth${path}`, { body })).status).toBe(404);
    expect(await test.identity.userByEmail('eve@example.com')).toBeUndefined();
  });

  it('wants twelve characters of a password', async () => {
    const short = test.identity.createUser({ email: 'short@acme.example', name: 'S', password: 'elevenchars' });
    await expect(short).rejects.toMatchObject({ code: 'unprocessable', details: { path: 'password' } });
  });

  it('throttles wrong passwords per address, whatever machine they come from', async () => {
    await test.tenantWith('throttled', ['owner', 'admin']);
    for (let n = 0; n < 10; n++)
      expect((await test.signIn('owner@throttled.example', 'wrong password')).status).toBe(401);
    const blocked = await test.signIn('owner@throttled.example');
    expect(blocked.status).toBe(429);
    expect(Number(blocked.headers.get('retry-after'))).toBeGreaterThan(800);
    expect((await test.signIn('admin@throttled.example')).status).toBe(200);
    test.clock.advance(15 * 60_000);
    expect((await test.signIn('owner@throttled.example')).status).toBe(200);
  });

  it('throttles one machine, which cannot name another address for itself', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 22; n++) {
      const headers = { 'x-forwarded-for': `192.0.2.${n}`, 'x-switchyard-peer': `192.0.2.${n}` };
      const answer = await test.signIn(`guess-${n}@acme.example`, 'wrong password', { ip: '203.0.113.9', headers });
      statuses.push(answer.status);
      if (answer.status === 429) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 401));
    expect(statuses.slice(20)).toEqual([429, 429]);
  });

  it('refuses what another site sends with the cookie', async () => {
    const cookie = await test.cookieFor('owner@acme.example');
    const evil = { origin: 'https://evil.example' };
    expect((await test.call('/api/auth/sign-out', { cookie, body: {}, headers: evil })).status).toBe(403);
    const forged = test.identity.authenticate({ headers: cookieHeader(cookie, evil) });
    await expect(forged).rejects.toMatchObject({ code: 'forbidden' });
    const crossSite = test.identity.authenticate({ headers: cookieHeader(cookie, { 'sec-fetch-site': 'cross-site' }) });
    await expect(crossSite).rejects.toMatchObject({ code: 'forbidden' });
    const own = cookieHeader(cookie, { origin: BASE_URL, 'sec-fetch-site': 'same-origin' });
    expect((await test.identity.authenticate({ headers: own })).via).toBe('session');
  });

  it('forgets a session on every node when it ends', async () => {
    const elsewhere = await openTestIdentity(db.database);
    const cookie = await test.cookieFor('analyst@acme.example');
    const headers = cookieHeader(cookie);
    expect((await elsewhere.identity.authenticate({ headers })).via).toBe('session');
    expect((await test.call('/api/auth/sign-out', { cookie, body: {} })).status).toBe(200);
    const refused = () =>
      elsewhere.identity.authenticate({ headers }).then(
        () => false,
        () => true,
      );
    expect(await eventually(refused)).toBe(true);
    await elsewhere.identity.close();
  });

  it('ends all sessions when the operator sets a new password', async () => {
    await test.tenantWith('reset', ['owner']);
    const headers = cookieHeader(await test.cookieFor('owner@reset.example'));
    await test.identity.authenticate({ headers });
    await test.identity.setPassword('owner@reset.example', 'another long password');
    expect(
      await eventually(() =>
        test.identity.authenticate({ headers }).then(
          () => false,
          () => true,
        ),
      ),
    ).toBe(true);
    expect((await test.signIn('owner@reset.example')).status).toBe(401);
    expect((await test.signIn('owner@reset.example', 'another long password')).status).toBe(200);
  });

  it('lets one person choose among their tenants, and no other', async () => {
    const acme = await test.identity.tenantBySlug('acme');
    const globex = await test.identity.tenantBySlug('globex');
    const cookie = await test.cookieFor('owner@globex.example');
    const inAcme = () =>
      test.identity.authenticate({ headers: cookieHeader(cookie, { 'x-switchyard-tenant': 'acme' }) });
    await expect(inAcme()).rejects.toMatchObject({ code: 'forbidden' });
    const activate = () => test.call('/api/auth/tenant/activate', { cookie, body: { tenantId: acme?.id } });
    expect((await activate()).status).toBe(403);

    const person = await test.identity.userByEmail('owner@globex.example');
    if (!acme || !person) throw new Error('the fixture is gone');
    const operator = { principal: { kind: 'operator', id: 'operator', name: 'operator' }, tenantId: acme.id } as const;
    await test.identity.addMember(
      { ...operator, surface: 'cli', traceId: '', signal: AbortSignal.abort() },
      { userId: person.id, role: 'reviewer' },
    );
    expect(
      await eventually(() =>
        inAcme().then(
          () => true,
          () => false,
        ),
      ),
    ).toBe(true);
    expect(await inAcme()).toMatchObject({ tenantId: acme.id, principal: { role: 'reviewer' } });
    expect(await test.identity.authenticate({ headers: cookieHeader(cookie) })).toMatchObject({ tenantId: globex?.id });
    expect((await activate()).status).toBe(200);
    const active = async () =>
      (await test.identity.authenticate({ headers: cookieHeader(cookie) })).tenantId === acme.id;
    expect(await eventually(active)).toBe(true);
  });

  it('asks for a second factor when the person has set one up', async () => {
    await test.tenantWith('totp', ['owner']);
    const cookie = await test.cookieFor('owner@totp.example');
    const enabled = await test.call('/api/auth/two-factor/enable', { cookie, body: { password: PASSWORD } });
    const { totpURI } = (await enabled.json()) as { totpURI: string };
    const secret = new URL(totpURI).searchParams.get('secret') ?? '';
    const verified = await test.call('/api/auth/two-factor/verify-totp', {
      cookie,
      body: { code: await totp(secret) },
    });
    expect(verified.status).toBe(200);

    const first = await test.signIn('owner@totp.example');
    expect(await first.json()).toMatchObject({ twoFactorRedirect: true });
    await expect(test.identity.authenticate({ headers: cookieHeader(cookiesOf(first)) })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    const second = await test.call('/api/auth/two-factor/verify-totp', {
      cookie: cookiesOf(first),
      body: { code: await totp(secret) },
    });
    expect((await test.identity.authenticate({ headers: cookieHeader(cookiesOf(second)) })).via).toBe('session');
  });
});

/** RFC 6238 with the defaults that authenticator apps use. */
async function totp(base32: string): Promise<string> {
  const { createHmac } = await import('node:crypto');
  const bits = [...base32]
    .map((char) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char).toString(2).padStart(5, '0'))
    .join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac('sha1', key).update(counter).digest();
  const offset = mac.readUInt8(19) & 0xf;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
