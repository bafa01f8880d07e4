import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

export type ShopKind = 'woocommerce' | 'shopify';

/** As they came; names in lower case. */
export type DeliveryHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Delivery {
  /** The same for a delivery that is sent again, and for nothing else. */
  readonly key: string;
  /** The same for whatever says the same. */
  readonly bodyHash: string;
  readonly topic: string;
  /** Products to look at; none where the shop tells of something that is kept nowhere. */
  readonly productIds: readonly string[];
}

const HEADERS = {
  woocommerce: { signature: 'x-wc-webhook-signature', topic: 'x-wc-webhook-topic', id: 'x-wc-webhook-delivery-id' },
  shopify: { signature: 'x-shopify-hmac-sha256', topic: 'x-shopify-topic', id: 'x-shopify-webhook-id' },
} as const;

const LONGEST_HEADER = 200;

function header(headers: DeliveryHeaders, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value.slice(0, LONGEST_HEADER) : '';
}

/** Base64 HMAC-SHA256 of the raw body, keyed by any of these; compared in constant time. */
export function isSigned(
  kind: ShopKind,
  headers: DeliveryHeaders,
  body: Uint8Array,
  secrets: readonly string[],
): boolean {
  const given = Buffer.from(header(headers, HEADERS[kind].signature), 'base64');
  return secrets
    .map((secret) => createHmac('sha256', secret).update(body).digest())
    .map((right) => given.length === right.length && timingSafeEqual(given, right))
    .some(Boolean);
}

/** What WooCommerce sends when a webhook is made, to see whether somebody is there: form data without a signature. */
export const isPing = (kind: ShopKind, headers: DeliveryHeaders, body: Uint8Array): boolean =>
  kind === 'woocommerce' &&
  header(headers, HEADERS.woocommerce.signature) === '' &&
  body.length < 64 &&
  /^webhook_id=\d+$/.test(Buffer.from(body).toString('latin1'));

const sha256 = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\n');
  return hash.digest('hex');
};

const id = z.union([z.number().int().positive(), z.string().regex(/^\d{1,20}$/)]).transform(String);
const product = z.object({ id, parent_id: z.number().int().nonnegative().optional().catch(undefined) });
const order = z.object({ line_items: z.array(z.object({ product_id: id.nullish().catch(null) })).max(1_000) });

/**
 * What a delivery asks to be looked at. Its content is believed no further than this: what a product has become, the shop
 * itself is asked, so that neither the order in which deliveries come nor one that is played again changes anything.
 */
export function readDelivery(kind: ShopKind, headers: DeliveryHeaders, body: Uint8Array): Delivery {
  const topic = header(headers, HEADERS[kind].topic).toLowerCase();
  const bodyHash = sha256(body);
  // WooCommerce makes the id from the webhook's and the second: two changes of one second share it. Their bodies differ.
  const key = sha256(header(headers, HEADERS[kind].id), bodyHash);
  return { key, bodyHash, topic, productIds: productsIn(kind, topic, parsed(body)) };
}

function productsIn(kind: ShopKind, topic: string, payload: unknown): string[] {
  const name = (bare: string): string => (kind === 'shopify' ? `gid://shopify/Product/${bare}` : bare);
  const [about] = topic.split(/[./]/);
  if (about === 'product' || about === 'products') {
    const found = product.safeParse(payload);
    if (!found.success) return [];
    const { id: own, parent_id: parent } = found.data;
    return [name(parent ? String(parent) : own)];
  }
  if (about === 'order' || about === 'orders') {
    const found = order.safeParse(payload);
    const ids = found.success ? found.data.line_items.flatMap(({ product_id }) => product_id ?? []) : [];
    return [...new Set(ids)].filter((one) => one !== '0').map(name);
  }
  return [];
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}
