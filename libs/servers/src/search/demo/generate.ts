import { FAMILIES, MAKERS, type Family } from './families.ts';

export interface DemoProduct {
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly category: string;
  readonly manufacturer: string;
  readonly priceMicros: bigint;
  readonly currency: string;
  readonly stock: number;
  readonly attributes: Record<string, string | number>;
}

const SEED = 0x5eed;
const SHARE_OUT_OF_STOCK = 0.15;
const VARIANTS = ['R', 'L', 'DR', 'HP', 'EX', 'LT'];

/** Numbers from 0 to 1, always the same for the same seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The catalogue's first `count` products: the same on every machine, at any time. A4VTG90 is always the first. */
export function generateProducts(count: number): DemoProduct[] {
  const random = createRandom(SEED);
  return Array.from({ length: count }, (_, index) => {
    const family = FAMILIES[index % FAMILIES.length];
    if (!family) throw new RangeError('no family');
    return generateProduct(family, Math.floor(index / FAMILIES.length), random);
  });
}

function generateProduct(family: Family, index: number, random: () => number): DemoProduct {
  const pick = <T>(from: readonly T[]): T => at(from, Math.floor(random() * from.length));
  const [size, ...others] = Object.entries(family.attributes);
  if (!size) throw new RangeError(`${family.category} has no attributes`);
  const sizes = size[1];
  const combinations = family.skus.length * sizes.length;
  const value = at(sizes, index % sizes.length);
  const template = at(family.skus, Math.floor((index % combinations) / sizes.length));
  const sku = template.replace(/\{\w+\}/, String(value)) + variantSuffix(Math.floor(index / combinations));
  const attributes = Object.fromEntries([[size[0], value], ...others.map(([name, values]) => [name, pick(values)])]);
  const manufacturer = pick(MAKERS);
  const facts = Object.entries(attributes).map(([name, fact]) => `${inWords(name)} ${fact}`);
  const [low, high] = family.price;
  const cents = Math.round(100 * low * (high / low) ** random());
  const stock = random() < SHARE_OUT_OF_STOCK ? 0 : 1 + Math.floor(400 * random() ** 2);
  return {
    sku,
    name: `${family.noun} ${sku}`,
    description: `${family.noun} for ${family.use}. Technical data: ${facts.join(', ')}. Made by ${manufacturer}.`,
    category: family.category,
    manufacturer,
    priceMicros: BigInt(cents) * 10_000n,
    currency: 'EUR',
    stock,
    attributes,
  };
}

function variantSuffix(variant: number): string {
  if (variant === 0) return '';
  const round = Math.floor((variant - 1) / VARIANTS.length);
  return `-${at(VARIANTS, (variant - 1) % VARIANTS.length)}${round === 0 ? '' : round + 1}`;
}

function at<T>(from: readonly T[], index: number): T {
  const found = from[index];
  if (found === undefined) throw new RangeError(`nothing at ${index} of ${from.length}`);
  return found;
}

const inWords = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
