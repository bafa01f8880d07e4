import { expectedSplit } from '../bucketing.ts';
import type { Pair, Sums } from '../stats/confidence.ts';

/** Sums over one arm in one epoch. "Units" are conversations, or users where the plan says so. */
export interface ArmCounts {
  readonly epoch: number;
  readonly band: 'treatment' | 'control';
  readonly shareBasisPoints: number;
  readonly units: number;
  readonly answeredUnits: number;
  readonly errorUnits: number;
  readonly complaintUnits: number;
  /** Seen in both arms, by a fallback or otherwise. */
  readonly crossedUnits: number;
  readonly answers: number;
  readonly errors: number;
  readonly fallbacks: number;
  /** Answers over 10 seconds. */
  readonly slow: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Micro-dollars a unit. */
  readonly cost: Sums;
  /** Milliseconds, each unit's mean. */
  readonly latency: Sums;
  /** Answers by latency; see latencies.ts. */
  readonly latencies: readonly number[];
  /** 0 to 1 a unit. */
  readonly score: Sums;
  /** Of answers given by both arms: treatment's score less control's. */
  readonly pairs: Sums;
  readonly lastAt: Date | null;
}

/** All of one attempt. */
export type Evidence = readonly ArmCounts[];

export const NOTHING: Sums = { n: 0, sum: 0, squares: 0 };

export const plus = (a: Sums, b: Sums): Sums => ({
  n: a.n + b.n,
  sum: a.sum + b.sum,
  squares: a.squares + b.squares,
});

/** Both arms of what may be added up: all epochs up to 50%, in which they are 1:1, and each later share by itself. */
export interface Stratum {
  /** Treatment's part of the measured units, between 0 and 1. */
  readonly expected: number;
  readonly treatment: readonly ArmCounts[];
  readonly control: readonly ArmCounts[];
}

export function strataOf(evidence: Evidence): Stratum[] {
  const groups = new Map<number, ArmCounts[]>();
  for (const row of evidence) {
    const expected = expectedSplit(row.shareBasisPoints);
    if (expected !== undefined) groups.set(expected, [...(groups.get(expected) ?? []), row]);
  }
  return [...groups].map(([expected, rows]) => ({
    expected,
    treatment: rows.filter(({ band }) => band === 'treatment'),
    control: rows.filter(({ band }) => band === 'control'),
  }));
}

type CountName = {
  [Name in keyof ArmCounts]: ArmCounts[Name] extends number ? Name : never;
}[keyof ArmCounts];
type SumsName = { [Name in keyof ArmCounts]: ArmCounts[Name] extends Sums ? Name : never }[keyof ArmCounts];

export const total = (rows: Evidence, name: CountName): number => rows.reduce((sum, row) => sum + row[name], 0);

export const sums = (rows: Evidence, name: SumsName): Sums => rows.reduce((sum, row) => plus(sum, row[name]), NOTHING);

export const pairsBy = (evidence: Evidence, name: SumsName): Pair[] =>
  strataOf(evidence).map(({ treatment, control }) => ({
    treatment: sums(treatment, name),
    control: sums(control, name),
  }));

export const inBand = (evidence: Evidence, band: ArmCounts['band']): Evidence =>
  evidence.filter((row) => row.band === band);
