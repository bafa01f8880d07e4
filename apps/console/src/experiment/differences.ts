import type { ArmRow, Bounds } from './queries.ts';

export const MEASURES = [
  { key: 'cost', label: 'Cost', needed: 100, better: 'less' },
  { key: 'latency', label: 'Latency', needed: 100, better: 'less' },
  { key: 'accuracy', label: 'Accuracy', needed: 0, better: 'more' },
] as const;
export type Measure = (typeof MEASURES)[number];
export type MeasureKey = Measure['key'];

const percent = (share: number): string => `${Math.abs(share * 100).toFixed(1)}%`;
const points = (share: number): string => `${Math.abs(share * 100).toFixed(1)} points`;

/** What the bounds say, in a sentence that claims no more than they do. */
export function sentenceOf(measure: Measure, bounds: Bounds | null | undefined, arms: readonly ArmRow[]): string {
  if (!bounds) return notEnough(measure, arms);
  const show = measure.key === 'accuracy' ? points : percent;
  const span = `between ${signedOf(bounds.lower, show)} and ${signedOf(bounds.upper, show)}`;
  if (bounds.lower <= 0 && bounds.upper >= 0) return `No difference is shown yet: it lies ${span}.`;
  const less = bounds.upper < 0;
  const good = less === (measure.better === 'less');
  return `The new arm has ${less ? 'less' : 'more'}, which is ${good ? 'good' : 'bad'}: ${span}.`;
}

export const signedOf = (value: number, show: (share: number) => string): string =>
  `${value < 0 ? '−' : '+'}${show(value)}`;

export const showBounds = (measure: MeasureKey, value: number): string =>
  signedOf(value, measure === 'accuracy' ? points : percent);

function notEnough(measure: Measure, arms: readonly ArmRow[]): string {
  if (measure.key === 'accuracy')
    return 'Not enough data yet: no answer was graded or answered a second time by a shadow run.';
  const least = Math.min(...arms.map((arm) => arm.answeredUnits), measure.needed);
  return `Not enough data yet: ${least} of the ${measure.needed} units that each arm needs.`;
}
