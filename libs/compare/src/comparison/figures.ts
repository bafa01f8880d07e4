import { tokensOf, type KeptAnswer } from '../answers/kept-answer.ts';
import type { Suite } from '../suites/suite.ts';
import type { ComparedCase } from './comparison.ts';

export interface ArmFigures {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly tokens: number;
  /** Some of these tokens were counted by a tokenizer, because the endpoint told nothing. */
  readonly tokensEstimated: boolean;
  /** Null where the price of any of the answers is not known: a sum with gaps would mislead. */
  readonly costMicros: bigint | null;
  /** Nearest rank; null without an answer. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly modelCalls: number;
  readonly toolCalls: number;
  readonly errors: number;
  /** Cases in which it stated every expected fact. */
  readonly right: number;
}

/** A promise of the founding documents beside what was measured. */
export interface Target {
  readonly name: string;
  readonly target: string;
  readonly measured: string;
  /** Null where this comparison cannot tell. */
  readonly met: boolean | null;
  readonly why: string | null;
}

/** Who answered: a model, the script that stands in for one, or both. */
export type AnsweredBy = 'model' | 'scripted' | 'mixed' | 'nobody';

export interface Figures {
  readonly cases: number;
  readonly equivalent: number;
  readonly different: number;
  readonly unclear: number;
  /** Of all cases, also of those that are unclear; null without a case. */
  readonly equivalentPercent: number | null;
  readonly answeredBy: AnsweredBy;
  readonly models: readonly string[];
  readonly baseline: ArmFigures;
  readonly candidate: ArmFigures;
  /** By how much the candidate took less: negative where it took more. Null without a measure of the baseline. */
  readonly savedTokensPercent: number | null;
  readonly savedCostPercent: number | null;
  readonly categories: readonly CategoryFigures[];
  readonly targets: readonly Target[];
}

export interface CategoryFigures {
  readonly category: string;
  readonly cases: number;
  readonly equivalent: number;
  readonly baselineTokens: number;
  readonly candidateTokens: number;
  readonly savedTokensPercent: number | null;
}

const EQUIVALENCE_TARGET_PERCENT = 95;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Nearest rank; null of nothing. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

const savedPercent = (before: number, after: number): number | null =>
  before > 0 ? ((before - after) / before) * 100 : null;

function costOf(answers: readonly KeptAnswer[]): bigint | null {
  let total = 0n;
  for (const { costMicros } of answers) {
    if (costMicros === null) return null;
    total += BigInt(costMicros);
  }
  return answers.length > 0 ? total : null;
}

function armFigures(answers: readonly KeptAnswer[], right: number): ArmFigures {
  const latencies = answers.filter(({ error }) => !error).map(({ latencyMs }) => latencyMs);
  return {
    inputTokens: sum(answers.map(({ inputTokens }) => inputTokens)),
    cachedInputTokens: sum(answers.map(({ cachedInputTokens }) => cachedInputTokens)),
    outputTokens: sum(answers.map(({ outputTokens }) => outputTokens)),
    tokens: sum(answers.map(tokensOf)),
    tokensEstimated: answers.some(({ usageEstimated }) => usageEstimated),
    costMicros: costOf(answers),
    p50Ms: percentile(latencies, 0.5),
    p95Ms: percentile(latencies, 0.95),
    modelCalls: sum(answers.map(({ modelCalls }) => modelCalls)),
    toolCalls: sum(answers.map(({ calls }) => calls)),
    errors: answers.filter(({ error }) => error).length,
    right,
  };
}

function whoAnswered(answers: readonly KeptAnswer[]): AnsweredBy {
  const reached = answers.filter(({ model }) => model !== null);
  const scripted = reached.filter((answer) => answer.scripted).length;
  if (reached.length === 0) return 'nobody';
  return scripted === 0 ? 'model' : scripted === reached.length ? 'scripted' : 'mixed';
}

function categoryFigures(cases: readonly ComparedCase[]): CategoryFigures[] {
  const names = [...new Set(cases.map(({ category }) => category))];
  return names.map((category) => {
    const own = cases.filter((one) => one.category === category);
    const baselineTokens = sum(own.map(({ baseline }) => tokensOf(baseline)));
    const candidateTokens = sum(own.map(({ candidate }) => tokensOf(candidate)));
    return {
      category,
      cases: own.length,
      equivalent: own.filter(({ verdict }) => verdict === 'equivalent').length,
      baselineTokens,
      candidateTokens,
      savedTokensPercent: savedPercent(baselineTokens, candidateTokens),
    };
  });
}

