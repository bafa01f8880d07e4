import { createTypeChecker, validate, type ImportCatalog } from '@switchyard/execution';
import type { Switchyard } from '../support/switchyard.ts';
import { distribution, row, sequentially } from './measure.ts';

interface Listed {
  readonly server: string;
  readonly name: string;
  readonly declaration: string;
}

async function allTools(switchyard: Switchyard, key: string): Promise<Listed[]> {
  const found: Listed[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const query: string = `detail_level=full&limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`;
    const { body } = await switchyard.request('GET', `/v1/tools?${query}`, { key });
    found.push(...(body.tools as Listed[]));
    cursor = (body.next as string | undefined) ?? null;
  }
  return found;
}

function catalogOf(tools: readonly Listed[]): ImportCatalog {
  const servers = new Map<string, string[]>();
  for (const { server, name } of tools) servers.set(server, [...(servers.get(server) ?? []), name]);
  const declarations = new Map(tools.map((tool) => [`servers/${tool.server}/${tool.name}`, tool.declaration]));
  return Object.assign(
    (path: string) => (path === 'servers' ? [...servers.keys()] : servers.get(path.replace('servers/', ''))),
    { declaration: (path: string) => declarations.get(path) },
  );
}

/** About 1.2 kB that uses four tools; another one each time, so that nothing is answered from memory. */
function codeFor(tools: readonly Listed[], turn: number): string {
  const used = [0, 1, 2, 3].map((offset) => tools[(Math.abs(turn) * 7 + offset * 31) % tools.length]);
  const imports = used.map((tool, index) => `import { ${tool?.name} as t${index} } from 'servers/${tool?.server}';`);
  const rows = `const rows = [];
for (let page = 1; page <= 3; page++) {
  const found = JSON.parse('{"items":[{"id":"a","stock":2,"price":3.5}]}');
  rows.push(...found.items.filter((row) => row.stock > 0));
}
const total = rows.reduce((sum, row) => sum + row.price * row.stock, ${turn});
const byId = new Map(rows.map((row) => [row.id, row]));
const label = (row: { id: string; stock: number }): string => \`\${row.id}: \${row.stock}\`;
console.log('rows', rows.length, 'total', total.toFixed(2), [...byId.keys()].join(', '));
const args = JSON.parse('{}');
const calls = [t0, t1, t2, t3].map(async (tool, index) => {
  try {
    return { index, value: await tool(args) };
  } catch (error) {
    console.error(index, error.code, error.message);
    return { index, failed: String(error.message) };
  }
});
const answers = await Promise.all(calls);
return { total, labels: rows.map(label), answers: answers.filter((one) => !one.failed).length };`;
  return `${imports.join('\n')}\n${rows}`;
}

/** What judging costs before a run, in this process: the four stages alone, and with the type-check. */
export async function validation(switchyard: Switchyard, key: string, print: (text: string) => void): Promise<void> {
  const tools = await allTools(switchyard, key);
  const checker = createTypeChecker({ servers: 1, checkMs: 20_000, queueMs: 60_000 });
  print(`\nValidation of ${codeFor(tools, 1).length} bytes of code that uses four tools`);
  try {
    for (const count of [200, 1_000]) {
      const some = tools.slice(0, count);
      const imports = catalogOf(some);
      const stages = async (turn: number): Promise<void> => {
        const { ok, findings } = validate(codeFor(some, turn), imports);
        if (!ok) throw new Error(JSON.stringify(findings));
      };
      const types = async (turn: number): Promise<void> => {
        const code = codeFor(some, turn);
        const { ok } = validate(code, imports);
        const findings = await checker.check({ code, imports, tenant: 'bench' });
        if (!ok || findings.length > 0) throw new Error(JSON.stringify(findings));
      };
      print(
        row(`  ${some.length} tools connected, without types`, distribution(await sequentially(500, stages)), 'ms'),
      );
      print(
        row(`  ${some.length} tools connected, with types, warm`, distribution(await sequentially(500, types)), 'ms'),
      );
    }
  } finally {
    await checker.close();
  }
}
