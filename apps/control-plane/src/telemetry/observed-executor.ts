import type { Executor } from '@switchyard/execution';
import { AppError } from '@switchyard/kernel';
import type { Metrics } from '@switchyard/telemetry';

const NOTHING_USED = { queuedMs: undefined, ownTimeMs: undefined, cpuMs: 0, peakMemoryBytes: 0 };

/** How sandboxes end, and what each took. */
export const observedExecutor = (executor: Executor, metrics: Pick<Metrics, 'sandbox'>): Executor => ({
  status: () => executor.status(),
  close: () => executor.close(),
  async run(job, host) {
    try {
      const outcome = await executor.run(job, host);
      const { queuedMs, ownTimeMs, cpuMs, peakMemoryBytes } = outcome.usage;
      const end = outcome.status === 'limit' ? `limit.${outcome.limit}` : outcome.status;
      metrics.sandbox({ end, queuedMs, ownTimeMs, cpuMs, peakMemoryBytes });
      return outcome;
    } catch (error) {
      metrics.sandbox({ end: error instanceof AppError ? 'refused' : 'crashed', ...NOTHING_USED });
      throw error;
    }
  },
});
