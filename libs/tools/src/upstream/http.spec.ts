import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { newId, type ConnectionId, type TenantId } from '@switchyard/kernel';
import { z } from 'zod';
import { createEgressGuard } from './egress.ts';
import { UpstreamPool } from './pool.ts';
import type { Secrets, UpstreamTarget } from './target.ts';

jest.setTimeout(60_000);

function makeServer(): McpServer {
  const server = new McpServer({ name: 'over-http', version: '2.0.0' }, { instructions: 'Be brief.' });
  server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
  server.registerTool('huge', { inputSchema: z.object({ bytes: z.number() }) }, ({ bytes }) => ({
    content: [{ type: 'text', text: 'x'.repeat(bytes) }],
  }));
  return server;
}

/** A server over HTTP that keeps the headers it was sent. */
async function serve(legacy: 'reject' | 'stateless') {
  const seen: { method: string; authorization: string | undefined; body: string }[] = [];
  const handler = toNodeHandler(createMcpHandler(makeServer, legacy === 'reject' ? { legacy } : {}));
  let broken: number | undefined;
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      seen.push({ method: request.method ?? '', authorization: request.headers.authorization, body });
      if (broken !== undefined) return void response.writeHead(broken).end();
      void handler(request, response, body === '' ? undefined : JSON.parse(body));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    seen,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    answerWith: (status: number | undefined) => (broken = status),
    close: () =>
      new Promise<void>((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}

describe.each(['reject', 'stateless'] as const)('streamable HTTP of 2026-07-28, older clients: %s', (legacy) => {
  let server: Awaited<ReturnType<typeof serve>>;
  const egress = createEgressGuard({ allow: ['127.0.0.1'] });
  const pool = new UpstreamPool({
    egress,
    openBuiltin: () => Promise.reject(new Error('none')),
    maxBytes: 1_048_576,
    breaker: { failures: 100, openMs: 100 },
  });
  let target: UpstreamTarget;
  const signal = new AbortController().signal;
  const call = (name: string, args: Record<string, string | number>, secrets: Secrets = { token: 'one' }) =>
    pool.use(target, secrets, { signal }, (session, limits) => session.callTool({ name, args }, limits));

  beforeAll(async () => {
    server = await serve(legacy);
    target = {
      kind: 'http',
      tenantId: newId<TenantId>(),
      connectionId: newId<ConnectionId>(),
      name: 'http',
      timeoutMs: 10_000,
      maxConcurrency: 8,
      url: server.url,
      headers: { Authorization: 'Bearer {{token}}' },
    };
  });
  afterAll(async () => {
    await pool.close();
    await egress.close();
    await server.close();
  });

  it('is spoken without a session', async () => {
    const facts = await pool.use(target, { token: 'one' }, { signal }, async (session) => session.facts);
    expect(facts).toEqual({
      protocolVersion: '2026-07-28',
      serverName: 'over-http',
      serverVersion: '2.0.0',
      instructions: 'Be brief.',
    });
    expect(await call('echo', { text: 'hi' })).toMatchObject({ kind: 'result', content: [{ text: 'hi' }] });
    expect(server.seen.some((one) => one.body.includes('"initialize"'))).toBe(false);
  });

  it('sends each call its own credential over the one connection', async () => {
    await Promise.all(['one', 'two', 'three'].map((token) => call('echo', { text: `by ${token}` }, { token })));
    for (const token of ['one', 'two', 'three'])
      expect(server.seen.find((one) => one.body.includes(`by ${token}`))?.authorization).toBe(`Bearer ${token}`);
    expect(pool.size).toBe(1);
  });

  it('cuts an answer of 50 MB off, and others go on', async () => {
    const echo = call('echo', { text: 'meanwhile' });
    await expect(call('huge', { bytes: 50_000_000 })).rejects.toMatchObject({ code: 'too_large' });
    expect(await echo).toMatchObject({ kind: 'result' });
  });

  it.each([
    [401, 'unauthorized'],
    [403, 'unauthorized'],
    [500, 'unreachable'],
  ])('says what HTTP %i means', async (status, code) => {
    server.answerWith(status);
    await expect(call('echo', { text: 'x' })).rejects.toMatchObject({ code });
    server.answerWith(undefined);
    expect(await call('echo', { text: 'again' })).toMatchObject({ kind: 'result' });
  });
});
