import { z } from 'zod';
import { micros, type ProductPage, type ShopProduct, type StockLevel } from '../shop.ts';
import { asPlainText } from '../plain-text.ts';
import { ShopError } from '../shop-error.ts';
import type { WooClient } from './client.ts';
import { asGmt, gmt, wooCurrency, wooProduct, type WooProduct } from './wire.ts';

/** The most that the interface gives: it answers 400 to more. */
export const PER_PAGE = 100;
const SIDE_BY_SIDE = 4;

interface Call {
  readonly signal: AbortSignal;
}

const place = z.object({ offset: z.number().int().min(0), total: z.number().int().min(0) });
type Place = z.infer<typeof place>;

const cursorOf = (at: Place): string => Buffer.from(JSON.stringify(at)).toString('base64url');

function placeOf(cursor: string): Place {
  try {
    return place.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new ShopError('refused_by_shop', 'This cursor is not one of this shop’s.', {}, { cause });
  }
}

/** Products and variants of a WooCommerce shop, one row for each thing that can be sold. */
export class WooProducts {
  readonly #client: WooClient;
  #currency: Promise<string> | undefined;

  constructor(client: WooClient) {
    this.#client = client;
  }

  /** Of the whole shop: prices of products stand without one. */
  currency(call: Call): Promise<string> {
    this.#currency ??= this.#client.get('data/currencies/current', wooCurrency, {}, call).then(
      ({ code }) => code,
      (error: unknown) => {
        this.#currency = undefined;
        throw error;
      },
    );
    return this.#currency;
  }

  async page(cursor: string | undefined, modifiedAfter: Date | undefined, call: Call): Promise<ProductPage> {
    const currency = await this.currency(call);
    const at: Place = cursor === undefined ? { offset: 0, total: 0 } : placeOf(cursor);
    const query = (offset: number) => ({
      per_page: PER_PAGE,
      offset,
      orderby: 'id',
      order: 'asc',
      status: 'publish',
      ...(modifiedAfter === undefined ? {} : { modified_after: asGmt(modifiedAfter), dates_are_gmt: true }),
    });
    let { items, total } = await this.#client.page('products', wooProduct, query(at.offset), call);
    // Whatever was deleted before our place has moved the rest up: go back by as much, or some are never met.
    let { offset } = at;
    if (cursor !== undefined && total < at.total) {
      offset = Math.max(0, offset - (at.total - total));
      ({ items, total } = await this.#client.page('products', wooProduct, query(offset), call));
    }
    const rows = await this.#withVariants(items, currency, call);
    const nextOffset = offset + items.length;
    return {
      ...rows,
      next: items.length > 0 && nextOffset < total ? cursorOf({ offset: nextOffset, total }) : undefined,
    };
  }

  async bySku(skus: readonly string[], call: Call): Promise<readonly ShopProduct[]> {
    const currency = await this.currency(call);
    const items = await this.#found(skus, call);
    const parents = await this.#parents(items, call);
    return items
      .filter((item) => item.status === 'publish' && item.type !== 'variable')
      .map((item) => toProduct(item, parents.get(item.parent_id), currency));
  }

  async under(productIds: readonly string[], call: Call): Promise<readonly ShopProduct[]> {
    const currency = await this.currency(call);
    const ids = productIds.filter((id) => /^\d{1,15}$/.test(id));
    if (ids.length === 0) return [];
    const query = { include: ids.join(','), status: 'publish', per_page: PER_PAGE };
    const { items } = await this.#client.page('products', wooProduct, query, call);
    return (await this.#withVariants(items, currency, call)).products;
  }

  async stock(skus: readonly string[], call: Call): Promise<readonly StockLevel[]> {
    const currency = await this.currency(call);
    return (await this.#found(skus, call)).map((item) => toStock(item, currency));
  }

  /** Variants too: with `sku`, and only with it, the list holds both. `search` would not match a SKU. */
  async #found(skus: readonly string[], call: Call): Promise<WooProduct[]> {
    const wanted = new Set(skus);
    const { items } = await this.#client.page(
      'products',
      wooProduct,
      { sku: skus.join(','), per_page: PER_PAGE },
      call,
    );
    return items.filter((item) => wanted.has(item.sku));
  }

  async #parents(items: readonly WooProduct[], call: Call): Promise<ReadonlyMap<number, WooProduct>> {
    const ids = [...new Set(items.map((item) => item.parent_id).filter((id) => id > 0))];
    if (ids.length === 0) return new Map();
    const query = { include: ids.join(','), per_page: PER_PAGE };
    const { items: found } = await this.#client.page('products', wooProduct, query, call);
    return new Map(found.map((item) => [item.id, item]));
  }

  async #withVariants(
    items: readonly WooProduct[],
    currency: string,
    call: Call,
  ): Promise<{ products: ShopProduct[]; withoutSku: number }> {
    const rows: ShopProduct[] = [];
    for (let at = 0; at < items.length; at += SIDE_BY_SIDE) {
      const some = items.slice(at, at + SIDE_BY_SIDE).map(async (item) => {
        if (item.type !== 'variable') return [toProduct(item, undefined, currency)];
        return (await this.#variants(item, call)).map((variant) => toProduct(variant, item, currency));
      });
      rows.push(...(await Promise.all(some)).flat());
    }
    const products = rows.filter((row) => row.sku !== '');
    return { products, withoutSku: rows.length - products.length };
  }

  async #variants(parent: WooProduct, call: Call): Promise<WooProduct[]> {
    const all: WooProduct[] = [];
    for (;;) {
      const query = { per_page: PER_PAGE, offset: all.length, orderby: 'id', order: 'asc', status: 'publish' };
      const path = `products/${parent.id}/variations`;
      const { items, total } = await this.#client.page(path, wooProduct, query, call);
      all.push(...items);
      if (items.length === 0 || all.length >= total) return all;
    }
  }
}

