import { canonicalJson, type Json } from '@switchyard/kernel';
import type { ShopProduct } from '../shop.ts';

/** What is kept of a product, as far as a shop can change it. */
export interface StoredProduct {
  readonly sku: string;
  readonly sourceId: string | null;
  readonly name: string;
  readonly description: string;
  readonly category: string;
  readonly manufacturer: string;
  readonly priceMicros: bigint;
  readonly currency: string;
  readonly stock: number;
  readonly attributes: unknown;
  /** The shop's ids; null in rows that are older than they are. */
  readonly externalId: string | null;
  readonly externalProductId: string | null;
}

export type Change =
  | { readonly kind: 'added' }
  | { readonly kind: 'changed'; readonly fields: readonly string[] }
  | { readonly kind: 'unchanged' }
  /** Another shop of the tenant has this SKU: whoever came first keeps it. */
  | { readonly kind: 'conflict' };

/** Pure: what a product of the shop `sourceId` means for what is stored. */
export function compare(product: ShopProduct, stored: StoredProduct | undefined, sourceId: string): Change {
  if (!stored) return { kind: 'added' };
  if (stored.sourceId !== null && stored.sourceId !== sourceId) return { kind: 'conflict' };
  const fields = [
    ...(['name', 'description', 'category', 'manufacturer', 'stock'] as const).filter(
      (field) => product[field] !== stored[field],
    ),
    ...(product.price.micros !== stored.priceMicros || product.price.currency !== stored.currency ? ['price'] : []),
    ...(canonicalJson(product.attributes) !== canonicalJson(stored.attributes as Json) ? ['attributes'] : []),
    ...(stored.sourceId === null ? ['source'] : []),
  ];
  return fields.length === 0 ? { kind: 'unchanged' } : { kind: 'changed', fields };
}

export interface Sampled {
  readonly sku: string;
  readonly change: 'added' | 'changed' | 'removed';
  /** What is different, by name. */
  readonly fields: readonly string[];
}

const MOST = 10;
const MOST_OF_A_KIND = 4;

/** At most ten, of every kind some, whatever comes first. */
export function sampled(before: readonly Sampled[], more: readonly Sampled[]): Sampled[] {
  const kept = [...before];
  for (const one of more) {
    if (kept.length >= MOST) break;
    const same = kept.filter((other) => other.change === one.change).length;
    if (same < (one.change === 'changed' ? MOST_OF_A_KIND : MOST_OF_A_KIND - 1)) kept.push(one);
  }
  return kept;
}
