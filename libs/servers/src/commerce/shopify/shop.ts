import {
  type Order,
  type Preferences,
  type ProductPage,
  type Shipment,
  type ShipmentStatus,
  type Shop,
} from '../shop.ts';
import { ShopError } from '../shop-error.ts';
import { ShopifyBulk } from './bulk.ts';
import { ShopifyClient, type ShopifyClientOptions } from './client.ts';
import {
  ABANDONED,
  CUSTOMER,
  ORDER_BY_ID,
  ORDERS,
  PROBE,
  SET_EMAIL_CONSENT,
  SET_LANGUAGE,
  SET_SMS_CONSENT,
  SHIPMENTS,
  VARIANTS,
} from './documents.ts';
import { toMoney, toOrder, toProduct, toStock } from './translate.ts';
import { productsUnder, subscribe, unsubscribe } from './webhooks.ts';
import {
  abandonedAnswer,
  changed,
  customerAnswer,
  orderAnswer,
  ordersAnswer,
  probeAnswer,
  shipmentsAnswer,
  variantsAnswer,
  type ShopifyFulfillment,
  type ShopifyVariant,
} from './wire.ts';

const PAGE = 100;
const ACTIVE = 'product_status:active';

interface Call {
  readonly signal: AbortSignal;
}

/** A Shopify shop (Admin GraphQL). */
export function openShopify(options: ShopifyClientOptions): Shop {
  const client = new ShopifyClient(options);
  const bulk = new ShopifyBulk(client, options.time);
  let currency: string | undefined;

  async function order(number: string, call: Call): Promise<Order> {
    const wanted = number.trim();
    if (wanted.startsWith('gid://shopify/Order/')) {
      const { order: found } = await client.ask(ORDER_BY_ID, { id: wanted }, orderAnswer, call);
      if (found) return toOrder(found);
    } else {
      const bare = wanted.replace(/^#/, '');
      const { orders } = await client.ask(ORDERS, { first: 10, query: `name:${quoted(bare)}` }, ordersAnswer, call);
      const found = orders.nodes.find((one) => one.name.replace(/^#/, '').toLowerCase() === bare.toLowerCase());
      if (found) return toOrder(found);
    }
    throw new ShopError('order_not_found', `There is no order ${number}.`, { order: number });
  }

  async function variants(query: string, after: string | undefined, call: Call) {
    const answer = await client.ask(VARIANTS, { first: PAGE, query, after: after ?? null }, variantsAnswer, call);
    currency = answer.shop.currencyCode;
    const { nodes, pageInfo } = answer.productVariants;
    return { nodes, next: pageInfo.hasNextPage ? (pageInfo.endCursor ?? undefined) : undefined, currency };
  }

  async function bySku(skus: readonly string[], call: Call): Promise<ShopifyVariant[]> {
    const wanted = new Set(skus);
    const query = skus.map((sku) => `sku:${quoted(sku)}`).join(' OR ');
    const found: ShopifyVariant[] = [];
    for (let after: string | undefined; ;) {
      const { nodes, next } = await variants(query, after, call);
      found.push(...nodes.filter((node) => wanted.has(node.sku)));
      if (next === undefined) return found;
      after = next;
    }
  }

  const currencyOf = async (call: Call): Promise<string> => {
    currency ??= (await client.ask(PROBE, {}, probeAnswer, call)).shop.currencyCode;
    return currency;
  };

  function rows(nodes: readonly ShopifyVariant[], inCurrency: string): Omit<ProductPage, 'next'> {
    const products = nodes.filter((node) => node.sku !== '').map((node) => toProduct(node, inCurrency));
    return { products, withoutSku: nodes.length - products.length };
  }

  async function page(cursor: string | undefined, modifiedAfter: Date | undefined, call: Call): Promise<ProductPage> {
    if (modifiedAfter === undefined && cursor === undefined) {
      const id = await bulk.start(call);
      if (id !== undefined) return bulkPage(id, 0, call);
    }
    const [, line, id] = /^bulk\|(\d+)\|(.+)$/.exec(cursor ?? '') ?? [];
    if (id !== undefined) return bulkPage(id, Number(line), call);
    const changedSince = modifiedAfter === undefined ? '' : ` AND updated_at:>'${modifiedAfter.toISOString()}'`;
    const { nodes, next, currency: inCurrency } = await variants(`${ACTIVE}${changedSince}`, cursor, call);
    return { ...rows(nodes, inCurrency), next };
  }

  async function bulkPage(id: string, line: number, call: Call): Promise<ProductPage> {
    const { variants: nodes, isEnd } = await bulk.read(id, line, PAGE, call);
    const next = isEnd ? undefined : `bulk|${line + nodes.length}|${id}`;
    return { ...rows(nodes, await currencyOf(call)), next };
  }

  async function change(document: string, input: unknown, call: Call): Promise<void> {
    const answer = await client.ask(document, { input }, changed, call);
    const [problem] = Object.values(answer).flatMap((one) => one.userErrors);
    if (problem) throw new ShopError('refused_by_shop', `Shopify refused the change: ${problem.message.slice(0, 300)}`);
  }

  return {
    kind: 'shopify',
    order,
    async ordersOf(email, limit, call) {
      const query = `email:${quoted(email.trim())}`;
      const { orders } = await client.ask(ORDERS, { first: Math.min(limit, 50), query }, ordersAnswer, call);
      return orders.nodes.filter((one) => one.email.toLowerCase() === email.trim().toLowerCase()).map(toOrder);
    },
    async shipments(of, call) {
      const { order: found } = await client.ask(SHIPMENTS, { id: of.id }, shipmentsAnswer, call);
      return (found?.fulfillments ?? []).filter(({ status }) => status !== 'CANCELLED').flatMap(toShipments);
    },
    async stock(skus, call) {
      const found = await bySku(skus, call);
      const inCurrency = await currencyOf(call);
      return found.map((variant) => toStock(variant, inCurrency));
    },
    async abandonedCarts({ createdAfter, createdBefore, limit, cursor }, call) {
      const query = `created_at:>'${createdAfter.toISOString()}' AND created_at:<'${createdBefore.toISOString()}'`;
      const variables = { first: Math.min(limit, PAGE), after: cursor ?? null, query };
      const { abandonedCheckouts } = await client.ask(ABANDONED, variables, abandonedAnswer, call);
      const { nodes, pageInfo } = abandonedCheckouts;
      return {
        basis: 'abandoned_checkouts',
        carts: nodes
          .filter((one) => one.completedAt == null) // a checkout that was completed after all is no abandoned cart
          .map((one) => ({
            id: one.id,
            createdAt: one.createdAt,
            updatedAt: one.updatedAt,
            email: one.customer?.defaultEmailAddress?.emailAddress ?? '',
            total: toMoney(one.totalPriceSet),
            items: one.lineItems.nodes.map(({ sku, title, quantity }) => ({ sku, name: title, quantity })),
            recoveryUrl: one.abandonedCheckoutUrl,
          })),
        next: pageInfo.hasNextPage ? (pageInfo.endCursor ?? undefined) : undefined,
      };
    },
    async updatePreferences(email, wanted: Preferences, call) {
      const { customerByIdentifier: customer } = await client.ask(
        CUSTOMER,
        { email: email.trim() },
        customerAnswer,
        call,
      );
      if (!customer) throw new ShopError('customer_not_found', 'No customer of the shop has this address.');
      const customerId = customer.id;
      const { emailMarketing, smsMarketing, language } = wanted;
      const consent = (isGiven: boolean) => ({
        marketingState: isGiven ? 'SUBSCRIBED' : 'UNSUBSCRIBED',
        ...(isGiven ? { marketingOptInLevel: 'SINGLE_OPT_IN' } : {}),
        consentUpdatedAt: options.time.now().toISOString(),
      });
      if (emailMarketing !== undefined)
        await change(SET_EMAIL_CONSENT, { customerId, emailMarketingConsent: consent(emailMarketing) }, call);
      if (smsMarketing !== undefined)
        await change(SET_SMS_CONSENT, { customerId, smsMarketingConsent: consent(smsMarketing) }, call);
      if (language !== undefined) await change(SET_LANGUAGE, { id: customerId, locale: language }, call);
      return customerId;
    },
    products: ({ cursor, modifiedAfter }, call) => page(cursor, modifiedAfter, call),
    async productsBySku(skus, call) {
      const found = await bySku(skus, call);
      const inCurrency = await currencyOf(call);
      return found.filter(({ product }) => product.status === 'ACTIVE').map((one) => toProduct(one, inCurrency));
    },
    productsUnder: (productIds, call) => productsUnder(client, productIds, call),
    subscribe: ({ url }, call) => subscribe(client, url, call),
    unsubscribe: (url, call) => unsubscribe(client, url, call),
    async probe(call) {
      const { shop } = await client.ask(PROBE, {}, probeAnswer, call);
      return { name: shop.name, currency: shop.currencyCode };
    },
  };
}

/** A value in Shopify's search syntax. */
const quoted = (text: string): string => `"${text.replace(/["\\]/g, (char) => `\\${char}`)}"`;

const ON_THE_WAY: Readonly<Record<string, ShipmentStatus>> = {
  DELIVERED: 'delivered',
  PICKED_UP: 'delivered',
  OUT_FOR_DELIVERY: 'out_for_delivery',
  ATTEMPTED_DELIVERY: 'out_for_delivery',
  READY_FOR_PICKUP: 'out_for_delivery',
  IN_TRANSIT: 'in_transit',
  CARRIER_PICKED_UP: 'in_transit',
  DELAYED: 'in_transit',
  FAILURE: 'failed',
  NOT_DELIVERED: 'failed',
  LABEL_PRINTED: 'preparing',
  LABEL_PURCHASED: 'preparing',
  SUBMITTED: 'preparing',
};

function toShipments({ displayStatus, createdAt, deliveredAt, trackingInfo }: ShopifyFulfillment): Shipment[] {
  const base = {
    status: ON_THE_WAY[displayStatus] ?? 'shipped',
    shippedAt: createdAt,
    deliveredAt: deliveredAt ?? undefined,
  };
  if (trackingInfo.length === 0) return [{ ...base, carrier: '', trackingNumber: '', trackingUrl: '' }];
  return trackingInfo.map(({ company, number, url }) => ({
    ...base,
    carrier: company,
    trackingNumber: number,
    trackingUrl: url,
  }));
}
