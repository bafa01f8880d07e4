import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createMCPClient } from '@ai-sdk/mcp';
import { Client, StreamableHTTPClientTransport, type VersionNegotiationMode } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encode } from 'gpt-tokenizer';
import { eventually } from './support/processes.ts';
import { installed } from './support/real-servers.ts';
import { Switchyard, type Answer } from './support/switchyard.ts';

const TOOLS = ['search_tools', 'describe_tools', 'execute_code', 'list_skills', 'save_skill'];
const TOKEN_BUDGET = 1_000;
const CODE = `import { searchProducts } from 'servers/search';
const { results } = await searchProducts({ query: 'A4VTG90', limit: 1 });
return results[0].sku;`;
const ERAS: [string, VersionNegotiationMode][] = [
  ['2025-11-25', 'legacy'],
  ['2026-07-28', { pin: '2026-07-28' }],
];

describe('/mcp', () => {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'switchyard-e2e-clients-'));
  let switchyard: Switchyard;
  let key: string;
  const endpoint = (): URL => new URL(`${switchyard.url}/mcp`);

  async function connect(mode: VersionNegotiationMode, as = key): Promise<Client> {
    const client = new Client({ name: 'e2e', version: '1.0.0' }, { versionNegotiation: { mode } });
    const headers = { authorization: `Bearer ${as}` };
    await client.connect(new StreamableHTTPClientTransport(endpoint(), { requestInit: { headers } }));
    return client;
  }

  /** A request as it goes over the wire; of the era without sessions and handshake unless told. */
  const post = (method: string, headers: Record<string, string>, as: string | undefined = key): Promise<Answer> =>
    switchyard.request('POST', '/mcp', {
      ...(as === undefined ? {} : { key: as }),
      headers: {
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': method,
        ...headers,
      },
      body: {
        jsonrpc: '2.0',
        id: 1,
        method,
        params: {
          _meta: {
            'io.modelcontextprotocol/protocolVersion': '2026-07-28',
            'io.modelcontextprotocol/clientInfo': { name: 'e2e', version: '1.0.0' },
            'io.modelcontextprotocol/clientCapabilities': {},
          },
        },
      },
    });

  /** Runs a program of a package to its end, in a home of its own. */
  const run = (file: string, ...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> =>
    new Promise((resolve, reject) => {
      const env = { PATH: process.env['PATH'], HOME: scratch };
      const child = spawn(process.execPath, [installed(file), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
      const out = { stdout: '', stderr: '' };
      child.stdout.on('data', (chunk: Buffer) => (out.stdout += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (out.stderr += chunk.toString()));
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, ...out }));
    });

  beforeAll(async () => {
    switchyard = await Switchyard.start();
    key = switchyard.createKey('demo', 'runs,tools');
  }, 120_000);
  afterAll(async () => {
    await switchyard.remove();
    fs.rmSync(scratch, { recursive: true, force: true });
  });

  describe('serves clients that nobody here wrote', () => {
    const inspector = (...args: string[]) =>
      run(
        '@modelcontextprotocol/inspector/clients/launcher/build/index.js',
        ...['--cli', endpoint().href, '--transport', 'http', '--header', `Authorization: Bearer ${key}`, ...args],
      );

    it('the Inspector lists the tools, and finds nothing wrong with their schemas', async () => {
      const { code, stdout, stderr } = await inspector('--method', 'tools/list', '--strict');
      expect(code).toBe(0);
      // Code may return any JSON, and the schema says so.
      expect(stderr.match(/Path: .*/g)).toEqual([
        'Path: outputSchema.properties.result',
        'Path: outputSchema.properties.handle.anyOf[0].properties.rows', // a number or null
        'Path: outputSchema.properties.approvals.items.additionalProperties', // what an approval tells may grow
      ]);
      expect(stderr).toContain('0 errors, 3 warnings');
      expect(JSON.parse(stdout).tools.map((tool: { name: string }) => tool.name)).toEqual(TOOLS);
    });

    it('the Inspector calls execute_code', async () => {
      const call = ['--method', 'tools/call', '--tool-name', 'execute_code', '--tool-arg'];
      const { stdout } = await inspector(...call, `code=${CODE}`);
      expect(JSON.parse(stdout)).toMatchObject({
        isError: false,
        structuredContent: { status: 'done', result: 'A4VTG90' },
      });
    });

    it.each(ERAS)('mcp-remote, under %s', async (version, mode) => {
      const client = new Client({ name: 'e2e', version: '1.0.0' }, { versionNegotiation: { mode } });
      const header = ['--header', 'Authorization:${AUTHORIZATION}'];
      await client.connect(
        new StdioClientTransport({
          command: process.execPath,
          args: [
            ...[installed('mcp-remote/dist/proxy.js'), endpoint().href],
            ...['--allow-http', '--transport', 'http-only', ...header],
          ],
          env: { PATH: process.env['PATH'] ?? '', HOME: scratch, AUTHORIZATION: `Bearer ${key}` },
          stderr: 'ignore',
        }),
      );
      expect(client.getNegotiatedProtocolVersion()).toBe(version);
      expect((await client.listTools()).tools.map((tool) => tool.name)).toEqual(TOOLS);
      const answer = await client.callTool({ name: 'execute_code', arguments: { code: CODE } });
      expect(answer.structuredContent).toMatchObject({ status: 'done', result: 'A4VTG90' });
      await client.close();
    });

    it.each([
      ['with discovery', true],
      ['with the handshake', false],
    ])("the AI SDK's client, %s", async (_how, protocolVersionDiscovery) => {
      const headers = { authorization: `Bearer ${key}` };
      const transport = { type: 'http' as const, url: endpoint().href, headers };
      const client = await createMCPClient({ transport, protocolVersionDiscovery });
      const tools = await client.tools();
      expect(Object.keys(tools)).toEqual(TOOLS);
      const options = { toolCallId: '1', messages: [], context: {} };
      const found = await tools['search_tools']?.execute({ query: 'products' }, options);
      expect(JSON.stringify(found)).toContain('searchProducts');
      const answer = await tools['execute_code']?.execute({ code: CODE }, options);
      expect(answer).toMatchObject({ structuredContent: { status: 'done', result: 'A4VTG90' } });
      await client.close();
    });
  });

  describe.each(ERAS)('serves the official SDK under %s', (version, mode) => {
    let client: Client;
    beforeAll(async () => {
      client = await connect(mode);
    });
    afterAll(() => client.close());

    it('says who it is and how to use it', () => {
      expect(client.getNegotiatedProtocolVersion()).toBe(version);
      expect(client.getServerVersion()).toMatchObject({ name: 'switchyard', title: 'Switchyard' });
      expect(client.getInstructions()).toContain("from 'servers/search'");
      expect(client.getServerCapabilities()).toEqual({ tools: { listChanged: false } });
    });

    it('from search to types to a run', async () => {
      const text = async (name: string, args: Record<string, unknown>) => {
        const { content } = await client.callTool({ name, arguments: args });
        return content.map((block) => (block.type === 'text' ? block.text : '')).join('\n');
      };
      expect(await text('search_tools', { query: 'find products' })).toContain('searchProducts');
      expect(await text('describe_tools', { names: ['search.searchProducts'] })).toMatch(
        /import \{ searchProducts \} from 'servers\/search';[\s\S]*export declare function searchProducts/,
      );
      const answer = await client.callTool({ name: 'execute_code', arguments: { code: CODE, conversation: 'e2e' } });
      expect(answer).toMatchObject({ isError: false, structuredContent: { status: 'done', result: 'A4VTG90' } });
      expect(answer.content).toEqual([{ type: 'text', text: JSON.stringify(answer.structuredContent) }]);
    });

    it('says what it does to the world', async () => {
      const { tools } = await client.listTools();
      expect(Object.fromEntries(tools.map((tool) => [tool.name, tool.annotations]))).toEqual({
        search_tools: { readOnlyHint: true, openWorldHint: false },
        describe_tools: { readOnlyHint: true, openWorldHint: false },
        execute_code: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
        list_skills: { readOnlyHint: true, openWorldHint: false },
        save_skill: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
      });
    });

    it.each([
      ['done', 'return { a: [1, null] }', {}],
      ['done', 'return undefined', { result: null }],
      ['rejected', 'return eval("1");', { findings: [{ stage: 'patterns', line: 1 }] }],
      ['failed', 'console.log("so far"); throw new Error("no")', { error: { message: 'no' } }],
      ['done', "return 'x'.repeat(1_000_000)", { handle: { bytes: 1_000_002, rows: null } }],
      ['limit', "return 'x'.repeat(25_000_000)", { error: { limit: 'result' } }],
    ])('an answer that is %s fits the declared schema, with nothing beside it: %s', async (status, code, more) => {
      const { tools } = await client.listTools();
      const { outputSchema } = tools.find((tool) => tool.name === 'execute_code') ?? {};
      const answer = await client.callTool({ name: 'execute_code', arguments: { code } });
      expect(answer).toMatchObject({ isError: status !== 'done', structuredContent: { status, ...more } });
      const open = new AjvJsonSchemaValidator().getValidator(outputSchema ?? {});
      expect(open(answer.structuredContent)).toMatchObject({ valid: true });
      const closed = new AjvJsonSchemaValidator().getValidator(withoutExtras(outputSchema) as object);
      expect(closed(answer.structuredContent)).toMatchObject({ valid: true });
    });

    it.each([
      ['arguments of the wrong type', 'search_tools', { query: 7 }, 'query'],
      ['a missing argument', 'execute_code', {}, 'code'],
      ['too much code', 'execute_code', { code: 'x'.repeat(300_000) }, 'code'],
    ])('%s are told to the model', async (_what, name, args, field) => {
      const answer = await client.callTool({ name, arguments: args });
      expect(answer).toMatchObject({ isError: true, content: [{ text: expect.stringContaining(field) }] });
    });

    it('a tool that it does not have is a protocol error', async () => {
      await expect(client.callTool({ name: 'drop_tables', arguments: {} })).rejects.toMatchObject({ code: -32_602 });
    });
  });

  describe('stops the run of a client', () => {
    const ENDLESS = 'for (;;) await new Promise((resolve) => setTimeout(resolve, 10));';
    const running = (count: number): Promise<string[]> =>
      eventually(`${count} runs go on`, async () => {
        const { body } = await switchyard.request('GET', '/v1/executions?status=running', { key });
        return body.executions.length === count && body.executions.map(({ id }: { id: string }) => id);
      });
    const hasBeenCancelled = async (id: string | undefined): Promise<void> => {
      const ended = await eventually('the run has ended', async () => {
        const { body } = await switchyard.request('GET', `/v1/executions/${id}`, { key });
        return body.status !== 'running' && body;
      });
      expect(ended).toMatchObject({ status: 'crashed', error: { reason: 'The run was cancelled.' } });
    };

    it.each(ERAS)('that gives up, under %s', async (_version, mode) => {
      const [client, other] = await Promise.all([connect(mode), connect(mode)]);
      const giveUp = new AbortController();
      const call = client.callTool({ name: 'execute_code', arguments: { code: ENDLESS } }, { signal: giveUp.signal });
      // The first request of another client with the same key has the same number, and is not meant.
      const code = 'await new Promise((resolve) => setTimeout(resolve, 2_000)); return 1;';
      const others = other.callTool({ name: 'execute_code', arguments: { code } });
      const ids = await running(2);
      giveUp.abort();
      await expect(call).rejects.toThrow();
      const { structuredContent } = await others;
      expect(structuredContent).toMatchObject({ status: 'done', result: 1 });
      await hasBeenCancelled(ids.find((id) => id !== (structuredContent as { id: string }).id));
      await Promise.all([client.close(), other.close()]);
    });

    it('that hangs up', async () => {
      const hangUp = new AbortController();
      const call = fetch(endpoint(), {
        method: 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2025-11-25',
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/call',
          params: { name: 'execute_code', arguments: { code: ENDLESS } },
        }),
        signal: hangUp.signal,
      }).then((response) => response.text());
      const [id] = await running(1);
      hangUp.abort();
      await expect(call).rejects.toThrow();
      await hasBeenCancelled(id);
    });
  });

  it(`lists its tools in under ${TOKEN_BUDGET} tokens`, async () => {
    const { body } = await post('tools/list', {});
    const tokens = encode(JSON.stringify({ tools: body.result.tools })).length;
    console.log(`the tools of /mcp, schemas and all: ${tokens} tokens`);
    expect(body.result.tools).toHaveLength(TOOLS.length);
    expect(tokens).toBeLessThan(TOKEN_BUDGET);
  });

  it('lets each client keep the list for a while, and nobody share it', async () => {
    const { body } = await post('tools/list', {});
    expect(body.result).toMatchObject({ ttlMs: 300_000, cacheScope: 'private', resultType: 'complete' });
    expect((await post('tools/list', {})).body).toEqual(body);
  });

  describe('asks who it is', () => {
    it.each([
      ['no key', undefined],
      ['a key that is none', 'sy_nonsense'],
    ])('%s', async (_what, as) => {
      const answer = await post('tools/list', {}, as ?? '');
      expect(answer.status).toBe(401);
      expect(answer.body.error.code).toBe('unauthenticated');
      const challenge = answer.headers.get('www-authenticate') ?? '';
      expect(challenge).toMatch(/^Bearer .*scope="runs tools"/);
      const metadata = /resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? '';
      expect(metadata).toBe(`${switchyard.url}/.well-known/oauth-protected-resource/mcp`);
      const resource = (await (await fetch(metadata)).json()) as { authorization_servers: string[] };
      expect(resource).toMatchObject({ resource: endpoint().href, scopes_supported: ['runs', 'tools'] });
      const issuer = new URL(resource.authorization_servers[0] ?? '');
      const discovery = new URL(`/.well-known/oauth-authorization-server${issuer.pathname}`, issuer);
      expect(await (await fetch(discovery)).json()).toMatchObject({
        issuer: issuer.href,
        code_challenge_methods_supported: ['S256'],
        authorization_response_iss_parameter_supported: true,
      });
    });

    it('and takes no cookie, which a page elsewhere could send along', async () => {
      const signedIn = await switchyard.request('POST', '/api/auth/sign-in/email', {
        body: switchyard.credentials,
        headers: { origin: switchyard.url },
      });
      expect(signedIn.status).toBe(200);
      const cookie = signedIn.headers
        .getSetCookie()
        .map((one) => one.split(';')[0])
        .join('; ');
      const viewer = { query: '{ viewer { user { email } } }' };
      const console = await switchyard.request('POST', '/graphql', { body: viewer, headers: { cookie } });
      expect(console.body.data.viewer.user.email).toBe(switchyard.credentials.email);
      expect((await post('tools/list', { cookie }, '')).status).toBe(401);
    });

    it.each([
      ['elsewhere', 'https://attacker.example', 403],
      ['nowhere', 'null', 403],
      ['another port', 'http://127.0.0.1:1', 403],
    ])('and refuses an Origin that is %s', async (_what, origin, status) => {
      const answer = await post('tools/list', { origin });
      expect(answer.status).toBe(status);
      expect(answer.body.error).toMatchObject({ code: 'forbidden', message: expect.stringContaining('Origin') });
    });

    it('and lets its own through', async () => {
      expect((await post('tools/list', { origin: switchyard.url })).status).toBe(200);
    });
  });

  describe('keeps to the scopes of the key', () => {
    it.each([
      ['tools', 'execute_code', { code: 'return 1' }, 'runs', 'search_tools', { query: '' }],
      ['runs', 'search_tools', { query: '' }, 'tools', 'execute_code', { code: 'return 1' }],
    ])('%s alone', async (scope, refused, args, missing, allowed, allowedArgs) => {
      const client = await connect('auto', switchyard.createKey('demo', scope));
      expect((await client.listTools()).tools).toHaveLength(TOOLS.length);
      const answer = await client.callTool({ name: refused, arguments: args });
      expect(answer.isError).toBe(true);
      expect(answer.content).toEqual([
        { type: 'text', text: expect.stringMatching(new RegExp(`^forbidden: .*lacks the scope "${missing}"`)) },
      ]);
      expect((await client.callTool({ name: allowed, arguments: allowedArgs })).isError ?? false).toBe(false);
      await client.close();
    });
  });

  it('has no stream to open and no session to end', async () => {
    for (const method of ['GET', 'DELETE', 'PUT']) {
      const answer = await switchyard.request(method, '/mcp', { key, headers: { accept: 'text/event-stream' } });
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toBe('POST');
    }
  });
});

/** The same schema, which allows no field that it does not name. */
function withoutExtras(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutExtras);
  if (schema === null || typeof schema !== 'object') return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, withoutExtras(value)]));
  return 'properties' in inner ? { ...inner, additionalProperties: false } : inner;
}
