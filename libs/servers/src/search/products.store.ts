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
  /** Of what is listed without a query; else it is the score. */
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
  price: Prisma.sql`price_micros, sku`,
  stock: Prisma.sql`stock DESC, sku`,
};

/** From here on it is the thing itself that was asked for: no likeness comes before it. */
const ITSELF = 0.85;
/** Of reciprocal-rank fusion: how little the first places stand out. */
const RANK_OFFSET = 60;

/**
 * The best candidates by words and, where there are any, by meaning, fused by their ranks. The function of the database names
 * candidates alone; rows that are shown, and those by meaning, come from `product` and so through row-level security.
 */
function candidates(query: string, filter: ProductFilter, near: NearInMeaning | undefined): Prisma.Sql {
  const { category, inStock, maxPriceMicros, limit, offset } = filter;
  const byWords = Prisma.sql`product_matches(${query}, ${partNumbers(query)}::text[],
    ${category === undefined ? null : asText(category)}::text, ${inStock ?? null}::boolean, ${maxPriceMicros ?? null}::bigint,
    ${offset + limit}::int, ${[...(near?.ids ?? [])]}::uuid[])`;
  if (near === undefined || near.ids.length === 0) return byWords;
  const best = (1 + near.weight) / (RANK_OFFSET + 1);
  return Prisma.sql`(
    SELECT coalesce(words.product_id, meaning.product_id) AS product_id,
      CASE WHEN words.score >= ${ITSELF} THEN words.score ELSE ${ITSELF} / ${best}::float8 * (
        coalesce(1.0 / (${RANK_OFFSET} + words.place), 0) + coalesce(${near.weight}::float8 / (${RANK_OFFSET} + meaning.place), 0)
      ) END AS score,
      coalesce(words.sku, meaning.sku) AS sku, coalesce(words.stock, meaning.stock) AS stock, words.total
    FROM ${byWords} AS words
    FULL JOIN (
      SELECT near.product_id, near.place, p.sku, p.stock
      FROM unnest(${[...near.ids]}::uuid[]) WITH ORDINALITY AS near(product_id, place)
      JOIN product p ON p.id = near.product_id ${conditions(filter)}
    ) AS meaning USING (product_id)
  )`;
}

function conditions({ category, inStock, maxPriceMicros }: ProductFilter): Prisma.Sql {
  const all = [
    ...(category === undefined ? [] : [Prisma.sql`p.category = ${asText(category)}`]),
    ...(inStock === undefined ? [] : [Prisma.sql`(p.stock > 0) = ${inStock}`]),
    ...(maxPriceMicros === undefined ? [] : [Prisma.sql`p.price_micros <= ${maxPriceMicros}`]),
  ];
  return all.length === 0 ? Prisma.empty : Prisma.sql`WHERE ${Prisma.join(all, ' AND ')}`;
}

export async function findProducts(
  database: Database,
  ctx: Tenant,
  filter: ProductFilter,
  near?: NearInMeaning,
): Promise<FoundPage> {
  const query = asText(filter.query).trim();
  const listed = Prisma.sql`(
    SELECT id AS product_id, 0::float8 AS score, sku, name, price_micros, stock, NULL::bigint AS total
    FROM product p ${conditions(filter)}
  )`;
  const source = query === '' ? listed : candidates(query, filter, near);
  const order = ORDER[query === '' ? filter.sort : 'score'];
  const rows = await database.inTenant(
    ctx,
    (tx) => tx.$queryRaw<Row[]>`
      WITH hits AS MATERIALIZED (SELECT * FROM ${source} AS found)
      SELECT shown.*, counted.total
      FROM (SELECT (coalesce(max(total), 0) + count(*) FILTER (WHERE total IS NULL))::int AS total FROM hits) AS counted
      LEFT JOIN LATERAL (
        SELECT p.sku, p.name, p.category, p.manufacturer, p.price_micros AS "priceMicros", p.currency, p.stock, page.score
        FROM (
          SELECT *, row_number() OVER () AS place FROM (
            SELECT product_id, score FROM hits ORDER BY ${order} LIMIT ${filter.limit} OFFSET ${filter.offset}
          ) AS first_ones
        ) AS page JOIN product p ON p.id = page.product_id
        ORDER BY page.place
      ) AS shown ON true`,
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
