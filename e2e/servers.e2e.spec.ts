import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { onNode, openFolder, serverBin, startEverythingOverHttp, type HttpServer } from './support/real-servers.ts';
import { Switchyard } from './support/switchyard.ts';

const GRANTED = ['everything.echo', 'everything.getSum', 'files.*', 'memory.*', 'everything_http.echo'];

describe('real MCP servers', () => {
  const folder = openFolder();
  const note = path.join(folder, 'note.txt');
  let switchyard: Switchyard;
  let http: HttpServer;
  let key: string;
  const connect = (name: string, ...how: string[]): string =>
    switchyard.cli('connection', 'add', '--tenant', 'demo', '--name', name, ...how);
  const grant = (tool: string, effect: string): string =>
    switchyard.cli('grant', 'set', '--tenant', 'demo', '--role', 'api_key', '--tool', tool, '--effect', effect);
  const get = async (route: string) => switchyard.request('GET', route, { key });

  beforeAll(async () => {
    [switchyard, http] = await Promise.all([
      Switchyard.start({ SWITCHYARD_EGRESS_ALLOW: '127.0.0.1' }),
      startEverythingOverHttp(),
    ]);
    key = switchyard.createKey();
  }, 120_000);
  afterAll(async () => {
    await switchyard.remove();
    await http.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  describe('are connected by the operator', () => {
    it.each([
      ['everything', () => ['--stdio', onNode(serverBin('everything'), 'stdio')], 13],
      ['files', () => ['--stdio', onNode(serverBin('filesystem'), folder)], 14],
      [
        'memory',
        () => ['--stdio', onNode(serverBin('memory')), '--env', `MEMORY_FILE_PATH=${path.join(folder, 'memory.json')}`],
        9,
      ],
      ['everything_http', () => ['--url', http.url], 13],
    ])('%s', (name, how, tools) => {
      const answer = JSON.parse(connect(name, ...how(), '--json'));
      expect(answer).toMatchObject({ added: tools, invalid: 0, connection: { health: 'ready', healthDetail: null } });
      expect(answer.connection.serverName).toMatch(/\w/);
    });

    it('but not at an address that is not public, unless the operator lets it through', () => {
      const refused = switchyard.tryCliWith(
        { SWITCHYARD_EGRESS_ALLOW: '' },
        ...['connection', 'add', '--tenant', 'demo', '--name', 'inner', '--url', http.url],
      );
      expect(refused.status).not.toBe(0);
      expect(refused.stderr).toContain('127.0.0.1 is not a public address');
      expect(refused.stderr).toContain('egress allow list');
      expect(refused.stderr).not.toMatch(/\.[jt]s:\d+/);
      expect(switchyard.cli('connection', 'list', '--tenant', 'demo')).not.toContain('inner');
    });

    it('and a command is not for tenants to give', async () => {
      const fields = await switchyard.graphql(key, '{ __type(name: "AddConnectionInput") { inputFields { name } } }');
      const names = fields.body.data.__type.inputFields.map((field: { name: string }) => field.name);
      expect(names).toContain('url');
      expect(names).not.toContain('command');
    });
  });

  it('nobody may use them before a grant', async () => {
    const { tools } = (await get('/v1/tools?limit=500')).body;
    expect([...new Set(tools.map((tool: { server: string }) => tool.server))].sort()).toEqual([
      'analytics',
      'content',
      'search',
    ]);
    const answer = await switchyard.execute(key, "import { echo } from 'servers/everything';\nreturn echo({})");
    expect(answer.body).toMatchObject({ status: 'rejected', findings: [{ stage: 'imports', line: 1 }], calls: [] });
  });

  it('one run calls a tool of each, side by side', async () => {
    for (const tool of GRANTED) grant(tool, 'allow');
    const code = `
import { echo, getSum } from 'servers/everything';
import { write_file, read_text_file } from './servers/files/index.ts';
import { create_entities, read_graph } from 'servers/memory';
import * as over from 'servers/everything_http';
import { searchProducts } from 'servers/search';
const path = ${JSON.stringify(note)};
await Promise.all([
  write_file({ path, content: 'kept' }),
  create_entities({ entities: [{ name: 'A4VTG90', entityType: 'pump', observations: ['runs'] }] }),
]);
const [said, sum, file, graph, overHttp, found] = await Promise.all([
  echo({ message: 'over stdio' }),
  getSum({ a: 20, b: 22 }),
  read_text_file({ path }),
  read_graph({}),
  over.echo({ message: 'over http' }),
  searchProducts({ query: 'pump', limit: 1 }),
]);
return { said, sum, file, names: graph.entities.map((e) => e.name), overHttp, found: found.results.length };`;
    const answer = await switchyard.execute(key, code);
    expect(answer.body).toMatchObject({
      status: 'done',
      result: {
        said: 'Echo: over stdio',
        sum: 'The sum of 20 and 22 is 42.',
        file: { content: 'kept' },
        names: ['A4VTG90'],
        overHttp: 'Echo: over http',
        found: 1,
      },
    });
    expect(fs.readFileSync(note, 'utf8')).toBe('kept');
    const called = answer.body.calls.map((call: { tool: string; status: string }) => `${call.tool} ${call.status}`);
    expect(called.sort()).toEqual([
      'everything.echo ok',
      'everything.getSum ok',
      'everything_http.echo ok',
      'files.read_text_file ok',
      'files.write_file ok',
      'memory.create_entities ok',
      'memory.read_graph ok',
      'search.searchProducts ok',
    ]);
    // Side by side: the six took less together than one after the other.
    const slow = await switchyard.execute(
      key,
      `import { echo } from 'servers/everything'; import * as over from 'servers/everything_http';
       return (await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? echo : over.echo)({ message: String(i) })))).length;`,
    );
    expect(slow.body).toMatchObject({ status: 'done', result: 20 });
    const summed = slow.body.calls.reduce((sum: number, call: { durationMs: number }) => sum + call.durationMs, 0);
    expect(slow.body.usage.durationMs).toBeLessThan(summed);
  });

  describe('a tool that is not granted', () => {
    // Two names that differ by a letter: the first is a tool that exists and is not granted, the second is nobody's.
    const HIDDEN = 'toggleSubscriberUpdates';
    const NOBODYS = 'toggleSubscriberUpdatos';
    const same = (one: unknown, other: unknown): void =>
      expect(JSON.stringify(one).replaceAll(HIDDEN, '?')).toBe(JSON.stringify(other).replaceAll(NOBODYS, '?'));
    const both = async <Answer>(ask: (tool: string) => Promise<Answer>): Promise<Answer> => {
      const [hidden, nobodys] = [await ask(HIDDEN), await ask(NOBODYS)];
      same(hidden, nobodys);
      return hidden;
    };

    it('is there, and its neighbours are granted', async () => {
      const { body } = await switchyard.graphql(
        key,
        '{ tools(query: "subscriber updates") { server functionName status } }',
      );
      expect(body.data.tools).toContainEqual({ server: 'everything', functionName: HIDDEN, status: 'active' });
      expect((await get('/v1/tools/everything/echo')).status).toBe(200);
    });

    it('is not seen over HTTP', async () => {
      const found = await both(async (tool) => (await get(`/v1/tools/search?query=${tool}&detail_level=full`)).body);
      expect(JSON.stringify(found.tools)).not.toContain(HIDDEN);
      expect((await get('/v1/tools?limit=500&detail_level=full')).text).not.toContain(HIDDEN);
      const listed = (await get('/v1/tools?category=everything&limit=500')).body;
      expect(listed).toMatchObject({ total: 2, next: null });
      const { categories } = (await get('/v1/tools/categories')).body;
      const counted = categories.reduce((sum: number, category: { tools: number }) => sum + category.tools, 0);
      expect(counted).toBe((await get('/v1/tools?limit=500')).body.total);
      const one = await both(async (tool) => {
        const { status, body } = await get(`/v1/tools/everything/${tool}`);
        return { status, body };
      });
      expect(one.status).toBe(404);
    });

    it('is not seen over MCP', async () => {
      const client = new Client({ name: 'e2e', version: '1' });
      await client.connect(
        new StreamableHTTPClientTransport(new URL(`${switchyard.url}/mcp`), {
          requestInit: { headers: { authorization: `Bearer ${key}` } },
        }),
      );
      const text = async (name: string, args: Record<string, unknown>) => {
        const { content } = await client.callTool({ name, arguments: args });
        return JSON.stringify(content);
      };
      const all = await text('search_tools', { query: '', limit: 100, detail_level: 'name_only' });
      expect(all).toContain('getSum');
      expect(all).not.toContain(HIDDEN);
      await both((tool) => text('search_tools', { query: `everything ${tool}`, detail_level: 'full' }));
      const described = await both((tool) => text('describe_tools', { names: [`everything.${tool}`] }));
      expect(described).toContain('no such tool');
      expect(await text('describe_tools', { names: ['everything'] })).not.toContain(HIDDEN);
      await client.close();
    });

    it('is not seen from inside', async () => {
      const answer = await both(async (tool) => {
        const { body } = await switchyard.execute(
          key,
          `import { searchTools, listTools, describeTools } from 'servers';
return [
  await searchTools({ query: '${tool}', detail_level: 'full' }),
  await listTools({ category: 'everything' }),
  await describeTools(['everything.${tool}']),
];`,
        );
        return { status: body.status, result: body.result };
      });
      expect(answer.status).toBe('done');
      expect(answer.result[1]).toMatchObject({ total: 2 });
      expect(answer.result[2].tools).toEqual([]);
    });

    it.each([
      ['imported by name', (tool: string) => `import { ${tool} } from 'servers/everything';\nreturn ${tool}({});`],
      ['imported by path', (tool: string) => `import { ${tool} } from 'servers/everything/${tool}.ts';\nreturn 1;`],
      [
        'reached through its server',
        (tool: string) => `import * as all from 'servers/everything';\nreturn all.${tool}({});`,
      ],
    ])('cannot be %s', async (_how, code) => {
      const answer = await both(async (tool) => {
        const { body } = await switchyard.execute(key, code(tool));
        return { status: body.status, findings: body.findings, calls: body.calls };
      });
      expect(answer).toMatchObject({ status: 'rejected', findings: [{ stage: 'imports' }], calls: [] });
    });

    it('cannot be called by a name that is made up as the code runs, and who tried is on record', async () => {
      const runs: string[] = [];
      const answer = await both(async (tool) => {
        const { body } = await switchyard.execute(
          key,
          `import * as all from 'servers/everything';
const name = (await all.echo({ message: '${tool}' })).slice('Echo: '.length);
const names = Object.keys(all).sort();
try { return [names, name in all, await all[name]({})]; } catch (e) { return [names, name in all, e.name, e.code, e.message]; }`,
        );
        runs.push(body.id);
        const calls = body.calls.map(({ tool, status }: { tool: string; status: string }) => `${tool} ${status}`);
        return { status: body.status, result: body.result, calls };
      });
      expect(answer).toEqual({
        status: 'done',
        result: [
          ['echo', 'getSum'],
          false,
          'ToolError',
          'not_found',
          expect.stringContaining(`There is no tool everything.${HIDDEN}.`),
        ],
        calls: ['everything.echo ok', `everything.${HIDDEN} not_found`],
      });
      const { body } = await switchyard.graphql(
        key,
        'query ($filter: DecisionFilter) { decisions(filter: $filter) { items { server tool principalKind reasons { code } } } }',
        { filter: { runId: runs[0], effect: 'deny' } },
      );
      expect(body.data.decisions.items).toEqual([
        { server: 'everything', tool: HIDDEN, principalKind: 'key', reasons: [{ code: 'no_grant' }] },
      ]);
    });
  });

  describe('a grant that is taken away', () => {
    it('is gone for the next run, and for the next call of a run that goes on', async () => {
      const running = switchyard.execute(
        key,
        `import { getSum } from 'servers/everything';
for (let calls = 1; calls <= 400; calls++) {
  try { await getSum({ a: calls, b: 0 }); } catch (e) { return { calls, name: e.name, code: e.code, message: e.message }; }
  await new Promise((resolve) => setTimeout(resolve, 50));
}`,
        { limits: { calls: 1_000, totalMs: 60_000 } },
      );
      while ((await get('/v1/executions?status=running')).body.executions.length === 0)
        await new Promise((resolve) => setTimeout(resolve, 50));
      grant('everything.getSum', 'none');
      const next = await switchyard.execute(
        key,
        "import { getSum } from 'servers/everything';\nreturn getSum({a:1,b:1})",
      );
      expect(next.body).toMatchObject({ status: 'rejected', findings: [{ stage: 'imports', line: 1 }] });
      const { body } = await running;
      expect(body).toMatchObject({
        status: 'done',
        result: { name: 'ToolError', code: 'not_found', message: expect.stringContaining('no tool everything.getSum') },
      });
      expect(body.result.calls).toBeGreaterThan(1);
      expect(body.calls.at(-1)).toMatchObject({ tool: 'everything.getSum', status: 'not_found' });
    });

    it('and a deny for one key beats the allow for all keys', async () => {
      const [{ id }] = JSON.parse(switchyard.cli('key', 'list', '--tenant', 'demo', '--json'));
      switchyard.cli(
        ...['grant', 'set', '--tenant', 'demo', '--key', id, '--tool', 'everything.echo', '--effect', 'deny'],
      );
      const code = "import { echo } from 'servers/everything';\nreturn echo({ message: 'x' })";
      expect((await switchyard.execute(key, code)).body.status).toBe('rejected');
      const other = switchyard.createKey('demo', 'runs');
      expect((await switchyard.execute(other, code)).body).toMatchObject({ status: 'done', result: 'Echo: x' });
    });
  });

  it('a server over HTTP that was started anew is found again', async () => {
    const code = "import { echo } from 'servers/everything_http';\nreturn echo({ message: 'again' })";
    await http.stop('SIGKILL');
    const down = await switchyard.execute(
      key,
      `import { echo } from 'servers/everything_http';
try { return await echo({ message: 'x' }); } catch (e) { return { name: e.name, code: e.code, message: e.message }; }`,
    );
    expect(down.body.result).toMatchObject({ name: 'ToolError', code: 'unreachable' });
    http = await startEverythingOverHttp(Number(new URL(http.url).port));
    const up = await switchyard.execute(switchyard.createKey('demo', 'runs'), code);
    expect(up.body).toMatchObject({ status: 'done', result: 'Echo: again' });
  });
});
