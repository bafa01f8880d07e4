import { describe, expect, it } from '@jest/globals';
import { newId } from '@switchyard/kernel';
import {
  blind,
  isSwapped,
  pairId,
  parsePairId,
  preferenceOf,
  summarisePairs,
  type Pair,
  type PairGrade,
  type Preference,
} from './pair.ts';

const pairOf = (over: Partial<Pair> = {}): Pair => ({
  kind: 'comparison',
  sourceId: newId(),
  caseId: 'exact-1',
  question: 'How many?',
  answers: [
    { arm: 'traditional', text: 'Forty of them.' },
    { arm: 'code', text: '40.' },
  ],
  verdict: 'equivalent',
  scripted: false,
  ...over,
});
const said = (pair: Pair, graderId: string, preferred: Preference): PairGrade => ({
  kind: pair.kind,
  sourceId: pair.sourceId,
  caseId: pair.caseId,
  preferred,
  graderId,
  graderName: graderId,
});

describe('a pair that is shown blind', () => {
  it('says nothing of arms, stays as it is for one person, and is swapped for about half', () => {
    const pairs = Array.from({ length: 400 }, () => pairOf());
    const shown = pairs.map((pair) => blind(pair, 'ada', undefined));
    expect(JSON.stringify(shown)).not.toMatch(/traditional|"code"/);
    expect(pairs.map((pair) => blind(pair, 'ada', undefined))).toEqual(shown);
    const swapped = shown.filter(({ first }) => first === '40.').length;
    expect(swapped).toBeGreaterThan(140);
    expect(swapped).toBeLessThan(260);
    const forOther = pairs.filter((pair) => isSwapped(pairId(pair), 'ada') !== isSwapped(pairId(pair), 'bob'));
    expect(forOther.length).toBeGreaterThan(100);
  });

  it('takes a choice for the arm that stood there, and shows it as that choice again', () => {
    for (const grader of ['ada', 'bob', 'cleo', 'dora', 'emil']) {
      const pair = pairOf();
      const { first } = blind(pair, grader, undefined);
      const preferred = preferenceOf(pair, grader, 'first');
      expect(pair.answers.find(({ arm }) => arm === preferred)?.text).toBe(first);
      expect(preferenceOf(pair, grader, 'second')).not.toBe(preferred);
      expect(blind(pair, grader, preferred).choice).toBe('first');
      expect(blind(pair, grader, 'same').choice).toBe('same');
    }
    expect(preferenceOf(pairOf(), 'ada', 'same')).toBe('same');
  });

  it('is found again by its id, and by nothing that is none', () => {
    const pair = pairOf({ caseId: 'a/b' });
    expect(parsePairId(pairId(pair))).toEqual({ kind: 'comparison', sourceId: pair.sourceId, caseId: 'a/b' });
    for (const id of ['', 'comparison/x/y', `answer/${newId()}/y`])
      expect(() => parsePairId(id)).toThrow('no such pair');
  });
});

describe('what people said of pairs', () => {
  it('counts each word once, and agreement between people and with the machine apart', () => {
    const [alike, differing, unclear] = [
      pairOf(),
      pairOf({ verdict: 'different' }),
      pairOf({ verdict: 'unclear', scripted: true }),
    ];
    const summary = summarisePairs(
      [alike, differing, unclear],
      [
        said(alike, 'ada', 'same'),
        said(alike, 'bob', 'same'),
        said(alike, 'cleo', 'code'),
        said(differing, 'ada', 'code'),
        said(unclear, 'ada', 'traditional'),
        said(pairOf(), 'ada', 'same'), // of another comparison
      ],
    );
    expect(summary).toEqual({
      pairs: 3,
      graded: 3,
      preferred: [
        { preference: 'traditional', grades: 1 },
        { preference: 'code', grades: 2 },
        { preference: 'same', grades: 2 },
      ],
      graders: [
        { name: 'ada', grades: 3 },
        { name: 'bob', grades: 1 },
        { name: 'cleo', grades: 1 },
      ],
      betweenPeople: { same: 1, of: 3 },
      withMachine: { same: 3, of: 4 },
      scripted: 1,
    });
  });

  it('says nothing where nobody said anything', () => {
    const summary = summarisePairs([pairOf()], []);
    expect(summary).toMatchObject({ graded: 0, preferred: [], betweenPeople: { same: 0, of: 0 } });
  });
});
