import { describe, expect, it } from '@jest/globals';
import type { ProductPage, Shop, ShopProduct } from '../shop.ts';
import { ShopError, type ShopErrorCode } from '../shop-error.ts';

/** What is known of the shop beforehand; the rest the suite finds out. Undefined: that part needs it, and is not run. */
export interface Known {
  /** A paid order, and the address of its customer, who has an account. */
  readonly order?: { readonly number: string; readonly email: string } | undefined;
  /** True where customers may be changed. */
  readonly mayChange: boolean;
}

export interface ShopUnderTest {
  readonly known: Known;
  /** A new adapter, as another process would have it. */
  open(secrets?: Readonly<Record<string, string>>): Shop;
}

const call = { signal: new AbortController().signal };

export async function walk(shop: Shop, from?: string, modifiedAfter?: Date): Promise<ProductPage[]> {
  const pages: ProductPage[] = [];
  for (let cursor = from; ;) {
    const page = await shop.products({ cursor, modifiedAfter }, call);
    pages.push(page);
    if (page.next === undefined) return pages;
    cursor = page.next;
  }
}

export const allOf = (pages: readonly ProductPage[]): ShopProduct[] => pages.flatMap((page) => [...page.products]);
const skusOf = (pages: readonly ProductPage[]): string[] =>
  allOf(pages)
    .map((product) => product.sku)
    .sort();

export async function codeOf(work: Promise<unknown>): Promise<ShopErrorCode | undefined> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  return thrown instanceof ShopError ? thrown.code : undefined;
}

