import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Switchyard } from './support/switchyard.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const read = (file: string): string => fs.readFileSync(path.join(ROOT, file), 'utf8');

/** The examples that people are shown: of the playground, and of the guides. */
const EXAMPLES = [
  ...[
    ...read('apps/console/src/playground/examples.ts').matchAll(/title: '([^']*)',\s*code: `((?:[^`\\]|\\.)*)`/g),
  ].map((match) => [`playground: ${match[1]}`, match[2] ?? '']),
  ...['docs/guides/integrators.md', 'README.md'].flatMap((file) =>
    [...read(file).matchAll(/```ts\n([^]*?)```/g)].map((match, index) => [`${file}, ${index + 1}`, match[1] ?? '']),
  ),
].map(([title, code]) => [title, (code ?? '').replaceAll('\\`', '`').replaceAll('\\${', '${')] as const);

const WRONG = `import { searchProducts } from 'servers/search';
const { results } = await searchProducts({ query: 'pumps', limit: 'many' });
return results.map((r) => r.inStock);`;

describe('validation, from outside', () => {
  let switchyard: Switchyard;
  let key: string;
  beforeAll(async () => {
    switchyard = await Switchyard.start();
    key = switchyard.createKey();
    await checked();
  }, 120_000);
  afterAll(() => switchyard.remove());

  /** The compilers start beside the server; from here on they are there. */
  async function checked(): Promise<void> {
    for (let round = 0; round < 100; round++) {
      const { body } = await switchyard.execute(key, 'return nowhere');
      if (body.status === 'rejected') return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('types are not checked');
  }

  it('refuses what the types of tools refuse, says where and what instead, and calls nothing', async () => {
    const { status, body } = await switchyard.execute(key, WRONG);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'rejected',
      calls: [],
      findings: [
        {
          stage: 'syntax',
          code: 'TS2322',
          line: 2,
          column: 60,
          severity: 'error',
          hint: expect.stringContaining('limit'),
        },
        {
          stage: 'syntax',
          code: expect.stringMatching(/^TS2(339|551)$/),
          line: 3,
          hint: expect.stringContaining('stock'),
        },
      ],
    });
    const stored = await switchyard.request('GET', `/v1/executions/${body.id}`, { key });
    expect(stored.body.findings).toEqual(body.findings);
  });

  it('says the same over MCP', async () => {
    const client = new Client({ name: 'e2e', version: '1.0.0' });
    await client.connect(
      new StreamableHTTPClientTransport(new URL('/mcp', switchyard.url), {
        requestInit: { headers: { authorization: `Bearer ${key}` } },
      }),
    );
    const answer = await client.callTool({ name: 'execute_code', arguments: { code: WRONG } });
    expect(answer.structuredContent).toMatchObject({
      status: 'rejected',
      findings: [{ code: 'TS2322', line: 2, column: 60 }, { line: 3 }],
    });
    await client.close();
  });

  it('tells warnings beside what a run gave, and keeps them', async () => {
    const { body } = await switchyard.execute(key, 'const list = [1];\nlist.forEach(async (x) => x);\nreturn list');
    expect(body).toMatchObject({
      status: 'done',
      result: [1],
      findings: [{ stage: 'patterns', code: 'async-foreach', line: 2, severity: 'warning' }],
    });
    const stored = await switchyard.request('GET', `/v1/executions/${body.id}`, { key });
    expect(stored.body).toMatchObject({ status: 'done', findings: [{ code: 'async-foreach', severity: 'warning' }] });
  });

  it.each(EXAMPLES)('has nothing against the types of %s', async (_title, code) => {
    const { body } = await switchyard.execute(key, code);
    expect(body.findings.filter((finding: { stage: string }) => finding.stage === 'syntax')).toEqual([]);
  });

  it('names a tool that is not imported and exists', async () => {
    const { body } = await switchyard.execute(key, "return searchProducts({ query: 'a' })");
    expect(body.findings).toMatchObject([{ hint: "Import it: import { searchProducts } from 'servers/search';" }]);
  });

  it('outlives a type bomb: the run goes on with a warning, and others are checked', async () => {
    const bomb = `type P<T, K = T> = [T] extends [never] ? [] : K extends K ? [K, ...P<Exclude<T, K>>] : never;
const p: P<'a'|'b'|'c'|'d'|'e'|'f'|'g'|'h'|'i'|'j'> = 1 as never;
return 'ran';`;
    const { body } = await switchyard.execute(key, bomb);
    expect(body).toMatchObject({
      status: 'done',
      result: 'ran',
      findings: [{ code: 'type-check-timeout', severity: 'warning' }],
    });
    await checked();
  });
});
