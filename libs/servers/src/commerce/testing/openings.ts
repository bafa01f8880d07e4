import { openShop } from '../open-shop.ts';
import type { FetchLike, Time } from '../request.ts';
import type { Shop } from '../shop.ts';

/** Time that passes when somebody sleeps, so that waiting is seen and costs nothing. */
export class FastTime implements Time {
  readonly slept: number[] = [];
  onSleep: (ms: number) => void = () => undefined;
  #passed = 0;
  now = (): Date => new Date(Date.now() + this.#passed);
  sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    this.slept.push(ms);
    this.#passed += ms;
    this.onSleep(ms);
  };
}

/** Credentials as the vault keeps them: shared by all who open the same one, replaced by a renewal. */
export function openWith(
  preset: 'woocommerce' | 'shopify',
  url: string,
  vault: Record<string, string>,
  { fetch = globalThis.fetch, time = new FastTime() }: { fetch?: FetchLike; time?: Time } = {},
): Shop {
  return openShop({
    preset,
    settings: { url },
    fetch,
    time,
    withSecrets: (use) => use({ ...vault }),
    keepSecrets: async (secrets) => void Object.assign(vault, secrets),
  });
}
