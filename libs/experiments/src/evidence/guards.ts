import { unreachable } from '@switchyard/kernel';
import {
  difference,
  mean,
  oneSided,
  relativeDifference,
  twoSided,
  variance,
  type Estimate,
} from '../stats/confidence.ts';
import {
  logERateAbove,
  logERateBelow,
  logEShareAbove,
  logESampleRatio,
  rateBounds,
  type Counted,
} from '../stats/e-values.ts';
import { expectedSplit } from '../bucketing.ts';
import { inBand, pairsBy, strataOf, sums, total, type Evidence } from './evidence.ts';
import { DEFAULT_GUARDS, type Effect, type Guard, type GuardName, type Proof } from '../rollout/plan.ts';

/** Of the rules in this folder; kept with each evaluation. Raise it whenever one of them changes. */
export const RULE_VERSION = 1;
/** Rollback at e ≥ 1/α. */
const ROLLBACK_ALPHA = 0.01;
/** Safety is proven at e ≥ 1/α. */
const PROOF_ALPHA = 0.05;
const MEAN_ALPHA = 0.05;
const SAMPLE_RATIO_LIMIT = Math.log(1_000);
const ACCURACY_AT = 1_000;
const COST_AT = 2_000;
const LEAST_SCORED = 30;

/** One guard's look at the evidence. */
export interface Reading {
  readonly guard: GuardName;
  readonly state: 'ok' | 'triggered' | 'no_data';
  readonly effect: Effect;
  readonly dryRun: boolean;
  /** Events, or units, of treatment; `n` of how many. */
  readonly events: number;
  readonly n: number;
  /** The same of control; null where control plays no part. */
  readonly controlEvents: number | null;
  readonly controlN: number | null;
  /** The rate, difference or count that was found; null without data. */
  readonly value: number | null;
  readonly threshold: number;
  /** log10 of the e-value; null for guards that go by bounds or a count. */
  readonly log10E: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  /** Whether the evidence shows that all is well, which advancing may ask for; null where that is never asked. */
  readonly proven: boolean | null;
  /** What was seen, in words. */
  readonly sentence: string;
}

type Seen = Omit<Reading, 'guard' | 'effect' | 'dryRun' | 'threshold'>;

const perCent = (share: number): string => `${Number((share * 100).toFixed(2))}%`;
const log10 = (logE: number): number => logE / Math.LN10;
const nothing = (sentence: string): Seen => ({
  state: 'no_data',
  events: 0,
  n: 0,
  controlEvents: null,
  controlN: null,
  value: null,
  log10E: null,
  lower: null,
  upper: null,
  proven: null,
  sentence,
});

function rate(counted: Counted, threshold: number, what: string): Seen {
  if (counted.n === 0) return { ...nothing('No answer in treatment yet.'), proven: false };
  const above = logERateAbove(counted, threshold);
  const value = counted.events / counted.n;
  return {
    ...nothing(''),
    state: above >= -Math.log(ROLLBACK_ALPHA) ? 'triggered' : 'ok',
    events: counted.events,
    n: counted.n,
    value,
    log10E: log10(above),
    ...rateBounds(counted, MEAN_ALPHA),
    proven: logERateBelow(counted, threshold) >= -Math.log(PROOF_ALPHA),
    sentence: `${counted.events} of ${counted.n} ${what} (${perCent(value)}; limit ${perCent(threshold)}).`,
  };
}

function share(evidence: Evidence, name: 'errorUnits' | 'complaintUnits', what: string): Seen {
  const [treated, control] = [inBand(evidence, 'treatment'), inBand(evidence, 'control')];
  const [events, controlEvents] = [total(treated, name), total(control, name)];
  const [n, controlN] = [total(treated, 'answeredUnits'), total(control, 'answeredUnits')];
  if (n === 0 || controlN === 0) return nothing('Not both arms have answered yet.');
  const logE = strataOf(evidence).reduce((sum, stratum) => {
    const units = total(stratum.treatment, 'answeredUnits');
    const all = units + total(stratum.control, 'answeredUnits');
    const split = { treatment: total(stratum.treatment, name), control: total(stratum.control, name) };
    return sum + (all === 0 ? 0 : logEShareAbove(split, units / all));
  }, 0);
  return {
    ...nothing(''),
    state: logE >= -Math.log(ROLLBACK_ALPHA) ? 'triggered' : 'ok',
    events,
    n,
    controlEvents,
    controlN,
    value: events / n - controlEvents / controlN,
    log10E: log10(logE),
    sentence: `${events} of ${n} ${what} in treatment, ${controlEvents} of ${controlN} in control.`,
  };
}

/** Treatment's accuracy less control's: of pairs where there are any, else of scored answers in each arm. */
export function accuracyOf(evidence: Evidence): (Estimate & { readonly source: 'pairs' | 'scores' }) | undefined {
  const pairs = sums(evidence, 'pairs');
  if (pairs.n >= LEAST_SCORED) {
    // a run of equal judgements is no proof of no spread: at least that of one more, the other way
    const spread = Math.max(variance(pairs), 1 / pairs.n);
    return { n: pairs.n, value: mean(pairs), standardError: Math.sqrt(spread / pairs.n), source: 'pairs' };
  }
  const found = difference(pairsBy(evidence, 'score'), LEAST_SCORED);
  return found && { ...found, standardError: Math.max(found.standardError, 1 / found.n), source: 'scores' };
}

