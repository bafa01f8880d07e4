import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFakeEndpoint, type FakeEndpoint } from '@switchyard/testkit';
import { z } from 'zod';
import { eventually } from './support/processes.ts';
import { Switchyard } from './support/switchyard.ts';

const DEPLOY = fileURLToPath(new URL('../deploy', import.meta.url));
const DASHBOARDS = path.join(DEPLOY, 'grafana/dashboards');

const Dashboard = z.object({
  uid: z.string(),
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).default([]) })),
  annotations: z.object({ list: z.array(z.object({ expr: z.string() })) }),
});

/** Of Prometheus itself, or put there by whoever scrapes. */
const NOT_OURS: ReadonlySet<string> = new Set(['up']);
const ADDED_LABELS: ReadonlySet<string> = new Set(['job', 'instance']);
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\b\s*(?:\(([^)]*)\))?/g;

interface Asked {
  readonly where: string;
  readonly metrics: readonly { readonly name: string; readonly labels: readonly string[] }[];
  readonly grouped: readonly string[];
}

/** The metrics and labels that an expression of PromQL names. */
function asked(where: string, expr: string): Asked {
  const grouped = [...expr.matchAll(GROUPING)].flatMap(([, list]) => (list ?? '').split(',').map((one) => one.trim()));
  const plain = expr.replaceAll(GROUPING, ' ').replaceAll(/\[[^\]]*\]/g, ' ');
  const found = [...plain.matchAll(/\b([a-z]\w*)\b(?!\s*\()(?:\{([^}]*)\})?/g)];
  const metrics = found
    .filter(([, name]) => !['and', 'or', 'unless', 'e6'].includes(name ?? ''))
    .map(([, name = '', matchers = '']) => ({
      name,
      labels: [...matchers.matchAll(/(\w+)\s*[!=]/g)].flatMap(([, label]) => label ?? []),
    }));
  return { where, metrics, grouped: grouped.filter((label) => label !== '') };
}

/** What rules.yml asks: one line, or the indented lines behind `>-`. */
const rulesOf = (text: string): Asked[] =>
  [...text.matchAll(/- alert: (\w+)\n {8}expr: (?:>-\n((?: {10}.*\n)+)|(.*)\n)/g)].map(([, name, many, one]) =>
    asked(`rule ${name}`, many ?? one ?? ''),
  );

const dashboards = fs.readdirSync(DASHBOARDS).map((file) => ({
  file,
  ...Dashboard.parse(JSON.parse(fs.readFileSync(path.join(DASHBOARDS, file), 'utf8'))),
}));
const rulesText = fs.readFileSync(path.join(DEPLOY, 'prometheus/rules.yml'), 'utf8');
const everything = [
  ...rulesOf(rulesText),
  ...dashboards.flatMap(({ file, panels, annotations }) => [
    ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => asked(`${file}: ${title}`, expr))),
    ...annotations.list.map(({ expr }) => asked(`${file}: an annotation`, expr)),
  ]),
];

/** The labels of every series of a name, in a reading. */
function labelsOf(text: string): Map<string, Set<string>> {
  const known = new Map<string, Set<string>>();
  for (const [, name = '', labels = ''] of text.matchAll(/^([a-z]\w*)(?:\{(.*)\})? \S+$/gm)) {
    const of = known.get(name) ?? new Set();
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) of.add(label);
    known.set(name, of);
  }
  return known;
}

describe('dashboards and alert rules', () => {
  let endpoint: FakeEndpoint;
  let switchyard: Switchyard;
  let key: string;

  const chat = (content: string): Promise<{ status: number }> =>
    switchyard.request('POST', '/v1/chat/completions', { key, body: { messages: [{ role: 'user', content }] } });

  beforeAll(async () => {
    endpoint = await startFakeEndpoint();
    switchyard = await Switchyard.start({
      SWITCHYARD_POOL: '2',
      OPENAI_BASE_URL: endpoint.baseUrl,
      OPENAI_API_KEY: 'sk-operator',
      MODEL: 'fake-1',
    });
    key = switchyard.createKey();
  }, 120_000);
  afterAll(async () => {
    await switchyard?.remove();
    await endpoint?.close();
  });

  it('every alert rule was found, and every panel asks something', () => {
    const alerts = [...rulesText.matchAll(/- alert: (\w+)/g)].map(([, name]) => `rule ${name}`);
    expect(alerts.length).toBeGreaterThan(10);
    expect(everything.filter(({ where }) => where.startsWith('rule')).map(({ where }) => where)).toEqual(alerts);
    expect(everything.filter(({ metrics }) => metrics.length === 0)).toEqual([]);
    expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length);
  });

  it('each metric and each label that they name is in what /metrics tells, after some traffic', async () => {
    const search = `import { searchProducts } from 'servers/search';
      await searchProducts({ query: 'pump', limit: 1 });
      return (await searchProducts({ query: 'valve', limit: 1 })).results.length;`;
    for (const code of ['return 1', search, 'throw new Error("no")']) await switchyard.execute(key, code);
    await chat('without a price');
    const price = [
      '--provider',
      '127.0.0.1',
      '--model',
      'fake-1',
      '--input',
      '1',
      '--output',
      '2',
      '--from',
      '2026-01-01',
    ];
    const source = ['--source', 'https://example.com/prices', '--source-date', '2026-01-01'];
    switchyard.cli('price', 'add', '--tenant', 'demo', ...price, ...source);
    await eventually('a priced answer', async () => {
      await chat('with a price');
      return (await switchyard.request('GET', '/metrics')).text.includes('\nswitchyard_cost_total{') || undefined;
    });
    endpoint.reply({ status: 400, body: '{"error":{"message":"no"}}' });
    expect((await chat('refused')).status).toBe(400);

    const known = labelsOf((await switchyard.request('GET', '/metrics')).text);
    const missing = everything.flatMap(({ where, metrics, grouped }) => {
      const ours = metrics.filter(({ name }) => !NOT_OURS.has(name));
      const unknown = ours.filter(({ name }) => !known.has(name)).map(({ name }) => `${where}: no metric ${name}`);
      const labels = ours.flatMap(({ name, labels: of }) => of.filter((label) => !known.get(name)?.has(label)));
      const groups = grouped.filter((label) => !ours.some(({ name }) => known.get(name)?.has(label)));
      const bad = [...labels, ...groups].filter((label) => !ADDED_LABELS.has(label));
      return [...unknown, ...bad.map((label) => `${where}: no label ${label}`)];
    });
    expect(missing).toEqual([]);
  }, 60_000);
});
