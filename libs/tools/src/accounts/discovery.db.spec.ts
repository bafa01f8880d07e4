import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { openNodes, type Node } from '../../fixtures/accounts-world.ts';
import {
  atAuthorizationServer,
  startAuthorizationServer,
  startGuardedServer,
  type AuthorizationServerFixture,
} from '../../fixtures/guarded-world.ts';

jest.setTimeout(120_000);

const BASE = 'https://switchyard.example';
const session = async (): Promise<string> => 'a session';

describe('the way to an authorization server', () => {
  let db: TestDatabase;
  let world: Awaited<ReturnType<typeof openNodes>>;
  let node: Node;
  /** A server that says of itself whatever a case wants. */
  let lying: { origin: string; answer: http.RequestListener; asked: string[]; close(): Promise<void> };
  const ada = testCtx();

  beforeAll(async () => {
    db = await createTestDatabase();
    world = await openNodes(db);
    node = await world.open({ baseUrl: BASE });
    const asked: string[] = [];
    const server = http.createServer((request, response) => {
      asked.push(request.url ?? '');
      lying.answer(request, response);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    lying = {
      origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      answer: (_request, response) => void response.end(),
      asked,
      close: () => new Promise((done) => server.close(() => done())),
    };
  });
  afterAll(async () => {
    await world.close();
    await lying.close();
    await db.drop();
  });

  let made = 0;
  const begin = async (url: string) => {
    const { id } = await node.connections.add(ada, { name: `c${made++}`, url, oauth: true });
    return { id, begun: node.accounts.begin(ada, { connectionId: id, session }) };
  };
  const refusal = async (begun: Promise<unknown>): Promise<Error> =>
    begun.then(
      () => Promise.reject(new Error('it was not refused')),
      (error: Error) => error,
    );
  /** By path; the rest is 404. */
  const says = (pages: Record<string, object | ((response: http.ServerResponse) => void)>): void => {
    lying.answer = (request, response) => {
      const page = pages[request.url ?? ''];
      if (typeof page === 'function') return page(response);
      if (page) return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(page));
      if (request.url === '/mcp')
        return void response
          .writeHead(401, { 'www-authenticate': `Bearer resource_metadata="${lying.origin}/prm"` })
          .end();
      response.writeHead(404).end();
    };
  };
  const prm = (over = {}): object => ({
    resource: `${lying.origin}/mcp`,
    authorization_servers: [lying.origin],
    ...over,
  });
  const metadata = (over = {}): object => ({
    issuer: lying.origin,
    authorization_endpoint: `${lying.origin}/authorize`,
    token_endpoint: `${lying.origin}/token`,
    registration_endpoint: `${lying.origin}/register`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    ...over,
  });
  const WELL_KNOWN = '/.well-known/oauth-authorization-server';

  it.each<[string, () => Record<string, object | ((response: http.ServerResponse) => void)>, string]>([
    ['its metadata document', () => ({ '/mcp': challenge('http://169.254.169.254/latest/meta-data') }), 'forbidden'],
    ['its authorization server', () => ({ '/prm': prm({ authorization_servers: ['http://10.0.0.7'] }) }), 'forbidden'],
    [
      'an authorization server by another name for loopback',
      () => ({ '/prm': prm({ authorization_servers: ['http://[::1]:8080'] }) }),
      'forbidden',
    ],
    [
      'the page where people sign in',
      () => endpoint('authorization_endpoint', 'https://192.168.1.1/authorize'),
      'forbidden',
    ],
    ['the token endpoint', () => endpoint('token_endpoint', 'https://10.1.2.3/token'), 'forbidden'],
    ['the registration', () => endpoint('registration_endpoint', 'https://172.16.0.1/register'), 'forbidden'],
    ['the revocation', () => endpoint('revocation_endpoint', 'https://100.64.0.1/revoke'), 'forbidden'],
  ])('is refused where %s stands at an address that may not be reached', async (_what, pages, code) => {
    says(pages());
    const { begun, id } = await begin(`${lying.origin}/mcp`);
    expect(await refusal(begun)).toMatchObject({ code, details: { reason: 'egress' } });
    expect(await db.sql('SELECT 1 FROM upstream_flow WHERE connection_id = $1', [id])).toEqual([]);
  });
  const challenge = (url: string) => (response: http.ServerResponse) =>
    void response.writeHead(401, { 'www-authenticate': `Bearer resource_metadata="${url}"` }).end();
  const endpoint = (name: string, url: string) => ({ '/prm': prm(), [WELL_KNOWN]: metadata({ [name]: url }) });

  it.each<[string, () => Record<string, object | ((response: http.ServerResponse) => void)>]>([
    ['redirects its description to another host', () => ({ '/prm': redirect('http://169.254.169.254/') })],
    ['describes another server than itself', () => ({ '/prm': prm({ resource: 'https://other.example/mcp' }) })],
    [
      'names an issuer that calls itself by another name',
      () => ({ '/prm': prm(), [WELL_KNOWN]: metadata({ issuer: 'https://other.example' }) }),
    ],
    [
      'offers no PKCE',
      () => ({ '/prm': prm(), [WELL_KNOWN]: metadata({ code_challenge_methods_supported: ['plain'] }) }),
    ],
    [
      'says nothing of PKCE',
      () => ({ '/prm': prm(), [WELL_KNOWN]: metadata({ code_challenge_methods_supported: undefined }) }),
    ],
    ['wants tokens asked for without TLS', () => endpoint('token_endpoint', 'http://93.184.215.14/token')],
    ['answers without end', () => ({ '/prm': flood })],
    ['sends people to what is no page', () => endpoint('authorization_endpoint', 'javascript:alert(1)')],
    ['names no authorization server', () => ({})],
  ])('is refused where a server %s', async (_what, pages) => {
    says(pages());
    const { begun } = await begin(`${lying.origin}/mcp`);
    expect(await refusal(begun)).toMatchObject({ code: 'upstream_failed', message: expect.stringMatching(/\.$/) });
  });
  const redirect = (location: string) => (response: http.ServerResponse) =>
    void response.writeHead(302, { location }).end();
  const flood = (response: http.ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  };

  it('says that an admin has to enter a client where a server takes none that comes by itself', async () => {
    says({ '/prm': prm(), [WELL_KNOWN]: metadata({ registration_endpoint: undefined }) });
    const { begun, id } = await begin(`${lying.origin}/mcp`);
    expect(await refusal(begun)).toMatchObject({
      code: 'unprocessable',
      details: { reason: 'client_needed', redirectUrl: `${BASE}/oauth/callback` },
    });
    await node.accounts.enterClient(ada, {
      connectionId: id as never,
      clientId: 'by-hand',
      clientSecret: 'a secret of the client',
    });
    const { url } = await node.accounts.begin(ada, { connectionId: id, session });
    expect(new URL(url).searchParams.get('client_id')).toBe('by-hand');
    // A server that names another issuer later does not get the secret of the first.
    const elsewhere = `${lying.origin}/tenant`;
    says({
      '/prm': prm({ authorization_servers: [elsewhere] }),
      [`${WELL_KNOWN}/tenant`]: metadata({ issuer: elsewhere }),
    });
    expect(await refusal(node.accounts.begin(ada, { connectionId: id, session }))).toMatchObject({
      code: 'conflict',
      details: { reason: 'client_of_another_issuer' },
    });
    expect(lying.asked.join(' ')).not.toContain('by-hand');
  });

  describe('a server that reads client id metadata documents', () => {
    let authorization: AuthorizationServerFixture;
    let upstream: Awaited<ReturnType<typeof startGuardedServer>>;
    beforeAll(async () => {
      upstream = await startGuardedServer(() => authorization);
      authorization = await startAuthorizationServer(() => upstream.url, {
        ttlSeconds: 60,
        document: () => node.accounts.clientDocument(),
      });
    });
    afterAll(async () => {
      await upstream.close();
      await authorization.close();
    });

    it('is given the address of ours, and nothing is registered', async () => {
      const { begun, id } = await begin(upstream.url);
      const { url } = await begun;
      expect(new URL(url).searchParams.get('client_id')).toBe(`${BASE}/oauth/client.json`);
      const back = await atAuthorizationServer(url, 'the-company', `${BASE}/oauth/callback`);
      const [state = '', code = '', iss = ''] = ['state', 'code', 'iss'].map(
        (name) => back.searchParams.get(name) ?? '',
      );
      await node.accounts.finish(ada, { state, code, iss, session: 'a session' });
      await node.connections.check(ada, id);
      const { name } = await node.connections.get(ada, id);
      expect(await node.gateway.call(ada, { server: name, tool: 'whoAmI' }, { tag: 't' })).toMatchObject({
        value: { token: 'the-company' },
      });
      expect(await db.sql('SELECT 1 FROM upstream_client WHERE connection_id = $1', [id])).toEqual([]);
    });

    it('gets no client id of a Switchyard without TLS', async () => {
      const plain = await world.open();
      expect(plain.accounts.clientDocument()).toBeUndefined();
    });
  });
});
