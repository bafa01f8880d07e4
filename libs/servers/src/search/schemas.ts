import { z } from 'zod';

const limit = z.number().int().min(1).max(1_000).default(20).describe('How many at most, 1 to 1000; 20 if left out.');
const offset = z.number().int().min(0).max(1_000_000).default(0).describe('How many to skip, for the next page.');
const category = z.string().max(200);
const sku = z.string().min(1).max(200);

const listed = {
  sku: z.string().describe('Unique part number.'),
  name: z.string(),
  category: z.string(),
  manufacturer: z.string(),
  price: z.number().describe('In major units of the currency: 129.5 is 129.50.'),
  currency: z.string().describe('ISO 4217, such as EUR.'),
  stock: z.number().int().describe('Pieces in stock; 0 when there are none.'),
};

export const searchInput = z.object({
  query: z.string().max(1_000).describe('SKU or words. "…" for a phrase, - to leave a word out. Empty: all, by name.'),
  limit,
  offset,
  category: category.optional().describe('Only of this category.'),
  inStock: z.boolean().optional().describe('true: only what is in stock; false: only what is not.'),
  maxPrice: z.number().min(0).max(1_000_000_000).optional().describe('Highest price, in major units.'),
});

export const categoryInput = z.object({
  category: category.min(1).describe('Name of the category, in any case.'),
  limit,
  offset,
  sort: z.enum(['name', 'price', 'stock']).default('name').describe('By name, lowest price or highest stock first.'),
});

export const detailsInput = z.object({ sku: sku.describe('The part number, in any case.') });

export const recommendationsInput = z.object({
  sku: sku.describe('The part number of what the customer looks at or has, in any case.'),
  limit: z.number().int().min(1).max(50).default(5).describe('How many at most, 1 to 50; 5 if left out.'),
});

export const pageOutput = z.object({
  results: z.array(
    z.object({
      ...listed,
      score: z.number().describe('0 to 1: 1 is the SKU itself, 0 means nothing was searched for.'),
    }),
  ),
  total: z.number().int().describe('How many there are in all, of which `results` is one page.'),
});

export const recommendationsOutput = z.object({
  results: z
    .array(
      z.object({ ...listed, score: z.number().describe('0 to 1: how alike; 0 where only the category is the same.') }),
    )
    .describe('What is in stock first, then the most alike.'),
  basis: z.enum(['similar_meaning', 'same_category']).describe('same_category: not compared yet, or nothing is alike.'),
});

export const detailsOutput = z.object({
  ...listed,
  description: z.string(),
  attributes: z.record(z.string(), z.unknown()).describe('Technical data by name.'),
  updatedAt: z.string().describe('ISO 8601.'),
});
