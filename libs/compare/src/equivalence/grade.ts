import { unreachable } from '@switchyard/kernel';
import type { Fact } from '../suites/suite.ts';
import { factsOf, mentions, type Facts } from './facts.ts';

/** How an answer stands to what a case expects. */
export interface FactGrade {
  readonly met: number;
  readonly of: number;
  /** In words, what the answer does not say. */
  readonly missing: readonly string[];
}

/** Half a cent, and rounding in floating point. */
const CLOSE = 0.005;

function isMet(text: string, found: Facts, fact: Fact): boolean {
  switch (fact.kind) {
    case 'sku':
      return mentions(text, fact.value);
    case 'skus_of':
      return fact.values.filter((value) => mentions(text, value)).length >= fact.atLeast;
    case 'number':
      return found.numbers.some((number) => Math.abs(number - fact.value) < CLOSE);
    case 'text': {
      const lower = text.toLowerCase();
      return fact.anyOf.some((one) => lower.includes(one.toLowerCase()));
    }
    case 'not_found':
      return found.saysNotFound;
    default:
      return unreachable(fact);
  }
}

function inWords(fact: Fact): string {
  switch (fact.kind) {
    case 'sku':
      return fact.value;
    case 'skus_of':
      return `${fact.atLeast} of ${fact.values.join(', ')}`;
    case 'number':
      return `${fact.of}: ${fact.value}`;
    case 'text':
      return fact.anyOf.map((one) => `"${one}"`).join(' or ');
    case 'not_found':
      return 'that there is none';
    default:
      return unreachable(fact);
  }
}

/** Pure: which of the expected facts an answer states. */
export function gradeFacts(text: string, expected: readonly Fact[]): FactGrade {
  const found = factsOf(text);
  const missing = expected.filter((fact) => !isMet(text, found, fact));
  return { met: expected.length - missing.length, of: expected.length, missing: missing.map(inWords) };
}
