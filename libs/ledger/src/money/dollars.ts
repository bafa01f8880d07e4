/** Money is an integer of micro-dollars: $1 is 1,000,000. */
export const MICROS_PER_DOLLAR = 1_000_000n;

/** Half away from zero. `divisor` is positive. */
export function divideRounded(amount: bigint, divisor: bigint): bigint {
  const half = divisor / 2n;
  return amount < 0n ? -((-amount + half) / divisor) : (amount + half) / divisor;
}

const DECIMAL = /^(-?)(\d{1,12})(?:\.(\d{1,6}))?$/;

/** "0.148" → 148_000n, without a float in between; undefined for what is no decimal or has more than six places. */
export function parseDollars(text: string): bigint | undefined {
  const [, sign, whole, places = ''] = DECIMAL.exec(text.trim()) ?? [];
  if (whole === undefined) return undefined;
  const micros = BigInt(whole) * MICROS_PER_DOLLAR + BigInt(places.padEnd(6, '0'));
  return sign === '-' ? -micros : micros;
}

/** Rounded to the cent, half away from zero; the nearest double to that decimal. */
export const centsOf = (micros: bigint): number => Number(divideRounded(micros, 10_000n)) / 100;
