import { formatDuration } from '../../format.ts';

/** Percent of the axis. */
export interface Span {
  readonly left: number;
  readonly width: number;
}

interface Timed {
  readonly startedAt: string;
  readonly durationMs: number;
}

const TICKS = 4;

/** Rounds up to 1, 2, 2.5 or 5 times a power of ten, so that ticks are numbers that one can read. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return ([1, 2, 2.5, 5].find((factor) => factor * power >= step) ?? 10) * power;
}

/** Lays calls out on a common axis that begins with the run and ends with whatever ends last. */
export function timeAxis(calls: readonly Timed[], startedAt: string, durationMs: number) {
  const begin = new Date(startedAt).getTime();
  const starts = calls.map((call) => Math.max(new Date(call.startedAt).getTime() - begin, 0));
  const total = Math.max(durationMs, 1, ...calls.map((call, index) => (starts[index] ?? 0) + call.durationMs));
  const step = roundStep(total / TICKS);
  const ticks = [];
  for (let at = 0; at <= total; at += step)
    ticks.push({ at: (at / total) * 100, label: at === 0 ? '0' : formatDuration(at) });
  return {
    ticks,
    spans: calls.map((call, index): Span => ({
      left: ((starts[index] ?? 0) / total) * 100,
      width: (call.durationMs / total) * 100,
    })),
  };
}
