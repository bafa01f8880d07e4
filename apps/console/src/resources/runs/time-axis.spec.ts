import { expect, it } from '@jest/globals';
import { timeAxis } from './time-axis.ts';

const begin = '2026-11-21T10:00:00.000Z';
const at = (ms: number) => new Date(new Date(begin).getTime() + ms).toISOString();

it('lays calls out on one axis, so that those side by side overlap', () => {
  const { spans } = timeAxis(
    [
      { startedAt: at(0), durationMs: 50 },
      { startedAt: at(25), durationMs: 75 },
    ],
    begin,
    100,
  );
  expect(spans).toEqual([
    { left: 0, width: 50 },
    { left: 25, width: 75 },
  ]);
});

it('ends with whatever ends last, also while the run has no duration yet', () => {
  const { spans } = timeAxis([{ startedAt: at(100), durationMs: 100 }], begin, 0);
  expect(spans).toEqual([{ left: 50, width: 50 }]);
});

it('keeps a call that seems to begin before its run on the axis: clocks differ', () => {
  const { spans } = timeAxis([{ startedAt: at(-5), durationMs: 10 }], begin, 20);
  expect(spans[0]?.left).toBe(0);
});

it('marks round times, at most five of them', () => {
  for (const total of [3, 187, 1240, 30_012]) {
    const { ticks } = timeAxis([], begin, total);
    expect(ticks.length).toBeGreaterThanOrEqual(3);
    expect(ticks.length).toBeLessThanOrEqual(5);
    expect(ticks[0]).toEqual({ at: 0, label: '0' });
  }
  expect(timeAxis([], begin, 187).ticks.map((tick) => tick.label)).toEqual(['0', '50 ms', '100 ms', '150 ms']);
});
