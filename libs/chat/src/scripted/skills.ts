import { z } from 'zod';
import { Details, inWords, line, money, Page, Product } from './catalogue-facts.ts';
import { define, type CallResult, type PlannedCall } from './skill.ts';

const quote = (text: string): string => JSON.stringify(text);
/** What a catalogue number looks like: letters and digits, at least one of each. */
const SKU = /\b(?=[A-Za-z0-9/-]*\d)(?=[A-Za-z0-9/-]*[A-Za-z])[A-Za-z0-9][A-Za-z0-9/-]{3,}\b/g;
export const skusIn = (question: string): string[] => [...new Set(question.match(SKU) ?? [])];

const CATEGORIES =
  'axial piston pumps|gear pumps|vane pumps|centrifugal pumps|dosing pumps|hydraulic motors|orbital motors|electric motors|servo motors|directional control valves|proportional valves|pressure relief valves|check valves|flow control valves|pneumatic valves|deep groove ball bearings|tapered roller bearings|cylindrical roller bearings|needle bearings|linear bearings|pressure sensors|temperature sensors|proximity sensors|flow meters|o-rings|hydraulic filters|filter elements|compressed air filters|tube fittings|hydraulic hoses|quick couplings|hydraulic cylinders|pneumatic cylinders|frequency drives|accumulators|gear motors|ball valves|level sensors|shaft seals|seal kits|push-in fittings|shaft couplings';
const CATEGORY = new RegExp(`\\b(${CATEGORIES})\\b`, 'i');
export const categoryIn = (question: string): string | undefined => {
  const found = CATEGORY.exec(question)?.[1]?.toLowerCase();
  return found && (found === 'o-rings' ? 'O-rings' : found[0]?.toUpperCase() + found.slice(1));
};

/** Tools give this many a page at most. */
const PAGE = 1_000;

export const pagesOf = (results: readonly CallResult[]) =>
  results.flatMap((result) => (result.ok ? [Page.parse(result.value)] : []));
export const rowsOf = (results: readonly CallResult[]): Product[] => pagesOf(results).flatMap((page) => page.results);

/** All of a category, page by page. */
export const wholeCategory = (category: string, results: readonly CallResult[]): PlannedCall[] => {
  if (results.some(({ ok }) => !ok)) return [];
  const have = rowsOf(results).length;
  const [first] = pagesOf(results);
  if (first && have >= first.total) return [];
  return [{ tool: 'searchByCategory', args: { category, limit: PAGE, offset: have } }];
};
export const WHOLE_CATEGORY = (category: string): string => `import { searchByCategory } from 'servers/search';
const rows = [];
for (let total = 1; rows.length < total; ) {
  const page = await searchByCategory({ category: ${quote(category)}, limit: ${PAGE}, offset: rows.length });
  rows.push(...page.results);
  total = page.results.length === 0 ? 0 : page.total;
}
`;

const Found = z.object({ found: z.array(Details.nullable()), problems: z.array(z.string()) });

export const product = define({
  name: 'product',
  searchFor: 'get details, price and stock of a product by SKU',
  heavy: false,
  match: (question) => {
    const skus = skusIn(question);
    return skus.length > 0 ? { skus: skus.slice(0, 4), question } : undefined;
  },
  plan: ({ skus }, results) =>
    results.length > 0 ? [] : skus.map((sku) => ({ tool: 'getProductDetails' as const, args: { sku } })),
  facts: ({ skus }, results) => ({
    found: skus.map((_sku, at) => {
      const result = results[at];
      return result?.ok ? Details.parse(result.value) : null;
    }),
    problems: results.flatMap((result) => (result.ok ? [] : [result.message])),
  }),
  code: ({ skus }) => `import { getProductDetails } from 'servers/search';
const problems: string[] = [];
const found = await Promise.all(${JSON.stringify(skus)}.map((sku) =>
  getProductDetails({ sku }).catch((error) => { problems.push(error.message); return null; })));
return { found, problems };`,
  Facts: Found,
  say({ skus, question }, { found, problems }) {
    const known = found.flatMap((one) => one ?? []);
    const missing = problems.map((problem) => problem.replace(/^is_error: /, ''));
    if (known.length === 0) return missing.join('\n') || `There is no product ${skus.join(', ')}.`;
    const [first, second] = known;
    if (second && first) {
      const [cheap, dear] = [...known].sort((a, b) => a.price - b.price);
      const difference =
        cheap && dear ? `${cheap.sku} is cheaper by ${money(dear.price - cheap.price, cheap.currency)}.` : '';
      return [...known.map((one) => `${line(one)}${facts(one.attributes)}`), difference, ...missing]
        .filter(Boolean)
        .join('\n');
    }
    if (!first) return missing.join('\n');
    if (/price|cost|how much/i.test(question)) return `${first.sku} costs ${money(first.price, first.currency)}.`;
    if (/stock|available|how many/i.test(question))
      return first.stock > 0 ? `Yes: ${first.stock} of ${first.sku} are in stock.` : `${first.sku} is out of stock.`;
    return [`${line(first).slice(2)}.`, `Made by ${first.manufacturer}.${facts(first.attributes)}`, ...missing].join(
      '\n',
    );
  },
});