function accuracy(evidence: Evidence, margin: number): Seen {
  const found = accuracyOf(evidence);
  if (!found) return { ...nothing(`Fewer than ${LEAST_SCORED} pairs of shadow runs or scores an arm.`), proven: false };
  const width = oneSided(found.n, found.standardError, { alpha: MEAN_ALPHA, tightestAt: ACCURACY_AT });
  const [lower, upper] = [found.value - width, found.value + width];
  return {
    ...nothing(''),
    state: upper < -margin ? 'triggered' : 'ok',
    n: found.n,
    value: found.value,
    lower,
    upper,
    proven: lower > -margin,
    sentence: `Accuracy differs by ${perCent(found.value)}, between ${perCent(lower)} and ${perCent(upper)}, in ${found.n} ${found.source}; margin ${perCent(-margin)}.`,
  };
}

/** Relative difference of cost or latency with its bounds; null below 100 units an arm. */
export function relativeBounds(
  evidence: Evidence,
  name: 'cost' | 'latency',
): { value: number; lower: number; upper: number; n: number } | null {
  const found = relativeDifference(pairsBy(evidence, name));
  if (!found) return null;
  const width = twoSided(found.n, found.standardError, { alpha: MEAN_ALPHA, tightestAt: COST_AT });
  return { value: found.value, lower: found.value - width, upper: found.value + width, n: found.n };
}

function dearer(evidence: Evidence, name: 'cost' | 'latency', threshold: number): Seen {
  const found = relativeBounds(evidence, name);
  if (!found) return nothing('Fewer than 100 units an arm.');
  const { value, lower, upper, n } = found;
  return {
    ...nothing(''),
    state: lower > threshold ? 'triggered' : 'ok',
    n,
    value,
    lower,
    upper,
    sentence: `${name === 'cost' ? 'Cost' : 'Latency'} differs by ${perCent(value)}, between ${perCent(lower)} and ${perCent(upper)}.`,
  };
}

function sampleRatio(evidence: Evidence): Seen {
  const epochs = new Map<number, { treatment: number; control: number; expected: number }>();
  for (const row of evidence) {
    const expected = expectedSplit(row.shareBasisPoints);
    if (expected === undefined) continue;
    const before = epochs.get(row.epoch) ?? { treatment: 0, control: 0, expected };
    epochs.set(row.epoch, { ...before, [row.band]: before[row.band] + row.units });
  }
  const splits = [...epochs.values()];
  const treatment = splits.reduce((sum, split) => sum + split.treatment, 0);
  const control = splits.reduce((sum, split) => sum + split.control, 0);
  if (treatment + control === 0) return nothing('No measured unit yet.');
  const logE = splits.reduce((sum, split) => sum + logESampleRatio(split), 0);
  return {
    ...nothing(''),
    state: logE >= SAMPLE_RATIO_LIMIT ? 'triggered' : 'ok',
    events: treatment,
    n: treatment + control,
    controlEvents: control,
    controlN: treatment + control,
    value: treatment / (treatment + control),
    log10E: log10(logE),
    sentence: `${treatment} units in treatment, ${control} in control.`,
  };
}

function complaintCap(evidence: Evidence, cap: number): Seen {
  const treated = inBand(evidence, 'treatment');
  const [events, n] = [total(treated, 'complaintUnits'), total(treated, 'units')];
  return {
    ...nothing(''),
    state: events > cap ? 'triggered' : 'ok',
    events,
    n,
    value: events,
    sentence: `${events} units of treatment have complained; limit ${cap}.`,
  };
}

function see(guard: Guard, evidence: Evidence): Seen {
  const treated = inBand(evidence, 'treatment');
  switch (guard.name) {
    case 'error_rate':
      return rate(
        { events: total(treated, 'errorUnits'), n: total(treated, 'answeredUnits') },
        guard.threshold,
        'units of treatment had an error',
      );
    case 'slow_rate':
      return rate(
        { events: total(treated, 'slow'), n: total(treated, 'answers') },
        guard.threshold,
        'answers of treatment took over 10 s',
      );
    case 'crossover':
      return {
        ...rate(
          { events: total(treated, 'crossedUnits'), n: total(treated, 'answeredUnits') },
          guard.threshold,
          'units of treatment were also answered by the other arm',
        ),
        proven: null,
      };
    case 'accuracy':
      return accuracy(evidence, guard.threshold);
    case 'complaint_cap':
      return complaintCap(evidence, guard.threshold);
    case 'complaint_share':
      return share(evidence, 'complaintUnits', 'complained');
    case 'error_share':
      return share(evidence, 'errorUnits', 'had an error');
    case 'sample_ratio':
      return sampleRatio(evidence);
    case 'cost':
    case 'latency':
      return dearer(evidence, guard.name, guard.threshold);
    default:
      return unreachable(guard.name);
  }
}

/** Every guard's look, in the order of the plan. Pure. */
export const readGuards = (guards: readonly Guard[], evidence: Evidence): Reading[] =>
  guards.map((guard) => ({
    guard: guard.name,
    effect: guard.effect,
    dryRun: guard.dryRun,
    threshold: guard.threshold,
    ...see(guard, evidence),
  }));

/** Whether it is proven that all is well, also where the plan has no such guard. */
export function isProven(proof: Proof, readings: readonly Reading[], evidence: Evidence): boolean {
  const known = readings.find(({ guard }) => guard === proof);
  if (known) return known.proven === true;
  const guard = DEFAULT_GUARDS.find(({ name }) => name === proof);
  return guard !== undefined && see(guard, evidence).proven === true;
}
