import { describe, expect, it } from '@jest/globals';
import { newId } from '@switchyard/kernel';
import { bandOf, bucketOf, controlShare, expectedSplit } from './bucketing.ts';

const of = (unit: string) => ({ salt: 's', tenantId: 't', flag: 'f', unit });

describe('bucketing', () => {
  it('gives the buckets that it always gave, here from Python', () => {
    expect(['u1', 'u2', 'ü'].map((unit) => bucketOf(of(unit)))).toEqual([3692, 4332, 9]);
    expect(bucketOf(of('u1'))).not.toBe(bucketOf({ ...of('u1'), salt: 'other' }));
  });

  it('fills buckets evenly', () => {
    const tenths = new Array<number>(10).fill(0);
    for (let unit = 0; unit < 20_000; unit++) {
      const tenth = Math.floor(bucketOf(of(String(unit))) / 1_000);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    const chiSquare = tenths.reduce((sum, count) => sum + (count - 2_000) ** 2 / 2_000, 0);
    expect(chiSquare).toBeLessThan(27.9); // 9 degrees of freedom, p = 0.001
  });

  it('takes nobody out of treatment as the share grows, in steps of 0.01%', () => {
    for (let bucket = 0; bucket < 10_000; bucket += 7) {
      let wasTreated = false;
      for (let share = 0; share <= 10_000; share += 1) {
        const treated = bandOf(bucket, share) === 'treatment';
        if (wasTreated && !treated) throw new Error(`${bucket} fell out at ${share}`);
        wasTreated = treated;
      }
    }
  });

  it('keeps the arms 1:1 up to 50%, and a holdback at 97%', () => {
    const count = (share: number, band: string): number =>
      Array.from({ length: 10_000 }, (_, bucket) => bandOf(bucket, share)).filter((one) => one === band).length;
    expect([count(1_000, 'treatment'), count(1_000, 'control')]).toEqual([1_000, 1_000]);
    expect([count(5_000, 'treatment'), count(5_000, 'control')]).toEqual([5_000, 5_000]);
    expect([count(9_700, 'treatment'), count(9_700, 'control')]).toEqual([9_700, 300]);
    expect([controlShare(0), controlShare(10_000)]).toEqual([0, 0]);
    expect([expectedSplit(2_500), expectedSplit(9_700), expectedSplit(10_000)]).toEqual([0.5, 0.97, undefined]);
  });

  it('takes microseconds', () => {
    const units = Array.from({ length: 2_000 }, () => newId());
    for (const unit of units) bucketOf(of(unit));
    const started = performance.now();
    for (let round = 0; round < 10; round++) for (const unit of units) bucketOf(of(unit));
    expect(((performance.now() - started) * 1_000) / 20_000).toBeLessThan(50); // 1 to 2 µs on a quiet machine
  });
});
