import type { WooClient } from './client.ts';
import { PER_PAGE } from './products.ts';
import { wooWebhook } from './wire.ts';

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

/** One webhook for each topic. All or none: what was made goes again where one is refused. */
export async function subscribe(
  client: WooClient,
  { url, secret }: { readonly url: string; readonly secret: string },
  call: Call,
): Promise<readonly string[]> {
  await unsubscribe(client, url, call);
  try {
    for (const topic of TOPICS) {
      const body = { name: `Switchyard ${topic}`, topic, delivery_url: url, secret, status: 'active' };
      await client.post('webhooks', wooWebhook, body, call);
    }
  } catch (error) {
    await unsubscribe(client, url, call).catch(() => undefined); // what was wrong first is what is told
    throw error;
  }
  return TOPICS;
}

export async function unsubscribe(client: WooClient, url: string, call: Call): Promise<void> {
  for (let offset = 0; ;) {
    const { items, total } = await client.page('webhooks', wooWebhook, { per_page: PER_PAGE, offset }, call);
    const ours = items.filter((one) => one.delivery_url === url);
    for (const { id } of ours) await client.remove(`webhooks/${id}`, call);
    offset += items.length - ours.length;
    if (items.length === 0 || offset >= total - ours.length) return;
  }
}
