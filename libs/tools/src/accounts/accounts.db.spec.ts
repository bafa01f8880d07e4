import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { newId, type Ctx, type Role, type TenantId, type UserId } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { CALLBACK, openNodes, type Node } from '../../fixtures/accounts-world.ts';
import {
  atAuthorizationServer,
  startAuthorizationServer,
  startGuardedServer,
  type AuthorizationServerFixture,
} from '../../fixtures/guarded-world.ts';

jest.setTimeout(180_000);

const TTL_SECONDS = 3;
const SESSIONS = { ada: 'the session of ada', bob: 'the session of bob', eve: 'the session of eve' };

/** What a call may come to while its server is started anew, or where a token ends on its way through a busy machine. */
const INTERRUPTED = ['connection_lost', 'session_expired', 'unreachable', 'unauthorized', 'timeout'];

interface WhoAmI {
  readonly session: string;
  readonly token: string;
  readonly tag: string;
}

describe('accounts that users connect by OAuth', () => {
  let db: TestDatabase;
  let authorization: AuthorizationServerFixture;
  let upstream: Awaited<ReturnType<typeof startGuardedServer>>;
  let world: Awaited<ReturnType<typeof openNodes>>;
  let one: Node;
  let two: Node;
  let connectionId = '';
  const tenantId = newId<TenantId>();
  const person = (name: string, role: Role, of = tenantId): Ctx =>
    testCtx({ tenantId: of, principal: { kind: 'user', id: newId<UserId>(), name: `${name}@example.com`, role } });
  const ada = person('ada', 'admin');
  const bob = person('bob', 'analyst');
  const eve = person('eve', 'owner', newId<TenantId>());
  const told: string[] = [];
  /** Whatever anybody is told is looked through for tokens at the end. */
  const tell = <T>(answer: T): T => {
    told.push(answer instanceof Error ? `${answer.message} ${JSON.stringify(answer)}` : JSON.stringify(answer));
    return answer;
  };
  const nameOf = (ctx: Ctx): keyof typeof SESSIONS => ctx.principal.name.split('@')[0] as keyof typeof SESSIONS;

  const started = async (ctx: Ctx, node: Node = one) =>
    (await node.accounts.begin(ctx, { connectionId, session: async () => SESSIONS[nameOf(ctx)] })).url;
  const paramsOf = (url: URL) => ({
    state: url.searchParams.get('state') ?? '',
    code: url.searchParams.get('code') ?? undefined,
    error: url.searchParams.get('error') ?? undefined,
    iss: url.searchParams.get('iss') ?? undefined,
  });
  const cameBack = async (ctx: Ctx, login = nameOf(ctx) as string) =>
    paramsOf(await atAuthorizationServer(await started(ctx), login, CALLBACK));
  const finish = (ctx: Ctx, returned: ReturnType<typeof paramsOf>, session = SESSIONS[nameOf(ctx)], node = one) =>
    node.accounts.finish(ctx, { ...returned, session }).then(tell);
  const connect = async (ctx: Ctx): Promise<unknown> => finish(ctx, await cameBack(ctx));
  const refused = (work: Promise<unknown>): Promise<Error & { code?: string }> =>
    work.then(
      () => Promise.reject(new Error('it was not refused')),
      (error: Error) => tell(error),
    );
  const ask = async (node: Node, ctx: Ctx, tag: string, waitMs = 0) =>
    tell(await node.gateway.call(ctx, { server: 'guarded', tool: 'whoAmI' }, { tag, waitMs }));
  const grantRow = async (ctx: Ctx) =>
    (await db.sql('SELECT * FROM upstream_grant WHERE user_id = $1', [ctx.principal.id]))[0] as
      { id: string; version: number; status: string } | undefined;

  beforeAll(async () => {
    db = await createTestDatabase();
    upstream = await startGuardedServer(() => authorization);
    authorization = await startAuthorizationServer(() => upstream.url, {
      ttlSeconds: TTL_SECONDS,
    });
    world = await openNodes(db);
    [one, two] = [await world.open(), await world.open()];
    const added = await one.connections.add(ada, { name: 'guarded', url: upstream.url, oauth: true, perUser: true });
    connectionId = added.id;
  });
  afterAll(async () => {
    await world.close();
    await upstream.close();
    await authorization.close();
    await db.drop();
  });

  it('says what to do before anybody has connected', async () => {
    const missing = await refused(one.connections.check(ada, connectionId));
    expect(missing).toMatchObject({ code: 'unprocessable', message: expect.stringContaining('/#/accounts') });
    expect(await one.connections.get(ada, connectionId)).toMatchObject({ health: 'unknown' });
    expect(await one.accounts.own(bob)).toMatchObject([{ status: { state: 'not_connected' } }]);
  });

  it('connects each user’s own account, with PKCE, the resource and a client that registered itself', async () => {
    const url = new URL(await started(ada));
    expect(url.searchParams.get('code_challenge_method')).toBe('S256');
    expect(url.searchParams.get('resource')).toBe(upstream.url);
    for (const ctx of [ada, bob]) await connect(ctx);
    await one.connections.check(ada, connectionId);
    expect(tell(await one.accounts.own(bob))).toMatchObject([
      { status: { state: 'connected', account: 'bob@as.example', issuer: authorization.issuer, endsAt: null } },
    ]);
    expect(await ask(one, ada, 'a')).toMatchObject({ status: 'ok', value: { session: 'ada', token: 'ada' } });
    expect(await ask(one, bob, 'b')).toMatchObject({ status: 'ok', value: { session: 'bob', token: 'bob' } });
    const clients = await db.sql('SELECT kind, issuer FROM upstream_client');
    expect(clients).toEqual([{ kind: 'registered', issuer: authorization.issuer }]);
  });

  it('neither of two users ever acts as the other: concurrently, on two nodes, through restarts and renewals', async () => {
    const before = authorization.seen.refreshes;
    const wrong: unknown[] = [];
    let calls = 0;
    const enough = () => authorization.seen.refreshes - before >= 8 && calls >= 200;
    const deadline = Date.now() + 90_000;
    const caller = async (node: Node, ctx: Ctx, seat: number): Promise<void> => {
      for (let turn = 0; !enough() && Date.now() < deadline; turn++) {
        const tag = `${nameOf(ctx)}-${seat}-${turn}`;
        const answer = await ask(node, ctx, tag, (seat * 7 + turn) % 20);
        // A call that was under way at a restart may have run: it is told so, and not made again.
        if (answer.status !== 'ok' && INTERRUPTED.includes(answer.error.code)) continue;
        calls++;
        const { session, token, tag: back } = (answer.status === 'ok' ? answer.value : {}) as Partial<WhoAmI>;
        const me = nameOf(ctx);
        const problem = answer.status === 'ok' ? undefined : answer.error;
        if (session !== me || token !== me || back !== tag) wrong.push({ me, session, token, back, tag, problem });
      }
    };
    const restart = async (): Promise<void> => {
      while (!enough() && Date.now() < deadline) {
        await new Promise((done) => setTimeout(done, 700));
        upstream.forgetSessions();
      }
    };
    const seats = [one, two].flatMap((node) =>
      [ada, bob].flatMap((ctx) => [0, 1, 2].map((seat) => ({ node, ctx, seat }))),
    );
    await Promise.all([...seats.map(({ node, ctx, seat }) => caller(node, ctx, seat)), restart()]);
    expect(wrong).toEqual([]);
    expect(authorization.seen.refreshes - before).toBeGreaterThanOrEqual(8);
    expect(authorization.seen.reused).toBe(0); // no refresh token was ever used twice
  });

  it('each user has a session of their own upstream, and turns between users open no others', async () => {
    for (const ctx of [ada, bob]) expect(await ask(one, ctx, 'first')).toMatchObject({ status: 'ok' });
    const before = upstream.sessions;
    for (let turn = 0; turn < 6; turn++)
      for (const ctx of [ada, bob])
        expect(await ask(one, ctx, `${turn}`)).toMatchObject({ value: { session: nameOf(ctx) } });
    expect(upstream.sessions).toBe(before);
    expect(one.pool.size).toBe(2);
  });

  it('two nodes that renew at the same moment use a refresh token once', async () => {
    for (const node of [one, two]) expect(await ask(node, ada, 'warm')).toMatchObject({ status: 'ok' });
    const { version = 0 } = (await grantRow(ada)) ?? {};
    const before = authorization.seen.refreshes;
    await db.sql(
      `UPDATE upstream_grant SET refresh_at = now() - interval '1 second', expires_at = now() - interval '1 second' WHERE user_id = $1`,
      [ada.principal.id],
    );
    let release: () => void = () => undefined;
    authorization.stall(new Promise((done) => (release = done)));
    const asked = [one, two, one, two].map((node, index) => ask(node, ada, `same-${index}`));
    await new Promise((done) => setTimeout(done, 500));
    authorization.stall(undefined);
    release();
    for (const answer of await Promise.all(asked))
      expect(answer).toMatchObject({ status: 'ok', value: { token: 'ada' } });
    expect(authorization.seen.refreshes - before).toBe(1);
    expect((await grantRow(ada))?.version).toBe(version + 1);
    expect(authorization.seen.reused).toBe(0);
  });

  it('lets go of a caller who gives up while the authorization server does not answer', async () => {
    await db.sql(
      `UPDATE upstream_grant SET refresh_at = now() - interval '1 second', expires_at = now() - interval '1 second' WHERE user_id = $1`,
      [ada.principal.id],
    );
    let release: () => void = () => undefined;
    authorization.stall(new Promise((done) => (release = done)));
    const gone = new AbortController();
    const asked = ask(one, { ...ada, signal: gone.signal }, 'hangs');
    setTimeout(() => gone.abort(), 300);
    expect(await asked).toMatchObject({ status: 'cancelled' });
    authorization.stall(undefined);
    release();
    expect(await ask(one, ada, 'goes on')).toMatchObject({ status: 'ok', value: { token: 'ada' } });
    expect(authorization.seen.reused).toBe(0);
  });

  it('masks a token that a tool sends back', async () => {
    const answer = tell(await one.gateway.call(bob, { server: 'guarded', tool: 'echoHeader' }, {}));
    expect(answer).toMatchObject({ status: 'ok', value: 'you sent [secret:oauth.access_token]' });
  });

  it('renews once when the server refuses a token before its time', async () => {
    const before = authorization.seen.refreshes;
    const row = await grantRow(bob);
    const name = `oauth.access.${row?.id}`;
    const of = { connectionId: connectionId as never, userId: bob.principal.id as UserId };
    const token = await one.vault.withSecrets(bob, { ...of, names: [name] }, async (found) => found[name] ?? '');
    await (await authorization.provider.AccessToken.find(token))?.destroy();
    expect(await ask(two, bob, 'again')).toMatchObject({ status: 'ok', value: { session: 'bob', token: 'bob' } });
    expect(authorization.seen.refreshes - before).toBe(1);
  });

  it('says that it needs a person when the refresh token was revoked, to that user alone', async () => {
    const row = await grantRow(bob);
    const name = `oauth.refresh.${row?.id}`;
    const of = { connectionId: connectionId as never, userId: bob.principal.id as UserId };
    const token = await one.vault.withSecrets(bob, { ...of, names: [name] }, async (found) => found[name] ?? '');
    await authorization.revokeGrantOf(token);
    for (const node of [one, two, one])
      expect(await ask(node, bob, 'revoked')).toMatchObject({
        status: 'upstream_failed',
        error: { code: 'needs_reconnect', message: expect.stringContaining('/#/accounts') },
      });
    expect(await ask(one, ada, 'still')).toMatchObject({ status: 'ok', value: { token: 'ada' } });
    expect(await one.accounts.own(bob)).toMatchObject([{ status: { state: 'needs_reconnect' } }]);
    expect(tell(await one.connections.test(bob, connectionId))).toMatchObject({ works: false });
    expect(world.events.filter(({ action }) => action === 'account.needs_reconnect')).toHaveLength(1);
    const left = await db.sql('SELECT name FROM secret WHERE name LIKE $1', [`%${row?.id}`]);
    expect(left).toEqual([]);
    authorization.seen.reused = 0; // it told of this revocation too
    await connect(bob);
    expect(await ask(two, bob, 'back')).toMatchObject({ status: 'ok', value: { session: 'bob', token: 'bob' } });
    expect(tell(await one.connections.test(bob, connectionId))).toMatchObject({ works: true });
  });

  it('an account that is exchanged for another is another session upstream', async () => {
    await finish(bob, await cameBack(bob, 'robert'));
    expect(await ask(one, bob, 'robert')).toMatchObject({
      status: 'ok',
      value: { session: 'robert', token: 'robert' },
    });
    expect(await ask(two, bob, 'robert')).toMatchObject({
      status: 'ok',
      value: { session: 'robert', token: 'robert' },
    });
    await connect(bob);
    expect(await ask(one, bob, 'bob')).toMatchObject({ status: 'ok', value: { session: 'bob', token: 'bob' } });
  });

  it('another tenant cannot connect, use, see, test or disconnect it', async () => {
    const returned = await cameBack(ada);
    expect(await refused(one.accounts.begin(eve, { connectionId, session: async () => SESSIONS.eve }))).toMatchObject({
      code: 'not_found',
    });
    expect(await refused(one.accounts.disconnect(eve, connectionId))).toMatchObject({ code: 'not_found' });
    expect(await refused(one.connections.test(eve, connectionId))).toMatchObject({ code: 'not_found' });
    expect(await refused(finish(eve, returned))).toMatchObject({ code: 'forbidden' });
    expect(await refused(finish({ ...eve, tenantId }, returned))).toMatchObject({ code: 'forbidden' });
    expect(await one.accounts.own(eve)).toEqual([]);
    expect(await ask(one, eve, 'eve')).toMatchObject({ status: 'not_found' });
    await finish(ada, returned); // which nobody has taken away from her
  });

  it('a member who is no admin connects their own account, and never the tenant’s', async () => {
    const shared = await one.connections.add(ada, { name: 'shared', url: upstream.url, oauth: true });
    expect(
      await refused(one.accounts.begin(bob, { connectionId: shared.id, session: async () => SESSIONS.bob })),
    ).toMatchObject({
      code: 'forbidden',
    });
    const { url } = await one.accounts.begin(ada, { connectionId: shared.id, session: async () => SESSIONS.ada });
    await finish(ada, paramsOf(await atAuthorizationServer(url, 'the-company', CALLBACK)));
    await one.connections.check(ada, shared.id);
    for (const ctx of [ada, bob])
      expect(await one.gateway.call(ctx, { server: 'shared', tool: 'whoAmI' }, { tag: 's' })).toMatchObject({
        value: { session: 'the-company', token: 'the-company' },
      });
    await authorization.revokeEverything();
    expect(await one.gateway.call(bob, { server: 'shared', tool: 'whoAmI' }, { tag: 's' })).toMatchObject({
      error: { code: 'needs_reconnect', message: expect.stringContaining(`/#/connections/${shared.id}/show`) },
    });
    expect(await one.connections.get(ada, shared.id)).toMatchObject({ health: 'unreachable' });
    authorization.seen.reused = 0; // it told of this revocation too
    for (const ctx of [ada, bob]) await connect(ctx);
    const again = await one.accounts.begin(ada, { connectionId: shared.id, session: async () => SESSIONS.ada });
    await finish(ada, paramsOf(await atAuthorizationServer(again.url, 'the-company', CALLBACK)));
    const at = { updatedAt: (await one.connections.get(ada, shared.id)).updatedAt };
    await one.connections.update(ada, { id: shared.id, ...at, perUser: true });
    // Nobody falls back on what was the tenant's.
    expect(await one.gateway.call(bob, { server: 'shared', tool: 'whoAmI' }, { tag: 's' })).toMatchObject({
      error: { code: 'not_connected' },
    });
    expect(
      await db.sql('SELECT 1 FROM secret WHERE connection_id = $1 AND name LIKE $2', [shared.id, 'oauth.a%']),
    ).toEqual([]);
    await one.connections.remove(ada, shared.id);
    expect(await db.sql('SELECT name FROM secret WHERE connection_id = $1', [shared.id])).toEqual([]);
  });

  describe('a callback is refused', () => {
    it.each<[string, (returned: ReturnType<typeof paramsOf>) => Promise<unknown>]>([
      [
        'with a state that is forged',
        (returned) => finish(ada, { ...returned, state: `${tenantId}.${'x'.repeat(43)}` }),
      ],
      ['when another user of the tenant brings it', (returned) => finish(bob, returned)],
      ['when another user brings it in the very session', (returned) => finish(bob, returned, SESSIONS.ada)],
      ['in another session', (returned) => finish(ada, returned, 'another session of ada')],
      ['with another issuer', (returned) => finish(ada, { ...returned, iss: 'https://evil.example' })],
      ['without the issuer that the server promises', (returned) => finish(ada, { ...returned, iss: undefined })],
    ])('%s', async (_what, bring) => {
      const before = await grantRow(ada);
      expect(await refused(bring(await cameBack(ada)))).toMatchObject({ code: 'forbidden' });
      expect(await grantRow(ada)).toMatchObject({ id: before?.id });
      expect(await ask(one, bob, 'unharmed')).toMatchObject({ value: { session: 'bob', token: 'bob' } });
    });

    it('the second time', async () => {
      const returned = await cameBack(ada);
      const both = await Promise.allSettled([finish(ada, returned), finish(ada, returned, SESSIONS.ada, two)]);
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(await refused(finish(ada, returned))).toMatchObject({ code: 'forbidden' });
    });

    it('after ten minutes', async () => {
      const late = await world.open({ clock: { now: () => new Date(Date.now() + 601_000) } });
      expect(await refused(finish(ada, await cameBack(ada), SESSIONS.ada, late))).toMatchObject({ code: 'forbidden' });
    });

    it('when the connection has moved meanwhile', async () => {
      const moving = await one.connections.add(ada, { name: 'moving', url: upstream.url, oauth: true });
      const { url } = await one.accounts.begin(ada, { connectionId: moving.id, session: async () => SESSIONS.ada });
      const returned = paramsOf(await atAuthorizationServer(url, 'ada', CALLBACK));
      await one.connections.update(ada, {
        id: moving.id,
        updatedAt: moving.updatedAt,
        url: `${upstream.url}/elsewhere`,
      });
      await refused(finish(ada, returned));
      expect(await db.sql('SELECT 1 FROM upstream_grant WHERE connection_id = $1', [moving.id])).toEqual([]);
      await one.connections.remove(ada, moving.id);
    });
  });

  it('disconnects: revoked at the authorization server, gone from the vault, no word more to the server', async () => {
    const row = await grantRow(bob);
    const of = { connectionId: connectionId as never, userId: bob.principal.id as UserId };
    const name = `oauth.access.${row?.id}`;
    const token = await one.vault.withSecrets(bob, { ...of, names: [name] }, async (found) => found[name] ?? '');
    expect(tell(await two.accounts.disconnect(bob, connectionId))).toEqual({ revoked: true });
    expect(await authorization.provider.AccessToken.find(token)).toBeUndefined();
    expect(await ask(one, bob, 'gone')).toMatchObject({ error: { code: 'not_connected' } });
    expect(await db.sql('SELECT name FROM secret WHERE name LIKE $1', [`%${row?.id}`])).toEqual([]);
    expect(await ask(one, ada, 'stays')).toMatchObject({ value: { session: 'ada', token: 'ada' } });
  });

  it('no token stands in a record, an answer, an error or a plain column', async () => {
    const { tokens } = authorization.seen;
    expect(tokens.size).toBeGreaterThan(20);
    const tables = await db.sql<{ name: string }>(
      `SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
    );
    const rows: string[] = [];
    for (const { name } of tables)
      for (const { row } of await db.sql<{ row: string }>(`SELECT one::text AS row FROM ${name} AS one`))
        rows.push(row);
    const everything = [...rows, ...told, JSON.stringify(world.events)].join('\n');
    expect([...tokens].filter((token) => everything.includes(token))).toEqual([]);
    expect(everything).toContain('account.connected');
  });
});
