import { z } from 'zod';
import type { FetchLike, Time, WithSecrets } from './request.ts';
import { openShopify } from './shopify/shop.ts';
import type { KeepSecrets } from './shopify/tokens.ts';
import type { Shop } from './shop.ts';
import { ShopError } from './shop-error.ts';
import { openWooCommerce } from './woocommerce/shop.ts';

/** How a connection reaches its shop. */
export interface ShopConnection {
  readonly preset: string | null;
  /** The preset's open answers: `url`. */
  readonly settings: Readonly<Record<string, string>>;
  readonly withSecrets: WithSecrets;
  readonly keepSecrets: KeepSecrets;
  /** The house's egress guard: a shop's address is a tenant's. */
  readonly fetch: FetchLike;
  readonly time?: Time;
}

const address = z.url({ protocol: /^https?$/ });

/** Throws ShopError where the connection does not say which shop. */
export function openShop({ preset, settings, time = systemTime, ...rest }: ShopConnection): Shop {
  const parsed = address.safeParse(settings['url']);
  if (!parsed.success)
    throw new ShopError('refused_by_shop', 'The connection lacks the shop’s address: remove it and add it again.');
  const options = { ...rest, time, baseUrl: parsed.data.replace(/\/+$/, '') };
  if (preset === 'woocommerce') return openWooCommerce(options);
  if (preset === 'shopify') return openShopify(options);
  throw new ShopError('refused_by_shop', 'The connection is of no kind of shop that is known here.');
}

const systemTime: Time = {
  now: () => new Date(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const stop = (): void => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', stop);
        resolve();
      }, ms);
      signal.addEventListener('abort', stop, { once: true });
    }),
};
