import { createHash } from 'node:crypto';
import { AppError, ARMS, isUuid, type Arm } from '@switchyard/kernel';
import type { Verdict } from '../equivalence/equivalence.ts';

/** What a person can say of two answers: the one shown first, the one shown second, or that neither is better. */
export const CHOICES = ['first', 'second', 'same'] as const;
export type Choice = (typeof CHOICES)[number];

/** An arm, or that neither is better. */
export const PREFERENCES = [...ARMS, 'same'] as const;
export type Preference = (typeof PREFERENCES)[number];

export const PAIR_KINDS = ['comparison', 'shadow'] as const;
export type PairKind = (typeof PAIR_KINDS)[number];

/** Where a pair of answers comes from: a case of a comparison, or a shadow run (which has no case). */
export interface PairSource {
  readonly kind: PairKind;
  readonly sourceId: string;
  readonly caseId: string;
}

export interface PairAnswer {
  readonly arm: Arm;
  readonly text: string;
}

/** Two answers to one question, with what the machine made of them. */
export interface Pair extends PairSource {
  readonly question: string;
  readonly answers: readonly [PairAnswer, PairAnswer];
  readonly verdict: Verdict;
  readonly scripted: boolean;
}

export interface PairGrade extends PairSource {
  readonly preferred: Preference;
  readonly graderId: string;
  readonly graderName: string;
}

/** A pair as it is shown for grading: nothing of it tells which arm answered. */
export interface BlindPair {
  readonly id: string;
  readonly question: string;
  readonly first: string;
  readonly second: string;
  readonly scripted: boolean;
  /** What this person said of it before. */
  readonly choice: Choice | null;
}

export const pairId = ({ kind, sourceId, caseId }: PairSource): string => `${kind}/${sourceId}/${caseId}`;

/** Throws AppError `not_found`: an id that is not of that form names nothing. */
export function parsePairId(id: string): PairSource {
  const [kind, sourceId = '', ...rest] = id.split('/');
  const known = PAIR_KINDS.find((one) => one === kind);
  if (!known || !isUuid(sourceId)) throw new AppError('not_found', 'There is no such pair of answers in this tenant.');
  return { kind: known, sourceId, caseId: rest.join('/') };
}

/** Differs by pair and person, and stays: no grader learns on which side an arm stands. */
export const isSwapped = (id: string, graderId: string): boolean =>
  ((createHash('sha256').update(`${id}\n${graderId}`).digest()[0] ?? 0) & 1) === 1;

/** What a person's choice says of the arms. */
export function preferenceOf(pair: Pair, graderId: string, choice: Choice): Preference {
  if (choice === 'same') return 'same';
  const [one, other] = pair.answers;
  return (choice === 'first') === isSwapped(pairId(pair), graderId) ? other.arm : one.arm;
}

export function blind(pair: Pair, graderId: string, given: Preference | undefined): BlindPair {
  const id = pairId(pair);
  const [one, other] = pair.answers;
  const [first, second] = isSwapped(id, graderId) ? [other, one] : [one, other];
  const choice = given === undefined ? null : given === 'same' ? 'same' : given === first.arm ? 'first' : 'second';
  return { id, question: pair.question, first: first.text, second: second.text, scripted: pair.scripted, choice };
}

/** How often two judgements said the same, of how many that could be held together. */
export interface Agreement {
  readonly same: number;
  readonly of: number;
}

export interface PairSummary {
  readonly pairs: number;
  /** Pairs that at least one person graded. */
  readonly graded: number;
  /** By people, each grade once. */
  readonly preferred: readonly { readonly preference: Preference; readonly grades: number }[];
  readonly graders: readonly { readonly name: string; readonly grades: number }[];
  /** Every two people on every pair. */
  readonly betweenPeople: Agreement;
  /** Each grade with the machine's verdict: "neither is better" with equivalent, a preference with different. */
  readonly withMachine: Agreement;
  readonly scripted: number;
}

/** Pure. Grades of pairs that are not among `pairs` are left out. */
export function summarisePairs(pairs: readonly Pair[], grades: readonly PairGrade[]): PairSummary {
  const byPair = new Map(pairs.map((pair) => [pairId(pair), { pair, grades: [] as PairGrade[] }]));
  for (const grade of grades) byPair.get(pairId(grade))?.grades.push(grade);
  const graded = [...byPair.values()].filter((one) => one.grades.length > 0);
  const all = graded.flatMap((one) => one.grades);
  const two = graded.flatMap((one) =>
    one.grades.flatMap((a, at) => one.grades.slice(at + 1).map((b) => a.preferred === b.preferred)),
  );
  const machine = graded.flatMap(({ pair, grades: given }) =>
    pair.verdict === 'unclear'
      ? []
      : given.map(({ preferred }) => (preferred === 'same') === (pair.verdict === 'equivalent')),
  );
  const agreement = (said: readonly boolean[]): Agreement => ({ same: said.filter(Boolean).length, of: said.length });
  const people = new Map<string, { name: string; grades: number }>();
  for (const { graderId, graderName } of all)
    people.set(graderId, { name: graderName, grades: (people.get(graderId)?.grades ?? 0) + 1 });
  return {
    pairs: pairs.length,
    graded: graded.length,
    preferred: PREFERENCES.map((preference) => ({
      preference,
      grades: all.filter(({ preferred }) => preferred === preference).length,
    })).filter(({ grades: count }) => count > 0),
    graders: [...people.values()],
    betweenPeople: agreement(two),
    withMachine: agreement(machine),
    scripted: pairs.filter(({ scripted }) => scripted).length,
  };
}
