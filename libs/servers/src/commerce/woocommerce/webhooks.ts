import type { WooClient } from './client.ts';
import { PER_PAGE } from './products.ts';
import { wooWebhook, type WooWebhook } from './wire.ts';

/** Orders too: a sale changes the stock of what was sold, of which the shop tells no change of the product. */
const TOPICS = [
  'product.created',
  'product.updated',
  'product.deleted',
  'product.restored',
  'order.created',
  'order.updated',
] as const;

interface Call {
  readonly signal: AbortSignal;
}

/**
 * One active webhook for each topic: WooCommerce switches one off for good after five deliveries in a row that nobody took. What
 * was made goes again where another is refused.
 */
export async function subscribe(
  client: WooClient,
  { url, secret }: { readonly url: string; readonly secret: string },
  call: Call,
): Promise<readonly string[]> {
  const there = await ours(client, url, call);
  for (const { id, status } of there) if (status !== 'active') await client.remove(`webhooks/${id}`, call);
  const missing = TOPICS.filter((topic) => !there.some((one) => one.topic === topic && one.status === 'active'));
  const made: number[] = [];
  try {
    for (const topic of missing) {
      const body = { name: `Switchyard ${topic}`, topic, delivery_url: url, secret, status: 'active' };
      made.push((await client.post('webhooks', wooWebhook, body, call)).id);
    }
  } catch (error) {
    // What was wrong first is what is told.
    for (const id of made) await client.remove(`webhooks/${id}`, call).catch(() => undefined);
    throw error;
  }
  return TOPICS;
}

export async function unsubscribe(client: WooClient, url: string, call: Call): Promise<void> {
  for (const { id } of await ours(client, url, call)) await client.remove(`webhooks/${id}`, call);
}

async function ours(client: WooClient, url: string, call: Call): Promise<WooWebhook[]> {
  const found: WooWebhook[] = [];
  for (let offset = 0; ;) {
    const query = { per_page: PER_PAGE, offset, status: 'all' };
    const { items, total } = await client.page('webhooks', wooWebhook, query, call);
    found.push(...items.filter((one) => one.delivery_url === url));
    offset += items.length;
    if (items.length === 0 || offset >= total) return found;
  }
}
