import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { factsOf, mentions, numberOf } from './facts.ts';

describe('factsOf', () => {
  it('reads part numbers, numbers and prices out of an answer', () => {
    const { codes, numbers, currencies, saysNotFound } = factsOf(
      'There are **40** pieces of `A4VTG90` in stock, at €1,474.94 each; the 6205-2RS is at 30.80 EUR (7 mm, 400bar).',
    );
    expect(codes).toEqual(['A4VTG90', '6205-2RS']);
    expect(numbers).toEqual([40, 1474.94, 30.8, 7, 400]);
    expect([...currencies]).toEqual([
      [1474.94, 'EUR'],
      [30.8, 'EUR'],
    ]);
    expect(saysNotFound).toBe(false);
  });

  it.each([
    ['1474.94', 1474.94],
    ['1,474.94', 1474.94],
    ['1.474,94', 1474.94],
    ['97,33', 97.33],
    ['1,474', 1474],
    ['400bar', 400],
    ['15%', 15],
    ['A4', undefined],
    ['1,47,4', undefined],
  ])('%s is %p', (word, number) => {
    expect(numberOf(word)).toBe(number);
  });

  it('does not take the numbers of a list for facts', () => {
    expect(factsOf('1. GP2-19\n2) AZPF28-HP\n- GP2-28').numbers).toEqual([]);
    expect(factsOf('1. GP2-19\n2) AZPF28-HP\n- GP2-28').codes).toEqual(['GP2-19', 'AZPF28-HP', 'GP2-28']);
  });

  it('reads any amount back, however it is grouped', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 99_999_999_99 }), (cents) => {
        const amount = cents / 100;
        const english = amount.toLocaleString('en', { minimumFractionDigits: 2 });
        const german = amount.toLocaleString('de', { minimumFractionDigits: 2 });
        expect(factsOf(`It costs ${english} EUR.`).numbers).toEqual([amount]);
        expect(factsOf(`It costs €${german}, delivered.`).numbers).toEqual([amount]);
      }),
    );
  });

  it.each([
    'There is no product ZZZ-0000.',
    'I could not find a category called Chainsaws.',
    'ZZZ-0000 does not exist in our catalogue.',
    'No gear pumps match that.',
    'No results.',
    'Unknown SKU.',
    'I couldn’t find it',
  ])('"%s" says that there is none', (text) => {
    expect(factsOf(text).saysNotFound).toBe(true);
  });

  it.each([
    'There are no 6205-2RS in stock at the moment.',
    'No, the 6205-2RS is out of stock.',
    'There are 40 in stock, no other product is cheaper.',
    'A4VTG90 costs 1474.94 EUR.',
  ])('"%s" is about something that exists', (text) => {
    expect(factsOf(text).saysNotFound).toBe(false);
  });

  it('takes any text whatever', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const { numbers } = factsOf(text);
        expect(numbers.every(Number.isFinite)).toBe(true);
      }),
    );
  });

  it('is quick with what is made to slow it down', () => {
    for (const text of [
      '1,'.repeat(50_000),
      'a1-'.repeat(50_000),
      'no '.repeat(50_000),
      ' '.repeat(100_000),
      '1'.repeat(100_000),
    ]) {
      const began = performance.now();
      factsOf(text);
      expect(performance.now() - began).toBeLessThan(2_000);
    }
  });
});

describe('mentions', () => {
  it('finds a part number by itself alone', () => {
    expect(mentions('the 4we6, and', '4WE6')).toBe(true);
    expect(mentions('(30205)', '30205')).toBe(true);
    expect(mentions('4WE6-R', '4WE6')).toBe(false);
    expect(mentions('130205', '30205')).toBe(false);
    expect(mentions('It is the 4WE6.', '4WE6')).toBe(true);
  });
});
