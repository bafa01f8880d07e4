import { ShopError } from '../shop-error.ts';
import type { ShopProduct } from '../shop.ts';
import type { ShopifyClient } from './client.ts';
import { PRODUCT, SUBSCRIBE, UNSUBSCRIBE, WEBHOOKS } from './documents.ts';
import { toProduct } from './translate.ts';
import { changed, productAnswer, webhooksAnswer } from './wire.ts';

/** No orders: a sale is told as a change of the product, and orders would need a permission of their own. */
const TOPICS = ['PRODUCTS_CREATE', 'PRODUCTS_UPDATE', 'PRODUCTS_DELETE'] as const;

interface Call {
  readonly signal: AbortSignal;
}

/** All that is sold under each of these products, as it is now. */
export async function productsUnder(
  client: ShopifyClient,
  productIds: readonly string[],
  call: Call,
): Promise<ShopProduct[]> {
  const found: ShopProduct[] = [];
  for (const id of productIds.filter((one) => one.startsWith('gid://shopify/Product/'))) {
    let after: string | null | undefined = null;
    while (after !== undefined) after = await page(id, after);
  }
  return found;

  async function page(id: string, after: string | null): Promise<string | undefined> {
    const { shop, product } = await client.ask(PRODUCT, { id, after }, productAnswer, call);
    if (product?.status !== 'ACTIVE') return undefined;
    const { nodes, pageInfo } = product.variants;
    found.push(...nodes.filter(({ sku }) => sku !== '').map((variant) => toProduct(variant, shop.currencyCode)));
    return pageInfo.hasNextPage ? (pageInfo.endCursor ?? undefined) : undefined;
  }
}

/** One for each topic: Shopify takes those away that nobody has answered for hours. */
export async function subscribe(client: ShopifyClient, url: string, call: Call): Promise<readonly string[]> {
  const there = new Set((await ours(client, url, call)).map(({ topic }) => topic));
  for (const topic of TOPICS) {
    if (there.has(topic)) continue;
    // The id is all that is read; what is not sent cannot be lost.
    const subscription = { uri: url, format: 'JSON', includeFields: ['id', 'updated_at'] };
    await change(client, SUBSCRIBE, { topic, subscription }, call);
  }
  return TOPICS.map((topic) => topic.toLowerCase().replace('_', '/'));
}

export async function unsubscribe(client: ShopifyClient, url: string, call: Call): Promise<void> {
  for (const { id } of await ours(client, url, call)) await change(client, UNSUBSCRIBE, { id }, call);
}

async function ours(client: ShopifyClient, url: string, call: Call) {
  const { webhookSubscriptions } = await client.ask(WEBHOOKS, { uri: url, after: null }, webhooksAnswer, call);
  return webhookSubscriptions.nodes.filter(({ uri }) => uri === url);
}

async function change(client: ShopifyClient, document: string, variables: Record<string, unknown>, call: Call) {
  const [result] = Object.values(await client.ask(document, variables, changed, call));
  const [problem] = result?.userErrors ?? [];
  if (problem) throw new ShopError('refused_by_shop', `Shopify refused: ${problem.message.slice(0, 300)}`);
}
