import { chiSquareP, logBeta, logBetaTails } from './special.ts';

/** An e-value is reported as its natural logarithm. Evidence against the null hypothesis: e ≥ 1/α happens with probability ≤ α under it, however often one looks. */
export type LogE = number;

/** A prior over a rate: Beta(a, b). */
export interface Prior {
  readonly a: number;
  readonly b: number;
}

/** Rates that guards watch are small: a mean of 5%. */
export const RATE_PRIOR: Prior = { a: 1, b: 20 };
/** The treatment's share among events. */
export const SHARE_PRIOR: Prior = { a: 2, b: 2 };
const SAMPLE_RATIO_WEIGHT = 100;

export interface Counted {
  /** How many of `n` were events. */
  readonly events: number;
  readonly n: number;
}

const likelihood = ({ events, n }: Counted, p: number): number =>
  (events === 0 ? 0 : events * Math.log(p)) + (n === events ? 0 : (n - events) * Math.log1p(-p));

/** Against "the rate is at most `p0`": the prior cut off below p0, against p0 itself. */
export function logERateAbove({ events, n }: Counted, p0: number, { a, b }: Prior = RATE_PRIOR): LogE {
  if (n <= 0) return 0;
  const posterior = logBeta(a + events, b + n - events) + logBetaTails(p0, a + events, b + n - events).upper;
  return posterior - logBeta(a, b) - logBetaTails(p0, a, b).upper - likelihood({ events, n }, p0);
}

/** Against "the rate is at least `p0`": the mirror, by which safety is proven. */
export function logERateBelow({ events, n }: Counted, p0: number, { a, b }: Prior = RATE_PRIOR): LogE {
  if (n <= 0) return 0;
  const posterior = logBeta(a + events, b + n - events) + logBetaTails(p0, a + events, b + n - events).lower;
  return posterior - logBeta(a, b) - logBetaTails(p0, a, b).lower - likelihood({ events, n }, p0);
}

/** Against "a rate is not higher in treatment": among the events of both arms, those of treatment against its share of units. */
export function logEShareAbove(events: { treatment: number; control: number }, share: number): LogE {
  if (share <= 0 || share >= 1) return 0;
  return logERateAbove({ events: events.treatment, n: events.treatment + events.control }, share, SHARE_PRIOR);
}

/** Rates not refuted at `alpha` (two-sided, at every moment): what is shown beside a rate. */
export function rateBounds({ events, n }: Counted, alpha: number): { lower: number; upper: number } {
  if (n <= 0) return { lower: 0, upper: 1 };
  const { a, b } = RATE_PRIOR;
  const mixture = logBeta(a + events, b + n - events) - logBeta(a, b);
  const refuted = (p: number): boolean => mixture - likelihood({ events, n }, p) >= -Math.log(alpha);
  const between = (inside: number, outside: number): number => {
    let [kept, gone] = [inside, outside];
    for (let round = 0; round < 50; round++) {
      const middle = (kept + gone) / 2;
      if (refuted(middle)) gone = middle;
      else kept = middle;
    }
    return kept;
  };
  const rate = events / n;
  return { lower: events === 0 ? 0 : between(rate, 0), upper: events === n ? 1 : between(rate, 1) };
}

/** Units of both arms, and the share of them that treatment should have had. */
export interface Split {
  readonly treatment: number;
  readonly control: number;
  /** Between 0 and 1. */
  readonly expected: number;
}

/** Against "units are split as they should be", for one stratum; add those of several. */
export function logESampleRatio({ treatment, control, expected }: Split): LogE {
  const a = SAMPLE_RATIO_WEIGHT * expected;
  const b = SAMPLE_RATIO_WEIGHT * (1 - expected);
  return (
    logBeta(a + treatment, b + control) -
    logBeta(a, b) -
    treatment * Math.log(expected) -
    control * Math.log1p(-expected)
  );
}

/** For the dashboard, not to be peeked at by machines. Undefined with fewer than 8 units in an arm. */
export function sampleRatioP(splits: readonly Split[]): number | undefined {
  const total = (pick: (split: Split) => number): number => splits.reduce((sum, split) => sum + pick(split), 0);
  const treatment = total((split) => split.treatment);
  const control = total((split) => split.control);
  if (treatment < 8 || control < 8) return undefined;
  const mean = total((split) => (split.treatment + split.control) * split.expected);
  const variance = total((split) => (split.treatment + split.control) * split.expected * (1 - split.expected));
  return chiSquareP((treatment - mean) ** 2 / variance);
}
