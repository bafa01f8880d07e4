import { createHmac, randomBytes } from 'node:crypto';
import type { DueDelivery } from './outbox.store.ts';

/** As `fetch`; the one that is passed in goes through the egress guard. */
export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

const TIMEOUT_MS = 10_000;

export const newWebhookSecret = (): string => `whsec_${randomBytes(32).toString('base64url')}`;

/** `t=<unix seconds>,v1=<hex>`: HMAC-SHA256 over `<t>.<body>`. A receiver refuses what is older than five minutes. */
export const signature = (secret: string, body: string, at: Date): string => {
  const seconds = Math.floor(at.getTime() / 1_000);
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
};

/** Throws where the receiver did not take it: every answer but 2xx, redirects included. */
export async function postWebhook(
  delivery: DueDelivery,
  { fetch, secret, tenantId, now }: { fetch: Fetch; secret: string; tenantId: string; now: Date },
): Promise<void> {
  const { id, alertId, kind, title, message, data, at } = delivery;
  const body = JSON.stringify({ id: alertId, tenantId, kind, title, message, data, at });
  const response = await fetch(delivery.target, {
    method: 'POST',
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Switchyard',
      'x-switchyard-delivery': id, // the same at each attempt: a receiver that has seen it is done
      'x-switchyard-signature': signature(secret, body, now),
    },
    body,
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the webhook answered ${response.status}`);
}
