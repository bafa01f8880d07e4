import { micros, type Money, type Order, type OrderStatus, type ShopProduct, type StockLevel } from '../shop.ts';
import type { MoneyBag, ShopifyOrder, ShopifyVariant } from './wire.ts';

export const toMoney = ({ shopMoney }: MoneyBag): Money => ({
  micros: micros(shopMoney.amount) ?? 0n,
  currency: shopMoney.currencyCode,
});

const PAID = new Set(['PAID', 'PARTIALLY_REFUNDED', 'REFUNDED']);

/** Shopify tells payment and fulfilment apart; a customer asks for one state. */
function statusOf({
  cancelledAt,
  displayFinancialStatus: money,
  displayFulfillmentStatus: goods,
}: ShopifyOrder): OrderStatus {
  if (cancelledAt != null) return 'cancelled';
  if (money === 'REFUNDED') return 'refunded';
  if (money === 'VOIDED') return 'cancelled';
  if (money === 'EXPIRED') return 'failed';
  if (goods === 'FULFILLED') return 'completed';
  if (goods === 'ON_HOLD') return 'on_hold';
  return PAID.has(money) || goods === 'PARTIALLY_FULFILLED' ? 'processing' : 'pending';
}

export function toOrder(order: ShopifyOrder): Order {
  return {
    id: order.id,
    number: order.name,
    status: statusOf(order),
    shopStatus: [order.displayFinancialStatus, order.displayFulfillmentStatus]
      .filter(Boolean)
      .join(' / ')
      .toLowerCase(),
    paid: PAID.has(order.displayFinancialStatus),
    createdAt: order.createdAt,
    updatedAt: order.updatedAt,
    total: toMoney(order.currentTotalPriceSet),
    email: order.email,
    customer: order.customer?.displayName ?? '',
    items: order.lineItems.nodes.map(({ sku, name, currentQuantity, originalUnitPriceSet }) => ({
      sku,
      name,
      quantity: currentQuantity,
      unitPrice: toMoney(originalUnitPriceSet),
    })),
  };
}

/** What a product without options calls its only variant. */
const ONLY_VARIANT = 'Default Title';
const nameOf = ({ title, product }: ShopifyVariant): string =>
  title === ONLY_VARIANT ? product.title : `${product.title} - ${title}`;

export function toStock(variant: ShopifyVariant, currency: string): StockLevel {
  const available = variant.inventoryItem.tracked ? Math.max(0, variant.inventoryQuantity ?? 0) : undefined;
  return {
    sku: variant.sku,
    name: nameOf(variant),
    available,
    backorders: variant.inventoryPolicy === 'CONTINUE',
    inStock: available === undefined || available > 0,
    price: { micros: micros(variant.price) ?? 0n, currency },
  };
}

export function toProduct(variant: ShopifyVariant, currency: string): ShopProduct {
  const { product } = variant;
  return {
    externalId: variant.id,
    productId: product.id,
    sku: variant.sku,
    name: nameOf(variant),
    description: product.description,
    category: product.productType,
    manufacturer: product.vendor,
    price: { micros: micros(variant.price) ?? 0n, currency },
    // What is not counted is there; one piece says so.
    stock: variant.inventoryItem.tracked ? Math.max(0, variant.inventoryQuantity ?? 0) : 1,
    attributes: Object.fromEntries(
      variant.selectedOptions.filter(({ value }) => value !== ONLY_VARIANT).map(({ name, value }) => [name, value]),
    ),
    updatedAt: variant.updatedAt > product.updatedAt ? variant.updatedAt : product.updatedAt,
  };
}
