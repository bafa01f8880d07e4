import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { InMemoryTransport, McpServer } from '@modelcontextprotocol/server';
import { newId, type Ctx, type KeyId, type UserId } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { z } from 'zod';
import { makeToolbox, MISBEHAVING, type Toolbox } from '../../fixtures/toolbox.ts';
import type { UpstreamTarget } from '../upstream/target.ts';

jest.setTimeout(60_000);

/** Says which tenant and user it was opened for. */
async function openWhoAmI(target: UpstreamTarget) {
  const server = new McpServer({ name: 'whoami', version: '1' });
  const outputSchema = z.object({ tenantId: z.string(), userId: z.string() });
  server.registerTool('whoAmI', { inputSchema: z.object({}), outputSchema }, () => {
    const structuredContent = { tenantId: target.tenantId, userId: target.userId ?? '' };
    return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
  });
  const [client, end] = InMemoryTransport.createLinkedPair();
  await server.connect(end);
  return client;
}

describe('the gateway', () => {
  let db: TestDatabase;
  let box: Toolbox;
  let oddId = '';
  const ada = testCtx();
  const bob = testCtx();
  const operatorOf = (ctx: Ctx): Ctx => ({ ...ctx, principal: { kind: 'operator', id: 'operator', name: 'root' } });
  const call = (tool: string, args = {}, ctx: Ctx = ada, server = 'odd') =>
    box.gateway.call(ctx, { server, tool }, args);

  beforeAll(async () => {
    db = await createTestDatabase();
    box = makeToolbox(db, { maxBytes: 1_048_576, openBuiltin: openWhoAmI });
    const env = { API_TOKEN: '{{token}}' };
    const odd = await box.connections.add(operatorOf(ada), {
      name: 'odd',
      timeoutMs: 5_000,
      command: { command: process.execPath, args: [MISBEHAVING], env },
    });
    oddId = odd.id;
    box.secrets.set(odd.id, { token: 'sesame-open-42' });
    await box.connections.check(ada, odd.id);
    for (const ctx of [ada, bob]) {
      const who = await box.connections.add(operatorOf(ctx), { name: 'who', builtin: true });
      await box.connections.check(operatorOf(ctx), who.id);
    }
  });
  afterAll(async () => {
    await box.close();
    await db.drop();
  });

  it('calls a tool by its name in code or its upstream’s, and says what the policy decided', async () => {
    const answer = await call('echo', { n: 1, s: 'x' });
    expect(answer).toMatchObject({
      status: 'ok',
      value: { n: 1, s: 'x' },
      bytes: 15,
      flags: [],
      tool: { name: 'echo' },
      decision: { effect: 'allow', revision: 7 },
    });
    expect(answer.durationMs).toBeGreaterThan(0);
  });

  it.each<[string, Record<string, unknown>, string, string]>([
    ['is missing', {}, '/n', 'is missing'],
    ['has the wrong type', { n: 'one' }, '/n', 'must be integer'],
    ['is unknown', { n: 1, m: 2 }, '/m', 'is not a parameter of this tool'],
  ])('refuses arguments before they leave: one %s', async (_what, args, where, message) => {
    expect(await call('echo', args)).toMatchObject({
      status: 'invalid_arguments',
      error: {
        code: 'invalid_arguments',
        message: expect.stringContaining('odd.echo'),
        data: { problems: [{ path: where, message }] },
      },
    });
  });

  it('tells the three ways apart in which tools report errors', async () => {
    expect(await call('reports')).toMatchObject({
      status: 'tool_error',
      error: { code: 'is_error', message: 'the issue does not exist' },
    });
    expect(await call('throws')).toMatchObject({
      status: 'tool_error',
      error: {
        code: 'json_rpc',
        message: expect.stringContaining('locked'),
        data: { rpcCode: -32000, data: { table: 'issue' } },
      },
    });
    expect(await call('says404')).toMatchObject({
      status: 'ok',
      value: { status: 404, message: 'Not Found' },
      flags: ['says_error'],
    });
  });

  it('keeps a result that breaks its own schema, and marks it', async () => {
    expect(await call('typed')).toMatchObject({
      status: 'ok',
      value: { count: 'three' },
      flags: ['breaks_output_schema'],
    });
  });

  it.each<[string, Record<string, unknown>, string, string]>([
    ['hangs', {}, 'timeout', 'timeout'],
    ['dies', {}, 'upstream_failed', 'connection_lost'],
    ['huge', { bytes: 50_000_000 }, 'upstream_failed', 'too_large'],
  ])('answers for a server that %s', async (tool, args, status, code) => {
    expect(await call(tool, args)).toMatchObject({ status, error: { code } });
    expect(await call('echo', { n: 1 })).toMatchObject({ status: 'ok' });
  });

  it('stops when the caller gives up', async () => {
    const caller = new AbortController();
    const waiting = call('hangs', {}, { ...ada, signal: caller.signal });
    setTimeout(() => caller.abort(), 100);
    expect(await waiting).toMatchObject({ status: 'cancelled', error: { code: 'cancelled' } });
  });

  it('masks a secret that comes back', async () => {
    const answer = await call('environment');
    expect(answer).toMatchObject({ status: 'ok', value: { env: { API_TOKEN: '[secret:token]' } } });
    expect(JSON.stringify(answer)).not.toContain('sesame-open-42');
  });

  it('says which credential is missing', async () => {
    box.secrets.delete(oddId);
    expect(await call('echo', { n: 1 })).toMatchObject({
      status: 'upstream_failed',
      error: { message: expect.stringContaining('"token"') },
    });
    box.secrets.set(oddId, { token: 'sesame-open-42' });
  });

  describe('asks the policy first', () => {
    it('and denies with reasons what the caller may see but not call', async () => {
      box.denied.add('odd.echo');
      expect(await call('echo', { nonsense: true })).toMatchObject({
        status: 'denied',
        error: { code: 'denied', message: 'A grant forbids it.', data: { reasons: [{ code: 'denied_by_grant' }] } },
        decision: { effect: 'deny' },
      });
      box.denied.delete('odd.echo');
    });

    it('and lets it pass in dry run', async () => {
      box.denied.add('odd.echo');
      box.policy.enforced = false;
      expect(await call('echo', { n: 1 })).toMatchObject({
        status: 'ok',
        decision: { effect: 'deny', enforced: false },
      });
      box.policy.enforced = true;
      box.denied.delete('odd.echo');
    });

    it('and hides what the caller may not see, as if it did not exist', async () => {
      for (const set of [box.denied, box.hidden]) set.add('odd.echo');
      const decisions = box.policy.decisions;
      const { durationMs: _one, decision, ...hidden } = await call('echo', { n: 1 });
      expect(box.policy.decisions).toBe(decisions + 1);
      expect(decision).toMatchObject({ effect: 'deny' }); // for the record, never for the caller
      const { durationMs: _two, ...missing } = await call('echoo', { n: 1 });
      expect(JSON.stringify(hidden).replaceAll('odd.echo', 'odd.?')).toBe(
        JSON.stringify(missing).replaceAll('odd.echoo', 'odd.?'),
      );
      expect(hidden).toMatchObject({ status: 'not_found' });
      expect((await box.gateway.toolsFor(ada)).map((tool) => tool.name)).not.toContain('echo');
      for (const set of [box.denied, box.hidden]) set.delete('odd.echo');
    });

    it('and offers what was perhaps meant', async () => {
      expect(await call('enviroment')).toMatchObject({
        status: 'not_found',
        error: { message: expect.stringContaining('odd.environment') },
      });
    });
  });

  it('refuses a tool whose definition was changed and not yet accepted', async () => {
    await db.sql("UPDATE tool SET status = 'held' WHERE function_name = 'blocks'");
    box.catalogues.forget(ada.tenantId);
    expect(await call('blocks')).toMatchObject({
      status: 'denied',
      error: { code: 'held', message: expect.stringContaining('accept') },
    });
    await db.sql("UPDATE tool SET status = 'active' WHERE function_name = 'blocks'");
    box.catalogues.forget(ada.tenantId);
    expect(await call('blocks')).toMatchObject({ status: 'ok', value: [{ text: 'a' }, { text: 'b' }] });
  });

  it('gives the same list while nothing has changed, so that its index is kept', async () => {
    box.hidden.add('odd.echo');
    expect(await box.gateway.toolsFor(ada)).toBe(await box.gateway.toolsFor(testCtx({ tenantId: ada.tenantId })));
    box.hidden.delete('odd.echo');
  });

  describe('keeps tenants and users apart', () => {
    it('each tenant calls its own server of one name', async () => {
      const [one, other] = await Promise.all([ada, bob].map((ctx) => call('whoAmI', {}, ctx, 'who')));
      expect(one).toMatchObject({ status: 'ok', value: { tenantId: ada.tenantId } });
      expect(other).toMatchObject({ status: 'ok', value: { tenantId: bob.tenantId } });
    });

    it("another tenant's tool does not exist", async () => {
      expect(await call('echo', { n: 1 }, bob)).toMatchObject({ status: 'not_found', error: { data: { near: [] } } });
      expect((await box.gateway.toolsFor(bob)).map((tool) => tool.name)).toEqual(['whoAmI']);
    });

    it('each user has a connection of their own where credentials are personal', async () => {
      const personal = await box.connections.add(operatorOf(ada), { name: 'mine', builtin: true, perUser: true });
      await box.connections.check(ada, personal.id);
      const grace: Ctx = { ...ada, principal: { kind: 'user', id: newId<UserId>(), name: 'grace', role: 'analyst' } };
      const answers = await Promise.all([ada, grace, ada].map((ctx) => call('whoAmI', {}, ctx, 'mine')));
      expect(answers).toMatchObject(
        [ada, grace, ada].map((ctx) => ({ status: 'ok', value: { userId: ctx.principal.id } })),
      );
      const key: Ctx = { ...ada, principal: { kind: 'key', id: newId<KeyId>(), name: 'ci', scopes: ['tools'] } };
      expect(await call('whoAmI', {}, key, 'mine')).toMatchObject({
        status: 'upstream_failed',
        error: { code: 'forbidden' },
      });
    });
  });
});
