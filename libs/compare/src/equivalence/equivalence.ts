import { factsOf, type Facts } from './facts.ts';
import { jaccard, overlap } from './similarity.ts';

export const VERDICTS = ['equivalent', 'different', 'unclear'] as const;
export type Verdict = (typeof VERDICTS)[number];

interface Split<Item> {
  readonly both: readonly Item[];
  readonly onlyBaseline: readonly Item[];
  readonly onlyCandidate: readonly Item[];
}

/** How two answers to the same question stand to each other. */
export interface Equivalence {
  readonly verdict: Verdict;
  /** 0 to 1: how much of what they state they share. */
  readonly score: number;
  /** In words, the decisive one first. */
  readonly reasons: readonly string[];
  /** Of their words. */
  readonly jaccard: number;
  /** Of their embeddings; null where the tenant's model gives none. */
  readonly cosine: number | null;
  readonly codes: Split<string>;
  readonly numbers: Split<number>;
}

/** Two of three is a slip in a list; less is another list. */
const MOSTLY = 0.6;
/** Texts without facts: from here on they say the same, below the other bound they do not. */
const SAME_WORDS = 0.5;
const OTHER_WORDS = 0.15;
const SAME_MEANING = 0.85;
const OTHER_MEANING = 0.6;
const MAX_NAMED = 5;

function split<Item>(a: readonly Item[], b: readonly Item[]): Split<Item> {
  const [left, right] = [new Set(a), new Set(b)];
  return {
    both: [...left].filter((item) => right.has(item)),
    onlyBaseline: [...left].filter((item) => !right.has(item)),
    onlyCandidate: [...right].filter((item) => !left.has(item)),
  };
}

const named = (items: readonly (string | number)[]): string =>
  items.slice(0, MAX_NAMED).join(', ') + (items.length > MAX_NAMED ? ` and ${items.length - MAX_NAMED} more` : '');

type Judged = readonly [Verdict, string];

/** Each side states what the other does not: they contradict each other, unless nearly all else is shared. */
function contradiction<Item extends string | number>(
  what: string,
  { both, onlyBaseline, onlyCandidate }: Split<Item>,
): Judged | undefined {
  if (onlyBaseline.length === 0 || onlyCandidate.length === 0) return undefined;
  const shared = both.length / (both.length + Math.max(onlyBaseline.length, onlyCandidate.length));
  const text = `other ${what}: ${named(onlyBaseline)} against ${named(onlyCandidate)}`;
  return [shared >= MOSTLY ? 'unclear' : 'different', text];
}

function otherCurrency(a: Facts, b: Facts): Judged | undefined {
  for (const [amount, currency] of a.currencies) {
    const other = b.currencies.get(amount);
    if (other && other !== currency) return ['different', `${amount} in ${currency} against ${other}`];
  }
  return undefined;
}

/** Where neither states a fact only the words are left. */
function byMeaning(similarity: { readonly jaccard: number; readonly cosine: number | null }): Judged {
  const [measure, value, same, other] =
    similarity.cosine === null
      ? (['of their words', similarity.jaccard, SAME_WORDS, OTHER_WORDS] as const)
      : (['by their embeddings', similarity.cosine, SAME_MEANING, OTHER_MEANING] as const);
  const text = `neither states a fact; alike to ${value.toFixed(2)} ${measure}`;
  return [value >= same ? 'equivalent' : value < other ? 'different' : 'unclear', text];
}

const WEIGHT: Readonly<Record<Verdict, number>> = { different: 2, unclear: 1, equivalent: 0 };

/**
 * Pure. Part numbers, numbers, prices and "there is none" decide; wording decides only where there is nothing else.
 * One side may say more than the other without contradicting it. Symmetric but for the names of the sides.
 */
export function compareAnswers(baseline: string, candidate: string, cosine: number | null = null): Equivalence {
  const [a, b] = [factsOf(baseline), factsOf(candidate)];
  const codes = split(a.codes, b.codes);
  const numbers = split(a.numbers, b.numbers);
  const similarity = { jaccard: jaccard(baseline, candidate), cosine };
  const judged = judge({ baseline, candidate, a, b, codes, numbers, similarity });
  const [worst] = judged.toSorted(([left], [right]) => WEIGHT[right] - WEIGHT[left]);
  const verdict = worst?.[0] ?? 'unclear';
  return {
    verdict,
    score: score({ a, b, similarity }),
    reasons: judged.filter(([one]) => one === verdict).map(([, text]) => text),
    ...similarity,
    codes,
    numbers,
  };
}

interface Compared {
  readonly baseline: string;
  readonly candidate: string;
  readonly a: Facts;
  readonly b: Facts;
  readonly codes: Split<string>;
  readonly numbers: Split<number>;
  readonly similarity: { readonly jaccard: number; readonly cosine: number | null };
}

function judge({ baseline, candidate, a, b, codes, numbers, similarity }: Compared): Judged[] {
  const empty = [baseline, candidate].filter((text) => text.trim() === '').length;
  if (empty === 2) return [['unclear', 'neither answered']];
  if (empty === 1) return [['different', 'only one answered']];
  if (a.saysNotFound !== b.saysNotFound)
    return [['different', `only the ${a.saysNotFound ? 'baseline' : 'candidate'} says that there is none`]];
  const wrong = [contradiction('part numbers', codes), contradiction('numbers', numbers), otherCurrency(a, b)].filter(
    (one) => one !== undefined,
  );
  if (wrong.length > 0) return wrong;
  if (a.saysNotFound) return [['equivalent', 'both say that there is none']];
  const stated = (facts: Facts): number => facts.codes.length + facts.numbers.length;
  const [fewer, more] = [stated(a), stated(b)].sort((left, right) => left - right);
  if (more === 0) return [byMeaning(similarity)];
  if (fewer === 0) return [['different', 'only one states any facts']];
  const shared = codes.both.length + numbers.both.length;
  if (shared === 0) return [['different', 'they state different things']];
  if (shared * 2 < (more ?? 0)) return [['unclear', `they share ${shared} facts, and one states ${more}`]];
  return [['equivalent', `they share ${shared} facts and contradict each other in none`]];
}

function score({ a, b, similarity }: Pick<Compared, 'a' | 'b' | 'similarity'>): number {
  const parts: [number, number][] = [[0.2, Math.max(0, similarity.cosine ?? similarity.jaccard)]];
  if (a.codes.length + b.codes.length > 0) parts.push([0.4, overlap(new Set(a.codes), new Set(b.codes))]);
  if (a.numbers.length + b.numbers.length > 0) parts.push([0.4, overlap(new Set(a.numbers), new Set(b.numbers))]);
  if (a.saysNotFound || b.saysNotFound) parts.push([0.4, a.saysNotFound === b.saysNotFound ? 1 : 0]);
  const weight = parts.reduce((sum, [part]) => sum + part, 0);
  return parts.reduce((sum, [part, value]) => sum + part * value, 0) / weight;
}
