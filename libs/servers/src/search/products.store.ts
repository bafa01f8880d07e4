import { Prisma, type Database } from '@switchyard/database';
import type { Ctx } from '@switchyard/kernel';
import { partNumbers } from './part-numbers.ts';

type ProductSort = 'score' | 'name' | 'price' | 'stock';

export interface ProductFilter {
  /** Empty: every product. */
  readonly query: string;
  readonly category?: string;
  readonly inStock?: boolean;
  /** Micro-units. */
  readonly maxPriceMicros?: bigint;
  readonly sort: ProductSort;
  readonly limit: number;
  readonly offset: number;
}

/** Products that are near in meaning, nearest first. */
export interface NearInMeaning {
  readonly ids: readonly string[];
  /** How much their order counts beside that of words, which is 1. */
  readonly weight: number;
}

interface FoundProduct {
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  readonly manufacturer: string;
  readonly priceMicros: bigint;
  readonly currency: string;
  readonly stock: number;
  /** 1 for the SKU itself, 0 where nothing was searched for. */
  readonly score: number;
}

export interface FoundPage {
  readonly results: readonly FoundProduct[];
  /** How many there are without `limit` and `offset`. */
  readonly total: number;
}

interface ProductDetails extends Omit<FoundProduct, 'score'> {
  readonly id: string;
  readonly description: string;
  readonly attributes: unknown;
  readonly updatedAt: Date;
}

type Tenant = Pick<Ctx, 'tenantId'>;
type Row = { [Key in keyof FoundProduct]: FoundProduct[Key] | null } & { readonly total: number };

const ORDER: Readonly<Record<ProductSort, Prisma.Sql>> = {
  score: Prisma.sql`score DESC, stock > 0 DESC, sku`,
  name: Prisma.sql`name, sku`,
  price: Prisma.sql`"priceMicros", sku`,
  stock: Prisma.sql`stock DESC, sku`,
};

/** From here on it is the thing itself that was asked for: no likeness comes before it. */
const ITSELF = 0.85;
/** Of reciprocal-rank fusion: how little the first places stand out. */
const RANK_OFFSET = 60;

/** Candidates by words and, where there are any, by meaning, fused by their ranks. */
function candidates(query: string, near: NearInMeaning | undefined): Prisma.Sql {
  // The function only names candidates; the rows come from `product` and so through row-level security.
  const byWords = Prisma.sql`product_matches(${query}, ${partNumbers(query)}::text[])`;
  if (near === undefined || near.ids.length === 0) return byWords;
  const best = (1 + near.weight) / (RANK_OFFSET + 1);
  return Prisma.sql`(
    SELECT coalesce(words.product_id, meaning.product_id) AS product_id,
      CASE WHEN words.score >= ${ITSELF} THEN words.score ELSE ${ITSELF} / ${best}::float8 * (
        coalesce(1.0 / (${RANK_OFFSET} + words.place), 0) + coalesce(${near.weight}::float8 / (${RANK_OFFSET} + meaning.place), 0)
      ) END AS score
    FROM (SELECT product_id, score, rank() OVER (ORDER BY score DESC) AS place FROM ${byWords}) AS words
    FULL JOIN unnest(${[...near.ids]}::uuid[]) WITH ORDINALITY AS meaning(product_id, place) USING (product_id)
  )`;
}

