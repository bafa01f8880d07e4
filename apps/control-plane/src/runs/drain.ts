import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@switchyard/kernel';
import type { Runs } from '@switchyard/runs';

export interface DrainableRuns extends Runs {
  /** Refuses new runs from now on; resolves when those under way are on record, or after `withinMs`. Cancelling them is the caller's. */
  drain(withinMs: number): Promise<void>;
}

/** Between a run's end and its answer's last byte. */
const ANSWER_MS = 50;

/** Runs that are waited for when the server stops: each is recorded and answered before the database is let go. */
export function drainable(runs: Runs): DrainableRuns {
  const underWay = new Set<Promise<unknown>>();
  let draining = false;
  async function counted<T>(begin: () => Promise<T>): Promise<T> {
    if (draining)
      throw new AppError('unavailable', 'The server is stopping: try again in a moment.', { retryAfterSeconds: 2 });
    const run = begin();
    underWay.add(run);
    try {
      return await run;
    } finally {
      underWay.delete(run);
    }
  }
  return {
    execute: (ctx, request, sink) => counted(() => runs.execute(ctx, request, sink)),
    replay: (ctx, request) => counted(() => runs.replay(ctx, request)),
    executedLines: (ctx, request) => counted(() => runs.executedLines(ctx, request)),
    settled: (ctx, runId, signal) => runs.settled(ctx, runId, signal),
    resume: async (tenantId, runId) => (draining ? 0 : counted(() => runs.resume(tenantId, runId))),
    async drain(withinMs) {
      draining = true;
      if (underWay.size === 0) return;
      await Promise.race([Promise.allSettled(underWay), sleep(withinMs, undefined, { ref: false })]);
      await sleep(ANSWER_MS);
    },
  };
}
