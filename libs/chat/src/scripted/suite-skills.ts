// What the shipped suite `catalogue` asks beyond the sample questions: see libs/compare/suites.
import { z } from 'zod';
import { Details, line, money, type Product } from './catalogue-facts.ts';
import { define, type CallResult } from './skill.ts';
import { categoryIn, pagesOf, rowsOf, Short, short, skusIn, WHOLE_CATEGORY, wholeCategory } from './skills.ts';

const quote = (text: string): string => JSON.stringify(text);

/** What a category is called without its name. */
const SYNONYMS: readonly (readonly [RegExp, string])[] = [
  [/\bgear pump\b/i, 'Gear pumps'],
  [/\bmeter acid\b/i, 'Dosing pumps'],
  [/\bflow meter\b/i, 'Flow meters'],
  [/\bvariable speed drive\b/i, 'Frequency drives'],
];
const categoryOf = (question: string): string | undefined =>
  categoryIn(question) ?? SYNONYMS.find(([pattern]) => pattern.test(question))?.[1];

const COUNTS: Readonly<Record<string, number>> = { two: 2, three: 3, four: 4, five: 5, ten: 10 };

interface Ranking {
  readonly category: string;
  readonly by: 'cheapest' | 'dearest' | 'most';
  readonly inStock: boolean;
  readonly count: number;
  /** All that share the first place. */
  readonly ties: boolean;
}

function rankingOf(question: string): Ranking | undefined {
  const category = categoryOf(question);
  const by = /largest stock|most pieces/i.test(question)
    ? 'most'
    : /most expensive/i.test(question)
      ? 'dearest'
      : /cheapest/i.test(question)
        ? 'cheapest'
        : undefined;
  const inStock = /in stock|deliver now/i.test(question);
  const counted = /\b(two|three|four|five|ten)\b/i.exec(question)?.[1]?.toLowerCase();
  const single = /\b(is|what|which) [^?]*\b(pump|meter|drive)\b/i.test(question);
  // "What are the cheapest ball valves?" is of another skill.
  if (!category || !by || (counted === undefined && !single && !inStock)) return undefined;
  return { category, by, inStock, count: COUNTS[counted ?? ''] ?? 1, ties: /share/i.test(question) };
}

const ORDER = {
  cheapest: 'a.price - b.price',
  dearest: 'b.price - a.price',
  most: 'b.stock - a.stock',
} as const;
const ordered: Readonly<Record<Ranking['by'], (a: Product, b: Product) => number>> = {
  cheapest: (a, b) => a.price - b.price,
  dearest: (a, b) => b.price - a.price,
  most: (a, b) => b.stock - a.stock,
};

const Chosen = z.object({ chosen: z.array(Short) });

export const ranked = define({
  name: 'ranked',
  searchFor: 'list a category by price or stock',
  heavy: true,
  match: rankingOf,
  plan: ({ category }, results) => wholeCategory(category, results),
  facts({ by, inStock, count, ties }, results) {
    const rows = rowsOf(results)
      .filter(({ stock }) => !inStock || stock > 0)
      .sort((a, b) => ordered[by](a, b) || (a.sku < b.sku ? -1 : 1));
    const [first] = rows;
    return { chosen: rows.filter((row, at) => (ties && first ? row.price === first.price : at < count)).map(short) };
  },
  code: ({
    category,
    by,
    inStock,
    count,
    ties,
  }) => `${WHOLE_CATEGORY(category)}const fitting = rows${inStock ? '.filter((row) => row.stock > 0)' : ''}
  .sort((a, b) => ${ORDER[by]} || (a.sku < b.sku ? -1 : 1));
const chosen = ${ties ? 'fitting.filter((row) => row.price === fitting[0].price)' : `fitting.slice(0, ${count})`};
return { chosen: chosen.map(({ sku, name, price, currency, stock }) => ({ sku, name, price, currency, stock })) };`,
  Facts: Chosen,
  say: (_params, { chosen }) => (chosen.length === 0 ? 'There is no such product.' : chosen.map(line).join('\n')),
});

const Split = z.object({ inStock: z.number(), outOfStock: z.number() });

export const split = define({
  name: 'split',
  searchFor: 'list all products of a category',
  heavy: true,
  match(question) {
    const category = categoryOf(question);
    return category && /how many .*\bin stock, and how many are not/i.test(question) ? { category } : undefined;
  },
  plan: ({ category }, results) => wholeCategory(category, results),
  facts(_params, results) {
    const rows = rowsOf(results);
    const inStock = rows.filter(({ stock }) => stock > 0).length;
    return { inStock, outOfStock: rows.length - inStock };
  },
  code: ({ category }) => `${WHOLE_CATEGORY(category)}const inStock = rows.filter((row) => row.stock > 0).length;
return { inStock, outOfStock: rows.length - inStock };`,
  Facts: Split,
  say: ({ category }, { inStock, outOfStock }) =>
    `Of the ${category.toLowerCase()}, ${inStock} are in stock and ${outOfStock} are not.`,
});

