import { z } from 'zod';
import {
  micros,
  type CartPage,
  type Money,
  type Order,
  type OrderItem,
  type OrderStatus,
  type Preferences,
  type Shop,
} from '../shop.ts';
import { ShopError } from '../shop-error.ts';
import { WooClient, type WooClientOptions } from './client.ts';
import { PER_PAGE, WooProducts } from './products.ts';
import { shipmentsOf } from './shipments.ts';
import { subscribe, unsubscribe } from './webhooks.ts';
import { asGmt, gmt, wooCustomer, wooFulfillments, wooOrder, type WooOrder } from './wire.ts';

const STATUS: Readonly<Record<string, OrderStatus>> = {
  pending: 'pending',
  'checkout-draft': 'pending',
  processing: 'processing',
  'on-hold': 'on_hold',
  completed: 'completed',
  cancelled: 'cancelled',
  refunded: 'refunded',
  failed: 'failed',
};
const UNPAID = new Set(['pending', 'failed', 'cancelled', 'checkout-draft']);

/** A WooCommerce shop (REST v3). */
export function openWooCommerce(options: WooClientOptions): Shop {
  const client = new WooClient(options);
  const products = new WooProducts(client);

  async function order(number: string, call: { readonly signal: AbortSignal }): Promise<Order> {
    const bare = number.trim().replace(/^#/, '');
    const byId = /^\d{1,15}$/.test(bare) ? await client.find(`orders/${bare}`, wooOrder, {}, call) : undefined;
    if (byId && (byId.number === '' || byId.number === bare)) return toOrder(byId);
    // A plug-in may number orders in its own way; then the id that was asked for is another order, or none.
    const { items } = await client.page('orders', wooOrder, { search: bare, per_page: PER_PAGE }, call);
    const found = items.find((one) => one.number.replace(/^#/, '') === bare) ?? byId;
    if (!found) throw new ShopError('order_not_found', `There is no order ${number}.`, { order: number });
    return toOrder(found);
  }

  return {
    kind: 'woocommerce',
    order,
    async ordersOf(email, limit, call) {
      const query = { search: email, per_page: PER_PAGE, orderby: 'date', order: 'desc' };
      const { items } = await client.page('orders', wooOrder, query, call);
      // The search looks into names and addresses as well.
      return items
        .filter((one) => one.billing.email.toLowerCase() === email.trim().toLowerCase())
        .slice(0, limit)
        .map(toOrder);
    },
    async shipments(of, call) {
      const found = await client.get(`orders/${of.id}`, wooOrder, {}, call);
      // 404 where the feature is off, which it is by default.
      const fulfillments = await client.find(`orders/${of.id}/fulfillments`, wooFulfillments, {}, call);
      return shipmentsOf(found, fulfillments ?? []);
    },
    stock: (skus, call) => products.stock(skus, call),
    async abandonedCarts({ createdAfter, createdBefore, limit, cursor }, call): Promise<CartPage> {
      const offset = cursor === undefined ? 0 : z.coerce.number().int().min(0).catch(0).parse(cursor);
      const query = {
        status: 'pending',
        after: asGmt(createdAfter),
        before: asGmt(createdBefore),
        dates_are_gmt: true,
        per_page: Math.min(limit, PER_PAGE),
        offset,
        orderby: 'date',
        order: 'asc',
      };
      const { items, total } = await client.page('orders', wooOrder, query, call);
      const next = offset + items.length;
      return {
        basis: 'pending_orders',
        carts: items.map((one) => {
          const { items: lines, total: amount, ...rest } = toOrder(one);
          return {
            id: rest.id,
            createdAt: rest.createdAt,
            updatedAt: rest.updatedAt,
            email: rest.email,
            total: amount,
            items: lines.map(({ sku, name, quantity }) => ({ sku, name, quantity })),
            recoveryUrl: one.payment_url,
          };
        }),
        next: items.length > 0 && next < total ? String(next) : undefined,
      };
    },
    async updatePreferences(email, wanted, call) {
      const { items } = await client.page('customers', wooCustomer, { email, role: 'all', per_page: 1 }, call);
      const [customer] = items;
      if (customer?.email.toLowerCase() !== email.trim().toLowerCase())
        throw new ShopError('customer_not_found', 'No customer of the shop has this address.');
      await client.put(`customers/${customer.id}`, wooCustomer, { meta_data: metaOf(wanted) }, call);
      return String(customer.id);
    },
    products: ({ cursor, modifiedAfter }, call) => products.page(cursor, modifiedAfter, call),
    productsBySku: (skus, call) => products.bySku(skus, call),
    productsUnder: (productIds, call) => products.under(productIds, call),
    subscribe: (input, call) => subscribe(client, input, call),
    unsubscribe: (url, call) => unsubscribe(client, url, call),
    async probe(call) {
      const currency = await products.currency(call);
      await client.page('orders', wooOrder, { per_page: 1 }, call); // the right to read orders is one of its own
      return { name: new URL(options.baseUrl).host, currency };
    },
  };
}

/** WooCommerce knows no consent of its own: the customer's meta data keep it, where plug-ins can read it. */
const metaOf = ({ emailMarketing, smsMarketing, language }: Preferences): { key: string; value: string }[] => [
  ...(emailMarketing === undefined ? [] : [{ key: 'accepts_email_marketing', value: emailMarketing ? 'yes' : 'no' }]),
  ...(smsMarketing === undefined ? [] : [{ key: 'accepts_sms_marketing', value: smsMarketing ? 'yes' : 'no' }]),
  ...(language === undefined ? [] : [{ key: 'preferred_language', value: language }]),
];

const money = (text: string, currency: string): Money => ({ micros: micros(text) ?? 0n, currency });

function toOrder(order: WooOrder): Order {
  const createdAt = gmt(order.date_created_gmt) ?? new Date(0);
  return {
    id: String(order.id),
    number: order.number || String(order.id),
    status: STATUS[order.status] ?? 'other',
    shopStatus: order.status,
    paid:
      gmt(order.date_paid_gmt) !== undefined ||
      (order.status in STATUS && !UNPAID.has(order.status) && order.status !== 'on-hold'),
    createdAt,
    updatedAt: gmt(order.date_modified_gmt) ?? createdAt,
    total: money(order.total, order.currency),
    email: order.billing.email,
    customer: `${order.billing.first_name} ${order.billing.last_name}`.trim(),
    items: order.line_items.map(({ sku, name, quantity, price }): OrderItem => ({
      sku,
      name,
      quantity,
      unitPrice: money(price, order.currency),
    })),
  };
}
