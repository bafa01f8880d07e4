/** Money inside is micro-units of its currency: 1.00 is 1,000,000. */
export interface Money {
  readonly micros: bigint;
  /** ISO 4217. */
  readonly currency: string;
}

export const ORDER_STATUSES = [
  'pending', // not paid yet
  'processing', // paid, not all sent
  'on_hold',
  'completed', // all sent
  'cancelled',
  'refunded',
  'failed',
  'other', // a state of the shop's own: see shopStatus
] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

export interface OrderItem {
  readonly sku: string;
  readonly name: string;
  readonly quantity: number;
  readonly unitPrice: Money;
}

export interface Order {
  readonly id: string;
  /** As the customer knows it: "1042" or "#1042". */
  readonly number: string;
  readonly status: OrderStatus;
  /** In the shop's own words. */
  readonly shopStatus: string;
  readonly paid: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly total: Money;
  readonly email: string;
  readonly customer: string;
  readonly items: readonly OrderItem[];
}

export const SHIPMENT_STATUSES = [
  'preparing',
  'shipped',
  'in_transit',
  'out_for_delivery',
  'delivered',
  'failed',
] as const;
export type ShipmentStatus = (typeof SHIPMENT_STATUSES)[number];

export interface Shipment {
  readonly status: ShipmentStatus;
  readonly carrier: string;
  /** Empty where the shop has recorded none. */
  readonly trackingNumber: string;
  readonly trackingUrl: string;
  readonly shippedAt: Date | undefined;
  readonly deliveredAt: Date | undefined;
}

export interface StockLevel {
  readonly sku: string;
  readonly name: string;
  /** Undefined where the shop does not count this product. */
  readonly available: number | undefined;
  /** May be ordered although there is none. */
  readonly backorders: boolean;
  readonly inStock: boolean;
  readonly price: Money;
}

export interface Cart {
  readonly id: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly email: string;
  readonly total: Money;
  readonly items: readonly Pick<OrderItem, 'sku' | 'name' | 'quantity'>[];
  /** Where the customer can go on; empty where the shop gives none. */
  readonly recoveryUrl: string;
}

export interface CartPage {
  readonly carts: readonly Cart[];
  /** For the next page; undefined at the end. */
  readonly next: string | undefined;
  /** What the shop's interface offers: carts themselves, or unpaid orders in their stead. */
  readonly basis: 'abandoned_checkouts' | 'pending_orders';
}

export interface Preferences {
  readonly emailMarketing?: boolean | undefined;
  readonly smsMarketing?: boolean | undefined;
  /** BCP 47, such as `de` or `pt-BR`. */
  readonly language?: string | undefined;
}

/** One sellable thing: a product, or one variant of it. */
export interface ShopProduct {
  readonly externalId: string;
  /** Of the product that it is a variant of, or its own: by this the shop tells of changes. */
  readonly productId: string;
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly category: string;
  readonly manufacturer: string;
  readonly price: Money;
  readonly stock: number;
  readonly attributes: Readonly<Record<string, string>>;
  readonly updatedAt: Date;
}

export interface ProductPage {
  readonly products: readonly ShopProduct[];
  /** Things without a SKU, which cannot be stored under one. */
  readonly withoutSku: number;
  /** Opaque; from it the next page can be fetched, by another process too. Undefined at the end. */
  readonly next: string | undefined;
}

export interface ShopFacts {
  readonly name: string;
  readonly currency: string;
}

interface Call {
  readonly signal: AbortSignal;
}

/** What every shop can do, whoever made it. Each method throws ShopError. */
export interface Shop {
  readonly kind: 'woocommerce' | 'shopify';
  /** By its number as the customer knows it, or its id. Throws `order_not_found`. */
  order(number: string, call: Call): Promise<Order>;
  /** Newest first. Empty for an address that has none. */
  ordersOf(email: string, limit: number, call: Call): Promise<readonly Order[]>;
  shipments(order: Order, call: Call): Promise<readonly Shipment[]>;
  /** At most 100; those that do not exist are left out. */
  stock(skus: readonly string[], call: Call): Promise<readonly StockLevel[]>;
  /** Oldest first. */
  abandonedCarts(
    input: {
      readonly createdAfter: Date;
      readonly createdBefore: Date;
      readonly limit: number;
      readonly cursor?: string | undefined;
    },
    call: Call,
  ): Promise<CartPage>;
  /** Gives the customer's id. Throws `customer_not_found`. */
  updatePreferences(email: string, wanted: Preferences, call: Call): Promise<string>;
  /** About 100 in a fixed order. `modifiedAfter` leaves out what has not changed since. */
  products(
    input: { readonly cursor?: string | undefined; readonly modifiedAfter?: Date | undefined },
    call: Call,
  ): Promise<ProductPage>;
  /** Which of these things are still sold, as they are now; for what a walk over all did not meet. At most 100. */
  productsBySku(skus: readonly string[], call: Call): Promise<readonly ShopProduct[]>;
  /** All that is sold under each of these products, as it is now; nothing of one that is gone. At most 25. */
  productsUnder(productIds: readonly string[], call: Call): Promise<readonly ShopProduct[]>;
  /**
   * Has the shop tell an address of changes, signed with `secret` where the shop takes one (Shopify signs with the app's).
   * Gives the topics. Where it does already, nothing happens; what the shop has switched off is switched on again.
   */
  subscribe(input: { readonly url: string; readonly secret: string }, call: Call): Promise<readonly string[]>;
  unsubscribe(url: string, call: Call): Promise<void>;
  /** Whether the address and the credential work, and for which shop. */
  probe(call: Call): Promise<ShopFacts>;
}

const DECIMAL = /^(-?)(\d{1,12})(?:\.(\d{1,20}))?$/;

/** "129.5" as micro-units, exactly. Undefined for what is no decimal number. */
export function micros(text: string): bigint | undefined {
  const [, sign, whole, fraction = ''] = DECIMAL.exec(text.trim()) ?? [];
  if (whole === undefined) return undefined;
  const value = BigInt(whole) * 1_000_000n + BigInt(fraction.slice(0, 6).padEnd(6, '0'));
  return sign === '-' ? -value : value;
}
