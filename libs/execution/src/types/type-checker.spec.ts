import { afterAll, describe, expect, it } from '@jest/globals';
import type { ImportCatalog } from '../validate/import-form.ts';
import { createTypeChecker } from './type-checker.ts';

const DECLARATIONS: Record<string, string> = {
  'servers/search/searchProducts': `export declare function searchProducts(input: SearchProductsInput): Promise<SearchProductsOutput>;
export interface SearchProductsInput {
  /** Words. */
  query: string
  limit?: number
  mode?: "exact" | "fuzzy"
  tags?: [string, ...string[]]
  filter?: { minPrice?: number; brands?: string[] }
  since?: string
}
export interface SearchProductsOutput {
  results: { id: string; title: string; stock?: number; price: { amount: number; currency: string } }[]
  total: number
  facets: { [k: string]: unknown }
}`,
  'servers/search/getFacets': 'export declare function getFacets(input?: Record<string, never>): Promise<unknown>;',
  'servers/commerce/lookupOrder': `export declare function lookupOrder(input: LookupOrderInput): Promise<LookupOrderOutput>;
export interface LookupOrderInput { id: number }
export type LookupOrderOutput = { found: true; order: { status: string } } | { found: false; reason: string };`,
};
const names: Record<string, readonly string[]> = {
  servers: ['search', 'commerce'],
  'servers/search': ['searchProducts', 'getFacets'],
  'servers/commerce': ['lookupOrder'],
  skills: ['topSellers'],
};
const imports: ImportCatalog = Object.assign((path: string) => names[path], {
  declaration: (path: string) => DECLARATIONS[path],
});

const checker = createTypeChecker({ servers: 1, checkMs: 20_000, queueMs: 60_000 });
afterAll(() => checker.close());
const check = (code: string) => checker.check({ code, imports, tenant: 'a' });
const SEARCH = "import { searchProducts } from 'servers/search';\n";

