import fs from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { difference, oneSided, relativeDifference, twoSided, variance, type Sums } from './confidence.ts';
import { logERateAbove, logERateBelow, logESampleRatio, rateBounds, sampleRatioP } from './e-values.ts';
import { chiSquareP, logBeta, logBetaTails } from './special.ts';

/**
 * golden.json: mpmath 1.4.1 at 50 digits (`beta`, `betainc(regularized=True)` and the formulas of the guards over them) and, for
 * `chiSquareP`, SciPy 1.17.1's `stats.chi2.sf(x, 1)`. Each row: the arguments, then the value; of both tails two values.
 */
const golden = z
  .record(z.string(), z.array(z.array(z.number())))
  .parse(JSON.parse(fs.readFileSync(new URL('golden.json', import.meta.url), 'utf8')));
const rows = (name: string): number[][] => golden[name] ?? [];

const close = (got: number, wanted: number, tolerance: number): void => {
  const error = Math.abs(got - wanted) / Math.max(1, Math.abs(wanted));
  expect([got, error < tolerance]).toEqual([got, true]);
};
const at = (row: readonly number[], position: number): number => row[position] ?? NaN;

describe('special functions against SciPy and mpmath', () => {
  it.each(rows('logBeta'))('ln B(%d, %d)', (a, b, wanted) => close(logBeta(a, b), wanted, 1e-13));

  it.each(rows('logBetaTails'))('both tails at %d of Beta(%d, %d)', (x, a, b, lower = NaN, upper = NaN) => {
    const tails = logBetaTails(x, a, b);
    close(tails.lower, lower, 1e-10);
    close(tails.upper, upper, 1e-10);
  });

  it.each(rows('chiSquareP'))('P(chi-square > %d)', (x, wanted) => {
    expect(chiSquareP(x) / wanted).toBeCloseTo(1, 10);
  });
});

describe('evidence against mpmath', () => {
  it.each(rows('logERateAbove'))('%d events in %d above %d', (events, n, p0, ...rest) =>
    close(logERateAbove({ events, n }, p0, { a: at(rest, 0), b: at(rest, 1) }), at(rest, 2), 1e-9),
  );
  it.each(rows('logERateBelow'))('%d events in %d below %d', (events, n, p0, ...rest) =>
    close(logERateBelow({ events, n }, p0, { a: at(rest, 0), b: at(rest, 1) }), at(rest, 2), 1e-9),
  );
  it.each(rows('logESampleRatio'))('%d against %d where %d was due', (treatment, control, expected, ...rest) =>
    close(logESampleRatio({ treatment, control, expected }), at(rest, 0), 1e-9),
  );
  it.each(rows('twoSided'))('two-sided, n = %d', (n, standardError, alpha, ...rest) =>
    close(twoSided(n, standardError, { alpha, tightestAt: at(rest, 0) }), at(rest, 1), 1e-12),
  );
  it.each(rows('oneSided'))('one-sided, n = %d', (n, standardError, alpha, ...rest) =>
    close(oneSided(n, standardError, { alpha, tightestAt: at(rest, 0) }), at(rest, 1), 1e-12),
  );

  it('safety at 1% is proven by 450 units without an error, and not by 430', () => {
    expect(logERateBelow({ events: 0, n: 450 }, 0.01)).toBeGreaterThan(Math.log(20));
    expect(logERateBelow({ events: 0, n: 430 }, 0.01)).toBeLessThan(Math.log(20));
  });
  it('bounds of a rate hold it, and are those where the evidence is 1/α', () => {
    const { lower, upper } = rateBounds({ events: 12, n: 1_000 }, 0.05);
    expect(lower).toBeLessThan(0.012);
    expect(upper).toBeGreaterThan(0.012);
    expect(upper).toBeLessThan(0.03);
    expect(rateBounds({ events: 0, n: 100 }, 0.05).lower).toBe(0);
    expect(rateBounds({ events: 100, n: 100 }, 0.05).upper).toBe(1);
  });
  it('a sample ratio is told from 8 units an arm on', () => {
    expect(sampleRatioP([{ treatment: 7, control: 90, expected: 0.5 }])).toBeUndefined();
    expect(sampleRatioP([{ treatment: 60, control: 40, expected: 0.5 }])).toBeCloseTo(0.0455, 4);
  });
});

describe('differences of means', () => {
  const sumsOf = (values: readonly number[]): Sums => ({
    n: values.length,
    sum: values.reduce((sum, value) => sum + value, 0),
    squares: values.reduce((sum, value) => sum + value * value, 0),
  });
  it('are those of the textbook in one stratum', () => {
    const treatment = sumsOf([1, 2, 3, 4]);
    const control = sumsOf([2, 4, 6]);
    expect(variance(treatment)).toBeCloseTo(5 / 3, 12);
    const found = difference([{ treatment, control }]);
    expect(found).toMatchObject({ n: 7, value: -1.5 });
    expect(found?.standardError).toBeCloseTo(Math.sqrt(5 / 12 + 4 / 3), 12);
    expect(relativeDifference([{ treatment, control }], 2)?.value).toBeCloseTo(2.5 / 4 - 1, 12);
  });
  it('do not mistake a change of shares for a difference (Simpson)', () => {
    const cheap = (n: number): Sums => ({ n, sum: n, squares: n });
    const dear = (n: number): Sums => ({ n, sum: 10 * n, squares: 100 * n });
    const strata = [
      { treatment: cheap(500), control: cheap(500) },
      { treatment: dear(970), control: dear(30) },
    ];
    expect(relativeDifference(strata, 100)?.value).toBeCloseTo(0, 12);
  });
  it('are not told below 100 units an arm', () => {
    const some = sumsOf(Array.from({ length: 99 }, (_, value) => value));
    expect(relativeDifference([{ treatment: some, control: some }])).toBeUndefined();
  });
});

describe('an early handful of errors', () => {
  /** How many units may have been seen at most for so many with an error to roll back at a limit of 1%. */
  const within = (events: number): number => {
    let n = events;
    if (logERateAbove({ events, n }, 0.01) < Math.log(100)) return 0;
    while (logERateAbove({ events, n: n + 1 }, 0.01) >= Math.log(100)) n += 1;
    return n;
  };

  it('rolls back only where it could hardly be chance: two never, three among the first few', () => {
    expect([1, 2].map(within)).toEqual([0, 0]);
    const [three, four, five] = [3, 4, 5].map(within);
    process.stdout.write(`rolled back by 3 errors within ${three} units, 4 within ${four}, 5 within ${five}\n`);
    expect(three).toBeGreaterThanOrEqual(3);
    // Three in so many under a true 1%: what chance leaves, whenever one looks.
    const chance = (n: number): number =>
      1 - [0, 1, 2].reduce((sum, k) => sum + binomial(n, k) * 0.01 ** k * 0.99 ** (n - k), 0);
    expect(chance(three ?? 0)).toBeLessThan(0.001);
  });
});

function binomial(n: number, k: number): number {
  return Array.from({ length: k }, (_, at) => (n - at) / (at + 1)).reduce((product, factor) => product * factor, 1);
}
