import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { centsOf, divideRounded, parseDollars } from './dollars.ts';
import { PRICE_LIST } from './price-list.ts';
import { doubtOf, possibleUsage, price, tierFor, type PriceTier, type Usage } from './price.ts';

const tier = (over: Partial<PriceTier> = {}): PriceTier => ({
  aboveInputTokens: 0,
  inputMicros: 2_500_000n,
  cachedInputMicros: 1_250_000n,
  outputMicros: 10_000_000n,
  reasoningMicros: null,
  ...over,
});
const used = (over: Partial<Usage> = {}): Usage => ({
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  ...over,
});
const anyRate = fc.bigInt({ min: 0n, max: 1_000_000_000n });
const anyTier = fc.record({
  aboveInputTokens: fc.constant(0),
  inputMicros: anyRate,
  cachedInputMicros: fc.option(anyRate),
  outputMicros: anyRate,
  reasoningMicros: fc.option(anyRate),
});
const anyUsage = fc
  .tuple(fc.nat(2_000_000), fc.nat(2_000_000), fc.nat(2_000_000), fc.nat(2_000_000))
  .map(([a, b, c, d]): Usage => ({
    inputTokens: a + b,
    cachedInputTokens: b,
    outputTokens: c + d,
    reasoningTokens: d,
  }));

describe('the price of a call', () => {
  it('is what the provider would bill', () => {
    const usage = used({ inputTokens: 1_200, cachedInputTokens: 1_000, outputTokens: 300, reasoningTokens: 100 });
    // 200 × 2.50 + 1,000 × 1.25 + 300 × 10, all for a million: $0.00475
    expect(price(usage, { tiers: [tier()] })).toBe(4_750n);
    expect(price(usage, { tiers: [tier({ reasoningMicros: 20_000_000n })] })).toBe(5_750n);
    expect(price(usage, { tiers: [tier({ cachedInputMicros: null })] })).toBe(6_000n);
  });

  it('rounds once, half up, so that no call is off by more than half a micro-dollar', () => {
    fc.assert(
      fc.property(anyUsage, anyTier, (usage, one) => {
        const exact =
          BigInt(usage.inputTokens - usage.cachedInputTokens) * one.inputMicros +
          BigInt(usage.cachedInputTokens) * (one.cachedInputMicros ?? one.inputMicros) +
          BigInt(usage.outputTokens - usage.reasoningTokens) * one.outputMicros +
          BigInt(usage.reasoningTokens) * (one.reasoningMicros ?? one.outputMicros);
        const error = price(usage, { tiers: [one] }) * 1_000_000n - exact;
        expect(error > -500_000n && error <= 500_000n).toBe(true);
      }),
    );
    expect(price(used({ inputTokens: 1 }), { tiers: [tier({ inputMicros: 499_999n })] })).toBe(0n);
    expect(price(used({ inputTokens: 1 }), { tiers: [tier({ inputMicros: 500_000n })] })).toBe(1n);
  });

  it('never falls when more is used', () => {
    fc.assert(
      fc.property(anyUsage, anyTier, fc.nat(1_000), (usage, one, more) => {
        const bigger = { ...usage, outputTokens: usage.outputTokens + more };
        expect(price(bigger, { tiers: [one] }) >= price(usage, { tiers: [one] })).toBe(true);
      }),
    );
  });

  it('takes the tier by the whole prompt, from one token above it', () => {
    const tiers = [tier({ aboveInputTokens: 200_000, inputMicros: 5_000_000n }), tier()];
    expect(tierFor(200_000, tiers).inputMicros).toBe(2_500_000n);
    expect(tierFor(200_001, tiers).inputMicros).toBe(5_000_000n);
    expect(price(used({ inputTokens: 200_000 }), { tiers })).toBe(500_000n);
    expect(price(used({ inputTokens: 200_001 }), { tiers })).toBe(1_000_005n);
  });
});

describe('what a provider tells', () => {
  it('is made possible, and marked where it was not', () => {
    const told = { inputTokens: 10, cachedInputTokens: 90, outputTokens: -4, reasoningTokens: Number.NaN };
    expect(possibleUsage(told)).toEqual({ usage: used({ inputTokens: 10, cachedInputTokens: 10 }), changed: true });
    const fine = used({ inputTokens: 10, cachedInputTokens: 4, outputTokens: 7, reasoningTokens: 7 });
    expect(possibleUsage(fine)).toEqual({ usage: fine, changed: false });
  });

  it('never makes a cost negative or beyond a column', () => {
    const wild = fc.record({
      inputTokens: fc.double(),
      cachedInputTokens: fc.double(),
      outputTokens: fc.double(),
      reasoningTokens: fc.double(),
    });
    fc.assert(
      fc.property(wild, anyTier, (told, one) => {
        const cost = price(possibleUsage(told).usage, { tiers: [one] });
        expect(cost >= 0n && cost < 2n ** 63n).toBe(true);
      }),
    );
  });
});

describe('a doubtful price', () => {
  it.each<[string, Partial<PriceTier>, string | undefined]>([
    ['ten times is still believed', { inputMicros: 25_000_000n, cachedInputMicros: 12_500_000n }, undefined],
    ['more than ten times', { inputMicros: 25_000_001n }, 'inputMicros changes more than tenfold'],
    ['less than a tenth', { outputMicros: 999_999n }, 'outputMicros changes more than tenfold'],
    ['to nothing', { cachedInputMicros: 0n }, 'cachedInputMicros goes to nothing'],
  ])('%s', (_what, over, doubt) => {
    const found = doubtOf([tier(over)], [tier()]);
    if (doubt === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(doubt);
  });

  it('is one that comes from nothing too, and one whose higher tier is off', () => {
    expect(doubtOf([tier()], [tier({ inputMicros: 0n })])).toContain('inputMicros goes from nothing');
    const high = tier({ aboveInputTokens: 200_000, outputMicros: 900_000_000n });
    expect(doubtOf([tier(), high], [tier()])).toContain('outputMicros changes more than tenfold');
  });
});

describe('dollars', () => {
  it('are read without a float in between, and written to the cent', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), (micros) => {
        const text = `${micros / 1_000_000n}.${String(micros % 1_000_000n).padStart(6, '0')}`;
        expect(parseDollars(text)).toBe(micros);
      }),
    );
    expect(['1.2345678', '1e3', '', '.5', '1,000', 'NaN'].map(parseDollars)).toEqual(Array(6).fill(undefined));
    expect([centsOf(65_900_000n), centsOf(-5_000n), centsOf(4_999n)]).toEqual([65.9, -0.01, 0]);
    expect([divideRounded(-3n, 2n), divideRounded(3n, 2n), divideRounded(-1n, 3n)]).toEqual([-2n, 2n, 0n]);
  });
});

describe('the shipped list', () => {
  it('has one row for a model and moment, each with a page where it can be checked', () => {
    expect(new Set(PRICE_LIST.map(({ id }) => id)).size).toBe(PRICE_LIST.length);
    for (const { tiers, sourceUrl, model } of PRICE_LIST) {
      expect([model, tiers[0]?.aboveInputTokens, new URL(sourceUrl).protocol]).toEqual([model, 0, 'https:']);
      for (const one of tiers) {
        expect(one.inputMicros > 0n).toBe(true);
        expect((one.cachedInputMicros ?? one.inputMicros) <= one.inputMicros).toBe(true);
      }
    }
  });
});
