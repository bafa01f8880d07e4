import { z } from 'zod';
import { SYNC_STATES } from './sync/sync.store.ts';
import { ORDER_STATUSES, SHIPMENT_STATUSES } from './shop.ts';

const order = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .describe('The order’s number as the customer knows it ("1042", "#1042"), or its id.');
const email = z
  .string()
  .trim()
  .toLowerCase()
  .max(254)
  .regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address');
const askersEmail = email
  .optional()
  .describe('Of whoever asks: an order of another address then counts as unknown. Give it where strangers may ask.');
const sku = z.string().trim().min(1).max(200);
const money = z.number().describe('In major units of the currency: 129.5 is 129.50.');
const currency = z.string().describe('ISO 4217, such as EUR.');
const when = z.string().describe('ISO 8601, UTC.');
const status = z.enum(ORDER_STATUSES).describe('"other": a state of the shop’s own, see shopStatus.');

const orderHead = {
  id: z.string(),
  number: z.string(),
  status,
  shopStatus: z.string().describe('In the shop’s own words.'),
  paid: z.boolean(),
  createdAt: when,
  updatedAt: when,
};

export const lookupOrderInput = z
  .object({
    order: order.optional(),
    email: email.optional().describe('Of the customer. Alone: their newest orders. With `order`: it must be theirs.'),
    limit: z.number().int().min(1).max(50).default(10).describe('How many orders at most, by e-mail.'),
  })
  .refine((input) => input.order !== undefined || input.email !== undefined, 'give `order`, `email` or both');

export const lookupOrderOutput = z.object({
  orders: z
    .array(
      z.object({
        ...orderHead,
        total: money,
        currency,
        email: z.string(),
        customer: z.string(),
        items: z.array(z.object({ sku: z.string(), name: z.string(), quantity: z.number(), unitPrice: money })),
      }),
    )
    .describe('Newest first; empty when an e-mail address has none.'),
});

export const orderInput = z.object({ order, email: askersEmail });
export const orderStatusOutput = z.object(orderHead);

export const trackOutput = z.object({
  ...orderHead,
  shipments: z
    .array(
      z.object({
        status: z.enum(SHIPMENT_STATUSES).describe('"shipped" is all that a shop knows that does not ask the carrier.'),
        carrier: z.string(),
        trackingNumber: z.string().describe('Empty where none is recorded.'),
        trackingUrl: z.string(),
        shippedAt: when.nullable(),
        deliveredAt: when.nullable(),
      }),
    )
    .describe('Empty: nothing has been sent yet.'),
});

export const inventoryInput = z.object({
  items: z
    .array(
      z.object({
        sku,
        quantity: z
          .number()
          .int()
          .min(1)
          .max(1_000_000)
          .optional()
          .describe('How many are wanted. Left out: only look.'),
      }),
    )
    .min(1)
    .max(100),
});

export const inventoryOutput = z.object({
  items: z.array(
    z.object({
      sku: z.string(),
      name: z.string(),
      available: z.number().int().nullable().describe('null: the shop does not count this product.'),
      inStock: z.boolean(),
      backorders: z.boolean().describe('May be ordered although there is none.'),
      price: money,
      currency,
    }),
  ),
});

export const cartsInput = z.object({
  olderThanMinutes: z.number().int().min(0).max(525_600).default(60).describe('Untouched for so long: 60 if left out.'),
  withinDays: z.number().int().min(1).max(365).default(30).describe('And not older than this.'),
  limit: z.number().int().min(1).max(100).default(50),
  cursor: z.string().max(1_000).optional().describe('`next` of the page before.'),
});

export const cartsOutput = z.object({
  basis: z
    .enum(['abandoned_checkouts', 'pending_orders'])
    .describe('pending_orders: this shop’s interface lists no carts; these are orders that were never paid.'),
  carts: z.array(
    z.object({
      id: z.string(),
      createdAt: when,
      updatedAt: when,
      email: z.string(),
      total: money,
      currency,
      items: z.array(z.object({ sku: z.string(), name: z.string(), quantity: z.number() })),
      recoveryUrl: z.string().describe('Where the customer can go on.'),
    }),
  ),
  next: z.string().nullable().describe('Cursor of the next page; null at the end.'),
});

export const preferencesInput = z
  .object({
    email: email.describe('Of the customer.'),
    emailMarketing: z.boolean().optional(),
    smsMarketing: z.boolean().optional(),
    language: z
      .string()
      .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language tag such as de or pt-BR')
      .optional()
      .describe('BCP 47, such as de or pt-BR.'),
  })
  .refine(
    ({ emailMarketing, smsMarketing, language }) => (emailMarketing ?? smsMarketing ?? language) !== undefined,
    'say what to change: emailMarketing, smsMarketing or language',
  );

export const preferencesOutput = z.object({
  customerId: z.string(),
  changed: z.array(z.enum(['emailMarketing', 'smsMarketing', 'language'])),
});

export const syncInput = z.object({
  syncId: z
    .uuid()
    .optional()
    .describe('Of a sync that was started before: goes on waiting for it. Left out: the open one, or a new one.'),
  waitSeconds: z
    .number()
    .int()
    .min(0)
    .max(25)
    .default(20)
    .describe('How long to wait; what is left goes on without you.'),
});

export const syncOutput = z.object({
  syncId: z.string(),
  state: z.enum(SYNC_STATES).describe('Call again with the syncId until it is "done".'),
  seen: z.number().int().describe('Products of the shop so far.'),
  added: z.number().int(),
  changed: z.number().int(),
  unchanged: z.number().int(),
  removed: z.number().int(),
  withoutSku: z.number().int().describe('Left out: a product is stored under its SKU.'),
  conflicts: z.number().int().describe('Left out: another shop has this SKU.'),
  sample: z
    .array(z.object({ sku: z.string(), change: z.enum(['added', 'changed', 'removed']), fields: z.array(z.string()) }))
    .describe('At most ten of what changed.'),
});
