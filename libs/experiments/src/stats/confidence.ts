/** Bounds of a difference that hold at every moment at once (asymptotic confidence sequences), so that looking often costs nothing. */

/** Where the sequence is tightest, in units of both arms together. */
export interface Tuning {
  readonly alpha: number;
  readonly tightestAt: number;
}

const rhoSquared = (a: number, tightestAt: number): number =>
  (-2 * Math.log(a) + Math.log(1 - 2 * Math.log(a))) / tightestAt;

const halfWidth = (n: number, rho2: number, logTerm: (root: number) => number): number =>
  Math.sqrt(n) * Math.sqrt(((2 * (n * rho2 + 1)) / (n * n * rho2)) * logTerm(Math.sqrt(n * rho2 + 1)));

/** How far the truth may lie to either side; `n` units, `standardError` of the difference. */
export function twoSided(n: number, standardError: number, { alpha, tightestAt }: Tuning): number {
  return n <= 0
    ? Infinity
    : standardError * halfWidth(n, rhoSquared(alpha, tightestAt), (root) => Math.log(root / alpha));
}

/** How far the truth may lie to one side. */
export function oneSided(n: number, standardError: number, { alpha, tightestAt }: Tuning): number {
  return n <= 0
    ? Infinity
    : standardError * halfWidth(n, rhoSquared(2 * alpha, tightestAt), (root) => Math.log1p(root / (2 * alpha)));
}

/** Sums over units, from which mean and variance follow: counters add up, means do not. */
export interface Sums {
  readonly n: number;
  readonly sum: number;
  readonly squares: number;
}

export const mean = ({ n, sum }: Sums): number => (n === 0 ? 0 : sum / n);

/** Unbiased; 0 below two units. */
export const variance = (sums: Sums): number =>
  sums.n < 2 ? 0 : Math.max(0, (sums.squares - sums.sum * mean(sums)) / (sums.n - 1));

/** The same measure in both arms, in one stratum. */
export interface Pair {
  readonly treatment: Sums;
  readonly control: Sums;
}

export interface Estimate {
  /** Units of both arms. */
  readonly n: number;
  readonly value: number;
  readonly standardError: number;
}

interface Weighted {
  readonly n: number;
  readonly treatment: number;
  readonly control: number;
  readonly varianceOfTreatment: number;
  readonly varianceOfControl: number;
}

/** Means of both arms over strata, weighted by their size: past 50% the arms' shares differ from step to step. */
function weigh(strata: readonly Pair[], least: number): Weighted | undefined {
  const usable = strata.filter(({ treatment, control }) => treatment.n >= 2 && control.n >= 2);
  const total = (arm: keyof Pair): number => usable.reduce((sum, pair) => sum + pair[arm].n, 0);
  if (total('treatment') < least || total('control') < least) return undefined;
  const n = total('treatment') + total('control');
  return usable.reduce<Weighted>(
    (sum, { treatment, control }) => {
      const weight = (treatment.n + control.n) / n;
      return {
        n,
        treatment: sum.treatment + weight * mean(treatment),
        control: sum.control + weight * mean(control),
        varianceOfTreatment: sum.varianceOfTreatment + (weight ** 2 * variance(treatment)) / treatment.n,
        varianceOfControl: sum.varianceOfControl + (weight ** 2 * variance(control)) / control.n,
      };
    },
    { n, treatment: 0, control: 0, varianceOfTreatment: 0, varianceOfControl: 0 },
  );
}

/** Treatment's mean less control's. Undefined while an arm has fewer than `least` units. */
export function difference(strata: readonly Pair[], least = 2): Estimate | undefined {
  const found = weigh(strata, least);
  return (
    found && {
      n: found.n,
      value: found.treatment - found.control,
      standardError: Math.sqrt(found.varianceOfTreatment + found.varianceOfControl),
    }
  );
}

/** Treatment's mean relative to control's (−0.3: 30% less). Undefined below 100 units an arm, or where control costs nothing. */
export function relativeDifference(strata: readonly Pair[], least = 100): Estimate | undefined {
  const found = weigh(strata, least);
  if (!found || found.control <= 0) return undefined;
  const { treatment, control, varianceOfTreatment, varianceOfControl } = found;
  return {
    n: found.n,
    value: treatment / control - 1,
    standardError: Math.sqrt(varianceOfTreatment / control ** 2 + (varianceOfControl * treatment ** 2) / control ** 4),
  };
}