describe('what is refused', () => {
  it.each([
    [
      'a property of the wrong type',
      "await searchProducts({ query: 'a', limit: '5' })",
      'TS2322',
      2,
      36,
      'limit?: number',
    ],
    [
      'a property that does not exist',
      "await searchProducts({ query: 'a', limt: 5 })",
      'TS2353|TS2561',
      2,
      36,
      "'limit'",
    ],
    [
      'an inner property',
      "await searchProducts({ query: 'a', filter: { minprice: 5 } })",
      'TS2353|TS2561',
      2,
      46,
      "'minPrice'",
    ],
    ['a missing property', 'await searchProducts({ limit: 1 })', 'TS2741', 2, 22, 'query: string'],
    ['no argument', 'await searchProducts()', 'TS2554', 2, 7, 'query: string'],
    ['two arguments', "await searchProducts({ query: 'a' }, 5)", 'TS2554', 2, 38, 'one object'],
    ['text for an object', "await searchProducts('pumps')", 'TS2345', 2, 22, 'query: string'],
    [
      'a value that is none of the enumeration',
      "await searchProducts({ query: 'a', mode: 'exakt' })",
      'TS2322|TS2820',
      2,
      36,
      'mode?',
    ],
    [
      'a field that the result lacks',
      "const r = await searchProducts({ query: 'a' });\nreturn r.items.length",
      'TS2339',
      3,
      10,
      'results',
    ],
    [
      'a field of an item',
      "const { results } = await searchProducts({ query: 'a' });\nreturn results.map((p) => p.name)",
      'TS2339',
      3,
      29,
      'title',
    ],
    [
      'a field of an inner object',
      "const { results } = await searchProducts({ query: 'a' });\nreturn results[0].price.value",
      'TS2339',
      3,
      25,
      'amount',
    ],
    [
      'a field by destructuring',
      "const { items } = await searchProducts({ query: 'a' });\nreturn items",
      'TS2339',
      2,
      9,
      'results',
    ],
    [
      'a field of a list',
      "const r = await searchProducts({ query: 'a' });\nreturn r.results.title",
      'TS2339',
      3,
      18,
      'list',
    ],
    [
      'a promise that is not awaited',
      "const r = searchProducts({ query: 'a' });\nreturn r.results",
      'TS2339',
      3,
      10,
      'await',
    ],
    [
      'a result that is no list',
      "const r = await searchProducts({ query: 'a' });\nfor (const p of r) console.log(p)",
      'TS2488|TS2495',
      3,
      17,
      '.results',
    ],
    [
      'a list method on the result',
      "return (await searchProducts({ query: 'a' })).map((p) => p)",
      'TS2339',
      2,
      47,
      'results',
    ],
    [
      'a field that neither of two results has',
      "import { lookupOrder } from 'servers/commerce';\nconst r = await lookupOrder({ id: 1 });\nreturn r.state",
      'TS2339',
      4,
      10,
      '',
    ],
    ['fetch', "const r = await searchProducts({ query: 'a' });\nawait fetch('https://x')", 'TS2304', 3, 7, 'Declare'],
    ['a name of Node', 'return process.env', 'TS2580|TS2591', 2, 8, 'Declare'],
    ['a name of the browser', 'return document.title', 'TS2584', 2, 8, 'Declare'],
    [
      'a tool that is not imported',
      'return lookupOrder({ id: 1 })',
      'TS2304',
      2,
      8,
      "import { lookupOrder } from 'servers/commerce';",
    ],
    ['a slip in a name', 'const found = 1; return fuond', 'TS2552', 2, 25, "'found'"],
    [
      'after text with umlauts and emoji',
      "const t = 'äöü 😀'; await searchProducts({ query: t, limit: '5' })",
      'TS2322',
      2,
      54,
      'limit',
    ],
  ])('%s', async (_what, code, ts, line, column, hint) => {
    const findings = await check(SEARCH + code);
    expect(findings).toMatchObject([{ stage: 'syntax', line, column, severity: 'error' }]);
    expect(ts.split('|')).toContain(findings[0]?.code);
    expect(findings[0]?.hint).toContain(hint);
    expect(JSON.stringify(findings)).not.toMatch(/\/tools\/|\/code\//);
  });
});

describe('what passes', () => {
  it.each([
    [
      'a result without a declared shape',
      "import { getFacets } from 'servers/search';\nconst f = await getFacets({}); return f.anything[0].at.all + (await getFacets()).x",
    ],
    ['an open part of a result', 'const r = await searchProducts({ query: "a" }); return r.facets.brand.values[0]'],
    ['a wide string for an enumeration', "let mode = 'exact'; const o = { query: 'a', mode }; await searchProducts(o)"],
    ['a list for a tuple', "const tags = 'a,b'.split(','); await searchProducts({ query: 'a', tags })"],
    ['an object that grows', "const o = {}; o.query = 'a'; o.limit = 3; await searchProducts(o)"],
    [
      'arguments of no known type',
      'const go = (args) => searchProducts(args); await go({ query: "a" }); const p = JSON.parse("{}"); await searchProducts(p)',
    ],
    ['a date', 'await searchProducts({ query: "a", since: new Date() })'],
    [
      'a field that the code adds',
      'const { results } = await searchProducts({ query: "a" }); for (const r of results) r.score = r.price.amount; return results.sort((a, b) => b.score - a.score)',
    ],
    [
      'scripts as models write them',
      'const by = {}; const list = []; let best = null; const { results } = await searchProducts({ query: "a" }); for (const r of results) { by[r.id] = r; list.push(r.title); if (!best || r.stock > best.stock) best = r; } by.count = 3; return { by, list, best, age: new Date() - new Date("2026-01-01") }',
    ],
    [
      'a reduce into an object',
      'const { results } = await searchProducts({ query: "a" }); return results.reduce((all, r) => { (all[r.title] ??= []).push(r); return all; }, {})',
    ],
    [
      'either of two results',
      "import { lookupOrder } from 'servers/commerce';\nconst r = await lookupOrder({ id: 1 }); return r.order?.status ?? r.reason",
    ],
    ['export default', 'export default (await searchProducts({ query: "a" })).results.map(({ id }) => id)'],
    [
      'export default function',
      'export default async function main(limit: number = 3) { return (await searchProducts({ query: "a", limit })).total }',
    ],
    ['export default object', 'export default { a: 1 }'],
    [
      'a server imported whole',
      "import * as all from './servers/search/index.ts';\nimport shop from 'servers/commerce';\nreturn [await all.searchProducts({ query: 'a' }), await shop.lookupOrder({ id: 1 }), all]",
    ],
    [
      'a tool by its file',
      "import { lookupOrder } from './servers/commerce/lookupOrder.ts';\nimport look from 'servers/commerce/lookupOrder';\nimport * as it from 'servers/commerce/lookupOrder';\nreturn [lookupOrder({ id: 1 }), look({ id: 2 }), it.lookupOrder({ id: 3 })]",
    ],
    [
      'types of tools',
      "import type { SearchProductsInput, Nothing } from 'servers/search';\nconst i: SearchProductsInput = { query: 'a' }; let n: Nothing; n = 3; return [await searchProducts(i), n]",
    ],
    [
      'discovery and skills',
      "import { searchTools, describeTools } from 'servers';\nimport { topSellers } from 'skills/topSellers';\nconst t = await searchTools('x'); await describeTools(['a']); return [t.tools[0].name, await topSellers({ n: 1 })]",
    ],
    [
      'what the sandbox has',
      "const u = new URL('https://a/b?c=d'); const h = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(u.searchParams.get('c'))); await new Promise((r) => setTimeout(r, 1)); return [structuredClone({ h }), btoa('x'), performance.now(), Object.groupBy([1], (n) => n), [1].toSorted(), new Set([1]).union(new Set([2]))]",
    ],
    ['names that may be missing', 'return typeof process === "undefined" ? 1 : 2'],
    [
      'enumerations, namespaces, classes',
      'enum A { X = "exact" } namespace N { export const a = 1 } class P { constructor(private x: number) {} get() { return this.x } } return [A.X, N.a, new P(1).get()]',
    ],
    [
      'paging until there is no more',
      "let page = 1; const all = []; while (true) { const { results, total } = await searchProducts({ query: 'a', limit: page * 10 }); all.push(...results); if (all.length >= total || page++ > 5) break; } return all.length",
    ],
    [
      'side by side with a limit',
      "const queries = ['a', 'b', 'c']; const out = []; for (let i = 0; i < queries.length; i += 2) { const part = await Promise.all(queries.slice(i, i + 2).map((query) => searchProducts({ query }))); out.push(...part.flatMap((p) => p.results)); } return out",
    ],
    [
      'all settled',
      "const all = await Promise.allSettled(['a'].map((query) => searchProducts({ query }))); return all.map((r) => (r.status === 'fulfilled' ? r.value.total : String(r.reason)))",
    ],
    [
      'retry with a pause',
      "async function retry(fn, times = 3) { for (let n = 0; ; n++) { try { return await fn(); } catch (e) { if (n >= times || e.code === 'denied') throw e; await new Promise((r) => setTimeout(r, 10 * 2 ** n)); } } } const r = await retry(() => searchProducts({ query: 'a' })); return r.results",
    ],
    [
      'errors of tools',
      "try { await searchProducts({ query: 'a' }); } catch (error) { console.error(error.name, error.code, error.data?.reasons?.[0]); return { failed: error.message }; }",
    ],
    [
      'groups and sums',
      "const { results } = await searchProducts({ query: 'a' }); const sums = new Map(); for (const { title, price } of results) sums.set(title, (sums.get(title) ?? 0) + price.amount); return Object.fromEntries([...sums].sort(([, a], [, b]) => b - a).slice(0, 5))",
    ],
    [
      'Object.groupBy',
      "const { results } = await searchProducts({ query: 'a' }); const by = Object.groupBy(results, (r) => (r.stock > 0 ? 'in' : 'out')); return { in: by.in?.length ?? 0, out: by['out']?.map((r) => r.id) }",
    ],
    [
      'index by key',
      "const { results } = await searchProducts({ query: 'a' }); const index = {}; for (const r of results) index[r.id] = { ...r, seen: true }; return Object.values(index).filter((r) => r.seen)",
    ],
    [
      'spread and rename',
      "const { results } = await searchProducts({ query: 'a' }); return results.map(({ id, price: { amount, currency }, ...rest }) => ({ id, cost: `${amount} ${currency}`, ...rest }))",
    ],
    [
      'optional arguments put together',
      "const limit = undefined; const filters = { query: 'a', ...(limit ? { limit } : {}) }; return searchProducts(filters)",
    ],
    [
      'a condition in arguments',
      "const deep = true; return searchProducts({ query: 'a', limit: deep ? 100 : undefined, mode: deep ? 'exact' : 'fuzzy' })",
    ],
    ['null for what is optional', "return searchProducts({ query: 'a', limit: null, filter: null })"],
    [
      'own types',
      "interface Row { id: string; cost: number } const rows: Row[] = (await searchProducts({ query: 'a' })).results.map((r) => ({ id: r.id, cost: r.price.amount })); const total: number = rows.reduce((sum, row) => sum + row.cost, 0); return { rows, total }",
    ],
    [
      'own generics',
      "async function collect<T, R>(items: T[], fn: (item: T) => Promise<R>): Promise<R[]> { const out: R[] = []; for (const item of items) out.push(await fn(item)); return out; } return collect(['a', 'b'], (query) => searchProducts({ query }))",
    ],
    [
      'async generators',
      "async function* pages() { for (let n = 1; n < 3; n++) yield await searchProducts({ query: 'a', limit: n }); } let sum = 0; for await (const p of pages()) sum += p.total; return sum",
    ],
    [
      'a class with state',
      "class Report { rows = []; add(row) { this.rows.push(row); return this; } get size() { return this.rows.length; } } const report = new Report(); report.add((await searchProducts({ query: 'a' })).total); return { size: report.size, rows: report.rows }",
    ],
    [
      'text work',
      "const { results } = await searchProducts({ query: 'a' }); const words = results.flatMap((r) => r.title.toLowerCase().split(/\\W+/)).filter(Boolean); const count = words.reduce((m, w) => ({ ...m, [w]: (m[w] || 0) + 1 }), {}); return Object.entries(count).sort((a, b) => b[1] - a[1])",
    ],
    [
      'a table as text',
      "const { results } = await searchProducts({ query: 'a' }); return ['id;title', ...results.map((r) => [r.id, JSON.stringify(r.title)].join(';'))].join('\\n')",
    ],
    [
      'dates and numbers',
      "const day = 86400000; const from = new Date(Date.now() - 7 * day); const days = (new Date() - from) / day; return { days, iso: from.toISOString().slice(0, 10), price: (12.5).toFixed(2), n: Number('5') + parseInt('7', 10), loc: new Intl.NumberFormat('de').format(1.5) }",
    ],
    [
      'a sum of unknown things',
      "import { getFacets } from 'servers/search';\nconst facets = await getFacets(); let sum = 0; for (const f of facets.values) sum += f.count; const [first, ...rest] = facets.values; return { sum, first, rest: rest.length, keys: Object.keys(facets) }",
    ],
    [
      'guards on what may be missing',
      "const r = await searchProducts({ query: 'a' }); const list = r.results ?? []; if (!list.length) return null; const first = list.at(0); return first?.stock != null && first.stock > 0 ? first : list.find((p) => p.stock)",
    ],
    [
      'a helper that takes the tool',
      "const timed = async (name, fn) => { const t = performance.now(); const value = await fn(); console.log(name, Math.round(performance.now() - t), 'ms'); return value; }; return (await timed('search', () => searchProducts({ query: 'a' }))).results.length",
    ],
    [
      'tools in a table',
      "import { lookupOrder } from 'servers/commerce';\nconst tools = { searchProducts, lookupOrder }; for (const name of Object.keys(tools)) console.log(name); return tools['lookupOrder']({ id: 5 })",
    ],
    [
      'an order by its text id',
      "import { lookupOrder } from 'servers/commerce';\nconst ids = '1,2,3'.split(',').map(Number); const orders = await Promise.all(ids.map((id) => lookupOrder({ id }))); return orders.filter((o) => o.found).map((o) => o.order.status)",
    ],
    [
      'sets, maps, weak references',
      "const seen = new Set(); const { results } = await searchProducts({ query: 'a' }); const unique = results.filter((r) => !seen.has(r.id) && seen.add(r.id)); return [...new Map(unique.map((r) => [r.id, r])).keys()]",
    ],
    [
      'files of the conversation',
      "const old = await workspace.read('x.json'); await workspace.write('x.json', { n: (old?.n ?? 0) + 1 }); return (await workspace.list()).length",
    ],
    [
      'labels, switches, loops',
      'outer: for (const a of [1, 2]) { switch (a) { case 1: continue outer; default: break outer; } } let i = 0; do { i++; } while (i < 3); for (const k in { a: 1 }) console.log(k); return i',
    ],
    [
      'tagged templates, regular expressions, bigints',
      "const m = /(?<y>\\d{4})-(?<m>\\d\\d)/.exec('2026-11'); const tag = (s, ...v) => s.raw.join('|') + v.join(); return [m?.groups?.y, tag`a${1}b`, 10n ** 20n > 5, 0.1 + 0.2, 'a'.replaceAll('a', 'b')].map(String)",
    ],
    [
      'wrong types of its own',
      'const n: number = JSON.parse("1"); const s: string = (5 as unknown) as string; const t: number = s as any; interface B { c: D } return [n, t]',
    ],
  ])('%s', async (_what, code) => {
    expect(await check(SEARCH + code)).toEqual([]);
  });
});

it('the same code against other declarations is judged anew', async () => {
  const code = `${SEARCH}return (await searchProducts({ query: 'a' })).total`;
  expect(await check(code)).toEqual([]);
  expect(await check(code)).toEqual([]);
  const changed: ImportCatalog = Object.assign((path: string) => names[path], {
    declaration: (path: string) => DECLARATIONS[path]?.replace('total: number', 'count: number'),
  });
  expect(await checker.check({ code, imports: changed, tenant: 'a' })).toMatchObject([{ code: 'TS2339' }]);
  const all = `import * as s from 'servers/search';\nreturn (await s.searchProducts({ query: 'a' })).total`;
  expect(await check(all)).toEqual([]);
  expect(await checker.check({ code: all, imports: changed, tenant: 'a' })).toMatchObject([{ code: 'TS2339' }]);
});

it('says which property it means, and asks once what was meant', async () => {
  const [misfit] = await check(`${SEARCH}return searchProducts({ query: 'a', limit: 'many' })`);
  expect(misfit?.message).toBe("limit: Type 'string' is not assignable to type 'number'.");
  const [slip] = await check(`${SEARCH}return (await searchProducts({ query: 'a' })).totals`);
  expect(slip).toMatchObject({
    message: "Property 'totals' does not exist on type 'SearchProductsOutput'.",
    hint: expect.stringMatching(/^Did you mean 'total'\? SearchProductsOutput has: results/),
  });
});
