import { tokensOf } from '../answers/kept-answer.ts';
import type { Suite } from '../suites/suite.ts';
import type { ComparedCase, Comparison } from './comparison.ts';
import { figuresOf, type ArmFigures, type Figures, type Target } from './figures.ts';

/** All that is known of a comparison, in JSON's types. */
export interface Report {
  readonly comparison: Omit<Comparison, 'startedAt' | 'finishedAt'> & { startedAt: string; finishedAt: string | null };
  readonly title: string;
  /** Null where a model answered throughout. */
  readonly notice: string | null;
  readonly figures: ReportFigures;
  readonly cases: readonly ReportCase[];
}

type Json<Of> = { readonly [Name in keyof Of]: bigint extends Of[Name] ? string | null : Of[Name] };
type ReportFigures = Omit<Figures, 'baseline' | 'candidate'> & {
  readonly baseline: Json<ArmFigures>;
  readonly candidate: Json<ArmFigures>;
};
type ReportCase = Omit<ComparedCase, 'finishedAt'> & { readonly finishedAt: string };

const NOTICES = {
  model: null,
  scripted:
    'The scripted model answered, not a language model. Tokens are those of what it was really sent and said; what it got right says nothing of a model.',
  mixed: 'Some answers are those of the scripted model, not of a language model. Read no quality out of this report.',
  nobody: 'No model was reached.',
} as const;

const plainArm = ({ costMicros, ...arm }: ArmFigures): Json<ArmFigures> => ({
  ...arm,
  costMicros: costMicros === null ? null : String(costMicros),
});

export function reportOf(suite: Suite, comparison: Comparison, cases: readonly ComparedCase[]): Report {
  const figures = figuresOf(suite, cases);
  return {
    comparison: {
      ...comparison,
      startedAt: comparison.startedAt.toISOString(),
      finishedAt: comparison.finishedAt?.toISOString() ?? null,
    },
    title: suite.title,
    notice: NOTICES[figures.answeredBy],
    figures: { ...figures, baseline: plainArm(figures.baseline), candidate: plainArm(figures.candidate) },
    cases: cases.map((one) => ({ ...one, finishedAt: one.finishedAt.toISOString() })),
  };
}

const count = (value: number): string => value.toLocaleString('en-US');
const percent = (value: number | null): string => (value === null ? '–' : `${value.toFixed(1)} %`);
const ms = (value: number | null): string => (value === null ? '–' : `${count(Math.round(value))} ms`);
const dollars = (micros: string | null): string =>
  micros === null ? 'no price' : `$${(Number(micros) / 1e6).toFixed(4)}`;
/** A cell of a table must stay one. */
const cell = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('|', '\\|').slice(0, 300);

const rows = (...lines: readonly (readonly string[])[]): string[] => {
  const [head = [], ...body] = lines.map((line) => `| ${line.map(cell).join(' | ')} |`);
  const columns = lines[0]?.length ?? 0;
  return [String(head), `|${' --- |'.repeat(columns)}`, ...body];
};

const targetRow = ({ name, target, measured, met, why }: Target): string[] => [
  name,
  target,
  measured,
  [met === null ? 'cannot tell' : met ? 'met' : '**missed**', ...(why ? [`(${why})`] : [])].join(' '),
];

/** The report for people, as Markdown. */
export function markdownOf({ comparison, title, notice, figures, cases }: Report): string {
  const { baselineArm, candidateArm } = comparison;
  const { baseline, candidate } = figures;
  const line = (what: string, of: (arm: Json<ArmFigures>) => string, more = ''): string[] => [
    what,
    of(baseline),
    of(candidate),
    more,
  ];
  return [
    `# ${title}: ${baselineArm} against ${candidateArm}`,
    '',
    `Suite \`${comparison.suite}\`, version ${comparison.suiteVersion}; ${comparison.status}, ${cases.length} of ${comparison.caseCount} cases; started by ${comparison.startedByName} at ${comparison.startedAt}. Models: ${figures.models.join(', ') || 'none'}.`,
    ...(notice ? ['', `> **${notice}**`] : []),
    '',
    '## Targets',
    '',
    ...rows(['promise', 'target', 'measured', 'outcome'], ...figures.targets.map(targetRow)),
    '',
    '## Both arms',
    '',
    ...rows(
      ['', baselineArm, candidateArm, 'saved'],
      line('tokens', ({ tokens }) => count(tokens), percent(figures.savedTokensPercent)),
      line('… read (cached)', (arm) => `${count(arm.inputTokens)} (${count(arm.cachedInputTokens)})`),
      line('… written', ({ outputTokens }) => count(outputTokens)),
      line('cost', ({ costMicros }) => dollars(costMicros), percent(figures.savedCostPercent)),
      line('latency p50', ({ p50Ms }) => ms(p50Ms)),
      line('latency p95', ({ p95Ms }) => ms(p95Ms)),
      line('calls of the model', ({ modelCalls }) => count(modelCalls)),
      line('calls of tools', ({ toolCalls }) => count(toolCalls)),
      line('every expected fact', ({ right }) => `${right} of ${cases.length}`),
      line('could not answer', ({ errors }) => String(errors)),
    ),
    '',
    `Equivalent ${figures.equivalent}, different ${figures.different}, unclear ${figures.unclear}.${baseline.tokensEstimated || candidate.tokensEstimated ? ' Some tokens were counted by a tokenizer, because the endpoint told nothing.' : ''}`,
    '',
    '## By category',
    '',
    ...rows(
      ['category', 'cases', 'equivalent', `tokens ${baselineArm}`, `tokens ${candidateArm}`, 'saved'],
      ...figures.categories.map((one) => [
        one.category,
        String(one.cases),
        String(one.equivalent),
        count(one.baselineTokens),
        count(one.candidateTokens),
        percent(one.savedTokensPercent),
      ]),
    ),
    '',
    '## Cases',
    '',
    ...rows(
      ['case', 'question', 'verdict', 'tokens', 'ms', 'words alike', 'meaning alike', 'why'],
      ...cases.map((one) => [
        one.caseId,
        one.question,
        one.verdict === 'equivalent' ? 'equivalent' : `**${one.verdict}**`,
        `${count(tokensOf(one.baseline))} → ${count(tokensOf(one.candidate))}`,
        `${count(one.baseline.latencyMs)} → ${count(one.candidate.latencyMs)}`,
        one.judgement.jaccard.toFixed(2),
        one.judgement.cosine === null ? 'no embeddings' : one.judgement.cosine.toFixed(2),
        one.judgement.reasons[0] ?? '',
      ]),
    ),
    '',
  ].join('\n');
}
