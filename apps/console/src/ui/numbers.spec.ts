import { describe, expect, it } from '@jest/globals';
import { basisPointsOf, dollarsOf, microsOf, wholeOf } from './numbers.ts';

describe('numbers as people type them', () => {
  it.each([
    ['2.5', 2_500_000],
    ['$1,000', 1_000_000_000],
    ['0', 0],
    ['', undefined],
    ['-1', undefined],
    ['two', undefined],
    ['99999999999999', undefined],
  ])('%j dollars', (text, micros) => {
    expect(microsOf(text)).toBe(micros);
    if (micros !== undefined) expect(microsOf(dollarsOf(micros))).toBe(micros);
  });

  it.each([
    ['12.5', 1_250],
    ['0.01%', 1],
    ['100', 10_000],
    ['100.1', undefined],
    ['-1', undefined],
    [' ', undefined],
  ])('%j percent', (text, points) => expect(basisPointsOf(text)).toBe(points));

  it('whole ones', () => expect(['7', '1,000', '1.5', ''].map(wholeOf)).toEqual([7, 1000, undefined, undefined]));
});
