import { describe, expect, it } from '@jest/globals';
import { partNumbers } from './part-numbers.ts';

describe('partNumbers', () => {
  it.each([
    ['A4VTG90', ['A4VTG90']],
    ['a4vtg 90', ['a4vtg90', 'a4vtg']],
    ['seal kit for A4VTG90, please', ['sealkitforA4VTG90,please', 'A4VTG90']],
    ['hydraulic pump', []],
    ['pump 90', ['pump90']],
    ['', []],
  ])('%j → %j', (query, expected) => {
    expect(partNumbers(query)).toEqual(expected);
  });

  it('stays small however long the query is', () => {
    const many = Array.from({ length: 200 }, (_, index) => `SKU-${index}`).join(' ');
    expect(partNumbers(many)).toHaveLength(8);
    expect(partNumbers('9'.repeat(1_000))).toEqual([]);
  });
});
