import { createHmac, randomUUID } from 'node:crypto';

/** What both test shops send: a POST that is signed over the very bytes of its body. */
export interface Sent {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

export async function send({ url, headers, body }: Sent): Promise<number> {
  const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual' });
  await response.arrayBuffer();
  return response.status;
}

const sign = (secret: string, body: string): string => createHmac('sha256', secret).update(body).digest('base64');

export interface WooWebhookRow {
  readonly id: number;
  readonly topic: string;
  readonly delivery_url: string;
  readonly secret: string;
  status?: string;
}

/** As WooCommerce's WC_Webhook sends it. */
export function wooDelivery(hook: WooWebhookRow, payload: unknown, deliveryId: string = randomUUID()): Sent {
  const body = JSON.stringify(payload);
  const [resource = '', event = ''] = hook.topic.split('.');
  return {
    url: hook.delivery_url,
    body,
    headers: {
      'content-type': 'application/json',
      'x-wc-webhook-source': 'http://shop.test/',
      'x-wc-webhook-topic': hook.topic,
      'x-wc-webhook-resource': resource,
      'x-wc-webhook-event': event,
      'x-wc-webhook-signature': sign(hook.secret, body),
      'x-wc-webhook-id': String(hook.id),
      'x-wc-webhook-delivery-id': deliveryId,
    },
  };
}

/** What WooCommerce sends to see whether somebody is at a new webhook's address. */
export const wooPing = ({ id, delivery_url: url }: Pick<WooWebhookRow, 'id' | 'delivery_url'>): Sent => ({
  url,
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: `webhook_id=${id}`,
});

/** As Shopify sends it, signed with the app's client secret. */
export function shopifyDelivery(
  to: { readonly uri: string; readonly topic: string },
  payload: unknown,
  secret: string,
  webhookId: string = randomUUID(),
): Sent {
  const body = JSON.stringify(payload);
  return {
    url: to.uri,
    body,
    headers: {
      'content-type': 'application/json',
      'x-shopify-topic': to.topic.toLowerCase().replace('_', '/'),
      'x-shopify-shop-domain': 'test.myshopify.com',
      'x-shopify-api-version': '2026-07',
      'x-shopify-webhook-id': webhookId,
      'x-shopify-hmac-sha256': sign(secret, body),
    },
  };
}
