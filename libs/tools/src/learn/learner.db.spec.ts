import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { InMemoryTransport, McpServer } from '@modelcontextprotocol/server';
import type { Ctx, Json } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { z } from 'zod';
import { makeToolbox, type Toolbox } from '../../fixtures/toolbox.ts';
import { describe as describeTools, search } from '../discover/discover.ts';

jest.setTimeout(60_000);

describe('learned output shapes', () => {
  let db: TestDatabase;
  let box: Toolbox;
  let answer: Json = {};
  let description = 'Lists rows.';
  const ada = testCtx();
  const bob = testCtx();

  /** A server whose tool `rows` declares no output, and whose `typed` does. */
  async function openServer() {
    const server = new McpServer({ name: 'untyped', version: '1' });
    const reply = () => ({ content: [{ type: 'text' as const, text: JSON.stringify(answer) }] });
    server.registerTool('rows', { description, inputSchema: z.object({}) }, reply);
    server.registerTool('typed', { inputSchema: z.object({}), outputSchema: z.looseObject({}) }, () => ({
      ...reply(),
      structuredContent: answer as Record<string, unknown>,
    }));
    const [client, end] = InMemoryTransport.createLinkedPair();
    await server.connect(end);
    return client;
  }
  const operatorOf = (ctx: Ctx): Ctx => ({ ...ctx, principal: { kind: 'operator', id: 'operator', name: 'root' } });
  const call = async (value: Json, tool = 'rows', ctx = ada) => {
    answer = value;
    const outcome = await box.gateway.call(ctx, { server: 'untyped', tool }, {});
    await box.learner.settled();
    return outcome;
  };
  const shown = async (ctx = ada, name = 'rows') =>
    describeTools(await box.gateway.toolsFor(ctx), [`untyped.${name}`]).tools[0]?.declaration ?? '';

  beforeAll(async () => {
    db = await createTestDatabase();
    box = makeToolbox(db, { openBuiltin: openServer });
    for (const ctx of [ada, bob]) {
      const made = await box.connections.add(operatorOf(ctx), { name: 'untyped', builtin: true });
      await box.connections.check(operatorOf(ctx), made.id);
    }
  });
  afterAll(async () => {
    await box.close();
    await db.drop();
  });

  it('shows what results looked like, in describe and search, and says that nobody promised it', async () => {
    expect(await shown()).toContain('Promise<unknown>;');
    await call([{ id: 1, name: 'x' }]);
    await call([{ id: 2, name: null, tags: ['a'] }]);
    expect(await shown()).toContain(
      '): Promise<Array<{ id: number; name: string | null; tags?: string[] }>>; // learned from results',
    );
    const [found] = search(await box.gateway.toolsFor(ada), { query: 'rows', detailLevel: 'full' }).tools;
    expect(found?.declaration).toContain('name: string | null');
  });

  it('leaves alone what code may be checked against, and tools that declare their output', async () => {
    const [tool] = (await box.gateway.toolsFor(ada)).filter(({ name }) => name === 'rows');
    expect(tool?.declaration).toContain('Promise<unknown>;');
    await call({ n: 1 }, 'typed');
    expect(await shown(ada, 'typed')).not.toContain('learned');
  });

  it('learns nothing from what reads like an error', async () => {
    await call({ status: 404, message: 'Not Found' });
    expect(await shown()).not.toContain('message');
  });

  it('writes nothing for what it knows', async () => {
    const updatedAt = async () =>
      (await db.sql('SELECT updated_at FROM learned_shape')).map((row) => String(row['updated_at']));
    const before = await updatedAt();
    const other = makeToolbox(db, { openBuiltin: openServer });
    answer = [{ tags: [], id: 9, name: 'again' }];
    await other.gateway.call(ada, { server: 'untyped', tool: 'rows' }, {});
    await other.close();
    expect(await updatedAt()).toEqual(before);
  });

  it('is of one tenant', async () => {
    expect(await shown(bob)).toContain('Promise<unknown>;');
  });

  it('stores names and types, and no value', async () => {
    const values = ['ada@example.com', 'hunter2', '4111111111111111', 'Ada Lovelace', '1984-03-02', '12 Rose Lane'];
    await call([
      { id: 3, name: values[0] ?? '', text: values, byMail: { [values[0] ?? '']: 1, [values[3] ?? '']: 2 } },
    ]);
    const rows = await db.sql<{ shape: unknown }>('SELECT * FROM learned_shape WHERE tenant_id = $1', [ada.tenantId]);
    expect(rows).toHaveLength(1);
    const stored = JSON.stringify(rows);
    expect(stored).toContain('byMail');
    for (const value of values) expect(stored).not.toContain(value);
  });

  it('keeps what two nodes learn at once', async () => {
    const other = makeToolbox(db, { openBuiltin: openServer });
    await Promise.all([
      box.gateway.call(ada, { server: 'untyped', tool: 'rows' }, {}),
      other.gateway.call(ada, { server: 'untyped', tool: 'rows' }, {}),
    ]);
    await Promise.all([box.learner.settled(), other.learner.settled()]);
    answer = [{ fromHere: 1 }];
    await box.gateway.call(ada, { server: 'untyped', tool: 'rows' }, {});
    answer = [{ fromThere: 1 }];
    await other.gateway.call(ada, { server: 'untyped', tool: 'rows' }, {});
    await Promise.all([box.learner.settled(), other.learner.settled()]);
    box.catalogues.forget(ada.tenantId);
    expect(await shown()).toMatch(
      /fromHere\?: number[\s\S]*fromThere\?: number|fromThere\?: number[\s\S]*fromHere\?: number/,
    );
    await other.close();
  });

  it('begins anew when the definition has changed', async () => {
    description = 'Lists rows otherwise.';
    const id = (await box.connections.list(ada)).find(({ name }) => name === 'untyped')?.id ?? '';
    const fresh = makeToolbox(db, { openBuiltin: openServer });
    await fresh.connections.check(operatorOf(ada), id);
    const held = (await fresh.connections.tools(ada, id)).find(({ name }) => name === 'rows');
    expect(held?.status).toBe('held');
    await fresh.connections.acceptTool(ada, { toolId: held?.id ?? '', pendingHash: held?.pendingHash ?? '' });
    const declared = async () =>
      describeTools(await fresh.gateway.toolsFor(ada), ['untyped.rows']).tools[0]?.declaration ?? '';
    expect(await declared()).toContain('Promise<unknown>;');
    answer = { only: 'this' };
    await fresh.gateway.call(ada, { server: 'untyped', tool: 'rows' }, {});
    await fresh.learner.settled();
    expect(await declared()).toContain('Promise<{ only: string }>;');
    await fresh.close();
  });
});
