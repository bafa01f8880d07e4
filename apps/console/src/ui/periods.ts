/** Periods that a list can be narrowed to, as filter values. */
export const PERIODS = [
  { value: '1h', label: 'Last hour', hours: 1 },
  { value: '24h', label: 'Last 24 hours', hours: 24 },
  { value: '7d', label: 'Last 7 days', hours: 24 * 7 },
  { value: '30d', label: 'Last 30 days', hours: 24 * 30 },
] as const;

/** The moment at which a period began, in ISO 8601; undefined for all time. */
export function sinceOf(period: unknown): string | undefined {
  const hours = PERIODS.find((each) => each.value === period)?.hours;
  // To the minute, so that the pages of one list share their key.
  const now = Math.floor(Date.now() / 60_000) * 60_000;
  return hours === undefined ? undefined : new Date(now - hours * 3_600_000).toISOString();
}
