import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Switchyard } from './support/switchyard.ts';

// The example of the API reference, word for word.
const EXAMPLE = `import { searchProducts } from 'servers/search';
const { results } = await searchProducts({ query: 'pumps', limit: 100 });
console.log('found', results.length);
return results.filter(r => (r.stock ?? 0) > 0).slice(0, 15);`;

describe('from one command to a governed run', () => {
  let switchyard: Switchyard;
  let key: string;
  beforeAll(async () => {
    switchyard = await Switchyard.start();
    key = switchyard.createKey();
  }, 120_000);
  afterAll(() => switchyard.remove());

  it('prints the demo owner once, and answers on its port', async () => {
    expect(switchyard.credentials.password.length).toBeGreaterThanOrEqual(16);
    expect((await switchyard.request('GET', '/healthz')).body).toEqual({ status: 'ok' });
    expect((await switchyard.request('GET', '/readyz')).body).toEqual({ status: 'ready' });
  });

  it('runs the example with real results, and the audit log has it', async () => {
    const answer = await switchyard.execute(key, EXAMPLE);
    expect(answer.status).toBe(200);
    expect(answer.body.status).toBe('done');
    expect(answer.body.result.length).toBe(15);
    expect(answer.body.result[0]).toMatchObject({ sku: expect.any(String), stock: expect.any(Number) });
    expect(answer.body.logs[0].text).toMatch(/^found \d+$/);
    expect(answer.body.calls).toEqual([
      { tool: 'search.searchProducts', status: 'ok', durationMs: expect.any(Number), tokens: expect.any(Number) },
    ]);
    expect(answer.body.usage.tokens.keptOut).toBeGreaterThan(answer.body.usage.tokens.returned);

    const stored = await switchyard.request('GET', `/v1/executions/${answer.body.id}`, { key });
    expect(stored.body).toMatchObject({
      id: answer.body.id,
      status: 'done',
      calls: [{ tool: 'search.searchProducts', status: 'ok' }],
    });
    const audit = await switchyard.graphql(
      key,
      'query ($filter: AuditFilter) { auditEvents(filter: $filter) { items { action targetId codeHash policyRevision } } }',
      { filter: { targetId: answer.body.id } },
    );
    expect(audit.body.data.auditEvents.items[0]).toMatchObject({
      action: 'run.finished',
      codeHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(JSON.parse(switchyard.cli('audit', 'verify', '--tenant', 'demo', '--json'))).toMatchObject({ ok: true });
  });

  it('streams logs and calls as they come, and the same answer last', async () => {
    const code = `import { searchProducts } from 'servers/search';
for (let page = 0; page < 3; page++) { console.log('page', page); await searchProducts({ query: 'valve', limit: 5 }); }
return 'ready';`;
    const answer = await switchyard.request('POST', '/v1/executions', {
      key,
      body: { code },
      headers: { accept: 'text/event-stream' },
    });
    const events = [...answer.text.matchAll(/^event: (\w+)$/gm)].map((match) => match[1]);
    expect(events).toEqual(['log', 'call', 'log', 'call', 'log', 'call', 'result']);
    const result = JSON.parse(answer.text.split('event: result\ndata: ')[1]?.split('\n')[0] ?? '');
    expect(result).toMatchObject({ status: 'done', result: 'ready' });
  });

  it('runs calls side by side', async () => {
    const code = `import { searchProducts, getProductDetails } from 'servers/search';
const { results } = await searchProducts({ query: 'bearing', limit: 10 });
const details = await Promise.all(results.map((r) => getProductDetails({ sku: r.sku })));
return details.map((d) => d.sku).join() === results.map((r) => r.sku).join();`;
    const answer = await switchyard.execute(key, code);
    expect(answer.body).toMatchObject({ status: 'done', result: true });
    expect(answer.body.calls).toHaveLength(11);
  });

  describe('bad input gets a clear, typed answer', () => {
    it.each([
      ['does not parse', 'const a = ;', { status: 'rejected', findings: [{ stage: 'syntax', line: 1 }] }],
      [
        'imports elsewhere',
        "\nimport fs from 'node:fs';\nreturn 1",
        { status: 'rejected', findings: [{ stage: 'imports', line: 2 }] },
      ],
      [
        'imports a tool that is not there',
        "import { searchProduct } from 'servers/search';",
        { status: 'rejected', findings: [{ stage: 'imports', hint: expect.stringContaining('searchProducts') }] },
      ],
      ['uses eval', "return eval('1')", { status: 'rejected', findings: [{ stage: 'patterns', line: 1 }] }],
      [
        'throws',
        "const a = 1;\nthrow new TypeError('no');",
        { status: 'failed', error: { name: 'TypeError', message: 'no', stack: expect.stringContaining('2:') } },
      ],
      [
        'returns a function',
        'return () => 1',
        { status: 'failed', error: { message: expect.stringContaining('function') } },
      ],
      ['returns a cycle', 'const a = {}; a.a = a; return a', { status: 'failed' }],
      ['returns more than is kept', "return 'x'.repeat(50_000_000)", { status: 'limit', error: { limit: 'result' } }],
    ])('code that %s', async (_what, code, expected) => {
      const answer = await switchyard.execute(key, code);
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject(expected);
    });

    it('code that never ends', async () => {
      const answer = await switchyard.execute(key, 'let i = 1; while (i > 0) i += Math.random();', {
        limits: { timeMs: 500 },
      });
      expect(answer.body).toMatchObject({ status: 'limit', error: { limit: 'time' } });
    });

    it('arguments that break the schema', async () => {
      const code = `import { searchProducts } from 'servers/search';
try { await searchProducts({ query: 7 } as never); } catch (e) { return { name: e.name, code: e.code, message: e.message }; }`;
      const answer = await switchyard.execute(key, code);
      expect(answer.body.result).toMatchObject({
        name: 'ToolError',
        code: 'invalid_arguments',
        message: expect.stringContaining('query'),
      });
      expect(answer.body.calls[0].status).toBe('invalid_arguments');
    });

    it.each([
      ['no key', {}, 401, 'unauthenticated'],
      ['a key that is none', { key: 'sy_nonsense' }, 401, 'unauthenticated'],
    ])('%s', async (_what, options, status, code) => {
      const answer = await switchyard.request('POST', '/v1/executions', { ...options, body: { code: 'return 1' } });
      expect(answer.status).toBe(status);
      expect(answer.body.error.code).toBe(code);
    });

    it('a key without the scope is told which', async () => {
      const toolsOnly = switchyard.createKey('demo', 'tools');
      const answer = await switchyard.execute(toolsOnly, 'return 1');
      expect(answer.status).toBe(403);
      expect(answer.body.error.message).toContain('runs');
    });

    it.each([
      ['not JSON', '{"code":', 400],
      ['no code', {}, 422],
      ['a wrong type', { code: 7 }, 422],
      ['an unknown field', { code: 'return 1', sudo: true }, 422],
      ['a limit out of range', { code: 'return 1', limits: { timeMs: 1e9 } }, 422],
      ['10 MB', { code: 'x'.repeat(10 * 1024 * 1024) }, 413],
    ])('a body with %s', async (_what, body, status) => {
      const answer = await switchyard.request('POST', '/v1/executions', { key, body });
      expect(answer.status).toBe(status);
      expect(answer.body.error.message).not.toMatch(/at .*\.(ts|js):\d+|SELECT|prisma/i);
    });

    it('unknown ids and routes', async () => {
      const ids = ['01890000-0000-7000-8000-000000000000', 'not-a-uuid'];
      for (const id of ids) expect((await switchyard.request('GET', `/v1/executions/${id}`, { key })).status).toBe(404);
      expect((await switchyard.request('GET', '/v1/tools/search/nothingOfThatName', { key })).status).toBe(404);
      expect((await switchyard.request('GET', '/v1/nothing', { key })).status).toBe(404);
    });
  });

  it('is still up', async () => {
    expect((await switchyard.execute(key, 'return 1')).body.result).toBe(1);
  });
});
