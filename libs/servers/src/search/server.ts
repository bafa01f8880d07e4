import { McpServer, type CallToolResult } from '@modelcontextprotocol/server';
import type { Database } from '@switchyard/database';
import type { TenantId } from '@switchyard/kernel';
import type { z } from 'zod';
import { answer, refuse } from '../tool-answer.ts';
import {
  findCategories,
  findProduct,
  findProducts,
  readBeside,
  readLike,
  type FoundPage,
  type ProductFilter,
} from './products.store.ts';
import {
  categoryInput,
  detailsInput,
  detailsOutput,
  pageOutput,
  recommendationsInput,
  recommendationsOutput,
  searchInput,
} from './schemas.ts';
import type { ProductVectors } from './vectors/product-vectors.ts';

export interface SearchServerOptions {
  readonly database: Database;
  /** Every answer is of this tenant; no argument can change it. */
  readonly tenantId: TenantId;
  /** The product's version. */
  readonly version: string;
  /** Search by meaning beside search by words; absent, words alone. */
  readonly vectors?: ProductVectors;
  /** Hears what broke; the caller of the tool only learns that something did. */
  readonly onError?: (error: unknown) => void;
}

const MICROS = 1_000_000;
const NEAR = 5;
/** As many candidates by meaning are fused with those by words. */
const NEAR_IN_MEANING = 60;
const READ_ONLY = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false } as const;
const META = { 'switchyard/category': 'products' };

/** The first-party `search` server for one tenant's products. Connect it to one transport. */
export function createSearchServer({ database, tenantId, version, vectors, onError }: SearchServerOptions): McpServer {
  const ctx = { tenantId };
  const server = new McpServer(
    { name: 'switchyard-search', title: 'Product search', version },
    {
      instructions: 'Finds products of the catalogue. Search first, then ask for the details of the SKUs that matter.',
      capabilities: { tools: {} },
    },
  );

  async function find(filter: ProductFilter): Promise<FoundPage> {
    const near = vectors && (await vectors.nearest(ctx, filter.query, NEAR_IN_MEANING));
    const ids = (near ?? []).map((one) => one.id);
    return findProducts(database, ctx, filter, { ids, weight: vectors?.embedder.weight ?? 0 });
  }

  /** Writing the category in other letters is no mistake. */
  async function findInCategory(filter: ProductFilter): Promise<CallToolResult> {
    const page = await find(filter);
    const { category } = filter;
    if (page.total > 0 || category === undefined) return pageAnswer(page);
    const known = await findCategories(database, ctx, category);
    if (known.includes(category)) return pageAnswer(page);
    const same = known.find((name) => name.toLowerCase() === category.trim().toLowerCase());
    if (same !== undefined) return pageAnswer(await find({ ...filter, category: same }));
    return refuse(unknownCategory(category, known), {
      code: 'category_not_found',
      details: { near: known.slice(0, NEAR) },
    });
  }

  const guarded = async (work: () => Promise<CallToolResult>): Promise<CallToolResult> => {
    try {
      return await work();
    } catch (error) {
      onError?.(error);
      return refuse('The product search failed: try again.', { code: 'internal' });
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
        if (product === undefined) return refuseSku(sku);
        const { name, description, category, manufacturer, currency, stock, priceMicros, updatedAt, attributes } =
          product;
        return answer({
          sku: product.sku,
          name,
          description,
          category,
          manufacturer,
          currency,
          stock,
          price: Number(priceMicros) / MICROS,
          attributes: isRecord(attributes) ? attributes : {},
          updatedAt: updatedAt.toISOString(),
        } satisfies z.infer<typeof detailsOutput>);
      }),
  );

  server.registerTool(
    'getRecommendations',
    {
      title: 'Recommend similar products',
      description:
        'Products that are like a given one: alternatives when it is out of stock or too dear. ' +
        'Example: getRecommendations({ sku: "A4VTG90", limit: 3 }) → { results: [{ sku, name, price, stock, score, … }], basis }. ' +
        'An unknown SKU is an error that names similar ones (error.data.error.code: sku_not_found).',
      inputSchema: recommendationsInput,
      outputSchema: recommendationsOutput,
      annotations: { title: 'Recommend similar products', ...READ_ONLY },
      _meta: META,
    },
    ({ sku, limit }) =>
      guarded(async () => {
        const product = await findProduct(database, ctx, sku);
        if (product === undefined) return refuseSku(sku);
        // More than are wanted: what is out of stock stands behind, and what was deleted since is not there.
        const near = vectors?.like(ctx, product.id, limit * 4) ?? [];
        const alike = near.length > 0 ? await readLike(database, ctx, near, limit) : [];
        const results = alike.length > 0 ? alike : await readBeside(database, ctx, product, limit);
        return answer({
          results: listOf(results),
          basis: alike.length > 0 ? 'similar_meaning' : 'same_category',
        } satisfies z.infer<typeof recommendationsOutput>);
      }),
  );

  async function refuseSku(sku: string): Promise<CallToolResult> {
    const near = await findProducts(database, ctx, { query: sku, sort: 'score', limit: NEAR, offset: 0 });
    const similar = near.results.map((product) => product.sku);
    return refuse(unknownSku(sku, similar), { code: 'sku_not_found', details: { near: similar } });
  }
  return server;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const listOf = (results: FoundPage['results']) =>
  results.map(({ priceMicros, score, ...rest }) => ({
    ...rest,
    price: Number(priceMicros) / MICROS,
    score: Math.round(score * 1_000) / 1_000,
  }));

const pageAnswer = ({ results, total }: FoundPage): CallToolResult =>
  answer({ results: listOf(results), total } satisfies z.infer<typeof pageOutput>);

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');

function unknownCategory(category: string, known: readonly string[]): string {
  if (known.length === 0) return 'There are no products yet, so there is no category.';
  const all = [...known].sort();
  return `There is no category "${category}". Nearest: ${quoted(known.slice(0, NEAR))}. All ${all.length}: ${quoted(all)}.`;
}

function unknownSku(sku: string, similar: readonly string[]): string {
  return similar.length === 0
    ? `There is no product with the SKU "${sku}", nor a similar one: use searchProducts.`
    : `There is no product with the SKU "${sku}". Similar: ${quoted(similar)}.`;
}