const facts = (attributes: Readonly<Record<string, unknown>>): string => {
  const list = Object.entries(attributes).map(([name, value]) => `${inWords(name)} ${String(value)}`);
  return list.length > 0 ? ` Technical data: ${list.join(', ')}.` : '';
};

const Counted = z.object({
  total: z.number(),
  inStock: z.number(),
  pieces: z.number(),
  value: z.number(),
  average: z.number(),
});
export const counting = define({
  name: 'counting',
  searchFor: 'list all products of a category',
  heavy: true,
  match: (question) => {
    const category = categoryIn(question);
    return category && /how many|count|worth|average|total|sum\b/i.test(question) ? { category, question } : undefined;
  },
  plan: ({ category }, results) => wholeCategory(category, results),
  facts: (_params, results) => count(rowsOf(results)),
  code: ({ category }) => `${WHOLE_CATEGORY(category)}const stocked = rows.filter((row) => row.stock > 0);
const sum = (list: number[]) => list.reduce((a, b) => a + b, 0);
return {
  total: rows.length,
  inStock: stocked.length,
  pieces: sum(stocked.map((row) => row.stock)),
  value: sum(stocked.map((row) => Math.round(row.stock * row.price * 100))) / 100,
  average: rows.length ? Math.round((sum(rows.map((row) => row.price)) / rows.length) * 100) / 100 : 0,
};`,
  Facts: Counted,
  say: ({ category, question }, { total, inStock, pieces, value, average }) =>
    /average/i.test(question)
      ? `The average price of the ${total} ${category.toLowerCase()} is ${money(average)}.`
      : `There are ${total} ${category.toLowerCase()}, of which ${inStock} are in stock: ${pieces} pieces worth ${money(value)}.`,
});
const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
function count(rows: readonly Product[]): z.infer<typeof Counted> {
  const stocked = rows.filter((row) => row.stock > 0);
  return {
    total: rows.length,
    inStock: stocked.length,
    pieces: sum(stocked.map((row) => row.stock)),
    value: sum(stocked.map((row) => Math.round(row.stock * row.price * 100))) / 100,
    average: rows.length > 0 ? Math.round((sum(rows.map((row) => row.price)) / rows.length) * 100) / 100 : 0,
  };
}

export const Short = Product.pick({ sku: true, name: true, price: true, currency: true, stock: true });
const Extremes = z.object({ total: z.number(), chosen: z.array(Short) });
export const short = ({ sku, name, price, currency, stock }: Product) => ({ sku, name, price, currency, stock });

export const extremes = define({
  name: 'extremes',
  searchFor: 'list a category by price or stock',
  heavy: true,
  match: (question) => {
    const category = categoryIn(question);
    const dear = /most expensive|dearest|highest price/i.test(question);
    return category && (dear || /cheapest|lowest price/i.test(question)) ? { category, dear } : undefined;
  },
  plan: ({ category }, results) => wholeCategory(category, results),
  facts: ({ dear }, results) => {
    const rows = rowsOf(results);
    const sorted = [...rows].sort((a, b) => (dear ? b.price - a.price : a.price - b.price) || (a.sku < b.sku ? -1 : 1));
    return { total: rows.length, chosen: sorted.slice(0, 3).map(short) };
  },
  code: ({
    category,
    dear,
  }) => `${WHOLE_CATEGORY(category)}rows.sort((a, b) => (${dear ? 'b.price - a.price' : 'a.price - b.price'}) || (a.sku < b.sku ? -1 : 1));
return {
  total: rows.length,
  chosen: rows.slice(0, 3).map(({ sku, name, price, currency, stock }) => ({ sku, name, price, currency, stock })),
};`,
  Facts: Extremes,
  say: ({ category, dear }, { total, chosen }) =>
    [`The ${dear ? 'most expensive' : 'cheapest'} of ${total} ${category.toLowerCase()}:`, ...chosen.map(line)].join(
      '\n',
    ),
});

