// The product measured from outside, on a Switchyard of its own.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { countTokens } from 'gpt-tokenizer';
import { Switchyard } from '../support/switchyard.ts';
import { distribution, paced, row, sequentially, throughput } from './measure.ts';
import { validation } from './validation.ts';

const CATALOGUE_SERVER = fileURLToPath(new URL('../fixtures/catalogue-server.ts', import.meta.url));
const CATALOGUES = fileURLToPath(new URL('../../../shared/data/catalogues/', import.meta.url));
const LEVELS = ['name_only', 'with_description', 'full'] as const;
const QUERIES = [
  'create an issue',
  'read a file',
  'send a message',
  'list tables',
  'take a screenshot',
  'merge request comments',
  'search pages',
  'delete branch',
];

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const switchyard = await Switchyard.start();
try {
  const key = switchyard.createKey();
  await runs(key);
  await overMcp(key);
  await discovery(key);
  await validation(switchyard, key, print);
  await policy(key);
} finally {
  await switchyard.remove();
}

async function runs(key: string): Promise<void> {
  print('Runs through POST /v1/executions');
  const trivial = async (): Promise<void> => {
    const answer = await switchyard.execute(key, 'return 1');
    if (answer.body?.result !== 1) throw new Error(`a run went wrong: ${answer.text}`);
  };
  print(row('  return 1, warm: one every 150 ms', distribution(await paced(100, 150, trivial)), 'ms'));
  print(row('  return 1, one after the other without a pause', distribution(await sequentially(300, trivial)), 'ms'));
  const call =
    "import { getProductDetails } from 'servers/search'; return (await getProductDetails({ sku: 'A4VTG90' })).stock";
  print(row('  one tool call', distribution(await sequentially(200, () => switchyard.execute(key, call))), 'ms'));
  const twenty = `import { getProductDetails } from 'servers/search';
for (let i = 0; i < 20; i++) await getProductDetails({ sku: 'A4VTG90' });`;
  print(
    row(
      '  20 tool calls in sequence',
      distribution(await sequentially(100, () => switchyard.execute(key, twenty))),
      'ms',
    ),
  );
  print('    goal: < 8 ms and what the tool itself takes');
  const parallel = `import { getProductDetails } from 'servers/search';
await Promise.all(Array.from({ length: 20 }, () => getProductDetails({ sku: 'A4VTG90' })));`;
  print(
    row(
      '  20 tool calls side by side',
      distribution(await sequentially(100, () => switchyard.execute(key, parallel))),
      'ms',
    ),
  );
  for (const workers of [1, 4, 16])
    print(
      `  ${`return 1, ${workers} callers at once`.padEnd(50)} ${(await throughput(workers, 5, trivial)).toFixed(0)} runs/s`,
    );
}

async function overMcp(key: string): Promise<void> {
  print('\nThrough /mcp, execute_code of `return 1`');
  const client = new Client({ name: 'bench', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(new URL('/mcp', switchyard.url), {
    requestInit: { headers: { authorization: `Bearer ${key}` } },
  });
  await client.connect(transport);
  const execute = (): Promise<unknown> => client.callTool({ name: 'execute_code', arguments: { code: 'return 1' } });
  print(row('  warm: one every 150 ms', distribution(await paced(100, 150, execute)), 'ms'));
  print('    goal: p50 < 6, p95 < 20 ms, with policy, type-check and audit');
  print(row('  one after the other without a pause', distribution(await sequentially(200, execute)), 'ms'));
  const { tools } = await client.listTools();
  print(
    `  ${'the tool list as the model gets it'.padEnd(50)} ${countTokens(JSON.stringify(tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }))))} tokens`,
  );
  await client.close();
}

async function discovery(key: string): Promise<void> {
  if (!fs.existsSync(CATALOGUES)) return print(`\nDiscovery: left out, no catalogues in ${CATALOGUES}`);
  for (const copy of ['', '2'])
    for (const file of fs.readdirSync(CATALOGUES)) {
      const name = `${file.split('.')[0]}${copy}`;
      const command = `${process.execPath} ${CATALOGUE_SERVER} ${path.join(CATALOGUES, file)}`;
      switchyard.cli('connection', 'add', '--tenant', 'demo', '--name', name, '--stdio', command);
    }
  switchyard.cli('grant', 'set', '--tenant', 'demo', '--role', 'api_key', '--tool', '*', '--effect', 'allow');
  const list = await switchyard.request('GET', '/v1/tools?limit=1', { key });
  print(`\nDiscovery over ${list.body.total} tools of real servers`);
  for (const level of LEVELS) {
    const search = (index: number): Promise<unknown> => {
      const query = encodeURIComponent(QUERIES[Math.abs(index) % QUERIES.length] ?? '');
      return switchyard.request('GET', `/v1/tools/search?query=${query}&detail_level=${level}&limit=10`, { key });
    };
    print(row(`  GET /v1/tools/search, ${level}`, distribution(await sequentially(200, search)), 'ms'));
  }
  const client = new Client({ name: 'bench', version: '1.0.0' });
  await client.connect(
    new StreamableHTTPClientTransport(new URL('/mcp', switchyard.url), {
      requestInit: { headers: { authorization: `Bearer ${key}` } },
    }),
  );
  for (const detail_level of LEVELS) {
    const answer = await client.callTool({ name: 'search_tools', arguments: { query: '', detail_level, limit: 100 } });
    const text = (answer.content as { text: string }[]).map((block) => block.text).join('');
    print(`  ${`search_tools, 100 tools, ${detail_level}`.padEnd(50)} ${countTokens(text)} tokens`);
  }
  await client.close();
}

async function policy(key: string): Promise<void> {
  const query = '{ decisions(limit: 100) { items { durationUs } } }';
  const { body } = await switchyard.graphql(key, query);
  const samples = (body.data.decisions.items as { durationUs: number }[]).map((decision) => decision.durationUs);
  print('\nPolicy');
  print(row('  one decision, from the decision log', distribution(samples), 'µs'));
}