const isCounted = (item: WooProduct): boolean => item.manage_stock !== false && item.stock_quantity != null;

function toStock(item: WooProduct, currency: string): StockLevel {
  return {
    sku: item.sku,
    name: item.name,
    available: isCounted(item) ? Math.max(0, Math.trunc(item.stock_quantity ?? 0)) : undefined,
    backorders: item.backorders !== 'no' || item.stock_status === 'onbackorder',
    inStock: item.stock_status === 'instock',
    price: { micros: micros(item.price) ?? 0n, currency },
  };
}

/** A variant carries its own price and stock; what it is, its parent says. */
function toProduct(item: WooProduct, parent: WooProduct | undefined, currency: string): ShopProduct {
  const whole = parent ?? item;
  const own = item.attributes
    .map(({ name, option, options }) => [name, option || (options ?? []).join(', ')] as const)
    .filter(([name, value]) => name !== '' && value !== '');
  const variant = own.map(([, value]) => value).join(', ');
  const name = parent && !item.name.startsWith(parent.name) ? `${parent.name} - ${variant || item.name}` : item.name;
  const made = own.find(([key]) => /^(brand|manufacturer|maker|marke|hersteller)$/i.test(key))?.[1];
  return {
    externalId: String(item.id),
    productId: String(whole.id),
    sku: item.sku,
    name,
    description: asPlainText(item.description || whole.description || whole.short_description),
    category: whole.categories[0]?.name ?? '',
    manufacturer: whole.brands[0]?.name ?? made ?? '',
    price: { micros: micros(item.price) ?? 0n, currency },
    // What is not counted is either there or not; one piece says that it is there.
    stock: isCounted(item)
      ? Math.max(0, Math.trunc(item.stock_quantity ?? 0))
      : item.stock_status === 'instock'
        ? 1
        : 0,
    attributes: Object.fromEntries(own),
    updatedAt: gmt(item.date_modified_gmt) ?? gmt(item.date_created_gmt) ?? new Date(0),
  };
}
