import type { Arm } from '@switchyard/kernel';
import type { ArmAnswer } from '../answers/arm-answer.ts';
import { compareAnswers, type Equivalence } from '../equivalence/equivalence.ts';

/** The arm that would have answered instead. */
export const otherArm = (served: Arm): Arm => (served === 'traditional' ? 'code' : 'traditional');

/** What a code arm itself can do wrong; a model that is away or a kill switch says nothing of an arm. */
const ARMS_FAULTS = new Set(['crashed', 'not_mended']);
const isArmsFault = ({ error }: ArmAnswer): boolean => error !== null && ARMS_FAULTS.has(error.code);

export type Paired =
  | { readonly comparable: false; readonly why: string }
  | {
      readonly comparable: true;
      readonly equivalence: Equivalence;
      /** The code way's score less the traditional way's; null where the pair cannot tell. */
      readonly delta: number | null;
    };

/**
 * Pure: what two answers to the same question tell. The traditional way is the reference, since it is what users had
 * before: where the answers differ the code way is taken to be wrong, until a person grades them.
 */
export function pairUp(servedArm: Arm, served: ArmAnswer, shadow: ArmAnswer, cosine: number | null): Paired {
  if (shadow.denied)
    return { comparable: false, why: 'A tool was refused to it: it may only read, and the question may ask for more.' };
  if (shadow.error && !isArmsFault(shadow)) return { comparable: false, why: shadow.error.message };
  const [traditional, code] = servedArm === 'traditional' ? [served, shadow] : [shadow, served];
  const equivalence = compareAnswers(traditional.text, code.text, cosine);
  if (traditional.error && code.error) return { comparable: true, equivalence, delta: 0 };
  if (traditional.error) return { comparable: true, equivalence, delta: 1 };
  if (code.error) return { comparable: true, equivalence, delta: -1 };
  const delta = { equivalent: 0, different: -1, unclear: null }[equivalence.verdict];
  return { comparable: true, equivalence, delta };
}