const List = z.object({ total: z.number(), chosen: z.array(Short) });
export const range = define({
  name: 'range',
  searchFor: 'find products of a category below a price',
  heavy: false,
  match: (question) => {
    const category = categoryIn(question);
    const most = Number(
      /(?:under|below|less than|up to|at most|max\w*)\s*(?:EUR|€|\$)?\s*(\d+(?:\.\d+)?)/i.exec(question)?.[1] ?? NaN,
    );
    const inStock = /in stock|available|on hand/i.test(question);
    return category ? { category, inStock, ...(Number.isFinite(most) ? { maxPrice: most } : {}) } : undefined;
  },
  plan: (params, results) => (results.length > 0 ? [] : [{ tool: 'searchProducts', args: rangeArgs(params) }]),
  facts: (_params, results) => listFacts(results),
  code: (params) => `import { searchProducts } from 'servers/search';
const { total, results } = await searchProducts(${JSON.stringify(rangeArgs(params))});
return { total, chosen: results.map(({ sku, name, price, currency, stock }) => ({ sku, name, price, currency, stock })) };`,
  Facts: List,
  say: ({ category, inStock, maxPrice }: RangeParams, { total, chosen }) => {
    const which = `${category.toLowerCase()}${maxPrice === undefined ? '' : ` up to ${money(maxPrice)}`}${inStock ? ' in stock' : ''}`;
    if (chosen.length === 0) return `There are no ${which}.`;
    return [
      `${total} ${which}${total > chosen.length ? `, of which ${chosen.length} here` : ''}:`,
      ...chosen.map(line),
    ].join('\n');
  },
});
interface RangeParams {
  readonly category: string;
  readonly inStock: boolean;
  readonly maxPrice?: number;
}
const rangeArgs = ({ category, inStock, maxPrice }: RangeParams): Record<string, unknown> => ({
  query: '',
  category,
  ...(inStock ? { inStock: true } : {}),
  ...(maxPrice === undefined ? {} : { maxPrice }),
  limit: 8,
});
const listFacts = (results: readonly CallResult[]): z.infer<typeof List> => {
  const [page] = pagesOf(results);
  return { total: page?.total ?? 0, chosen: (page?.results ?? []).map(short) };
};

export const search = define({
  name: 'search',
  searchFor: 'search products by words',
  heavy: false,
  match: (question) =>
    /pump|valve|motor|bearing|sensor|seal|filter|fitting|hose|coupling|cylinder|product|part\b|need|looking for|find|search|show/i.test(
      question,
    )
      ? {
          words: question
            .replace(/[^\p{L}\p{N}\s-]/gu, ' ')
            .replace(
              /\b(i|a|an|the|do|you|have|need|please|find|show|me|for|looking|am|what|which|any|some|we|is|are|there)\b/giu,
              ' ',
            )
            .replace(/\s+/g, ' ')
            .trim(),
        }
      : undefined,
  plan: ({ words }, results) =>
    results.length > 0 ? [] : [{ tool: 'searchProducts', args: { query: words, limit: 5 } }],
  facts: (_params, results) => listFacts(results),
  code: ({ words }) => `import { searchProducts } from 'servers/search';
const { total, results } = await searchProducts({ query: ${quote(words)}, limit: 5 });
return { total, chosen: results.map(({ sku, name, price, currency, stock }) => ({ sku, name, price, currency, stock })) };`,
  Facts: List,
  say: ({ words }, { total, chosen }) =>
    chosen.length === 0
      ? `Nothing in the catalogue fits "${words}".`
      : [
          `${total === 1 ? 'One product fits' : `${total} products fit`} "${words}", the best first:`,
          ...chosen.map(line),
        ].join('\n'),
});
