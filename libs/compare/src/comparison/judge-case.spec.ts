import { describe, expect, it } from '@jest/globals';
import { judgeCase } from './judge-case.ts';
import { percentile } from './figures.ts';

const stock = { expected: [{ kind: 'number' as const, value: 40, of: 'stock' }] };
const verdict = (baseline: string, candidate: string): string =>
  judgeCase(stock, { baseline, candidate }, null).equivalence.verdict;

describe('judgeCase', () => {
  it('lets right answers differ in all else, and holds a wrong one against its arm', () => {
    expect(verdict('40 pieces', '40 of the A4VTG90 (400 bar) at €1,474.94, made by Kestrel Motion')).toBe('equivalent');
    expect(verdict('40 pieces', '41 pieces')).toBe('different');
    expect(verdict('About forty', '40 pieces')).toBe('different');
  });

  it('finds two wrong answers equivalent only if they say the same', () => {
    expect(verdict('41 pieces', 'There are 41 pieces')).toBe('equivalent');
    expect(verdict('41 pieces', '42 pieces')).toBe('different');
  });

  it('grades every kind of fact', () => {
    const expected = [
      { kind: 'sku' as const, value: 'A4VTG90' },
      { kind: 'skus_of' as const, values: ['AB1', 'AB2', 'AB3'], atLeast: 2 },
      { kind: 'text' as const, anyOf: ['out of stock', 'not in stock'] },
      { kind: 'not_found' as const },
    ];
    const right = 'A4VTG90 is OUT OF STOCK; AB1 and AB3 are not. There is no product AB2.';
    const { baseline, candidate } = judgeCase({ expected }, { baseline: right, candidate: 'A4VTG90-R, AB1' }, null);
    expect(baseline).toEqual({ met: 4, of: 4, missing: [] });
    expect(candidate.missing).toEqual([
      'A4VTG90',
      '2 of AB1, AB2, AB3',
      '"out of stock" or "not in stock"',
      'that there is none',
    ]);
  });
});

describe('percentile', () => {
  it('is the nearest rank', () => {
    const values = [5, 1, 4, 2, 3];
    expect([percentile(values, 0.5), percentile(values, 0.95), percentile([7], 0.95), percentile([], 0.5)]).toEqual([
      3,
      5,
      7,
      null,
    ]);
  });
});