const percent = (value: number | null): string => (value === null ? 'nothing' : `${value.toFixed(1)} %`);
const count = (value: number): string => value.toLocaleString('en-US');

/** The script was written for these very questions: that it is right in both arms says nothing of a model. */
const SCRIPT_SAYS_NOTHING =
  'the scripted model answered: this shows that both ways work, not what a model makes of them';
const SCRIPTED_TOKENS = 'tokens of what a scripted model was really sent and said; a model takes other turns';

function equivalenceTarget(cases: readonly ComparedCase[], answeredBy: AnsweredBy): Target {
  const share = (100 * cases.filter(({ verdict }) => verdict === 'equivalent').length) / cases.length;
  const isModel = answeredBy === 'model';
  return {
    name: 'functional equivalence',
    target: `at least ${EQUIVALENCE_TARGET_PERCENT} %`,
    measured: percent(share),
    met: isModel ? share >= EQUIVALENCE_TARGET_PERCENT : null,
    why: isModel ? null : SCRIPT_SAYS_NOTHING,
  };
}

/** One target for each promise, over the cases that it is about; a workflow's own figures stand beside it. */
function savingTargets(suite: Suite, cases: readonly ComparedCase[], answeredBy: AnsweredBy): Target[] {
  const why = answeredBy === 'model' ? null : SCRIPTED_TOKENS;
  const promised = suite.cases.flatMap((one) => {
    const compared = cases.find(({ caseId }) => caseId === one.id);
    return one.saving && compared ? [{ ...one, saving: one.saving, compared }] : [];
  });
  const groups = Map.groupBy(promised, ({ id, saving, source }) => (source ? id : saving.why));
  return [...groups].flatMap(([name, group]) => {
    const [first] = group;
    if (!first) return [];
    const usable = group.filter(({ compared }) => !compared.baseline.error && !compared.candidate.error);
    const before = sum(usable.map(({ compared }) => tokensOf(compared.baseline)));
    const after = sum(usable.map(({ compared }) => tokensOf(compared.candidate)));
    const saved = savedPercent(before, after);
    const { atLeastPercent, atMostPercent } = first.saving;
    const most = atMostPercent === undefined ? '' : ` to ${atMostPercent}`;
    const source = first.source ? ` (${count(first.source.traditional)} → ${count(first.source.code)})` : '';
    return [
      {
        name: first.source ? `tokens of ${name}` : name,
        target: `${atMostPercent === undefined ? 'at least ' : ''}${atLeastPercent}${most} % fewer${source}`,
        measured: `${percent(saved)} fewer (${count(before)} → ${count(after)})`,
        met: saved === null ? null : saved >= atLeastPercent,
        why: saved === null ? 'an arm did not answer' : why,
      },
    ];
  });
}

/** Pure: what the compared cases of a suite come to. */
export function figuresOf(suite: Suite, cases: readonly ComparedCase[]): Figures {
  const of = (verdict: ComparedCase['verdict']): number => cases.filter((one) => one.verdict === verdict).length;
  const right = (side: 'baseline' | 'candidate'): number =>
    cases.filter(({ judgement }) => judgement[side].met === judgement[side].of).length;
  const answers = cases.flatMap(({ baseline, candidate }) => [baseline, candidate]);
  const baseline = armFigures(
    cases.map((one) => one.baseline),
    right('baseline'),
  );
  const candidate = armFigures(
    cases.map((one) => one.candidate),
    right('candidate'),
  );
  const answeredBy = whoAnswered(answers);
  const isPriced = baseline.costMicros !== null && candidate.costMicros !== null;
  return {
    cases: cases.length,
    equivalent: of('equivalent'),
    different: of('different'),
    unclear: of('unclear'),
    equivalentPercent: cases.length > 0 ? (100 * of('equivalent')) / cases.length : null,
    answeredBy,
    models: [...new Set(answers.flatMap(({ model }) => model ?? []))].sort(),
    baseline,
    candidate,
    savedTokensPercent: savedPercent(baseline.tokens, candidate.tokens),
    savedCostPercent: isPriced ? savedPercent(Number(baseline.costMicros), Number(candidate.costMicros)) : null,
    categories: categoryFigures(cases),
    targets:
      cases.length === 0 ? [] : [equivalenceTarget(cases, answeredBy), ...savingTargets(suite, cases, answeredBy)],
  };
}
