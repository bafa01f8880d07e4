import { McpServer, type CallToolResult } from '@modelcontextprotocol/server';
import type { Database } from '@switchyard/database';
import type { TenantId } from '@switchyard/kernel';
import type { z } from 'zod';
import { findCategories, findProduct, findProducts, type FoundPage, type ProductFilter } from './products.store.ts';
import { categoryInput, detailsInput, detailsOutput, pageOutput, searchInput } from './schemas.ts';

export interface SearchServerOptions {
  readonly database: Database;
  /** Every answer is of this tenant; no argument can change it. */
  readonly tenantId: TenantId;
  /** The product's version. */
  readonly version: string;
  /** Hears what broke; the caller of the tool only learns that something did. */
  readonly onError?: (error: unknown) => void;
}

const MICROS = 1_000_000;
const NEAR = 5;
const READ_ONLY = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false } as const;
const META = { 'switchyard/category': 'products' };

/** The first-party `search` server for one tenant's products. Connect it to one transport. */
export function createSearchServer({ database, tenantId, version, onError }: SearchServerOptions): McpServer {
  const ctx = { tenantId };
  const server = new McpServer(
    { name: 'switchyard-search', title: 'Product search', version },
    {
      instructions: 'Finds products of the catalogue. Search first, then ask for the details of the SKUs that matter.',
      capabilities: { tools: {} },
    },
  );

  /** Writing the category in other letters is no mistake. */
  async function findInCategory(filter: ProductFilter): Promise<CallToolResult> {
    const page = await findProducts(database, ctx, filter);
    const { category } = filter;
    if (page.total > 0 || category === undefined) return pageAnswer(page);
    const known = await findCategories(database, ctx, category);
    if (known.includes(category)) return pageAnswer(page);
    const same = known.find((name) => name.toLowerCase() === category.trim().toLowerCase());
    if (same !== undefined) return pageAnswer(await findProducts(database, ctx, { ...filter, category: same }));
    return refuse(unknownCategory(category, known));
  }

  const guarded = async (work: () => Promise<CallToolResult>): Promise<CallToolResult> => {
    try {
      return await work();
    } catch (error) {
      onError?.(error);
      return refuse('The product search failed: try again.');
    }
  };

  server.registerTool(
    'searchProducts',
    {
      title: 'Search products',
      description:
        'Finds products by SKU or words, best match first; misspelt words and SKUs are understood. ' +
        'Example: searchProducts({ query: "hydraulic pump 280 bar", inStock: true, limit: 5 }) → { results: [{ sku, name, price, stock, … }], total }.',
      inputSchema: searchInput,
      outputSchema: pageOutput,
      annotations: { title: 'Search products', ...READ_ONLY },
      _meta: META,
    },
    ({ maxPrice, category, inStock, ...input }) =>
      guarded(() =>
        findInCategory({
          ...input,
          ...(category === undefined ? {} : { category }),
          ...(inStock === undefined ? {} : { inStock }),
          ...(maxPrice === undefined ? {} : { maxPriceMicros: BigInt(Math.round(maxPrice * MICROS)) }),
          sort: input.query.trim() === '' ? 'name' : 'score',
        }),
      ),
  );

  server.registerTool(
    'searchByCategory',
    {
      title: 'List a category',
      description:
        'Lists the products of one category. An unknown category is an error that names all of them. ' +
        'Example: searchByCategory({ category: "Gear pumps", sort: "price", limit: 10 }) → { results: [{ sku, price, … }], total }.',
      inputSchema: categoryInput,
      outputSchema: pageOutput,
      annotations: { title: 'List a category', ...READ_ONLY },
      _meta: META,
    },
    (input) => guarded(() => findInCategory({ ...input, query: '' })),
  );

  server.registerTool(
    'getProductDetails',
    {
      title: 'Get product details',
      description:
        'Everything about one product, technical attributes included. An unknown SKU is an error that names similar ones. ' +
        'Example: getProductDetails({ sku: "A4VTG90" }) → { sku, name, description, price, stock, attributes: { pressureBar: 400, … }, … }.',
      inputSchema: detailsInput,
      outputSchema: detailsOutput,
      annotations: { title: 'Get product details', ...READ_ONLY },
      _meta: META,
    },
    ({ sku }) =>
      guarded(async () => {
        const product = await findProduct(database, ctx, sku);
        if (product === undefined) {
          const near = await findProducts(database, ctx, { query: sku, sort: 'score', limit: NEAR, offset: 0 });
          return refuse(unknownSku(sku, near));
        }
        const { priceMicros, updatedAt, attributes, ...rest } = product;
        return answer({
          ...rest,
          price: Number(priceMicros) / MICROS,
          attributes: isRecord(attributes) ? attributes : {},
          updatedAt: updatedAt.toISOString(),
        } satisfies z.infer<typeof detailsOutput>);
      }),
  );
  return server;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const answer = (structuredContent: Record<string, unknown>): CallToolResult => ({
  structuredContent,
  content: [{ type: 'text', text: JSON.stringify(structuredContent) }],
});

const refuse = (text: string): CallToolResult => ({ isError: true, content: [{ type: 'text', text }] });

const pageAnswer = ({ results, total }: FoundPage): CallToolResult =>
  answer({
    results: results.map(({ priceMicros, score, ...rest }) => ({
      ...rest,
      price: Number(priceMicros) / MICROS,
      score: Math.round(score * 1_000) / 1_000,
    })),
    total,
  } satisfies z.infer<typeof pageOutput>);

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');

function unknownCategory(category: string, known: readonly string[]): string {
  if (known.length === 0) return 'There are no products yet, so there is no category.';
  const all = [...known].sort();
  return `There is no category "${category}". Nearest: ${quoted(known.slice(0, NEAR))}. All ${all.length}: ${quoted(all)}.`;
}

function unknownSku(sku: string, near: FoundPage): string {
  const similar = near.results.map((product) => product.sku);
  return similar.length === 0
    ? `There is no product with the SKU "${sku}", nor a similar one: use searchProducts.`
    : `There is no product with the SKU "${sku}". Similar: ${quoted(similar)}.`;
}
