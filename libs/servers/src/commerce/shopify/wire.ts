import { z } from 'zod';

const at = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
export const moneyBag = z.object({ shopMoney: z.object({ amount: z.string(), currencyCode: z.string() }) });
export type MoneyBag = z.infer<typeof moneyBag>;
const nodes = <T extends z.ZodType>(node: T) => z.object({ nodes: z.array(node) });
const pageInfo = z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullish() });

export const shopifyOrder = z.object({
  id: z.string(),
  name: z.string(),
  email: text,
  createdAt: at,
  updatedAt: at,
  cancelledAt: at.nullish(),
  displayFinancialStatus: text,
  displayFulfillmentStatus: text,
  currentTotalPriceSet: moneyBag,
  customer: z.object({ displayName: z.string() }).nullish(),
  lineItems: nodes(
    z.object({ sku: text, name: z.string(), currentQuantity: z.number(), originalUnitPriceSet: moneyBag }),
  ),
});
export type ShopifyOrder = z.infer<typeof shopifyOrder>;

export const shopifyVariant = z.object({
  id: z.string(),
  sku: text,
  title: z.string(),
  price: z.string(),
  inventoryQuantity: z.number().nullish(),
  inventoryPolicy: z.string(),
  updatedAt: at,
  inventoryItem: z.object({ tracked: z.boolean() }),
  selectedOptions: z.array(z.object({ name: z.string(), value: z.string() })),
  product: z.object({
    id: z.string(),
    title: z.string(),
    description: text,
    vendor: text,
    productType: text,
    status: z.string(),
    updatedAt: at,
  }),
});
export type ShopifyVariant = z.infer<typeof shopifyVariant>;

export const shopifyFulfillment = z.object({
  status: z.string(),
  displayStatus: text,
  createdAt: at,
  deliveredAt: at.nullish(),
  trackingInfo: z.array(z.object({ company: text, number: text, url: text })),
});
export type ShopifyFulfillment = z.infer<typeof shopifyFulfillment>;

export const shopifyCheckout = z.object({
  id: z.string(),
  abandonedCheckoutUrl: text,
  createdAt: at,
  updatedAt: at,
  completedAt: at.nullish(),
  customer: z.object({ defaultEmailAddress: z.object({ emailAddress: z.string() }).nullish() }).nullish(),
  totalPriceSet: moneyBag,
  lineItems: nodes(z.object({ sku: text, title: text, quantity: z.number() })),
});

const userErrors = z.array(z.object({ message: z.string() }));
export const changed = z.record(z.string(), z.object({ userErrors }));

export const ordersAnswer = z.object({ orders: nodes(shopifyOrder) });
export const orderAnswer = z.object({ order: shopifyOrder.nullable() });
export const shipmentsAnswer = z.object({
  order: z.object({ fulfillments: z.array(shopifyFulfillment) }).nullable(),
});
export const variantsAnswer = z.object({
  shop: z.object({ currencyCode: z.string() }),
  productVariants: nodes(shopifyVariant).extend({ pageInfo }),
});
export const productAnswer = z.object({
  shop: z.object({ currencyCode: z.string() }),
  product: z.object({ status: z.string(), variants: nodes(shopifyVariant).extend({ pageInfo }) }).nullable(),
});
export const webhooksAnswer = z.object({
  webhookSubscriptions: nodes(z.object({ id: z.string(), topic: z.string(), uri: z.string() })).extend({ pageInfo }),
});
export const abandonedAnswer = z.object({ abandonedCheckouts: nodes(shopifyCheckout).extend({ pageInfo }) });
export const customerAnswer = z.object({ customerByIdentifier: z.object({ id: z.string() }).nullable() });
export const probeAnswer = z.object({ shop: z.object({ name: z.string(), currencyCode: z.string() }) });
export const bulkStarted = z.object({
  bulkOperationRunQuery: z.object({ bulkOperation: z.object({ id: z.string() }).nullable(), userErrors }),
});
export const bulkState = z.object({
  bulkOperation: z
    .object({ status: z.string(), errorCode: z.string().nullish(), url: z.string().nullish() })
    .nullable(),
});
