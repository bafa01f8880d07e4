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

export async function findProducts(database: Database, ctx: Tenant, filter: ProductFilter): Promise<FoundPage> {
  const query = asText(filter.query).trim();
  const { category, maxPriceMicros } = filter;
  // The function only names candidates; the rows come from `product` and so through row-level security.
  const source =
    query === ''
      ? Prisma.sql`(SELECT id AS product_id, 0::float8 AS score FROM product)`
      : Prisma.sql`product_matches(${query}, ${partNumbers(query)}::text[])`;
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
  const { id: _id, tenantId: _tenantId, ...product } = found;
  return product;
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
