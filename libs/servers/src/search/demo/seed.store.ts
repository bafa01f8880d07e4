import { lockUntilCommit, type Database, type Tx } from '@switchyard/database';
import { newId, type Ctx } from '@switchyard/kernel';
import { generateProducts, type DemoProduct } from './generate.ts';

const BATCH = 1_000;
const TIMEOUT_MS = 60_000;

/**
 * Gives a tenant without products the demo catalogue of industrial parts, all or nothing. Answers how many it inserted:
 * 0 when there were products already.
 */
export async function seedProducts(
  database: Database,
  ctx: Pick<Ctx, 'tenantId'>,
  count = 5_000,
  timeoutMs = TIMEOUT_MS,
): Promise<number> {
  const { tenantId } = ctx;
  const inserted = await database.inTenant(
    ctx,
    async (tx) => {
      // Two nodes that start at once: the second waits, then sees the products of the first.
      await lockUntilCommit(tx, `seed products ${tenantId}`);
      if ((await tx.product.findFirst({ select: { id: true } })) !== null) return 0;
      const products = generateProducts(count);
      for (let start = 0; start < products.length; start += BATCH)
        await insert(tx, ctx, products.slice(start, start + BATCH));
      return products.length;
    },
    { timeoutMs },
  );
  // Else the first searches go by the statistics of an empty table.
  if (inserted > 0) await database.host.$executeRaw`SELECT analyze_products()`;
  return inserted;
}

/** One JSON parameter for the batch: `createMany` binds twelve for each row and takes three times as long. */
async function insert(tx: Tx, { tenantId }: Pick<Ctx, 'tenantId'>, products: readonly DemoProduct[]): Promise<void> {
  const rows = products.map(({ priceMicros, ...rest }) => ({
    id: newId(),
    ...rest,
    price_micros: String(priceMicros),
  }));
  await tx.$executeRaw`
    INSERT INTO product (id, tenant_id, sku, name, description, category, manufacturer, price_micros, currency, stock, attributes, updated_at)
    SELECT id, ${tenantId}::uuid, sku, name, description, category, manufacturer, price_micros, currency, stock, attributes, now()
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row (
      id uuid, sku text, name text, description text, category text, manufacturer text, price_micros bigint, currency text, stock int, attributes jsonb
    )`;
}
