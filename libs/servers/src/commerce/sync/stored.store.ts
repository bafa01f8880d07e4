import type { Tx } from '@switchyard/database';
import { newId, type Ctx } from '@switchyard/kernel';
import type { ShopProduct } from '../shop.ts';
import type { StoredProduct } from './compare.ts';

type Tenant = Pick<Ctx, 'tenantId'>;

/** What came from a connection that is gone is nobody's: the next shop that has its SKU takes it over. */
export async function readStored(tx: Tx, own: string, skus: readonly string[]): Promise<StoredProduct[]> {
  const rows = await tx.product.findMany({
    where: { sku: { in: [...skus] } },
    select: {
      sku: true,
      sourceId: true,
      name: true,
      description: true,
      category: true,
      manufacturer: true,
      priceMicros: true,
      currency: true,
      stock: true,
      attributes: true,
      externalId: true,
      externalProductId: true,
    },
  });
  const others = [
    ...new Set(rows.flatMap(({ sourceId }) => (sourceId === null || sourceId === own ? [] : [sourceId]))),
  ];
  if (others.length === 0) return rows;
  const known = await tx.connection.findMany({ where: { id: { in: others } }, select: { id: true } });
  const gone = new Set(others.filter((id) => !known.some((one) => one.id === id)));
  return rows.map((row) => (row.sourceId !== null && gone.has(row.sourceId) ? { ...row, sourceId: null } : row));
}

/** Postgres takes no NUL, and a shop's text may hold one. */
const asText = (text: string): string => text.replaceAll('\u0000', '');

export async function upsert(
  tx: Tx,
  { tenantId }: Tenant,
  sourceId: string,
  products: readonly ShopProduct[],
): Promise<void> {
  const rows = products.map(({ price, updatedAt, externalId, productId, ...product }) => ({
    ...product,
    id: newId(),
    external_id: externalId,
    external_product_id: productId,
    price_micros: String(price.micros),
    currency: price.currency,
    updated_at: updatedAt.toISOString(),
  }));
  await tx.$executeRaw`
    INSERT INTO product (id, tenant_id, source_id, sku, name, description, category, manufacturer, price_micros, currency, stock, attributes, updated_at, external_id, external_product_id)
    SELECT id, ${tenantId}::uuid, ${sourceId}::uuid, sku, name, description, category, manufacturer, price_micros, currency, stock, attributes, updated_at, external_id, external_product_id
    FROM jsonb_to_recordset(${asText(JSON.stringify(rows).replaceAll('\\u0000', ''))}::jsonb) AS row (
      id uuid, sku text, name text, description text, category text, manufacturer text, price_micros bigint, currency text, stock int,
      attributes jsonb, updated_at timestamptz, external_id text, external_product_id text
    )
    ON CONFLICT (tenant_id, sku) DO UPDATE SET source_id = excluded.source_id, name = excluded.name,
      description = excluded.description, category = excluded.category, manufacturer = excluded.manufacturer,
      price_micros = excluded.price_micros, currency = excluded.currency, stock = excluded.stock,
      attributes = excluded.attributes, updated_at = excluded.updated_at, external_id = excluded.external_id,
      external_product_id = excluded.external_product_id`;
}

/** Of what is otherwise the same: the shop's ids, which rows have from the first reading on that knew of them. */
export async function relabel(
  tx: Tx,
  products: readonly ShopProduct[],
  stored: ReadonlyMap<string, StoredProduct>,
): Promise<void> {
  const other = products.filter(({ sku, externalId, productId }) => {
    const row = stored.get(sku);
    return row?.externalId !== externalId || row.externalProductId !== productId;
  });
  if (other.length === 0) return;
  await tx.$executeRaw`
    UPDATE product SET external_id = row.id, external_product_id = row.product_id
    FROM unnest(${other.map((one) => one.sku)}::text[], ${other.map((one) => one.externalId)}::text[],
      ${other.map((one) => one.productId)}::text[]) AS row(sku, id, product_id)
    WHERE product.sku = row.sku`;
}
