import { AnalyticsError } from './analytics-error.ts';

export interface Span {
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
}

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 7;
const MOST_DAYS = 366;

/** From the first moment of the first day to the last of the last one, UTC. Throws AnalyticsError `bad_span`. */
export function spanOf(asked: { from?: string | undefined; to?: string | undefined }, now: Date): Span {
  const lastDay = asked.to === undefined ? startOfDay(now) : new Date(asked.to);
  const to = new Date(lastDay.getTime() + DAY_MS);
  const from = asked.from === undefined ? new Date(to.getTime() - DEFAULT_DAYS * DAY_MS) : new Date(asked.from);
  if (from >= to || to.getTime() - from.getTime() > MOST_DAYS * DAY_MS)
    throw new AnalyticsError(
      'bad_span',
      `\`from\` must not lie after \`to\`, and at most ${MOST_DAYS} days before it.`,
    );
  return { from, to };
}

const startOfDay = (at: Date): Date => new Date(Math.floor(at.getTime() / DAY_MS) * DAY_MS);
const dayOf = (at: Date): string => at.toISOString().slice(0, 10);

/** As days, the last one included. */
export const daysOf = ({ from, to }: Span): { from: string; to: string } => ({
  from: dayOf(from),
  to: dayOf(new Date(to.getTime() - 1)),
});
