import { describe, expect, it } from '@jest/globals';
import { generateProducts } from './generate.ts';

describe('generateProducts', () => {
  const products = generateProducts(5_000);

  it('is the same each time, and the first ones do not depend on how many are asked for', () => {
    expect(generateProducts(5_000)).toEqual(products);
    expect(generateProducts(50)).toEqual(products.slice(0, 50));
  });

  it('gives every product a SKU of its own, also far beyond the usual number', () => {
    expect(new Set(generateProducts(50_000).map((product) => product.sku)).size).toBe(50_000);
    expect(products[0]?.sku).toBe('A4VTG90');
    expect(products.map((product) => product.sku)).toEqual(expect.arrayContaining(['A10VSO45', '6205-2RS', '4WE6']));
  });

  it('covers about forty categories, about 15 % of it out of stock, every price above zero', () => {
    expect(new Set(products.map((product) => product.category)).size).toBe(42);
    const share = products.filter((product) => product.stock === 0).length / products.length;
    expect(share).toBeGreaterThan(0.12);
    expect(share).toBeLessThan(0.18);
    expect(products.every((product) => product.priceMicros > 0n)).toBe(true);
  });
});
