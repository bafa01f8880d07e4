import { expect, it } from '@jest/globals';
import {
  formatBytes,
  formatDuration,
  formatMicros,
  formatRate,
  formatRelative,
  formatShare,
  formatShort,
  plural,
} from './format.ts';

it('says durations in the unit in which they are read', () => {
  expect([0.4, 3, 187, 1240, 30_012, 61_000].map(formatDuration)).toEqual([
    '0.40 ms',
    '3.0 ms',
    '187 ms',
    '1.24 s',
    '30.0 s',
    '1 min 1 s',
  ]);
});

it('shortens numbers only where nobody counts any more', () => {
  expect([999, 9999, 12_345, 3_600_000].map(formatShort)).toEqual(['999', '9,999', '12.3K', '3.6M']);
  expect([1, 0, 2].map((count) => plural(count, 'call'))).toEqual(['1 call', '0 calls', '2 calls']);
});

it('says prices exactly, and costs in cents unless that would be nothing', () => {
  expect([125_000, 2_500_000, 50].map(formatRate)).toEqual(['$0.125', '$2.50', '$0.00005']);
  expect([125_000, 1_234_567, 50].map(formatMicros)).toEqual(['$0.13', '$1.23', '$0.000050']);
});

it('says shares so that few are not none, and most not all', () => {
  expect([0, 0.0001, 0.25, 0.9989, 1].map(formatShare)).toEqual(['0.0%', '<0.1%', '25.0%', '99.89%', '100.0%']);
});

it('says sizes in bytes, kB, MB', () => {
  expect([42, 2048, 65 * 1024, 512 * 1024 * 1024].map(formatBytes)).toEqual(['42 B', '2.0 kB', '65 kB', '512 MB']);
});

it('never puts what has happened into the future because a clock is ahead', () => {
  const now = new Date('2026-11-21T10:00:00Z').getTime();
  expect(formatRelative('2026-11-21T10:00:12Z', now)).toBe('just now');
  expect(formatRelative('2026-11-21T09:57:00Z', now)).toBe('3 min. ago');
  expect(formatRelative('2026-11-26T10:00:00Z', now)).toBe('in 5 days');
});
