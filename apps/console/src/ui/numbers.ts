/** Dollars as a person types them, as whole micro-dollars; undefined for what is no sum. */
export function microsOf(text: string): number | undefined {
  const value = Number(text.replaceAll(',', '').replace(/^\$/, ''));
  const micros = Math.round(value * 1_000_000);
  return text.trim() !== '' && Number.isSafeInteger(micros) && micros >= 0 ? micros : undefined;
}

export const dollarsOf = (micros: number): string => String(micros / 1_000_000);

/** A whole number from 0 on; undefined for what is none. */
export function wholeOf(text: string): number | undefined {
  const value = Number(text.replaceAll(',', ''));
  return text.trim() !== '' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** Percent as a person types it, as basis points: 12.5 is 1250; undefined outside 0 to 100. */
export function basisPointsOf(percent: string): number | undefined {
  const points = Math.round(Number(percent.replace('%', '')) * 100);
  return percent.trim() !== '' && Number.isSafeInteger(points) && points >= 0 && points <= 10_000 ? points : undefined;
}
