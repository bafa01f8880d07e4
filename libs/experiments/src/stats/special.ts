/**
 * The special functions behind the tests, in log space: evidence reaches sizes (e-values of 10^300, tails of 10^-300) that
 * a double does not hold. Held against SciPy's and mpmath's values in special.spec.ts.
 */
const LANCZOS = [
  0.999_999_999_999_809_93, 676.520_368_121_885_1, -1_259.139_216_722_402_8, 771.323_428_777_653_13,
  -176.615_029_162_140_59, 12.507_343_278_686_905, -0.138_571_095_265_720_12, 9.984_369_578_019_571_6e-6,
  1.505_632_735_149_311_6e-7,
] as const;
const LOG_SQRT_2PI = 0.918_938_533_204_672_8;
const MAX_TERMS = 100_000;
const TINY = 1e-300;
const PRECISION = 1e-15;

/** ln Γ(x) for x > 0. */
export function logGamma(x: number): number {
  if (x >= 10) return (x - 0.5) * Math.log(x) - x + LOG_SQRT_2PI + stirling(x);
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const shifted = x - 1;
  const [first, ...rest] = LANCZOS;
  const sum = rest.reduce<number>((total, term, position) => total + term / (shifted + position + 1), first);
  const base = shifted + 7.5;
  return LOG_SQRT_2PI + (shifted + 0.5) * Math.log(base) - base + Math.log(sum);
}

/** ln Γ(x) less Stirling's formula, for x ≥ 10. */
const stirling = (x: number): number => {
  const y = 1 / (x * x);
  return (
    (1 / 12 - y * (1 / 360 - y * (1 / 1_260 - y * (1 / 1_680 - y * (1 / 1_188 - y * (691 / 360_360 - y / 156)))))) / x
  );
};

/** ln B(a, b). Without the cancellation of three logarithms of the gamma function, which grow while their sum does not. */
export function logBeta(a: number, b: number): number {
  const small = Math.min(a, b);
  const large = Math.max(a, b);
  const share = small / (small + large);
  if (small >= 10)
    return (
      -0.5 * Math.log(large) +
      LOG_SQRT_2PI +
      (stirling(small) + stirling(large) - stirling(small + large)) +
      (small - 0.5) * Math.log(share) +
      large * Math.log1p(-share)
    );
  if (large >= 10)
    return (
      logGamma(small) +
      (stirling(large) - stirling(small + large)) +
      small -
      small * Math.log(small + large) +
      (large - 0.5) * Math.log1p(-share)
    );
  return logGamma(small) + logGamma(large) - logGamma(small + large);
}

/** Lentz's evaluation of the continued fraction of the incomplete beta function. */
function betaFraction(a: number, b: number, x: number): number {
  const away = (value: number): number => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let term = 1; term <= MAX_TERMS; term++) {
    const even = (term * (b - term) * x) / ((a + 2 * term - 1) * (a + 2 * term));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    result *= d * c;
    const odd = (-(a + term) * (a + b + term) * x) / ((a + 2 * term) * (a + 2 * term + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    result *= d * c;
    if (Math.abs(d * c - 1) < PRECISION) return result;
  }
  return result;
}

/** ln(1 − e^x) for x ≤ 0. */
const log1mExp = (x: number): number =>
  x >= 0 ? -Infinity : x > -Math.LN2 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x));

export interface LogTails {
  /** ln P(X ≤ x), that is, of the regularised incomplete beta function. */
  readonly lower: number;
  /** ln P(X > x). */
  readonly upper: number;
}

/** Both tails at `x` of Beta(a, b), as logarithms: the one that is small is never got by subtracting from 1. */
export function logBetaTails(x: number, a: number, b: number): LogTails {
  if (x <= 0) return { lower: -Infinity, upper: 0 };
  if (x >= 1) return { lower: 0, upper: -Infinity };
  const front = a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b);
  if (x < (a + 1) / (a + b + 2)) {
    const lower = Math.min(0, front - Math.log(a) + Math.log(betaFraction(a, b, x)));
    return { lower, upper: log1mExp(lower) };
  }
  const upper = Math.min(0, front - Math.log(b) + Math.log(betaFraction(b, a, 1 - x)));
  return { lower: log1mExp(upper), upper };
}

function erfc(z: number): number {
  if (z < 2) {
    let term = z;
    let sum = z;
    for (let n = 1; Math.abs(term) > PRECISION * Math.abs(sum) * 0.01 && n < 200; n++) {
      term *= (-z * z) / n;
      sum += term / (2 * n + 1);
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = z;
  for (let n = 120; n >= 1; n--) fraction = z + n / 2 / fraction;
  return Math.exp(-z * z) / (Math.sqrt(Math.PI) * fraction);
}

/** P(X > x) of a chi-square with one degree of freedom. */
export const chiSquareP = (x: number): number => (x <= 0 ? 1 : erfc(Math.sqrt(x / 2)));