const detailsOf = (results: readonly CallResult[]) =>
  results.flatMap((result) => (result.ok ? [Details.parse(result.value)] : []));

const Total = z.object({ total: z.number(), currency: z.string() });

export const orderTotal = define({
  name: 'order total',
  searchFor: 'get details, price and stock of a product by SKU',
  heavy: false,
  match(question) {
    if (!/cost together/i.test(question)) return undefined;
    const items = [...question.matchAll(/\b(\d+) ((?=\S*\d)(?=\S*[A-Z])[A-Z0-9-]+)/g)].map(([, count, sku = '']) => ({
      count: Number(count),
      sku,
    }));
    return items.length > 0 ? { items } : undefined;
  },
  plan: ({ items }, results) =>
    results.length > 0 ? [] : items.map(({ sku }) => ({ tool: 'getProductDetails', args: { sku } })),
  facts({ items }, results) {
    const found = detailsOf(results);
    const total =
      items.reduce((sum, { count }, at) => sum + count * Math.round((found[at]?.price ?? 0) * 100), 0) / 100;
    return { total, currency: found[0]?.currency ?? 'EUR' };
  },
  code: ({ items }) => `import { getProductDetails } from 'servers/search';
const items = ${JSON.stringify(items)};
const found = await Promise.all(items.map(({ sku }) => getProductDetails({ sku })));
const total = items.reduce((sum, { count }, at) => sum + count * Math.round(found[at].price * 100), 0) / 100;
return { total, currency: found[0].currency };`,
  Facts: Total,
  say: (_params, { total, currency }) => `Together they cost ${money(total, currency)}.`,
});

const Priced = z.object({ found: Short.nullable() });

export const priceAndStock = define({
  name: 'price and stock',
  searchFor: 'get details, price and stock of a product by SKU',
  heavy: false,
  match(question) {
    const [sku, ...others] = skusIn(question);
    return sku && others.length === 0 && /in stock/i.test(question) && /cost/i.test(question) ? { sku } : undefined;
  },
  plan: ({ sku }, results) => (results.length > 0 ? [] : [{ tool: 'getProductDetails', args: { sku } }]),
  facts: (_params, results) => ({ found: detailsOf(results).map(short)[0] ?? null }),
  code: ({ sku }) => `import { getProductDetails } from 'servers/search';
const { sku, name, price, currency, stock } = await getProductDetails({ sku: ${quote(sku)} });
return { found: { sku, name, price, currency, stock } };`,
  Facts: Priced,
  say: ({ sku }, { found }) => (found ? line(found).slice(2) : `There is no product ${sku}.`),
});

/** From here on a SKU is another spelling of the same. */
const SAME_SPELLING = 0.85;
const Near = z.object({ found: Short.nullable() });

export const nearSku = define({
  name: 'near SKU',
  searchFor: 'find a product by a misspelt SKU',
  heavy: false,
  match(question) {
    const [written] = /\b[a-z]\d[a-z]+-\d+\b/.exec(question) ?? [];
    return written ? { written } : undefined;
  },
  plan: ({ written }, results) =>
    results.length > 0 ? [] : [{ tool: 'searchProducts', args: { query: written, limit: 1 } }],
  facts(_params, results) {
    const [best] = pagesOf(results).flatMap((page) => page.results);
    return { found: best && Number(best['score']) >= SAME_SPELLING ? short(best) : null };
  },
  code: ({ written }) => `import { searchProducts } from 'servers/search';
const [best] = (await searchProducts({ query: ${quote(written)}, limit: 1 })).results;
if (!best || best.score < ${SAME_SPELLING}) return { found: null };
const { sku, name, price, currency, stock } = best;
return { found: { sku, name, price, currency, stock } };`,
  Facts: Near,
  say: ({ written }, { found }) => (found ? line(found).slice(2) : `There is no product ${written}.`),
});

const Missing = z.object({ problem: z.string().nullable() });

export const unknownCategory = define({
  name: 'unknown category',
  searchFor: 'list the products of a category',
  heavy: false,
  match(question) {
    const category = /^list your (\w+)\W*$/i.exec(question)?.[1];
    return category && categoryIn(question) === undefined ? { category } : undefined;
  },
  plan: ({ category }, results) =>
    results.length > 0 ? [] : [{ tool: 'searchByCategory', args: { category, limit: 8 } }],
  facts: (_params, [result]) => ({ problem: result && !result.ok ? result.message : null }),
  code: ({ category }) => `import { searchByCategory } from 'servers/search';
const problem = await searchByCategory({ category: ${quote(category)}, limit: 8 }).then(() => null, (error) => error.message);
return { problem };`,
  Facts: Missing,
  say: ({ category }, { problem }) =>
    problem === null ? `These are our ${category}.` : problem.replace(/^is_error: /, ''),
});
