const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const dateTime = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });
const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });

export const formatCount = (value: number): string => whole.format(value);
/** 1,234 stays as it is; from ten thousand on it is shortened: 12.3K. */
export const formatShort = (value: number): string =>
  Math.abs(value) < 10_000 ? whole.format(value) : compact.format(value);
/** A share that is not nothing never looks like nothing. */
export const formatShare = (share: number): string =>
  share > 0 && share < 0.0005 ? '<0.1%' : `${(share * 100).toFixed(share > 0.995 && share < 1 ? 2 : 1)}%`;
export const formatDateTime = (iso: string): string => dateTime.format(new Date(iso));
const date = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'UTC' });
/** A day that is meant as one everywhere, such as that of a price list. */
export const formatDate = (iso: string): string => date.format(new Date(iso));
export const formatDay = (iso: string): string => day.format(new Date(iso));

const dollars = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD' });
const smallDollars = new Intl.NumberFormat('en', {
  style: 'currency',
  currency: 'USD',
  minimumSignificantDigits: 2,
  maximumSignificantDigits: 2,
});
/** Micro-dollars as dollars; small sums keep two digits that matter, so that none looks like nothing. */
export const formatMicros = (micros: number): string => {
  const value = micros / 1_000_000;
  return value !== 0 && Math.abs(value) < 0.1 ? smallDollars.format(value) : dollars.format(value);
};

const rate = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD', maximumFractionDigits: 6 });
/** A price as its list says it, not rounded to cents: $0.125. */
export const formatRate = (micros: number): string => rate.format(micros / 1_000_000);

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

export function formatDuration(ms: number): string {
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${whole.format(bytes)} B`;
  const units = ['kB', 'MB', 'GB'] as const;
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit] ?? 'GB'}`;
}

const STEPS: readonly (readonly [limitSeconds: number, seconds: number, unit: Intl.RelativeTimeFormatUnit])[] = [
  [60, 1, 'second'],
  [3600, 60, 'minute'],
  [86_400, 3600, 'hour'],
  [86_400 * 30, 86_400, 'day'],
  [86_400 * 365, 86_400 * 30, 'month'],
  [Number.POSITIVE_INFINITY, 86_400 * 365, 'year'],
];

export function formatRelative(iso: string, now: number): string {
  const seconds = (new Date(iso).getTime() - now) / 1000;
  // Slightly ahead: the page's clock ticks now and then only, and the server's may be ahead of it.
  if (seconds > -5 && seconds < 20) return 'just now';
  for (const [limit, size, unit] of STEPS)
    if (Math.abs(seconds) < limit) return relative.format(Math.round(seconds / size), unit);
  return iso;
}
