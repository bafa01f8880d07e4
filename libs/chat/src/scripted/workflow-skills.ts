// What the shipped suite `workflows` asks, with the tools of e2e/fixtures/workflow-server.ts.
import { z } from 'zod';
import { define, type CallResult } from './skill.ts';

const SERVER = 'workflows';

/** The last result of this form; undefined where there is none. */
const lastOf = <Value>(results: readonly CallResult[], Form: z.ZodType<Value>): Value | undefined =>
  results.flatMap((result) => (result.ok ? (Form.safeParse(result.value).data ?? []) : [])).at(-1);

const Document = z.looseObject({ title: z.string(), text: z.string() });
const Issue = z.looseObject({ number: z.number(), characters: z.number() });

export const issueFromDocument = define({
  name: 'issue from a document',
  server: SERVER,
  searchFor: 'read a document and open an issue',
  heavy: true,
  match(question) {
    const id = /read the document ([\w-]+) and open an issue/i.exec(question)?.[1];
    return id ? { id } : undefined;
  },
  plan({ id }, results) {
    if (lastOf(results, Issue) || results.some(({ ok }) => !ok)) return [];
    const document = lastOf(results, Document);
    if (!document) return [{ tool: 'getDocument', args: { id } }];
    return [{ tool: 'createIssue', args: { title: document.title, body: document.text } }];
  },
  facts: (_params, results) => lastOf(results, Issue) ?? { number: 0, characters: 0 },
  code: ({ id }) => `import { getDocument, createIssue } from 'servers/${SERVER}';
const { title, text } = await getDocument({ id: ${JSON.stringify(id)} });
return await createIssue({ title, body: text });`,
  Facts: Issue,
  say: (_params, { number, characters }) => `Issue ${number} is open. Its text has ${characters} characters.`,
});

const Row = z.looseObject({ order: z.string(), status: z.string(), amountEur: z.number() });
const Sheet = z.looseObject({ rows: z.array(Row) });
const Orders = z.object({ count: z.number(), largest: z.array(z.string()) });
const MOST_NAMED = 5;

export const largeOrders = define({
  name: 'large orders',
  server: SERVER,
  searchFor: 'rows of a sheet',
  heavy: true,
  match(question) {
    const found = /orders in the sheet (\w+) are (\w+) and above ([\d,]+) EUR/i.exec(question);
    if (!found) return undefined;
    const [, sheet = '', status = '', above = ''] = found;
    return { sheet, status, above: Number(above.replaceAll(',', '')) };
  },
  plan: ({ sheet }, results) => (results.length > 0 ? [] : [{ tool: 'getSheet', args: { sheet } }]),
  facts({ status, above }, results) {
    const rows = (lastOf(results, Sheet)?.rows ?? [])
      .filter((row) => row.status === status && row.amountEur > above)
      .sort((a, b) => b.amountEur - a.amountEur);
    return { count: rows.length, largest: rows.slice(0, MOST_NAMED).map(({ order }) => order) };
  },
  code: ({ sheet, status, above }) => `import { getSheet } from 'servers/${SERVER}';
const { rows } = await getSheet({ sheet: ${JSON.stringify(sheet)} });
const fitting = rows.filter((row) => row.status === ${JSON.stringify(status)} && row.amountEur > ${above})
  .sort((a, b) => b.amountEur - a.amountEur);
return { count: fitting.length, largest: fitting.slice(0, ${MOST_NAMED}).map((row) => row.order) };`,
  Facts: Orders,
  say: (_params, { count, largest }) => `${count} orders. The largest of them: ${largest.join(', ')}.`,
});

const Started = z.looseObject({ id: z.string() });
const Progress = z.looseObject({
  state: z.enum(['running', 'done']),
  version: z.string().optional(),
  instances: z.number().optional(),
});
const Live = z.object({ version: z.string(), instances: z.number() });

export const deployment = define({
  name: 'deployment',
  server: SERVER,
  searchFor: 'deploy a service and ask how far it is',
  heavy: true,
  match(question) {
    const service = /deploy the service (\w+) and wait/i.exec(question)?.[1];
    return service ? { service } : undefined;
  },
  plan({ service }, results) {
    if (results.some(({ ok }) => !ok) || lastOf(results, Progress)?.state === 'done') return [];
    const started = lastOf(results, Started);
    return started
      ? [{ tool: 'getDeployment', args: { id: started.id } }]
      : [{ tool: 'startDeployment', args: { service } }];
  },
  facts(_params, results) {
    const { version = '', instances = 0 } = lastOf(results, Progress) ?? {};
    return { version, instances };
  },
  code: ({ service }) => `import { startDeployment, getDeployment } from 'servers/${SERVER}';
const { id } = await startDeployment({ service: ${JSON.stringify(service)} });
let now = await getDeployment({ id });
while (now.state !== 'done') {
  await new Promise((resolve) => setTimeout(resolve, 10));
  now = await getDeployment({ id });
}
return { version: now.version, instances: now.instances };`,
  Facts: Live,
  say: (_params, { version, instances }) => `Version ${version} is live on ${instances} instances.`,
});
