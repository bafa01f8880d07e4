import { describe, expect, it } from '@jest/globals';
import { newId } from '@switchyard/kernel';
import { changedRules, DEFAULT_RULES, isSampled, ownReasons, type EndedFacts, type ReviewRules } from './rules.ts';

const run = (over: Partial<EndedFacts> = {}): EndedFacts => ({ denied: 0, isBlocked: false, destructive: 0, ...over });
const rules = (over: Partial<ReviewRules> = {}): ReviewRules => ({
  destructive: true,
  denied: true,
  firstUse: true,
  newShape: true,
  restBasisPoints: 0,
  ...over,
});

describe('which runs somebody looks at', () => {
  it.each<[Partial<EndedFacts>, keyof ReviewRules, string]>([
    [{ destructive: 1 }, 'destructive', 'destructive'],
    [{ denied: 2 }, 'denied', 'denied'],
    [{ isBlocked: true }, 'denied', 'blocked'],
  ])('%j, while %s is on', (over, rule, reason) => {
    expect(ownReasons(run(over), rules())).toEqual([reason]);
    expect(ownReasons(run(over), rules({ [rule]: false }))).toEqual([]);
  });

  it('names every reason that there is', () => {
    expect(ownReasons(run({ destructive: 1, denied: 1 }), rules())).toEqual(['destructive', 'denied']);
    expect(ownReasons(run(), rules())).toEqual([]);
  });

  it('samples the share that it is told, each run the same wherever it is asked', () => {
    const runs = Array.from({ length: 20_000 }, () => newId());
    const drawn = (basisPoints: number): string[] =>
      runs.filter((id) => isSampled(id, rules({ restBasisPoints: basisPoints })));
    const some = drawn(500);
    expect(some.length / runs.length).toBeCloseTo(0.05, 2);
    expect(drawn(500)).toEqual(some);
    expect(drawn(1_000)).toEqual(expect.arrayContaining(some));
    expect([drawn(0).length, drawn(10_000).length]).toEqual([0, runs.length]);
  });

  it.each([[{ restBasisPoints: -1 }], [{ restBasisPoints: 10_001 }], [{ restBasisPoints: 1.5 }], [{ unknown: true }]])(
    'refuses %j',
    (change) => {
      expect(() => changedRules(DEFAULT_RULES, change as Partial<ReviewRules>)).toThrow(
        expect.objectContaining({ code: 'unprocessable' }),
      );
    },
  );
});
