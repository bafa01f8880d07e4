import type { Executor } from '@switchyard/execution';
import type { Host } from '@switchyard/host';
import { systemCtx } from '@switchyard/kernel';
import type { Metrics } from '@switchyard/telemetry';

/** What is looked up when somebody reads the metrics. */
export function watchFacts(
  metrics: Pick<Metrics, 'watch'>,
  { identity, approvals, experiments }: Pick<Host, 'identity' | 'approvals' | 'experiments'>,
  executor: Pick<Executor, 'status'>,
): void {
  metrics.watch({
    async pool() {
      const { size, warm, running, queued, sessions } = (await executor.status()).pool;
      return { size, warm, running, queued, sessions };
    },
    async tenants() {
      let approvalsWaiting = 0;
      let killed = 0;
      // One after the other: nobody waits for this, and the database has better to do.
      for (const { id } of await identity.listTenants()) {
        const ctx = systemCtx(id, 'metrics');
        approvalsWaiting += await approvals.pendingCount(ctx);
        if ((await experiments.killSwitch(ctx))?.thrown) killed += 1;
      }
      return { approvalsWaiting, killed };
    },
  });
}
