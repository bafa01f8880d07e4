import type { Clock, Ctx } from '@switchyard/kernel';
import type { Database } from '@switchyard/database';
import { LRUCache } from 'lru-cache';
import { PRICE_LIST } from './price-list.ts';
import type { PriceTier } from './price.ts';
import { readAccepted } from './prices.store.ts';

export interface KnownPrice {
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  readonly validFrom: Date;
  readonly tiers: readonly PriceTier[];
}

/** Endpoints by their host, as the shipped list names them. */
const PROVIDERS: Readonly<Record<string, string>> = {
  'api.openai.com': 'openai',
  'generativelanguage.googleapis.com': 'google',
};

/** A version of a model is named by its day: `gpt-4.1-2025-04-14`. */
const DATED = /-\d{4}-\d{2}-\d{2}$/;

const latest = (prices: readonly KnownPrice[], { provider, model, at }: Wanted): KnownPrice | undefined =>
  prices.reduce<KnownPrice | undefined>((best, one) => {
    if (one.provider !== provider || one.model !== model || one.validFrom > at) return best;
    return best && best.validFrom > one.validFrom ? best : one; // of two from the same moment the later written
  }, undefined);

export interface Wanted {
  readonly provider: string;
  readonly model: string;
  readonly at: Date;
}

/**
 * The price of a model at a moment: the tenant's own before the shipped list, the model's exact name before the one
 * without its day, and of those the latest that was valid. `own` in the order in which they were written.
 */
export function findPrice(own: readonly KnownPrice[], wanted: Wanted): KnownPrice | undefined {
  const told = wanted.provider.toLowerCase();
  const exact = wanted.model.toLowerCase();
  for (const model of new Set([exact, exact.replace(DATED, '')]))
    for (const provider of new Set([told, PROVIDERS[told] ?? told]))
      for (const prices of [own, PRICE_LIST]) {
        const found = latest(prices, { provider, model, at: wanted.at });
        if (found) return found;
      }
  return undefined;
}

const FRESH_MS = 10_000;
const MAX_TENANTS = 1_000;

/** The tenants' own prices in memory, read again after ten seconds or as soon as a change is announced. */
export class PriceBook {
  readonly #known = new LRUCache<string, { readonly prices: Promise<readonly KnownPrice[]>; readonly until: number }>({
    max: MAX_TENANTS,
  });
  readonly #database: Pick<Database, 'inTenant'>;
  readonly #clock: Clock;

  constructor(database: Pick<Database, 'inTenant'>, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async find(ctx: Pick<Ctx, 'tenantId'>, wanted: Wanted): Promise<KnownPrice | undefined> {
    return findPrice(await this.#of(ctx), wanted);
  }

  forget(tenantId: string | undefined): void {
    if (tenantId === undefined) this.#known.clear();
    else this.#known.delete(tenantId);
  }

  #of(ctx: Pick<Ctx, 'tenantId'>): Promise<readonly KnownPrice[]> {
    const now = this.#clock.now().getTime();
    const found = this.#known.get(ctx.tenantId);
    if (found && found.until > now) return found.prices;
    const prices = this.#database.inTenant(ctx, readAccepted);
    prices.catch(() => this.#known.delete(ctx.tenantId));
    this.#known.set(ctx.tenantId, { prices, until: now + FRESH_MS });
    return prices;
  }
}
