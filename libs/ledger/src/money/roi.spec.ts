import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { roi, roiInput } from './roi.ts';

describe('return on investment', () => {
  it("comes to the founding documents' three scenarios, to the cent, out of one model", () => {
    expect(roi(roiInput({ scenario: 'a' }))).toEqual({
      currentMonthly: 148,
      codeMonthly: 65.9,
      monthlySavings: 82.1,
      annualSavings: 985.2,
      breakEvenMonths: 61,
    });
    expect(roi(roiInput({ scenario: 'b' }))).toEqual({
      currentMonthly: 1_480,
      codeMonthly: 359,
      monthlySavings: 1_121,
      annualSavings: 13_452,
      breakEvenMonths: 8,
    });
    expect(roi(roiInput({ scenario: 'c' }))).toEqual({
      currentMonthly: 14_800,
      codeMonthly: 2_390,
      monthlySavings: 12_410,
      annualSavings: 148_920,
      breakEvenMonths: 1,
    });
  });

  it('says so when the code way costs more', () => {
    const result = roi(roiInput({ conversationsPerMonth: 100 }));
    expect(result).toMatchObject({ currentMonthly: 14.8, codeMonthly: 51.59, monthlySavings: -36.79 });
    expect(result.breakEvenMonths).toBeNull();
  });

  it('breaks even in the first month whose savings cover the set-up', () => {
    const cost = fc.bigInt({ min: 0n, max: 10n ** 9n });
    fc.assert(
      fc.property(fc.nat(1_000_000), cost, cost, cost, cost, (volume, traditional, code, infrastructure, setup) => {
        const input = {
          conversationsPerMonth: volume,
          traditionalMicros: traditional,
          codeMicros: code,
          infrastructureMicros: infrastructure,
          setupMicros: setup,
        };
        const { breakEvenMonths } = roi(roiInput(input));
        const saved = BigInt(volume) * (traditional - code) - infrastructure;
        if (breakEvenMonths === null) return expect(saved <= 0n).toBe(true);
        const months = BigInt(breakEvenMonths);
        return expect(saved * months >= setup && (months === 0n || saved * (months - 1n) < setup)).toBe(true);
      }),
    );
  });

  it.each([-1, 1.5, Number.NaN, 1e12])('refuses %p conversations', (conversationsPerMonth) => {
    expect(() => roiInput({ conversationsPerMonth })).toThrow(/whole number/);
  });
});