/** What every adapter has to do, against whatever shop: the test servers here, or a real one by its address. */
export function shopContract(name: string, connect: () => ShopUnderTest): void {
  describe(`${name} as a shop`, () => {
    it('says which shop it is', async () => {
      const facts = await connect().open().probe(call);
      expect(facts.name).not.toBe('');
      expect(facts.currency).toMatch(/^[A-Z]{3}$/);
    });

    it('gives every product once, and the same whoever goes on from a cursor', async () => {
      const { open } = connect();
      const pages = await walk(open());
      const all = skusOf(pages);
      expect(all.length).toBeGreaterThan(0);
      expect(new Set(all).size).toBe(all.length);
      for (const product of allOf(pages)) {
        expect(product.price.micros).toBeGreaterThanOrEqual(0n);
        expect(product.updatedAt.getTime()).toBeGreaterThan(0);
        expect(product.description).not.toMatch(/<[a-z]/i);
      }
      const [first] = pages;
      if (first?.next !== undefined) {
        const rest = await walk(open(), first.next);
        expect([...skusOf([first]), ...skusOf(rest)].sort()).toEqual(all);
      }
    }, 120_000);

    it('leaves out what has not changed since', async () => {
      const shop = connect().open();
      const all = allOf(await walk(shop));
      const newest = Math.max(...all.map((product) => product.updatedAt.getTime()));
      expect(allOf(await walk(shop, undefined, new Date(newest + 60_000)))).toEqual([]);
      const since = allOf(await walk(shop, undefined, new Date(newest - 1_000)));
      expect(since.length).toBeGreaterThan(0);
    }, 120_000);

    it('finds products and stock by SKU, variants too, and no others', async () => {
      const shop = connect().open();
      const all = allOf(await walk(shop));
      const some = [all[0], all[all.length >> 1], all.at(-1)].filter((one) => one !== undefined);
      const skus = [...new Set(some.map((one) => one.sku))];
      const found = await shop.productsBySku([...skus, 'no-such-sku-9'], call);
      expect(found.map((one) => one.sku).sort()).toEqual([...skus].sort());
      for (const one of found) expect(one).toEqual(all.find((other) => other.sku === one.sku));
      const levels = await shop.stock([...skus, 'no-such-sku-9'], call);
      expect(levels.map((level) => level.sku).sort()).toEqual([...skus].sort());
      for (const level of levels) {
        expect(level.price).toEqual(all.find((one) => one.sku === level.sku)?.price);
        if (level.available !== undefined) expect(level.available).toBeGreaterThanOrEqual(0);
      }
    }, 120_000);

    it('gives what is sold under a product now, and nothing of one that is gone', async () => {
      const shop = connect().open();
      const all = allOf(await walk(shop));
      const some = [...new Set([all[0], all.at(-1)].map((one) => one?.productId ?? ''))];
      const found = await shop.productsUnder([...some, 'no-such-product', '999999999'], call);
      const meant = all.filter((one) => some.includes(one.productId));
      expect(found.map((one) => one.sku).sort()).toEqual(meant.map((one) => one.sku).sort());
      for (const one of found) expect(one).toEqual(all.find((other) => other.sku === one.sku));
    }, 120_000);

    it('finds an order by its number, with or without #, and those of a customer', async () => {
      const { known, open } = connect();
      if (!known.order) return console.info(`${name}: no order is known, so that orders are not looked up`);
      const { number, email } = known.order;
      const order = await open().order(number, call);
      expect(order.number.replace('#', '')).toBe(number.replace('#', ''));
      expect(order.paid).toBe(true);
      expect(order.total.micros).toBeGreaterThan(0n);
      expect(order.items.length).toBeGreaterThan(0);
      expect((await open().order(`#${number.replace('#', '')}`, call)).id).toBe(order.id);
      expect((await open().order(order.id, call)).id).toBe(order.id);
      const theirs = await open().ordersOf(email.toUpperCase(), 50, call);
      expect(theirs.map((one) => one.id)).toContain(order.id);
      const times = theirs.map((one) => one.createdAt.getTime());
      expect(times).toEqual([...times].sort((a, b) => b - a));
      expect(new Set(theirs.map((one) => one.email.toLowerCase()))).toEqual(new Set([email.toLowerCase()]));
      expect(await open().ordersOf('nobody@nowhere.example', 5, call)).toEqual([]);
      expect(Array.isArray(await open().shipments(order, call))).toBe(true);
    });

    it.each(['999999999', '#999999999', 'no such order', 'x" OR name:"1', '../../users'])(
      'knows no order %j',
      async (number) => {
        expect(await codeOf(connect().open().order(number, call))).toBe('order_not_found');
      },
    );

    it('lists what was left in carts between two times, oldest first, page by page', async () => {
      const shop = connect().open();
      const input = { createdAfter: new Date('2000-01-01'), createdBefore: new Date('2100-01-01') };
      const { carts } = await shop.abandonedCarts({ ...input, limit: 100 }, call);
      const times = carts.map((cart) => cart.createdAt.getTime());
      expect(times).toEqual([...times].sort((a, b) => a - b));
      const [oldest, second] = times;
      if (oldest === undefined || second === undefined) return console.info(`${name}: fewer than two carts`);
      const before = { ...input, createdBefore: new Date(oldest + 1_000), limit: 100 };
      expect((await shop.abandonedCarts(before, call)).carts.length).toBeGreaterThan(0);
      expect((await shop.abandonedCarts({ ...before, createdBefore: new Date(oldest) }, call)).carts).toEqual([]);
      const first = await shop.abandonedCarts({ ...input, limit: 1 }, call);
      expect(first.carts.map((cart) => cart.id)).toEqual([carts[0]?.id]);
      expect(first.next).toBeDefined();
    });

    it('changes the preferences of a customer that there is', async () => {
      const { known, open } = connect();
      const wanted = { emailMarketing: false, language: 'de' };
      expect(await codeOf(open().updatePreferences('nobody@nowhere.example', wanted, call))).toBe('customer_not_found');
      if (!known.order || !known.mayChange) return;
      const id = await open().updatePreferences(known.order.email, wanted, call);
      expect(await open().updatePreferences(known.order.email, wanted, call)).toBe(id);
    });

    it('says that a credential is wrong, or missing', async () => {
      const { open } = connect();
      const wrong = { consumerKey: 'ck_no', consumerSecret: 'cs_no', accessToken: 'shpat_no' };
      expect(await codeOf(open(wrong).probe(call))).toBe('credential_refused');
      expect(await codeOf(open({}).probe(call))).toBe('credential_missing');
    });

    it('stops when the caller gives up', async () => {
      const signal = AbortSignal.abort(new Error('gave up'));
      await expect(connect().open().probe({ signal })).rejects.toThrow('gave up');
    });
  });
}
