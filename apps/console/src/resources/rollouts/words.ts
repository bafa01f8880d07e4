import { formatDateTime, plural } from '../../format.ts';

/** 1250 basis points are 12.5%. */
export const formatBasisPoints = (basisPoints: number): string =>
  `${(basisPoints / 100).toLocaleString('en', { maximumFractionDigits: 2 })}%`;

export function formatMinutes(minutes: number): string {
  if (minutes < 60) return plural(minutes, 'minute');
  if (minutes < 2_880) return plural(Math.round(minutes / 6) / 10, 'hour');
  return plural(Math.round(minutes / 144) / 10, 'day');
}

const GUARD: Readonly<Record<string, string>> = {
  error_rate: 'Errors',
  error_share: "Errors against control's",
  slow_rate: 'Answers over 10 seconds',
  accuracy: 'Accuracy',
  complaint_cap: 'Complaints in all',
  complaint_share: "Complaints against control's",
  cost: 'Cost',
  latency: 'Latency',
  sample_ratio: 'Sample ratio',
  crossover: 'Crossed over',
};
export const guardLabel = (guard: string): string => GUARD[guard] ?? guard;

const EFFECT: Readonly<Record<string, string>> = { rollback: 'rolls back', hold: 'holds', warn: 'warns' };
export const effectLabel = (effect: string): string => EFFECT[effect] ?? effect;

/** log10 of the evidence at which a guard acts: 100 to 1 for a rate, 1,000 to 1 for the sample ratio. */
export const limitOf = (guard: string): number => (guard === 'sample_ratio' ? 3 : 2);

/** The server writes moments in ISO 8601; people read them in their own time. */
export const inLocalTime = (sentence: string): string =>
  sentence.replace(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, (moment) => formatDateTime(moment));
