import { z } from 'zod';

/** What the scripted model reads of a product. */
export const Product = z.looseObject({
  sku: z.string(),
  name: z.string(),
  category: z.string(),
  manufacturer: z.string(),
  price: z.number(),
  currency: z.string(),
  stock: z.number(),
});
export type Product = z.infer<typeof Product>;

export const Page = z.looseObject({ results: z.array(Product), total: z.number() });

export const Details = Product.extend({ attributes: z.record(z.string(), z.unknown()), description: z.string() });

export const money = (amount: number, currency = 'EUR'): string => `${amount.toFixed(2)} ${currency}`;

export const inWords = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** One line about a product. */
export const line = ({
  sku,
  name,
  price,
  currency,
  stock,
}: Pick<Product, 'sku' | 'name' | 'price' | 'currency' | 'stock'>): string =>
  `- ${sku}: ${name}, ${money(price, currency)}, ${stock > 0 ? `${stock} in stock` : 'out of stock'}`;
