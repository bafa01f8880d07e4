import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareAnswers, type Equivalence } from './equivalence.ts';
import { cosine, jaccard } from './similarity.ts';

const verdict = (a: string, b: string, similarity: number | null = null): string =>
  compareAnswers(a, b, similarity).verdict;

describe('compareAnswers', () => {
  it.each([
    ['There are 40 A4VTG90 in stock at €1,474.94.', 'A4VTG90: 40 pieces, 1474.94 EUR each'],
    ['A4VTG90 costs 1474.94 EUR', 'The A4VTG90 costs €1.474,94 and 40 are in stock'],
    ['I could not find ZZZ-0000.', 'There is no product with the SKU ZZZ-0000.'],
    ['1. GP2-19 at 97.33\n2. AZPF28-HP at 97.99', '| GP2-19 | 97.33 |\n| AZPF28-HP | 97.99 |'],
    ['Please tell me which pump you mean.', 'Please tell me which pump you mean!'],
  ])('%p and %p say the same', (a, b) => {
    expect(verdict(a, b)).toBe('equivalent');
  });

  it.each([
    ['There are 40 A4VTG90 in stock.', 'There are 41 A4VTG90 in stock.'],
    ['The cheapest is GP2-19.', 'The cheapest is GP2-28.'],
    ['It costs 97.33 EUR.', 'It costs 97.33 USD.'],
    ['I could not find ZZZ-0000.', 'ZZZ-0000 costs 12 EUR.'],
    ['It costs 97.33 EUR.', ''],
    ['There are 40.', 'I am sorry, I cannot say.'],
    ['Good morning, how may I help?', 'Errors happen: try once more'],
  ])('%p and %p do not', (a, b) => {
    expect(verdict(a, b)).toBe('different');
  });

  it('is unclear where nearly all agrees, or one says far more', () => {
    expect(verdict('AB1, AB2, AB3, AB4', 'AB1, AB2, AB3, AB5')).toBe('unclear');
    expect(verdict('AB1', 'AB1, AB2, AB3, AB4')).toBe('unclear');
  });

  it('goes by embeddings where there are any, and by words where there are none', () => {
    const [a, b] = ['Gladly. Which one?', 'With pleasure, of which kind?'];
    expect(verdict(a, b)).toBe('different');
    expect(verdict(a, b, 0.93)).toBe('equivalent');
    expect(verdict(a, b, 0.7)).toBe('unclear');
    expect(compareAnswers(a, b).cosine).toBeNull();
  });

  const word = fc.constantFrom(
    'pump',
    'price',
    'the',
    'is',
    'in',
    'A4VTG90',
    'GP2-19',
    '40',
    '1474.94',
    'EUR',
    'not',
    'found',
    'stock',
    '.',
    '\n- ',
  );
  const text = fc.array(word, { maxLength: 25 }).map((words) => words.join(' '));
  const mirrored = (of: Equivalence): unknown => [
    of.verdict,
    of.score.toFixed(12),
    of.jaccard,
    [...of.codes.onlyBaseline].sort(),
    [...of.numbers.onlyBaseline].sort(),
  ];
  const mirror = (of: Equivalence): unknown => [
    of.verdict,
    of.score.toFixed(12),
    of.jaccard,
    [...of.codes.onlyCandidate].sort(),
    [...of.numbers.onlyCandidate].sort(),
  ];

  it('is the same from both sides', () => {
    fc.assert(
      fc.property(text, text, (a, b) => expect(mirrored(compareAnswers(a, b))).toEqual(mirror(compareAnswers(b, a)))),
    );
  });

  it('finds every answer equivalent to itself, and wholly so', () => {
    fc.assert(
      fc.property(text, (a) => {
        fc.pre(a.trim() !== '');
        expect(compareAnswers(a, a)).toMatchObject({ verdict: 'equivalent', jaccard: 1 });
        expect(compareAnswers(a, a).score).toBeCloseTo(1, 12);
      }),
    );
  });

  it('does not look at capitals, emphasis and white space', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const dressed = a
          .toUpperCase()
          .replaceAll(' ', '  ')
          .replace(/(\S+)$/, '**$1**');
        expect(compareAnswers(dressed, b).verdict).toBe(compareAnswers(a, b).verdict);
      }),
    );
  });

  it('keeps every measure in its range and always gives a reason', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 300 }),
        fc.string({ maxLength: 300 }),
        fc.option(fc.double({ min: -1, max: 1, noNaN: true })),
        (a, b, similarity) => {
          const { score, jaccard: words, reasons } = compareAnswers(a, b, similarity);
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1 + 1e-9);
          expect(words >= 0 && words <= 1).toBe(true);
          expect(reasons.length).toBeGreaterThan(0);
        },
      ),
    );
  });

  it('tells a changed number from the same, wherever it stands', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 1e6 }), (a, b) => {
        fc.pre(a !== b);
        expect(verdict(`There are ${a} pieces of A4VTG90.`, `We have ${b} of the A4VTG90.`)).not.toBe('equivalent');
      }),
    );
  });
});

describe('similarity', () => {
  it('knows the textbook values', () => {
    expect(jaccard('a b c', 'b c d')).toBe(0.5);
    expect(jaccard('', '')).toBe(1);
    expect(cosine([1, 0], [0, 1])).toBe(0);
    expect(cosine([1, 2], [2, 4])).toBeCloseTo(1, 12);
    expect(cosine([1, 2], [-1, -2])).toBeCloseTo(-1, 12);
  });

  it('gives none where there is nothing to compare', () => {
    for (const [a, b] of [
      [undefined, [1]],
      [[], []],
      [[1], [1, 2]],
      [
        [0, 0],
        [1, 1],
      ],
    ] as const)
      expect(cosine(a, b)).toBeNull();
  });

  it('stays between −1 and 1, whatever the vectors', () => {
    const vector = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(vector, vector, (a, b) => {
        const value = cosine(a, b);
        expect(value === null || (value >= -1 && value <= 1)).toBe(true);
        expect(cosine(b, a)).toBe(value);
      }),
    );
  });
});
