import { describe, expect, it } from '@jest/globals';
import { systemCtx, type TenantId } from '@switchyard/kernel';
import type { RunAnswer, Runs } from '@switchyard/runs';
import { drainable } from './drain.ts';

const ctx = systemCtx('01890000-0000-7000-8000-000000000000' as TenantId);

/** Runs that end when they are told to. */
function heldRuns() {
  const ends: (() => void)[] = [];
  const runs: Runs = {
    execute: () => new Promise((resolve) => ends.push(() => resolve({} as RunAnswer))),
    replay: () => Promise.reject(new Error('not asked')),
    executedLines: () => Promise.reject(new Error('not asked')),
    settled: () => Promise.reject(new Error('not asked')),
    resume: () => Promise.reject(new Error('not asked')),
  };
  return { runs, endAll: () => ends.forEach((end) => end()) };
}

describe('a server that stops', () => {
  it('waits for the runs under way and takes no more', async () => {
    const { runs, endAll } = heldRuns();
    const drained = drainable(runs);
    const order: string[] = [];
    const run = drained.execute(ctx, { code: '' }).then(() => order.push('run'));
    const stop = drained.drain(5_000).then(() => order.push('drained'));
    await expect(drained.execute(ctx, { code: '' })).rejects.toMatchObject({ code: 'unavailable' });
    endAll();
    await Promise.all([run, stop]);
    expect(order).toEqual(['run', 'drained']);
  });

  it('does not wait for one that never ends', async () => {
    const { runs } = heldRuns();
    const drained = drainable(runs);
    void drained.execute(ctx, { code: '' });
    const began = performance.now();
    await drained.drain(100);
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it('does not wait at all when nothing runs', async () => {
    const began = performance.now();
    await drainable(heldRuns().runs).drain(5_000);
    expect(performance.now() - began).toBeLessThan(40);
  });
});
