import { compareAnswers, type Equivalence } from '../equivalence/equivalence.ts';
import { gradeFacts, type FactGrade } from '../equivalence/grade.ts';
import type { Case } from '../suites/suite.ts';

export interface JudgedCase {
  readonly equivalence: Equivalence;
  readonly baseline: FactGrade;
  readonly candidate: FactGrade;
}

const isRight = ({ met, of }: FactGrade): boolean => met === of;

/**
 * Pure. Where a case says what a right answer states, that decides first: two right answers are equivalent however
 * much else they say, and a right and a wrong one are not. Two wrong ones are equivalent only if they say the same.
 */
export function judgeCase(
  { expected }: Pick<Case, 'expected'>,
  texts: { readonly baseline: string; readonly candidate: string },
  cosine: number | null,
): JudgedCase {
  const compared = compareAnswers(texts.baseline, texts.candidate, cosine);
  const baseline = gradeFacts(texts.baseline, expected);
  const candidate = gradeFacts(texts.candidate, expected);
  const decided = (verdict: Equivalence['verdict'], reason: string): JudgedCase => ({
    equivalence: { ...compared, verdict, reasons: [reason, ...compared.reasons] },
    baseline,
    candidate,
  });
  if (isRight(baseline) && isRight(candidate)) return decided('equivalent', 'both state every expected fact');
  if (isRight(baseline)) return decided('different', `the candidate does not say ${candidate.missing.join('; ')}`);
  if (isRight(candidate)) return decided('different', `the baseline does not say ${baseline.missing.join('; ')}`);
  return { equivalence: compared, baseline, candidate };
}