export async function findProducts(
  database: Database,
  ctx: Tenant,
  filter: ProductFilter,
  near?: NearInMeaning,
): Promise<FoundPage> {
  const query = asText(filter.query).trim();
  const { category, maxPriceMicros } = filter;
  const source =
    query === '' ? Prisma.sql`(SELECT id AS product_id, 0::float8 AS score FROM product)` : candidates(query, near);
  const conditions = [
    ...(category === undefined ? [] : [Prisma.sql`p.category = ${asText(category)}`]),
    ...(filter.inStock === undefined ? [] : [Prisma.sql`(p.stock > 0) = ${filter.inStock}`]),
    ...(maxPriceMicros === undefined ? [] : [Prisma.sql`p.price_micros <= ${maxPriceMicros}`]),
  ];
  const where = conditions.length === 0 ? Prisma.empty : Prisma.sql`WHERE ${Prisma.join(conditions, ' AND ')}`;
  const rows = await database.inTenant(
    ctx,
    (tx) => tx.$queryRaw<Row[]>`
      WITH hits AS MATERIALIZED (
        SELECT p.sku, p.name, p.category, p.manufacturer, p.price_micros AS "priceMicros", p.currency, p.stock, m.score
        FROM ${source} AS m JOIN product p ON p.id = m.product_id ${where}
      )
      SELECT page.*, counted.total
      FROM (SELECT count(*)::int AS total FROM hits) AS counted
      LEFT JOIN LATERAL (
        SELECT * FROM hits ORDER BY ${ORDER[filter.sort]} LIMIT ${filter.limit} OFFSET ${filter.offset}
      ) AS page ON true`,
  );
  return {
    total: rows[0]?.total ?? 0,
    results: rows.flatMap(({ total: _total, ...row }) => (isFound(row) ? [row] : [])),
  };
}

/** A count without a page beside it comes as one row of nulls. */
const isFound = (row: Omit<Row, 'total'>): row is FoundProduct => row.sku !== null;

/** By the exact SKU, else by the same one in other letters; undefined when there is none. */
export async function findProduct(database: Database, ctx: Tenant, sku: string): Promise<ProductDetails | undefined> {
  const wanted = asText(sku).trim();
  const found = await database.inTenant(
    ctx,
    async (tx) =>
      (await tx.product.findUnique({ where: { tenantId_sku: { tenantId: ctx.tenantId, sku: wanted } } })) ??
      (await tx.product.findFirst({ where: { sku: { equals: likeLiteral(wanted), mode: 'insensitive' } } })),
  );
  if (found === null) return undefined;
  const { tenantId: _tenantId, ...product } = found;
  return product;
}

/** Those of these that there are, most similar first, what is in stock before what is not. */
export async function readLike(
  database: Database,
  ctx: Tenant,
  near: readonly { readonly id: string; readonly similarity: number }[],
  limit: number,
): Promise<FoundProduct[]> {
  return database.inTenant(
    ctx,
    (tx) => tx.$queryRaw<FoundProduct[]>`
      SELECT p.sku, p.name, p.category, p.manufacturer, p.price_micros AS "priceMicros", p.currency, p.stock, near.score
      FROM unnest(${near.map((one) => one.id)}::uuid[], ${near.map((one) => one.similarity)}::float8[]) AS near(id, score)
      JOIN product p ON p.id = near.id
      ORDER BY p.stock > 0 DESC, near.score DESC, p.sku LIMIT ${limit}`,
  );
}

/** Others of the category, those of a like price first: for what has no vector yet. */
export async function readBeside(
  database: Database,
  ctx: Tenant,
  to: Pick<FoundProduct, 'sku' | 'category' | 'priceMicros'>,
  limit: number,
): Promise<FoundProduct[]> {
  return database.inTenant(
    ctx,
    (tx) => tx.$queryRaw<FoundProduct[]>`
      SELECT sku, name, category, manufacturer, price_micros AS "priceMicros", currency, stock, 0::float8 AS score
      FROM product WHERE category = ${to.category} AND sku <> ${to.sku}
      ORDER BY stock > 0 DESC, abs(price_micros - ${to.priceMicros}), sku LIMIT ${limit}`,
  );
}

/** Every category of the tenant, those with the most similar name first. */
export async function findCategories(database: Database, ctx: Tenant, near: string): Promise<string[]> {
  const rows = await database.inTenant(
    ctx,
    (tx) => tx.$queryRaw<{ category: string }[]>`
      SELECT category FROM product GROUP BY category ORDER BY similarity(category, ${asText(near)}) DESC, category`,
  );
  return rows.map((row) => row.category);
}

/** Postgres takes neither NUL nor half a surrogate pair; no other control character is worth searching for either. */
const asText = (text: string): string => text.replace(/[\p{Cc}\p{Cs}]+/gu, ' ');

/** Case-insensitive equality is an ILIKE underneath. */
const likeLiteral = (text: string): string => text.replace(/[\\%_]/g, '\\$&');
