import type { Meter } from '@opentelemetry/api';
import type { Watched } from './facts.ts';
import { OWN } from './names.ts';
import type { ToolPairs } from './pairs.ts';

/** How long a reading waits for one answer; a part that says nothing is missing from it, and the rest is told. */
const PATIENCE_MS = 1_000;
/** Looked up over all tenants, so not at each reading. */
const TENANTS_FRESH_MS = 15_000;
/** What takes long is asked for more seldom: at most a twentieth of the time. */
const SELDOM = 20;

/** Its last answer, asked for anew when that is old; undefined before the first and when it fails. */
function remembered<Answer>(ask: () => Promise<Answer>, freshForMs: number): () => Promise<Answer | undefined> {
  let last: Answer | undefined;
  let freshUntil = -Infinity;
  let asking: Promise<Answer | undefined> | undefined;
  return async () => {
    if (performance.now() >= freshUntil) {
      const began = performance.now();
      asking ??= ask()
        .then(
          (answer) => (last = answer),
          () => (last = undefined),
        )
        .finally(() => {
          const now = performance.now();
          freshUntil = freshForMs > 0 ? now + Math.max(freshForMs, (now - began) * SELDOM) : now;
          asking = undefined;
        });
    }
    return asking ? Promise.race([asking, later(() => (freshForMs > 0 ? last : undefined))]) : last;
  };
}

const later = <Value>(value: () => Value): Promise<Value> =>
  new Promise((resolve) => setTimeout(() => resolve(value()), PATIENCE_MS).unref());

/** What is looked up when somebody reads the metrics. */
export function observeWatched(meter: Meter, watched: Watched, pairs: ToolPairs): void {
  const pool = meter.createObservableGauge(OWN.pool, {
    unit: '{sandbox}',
    description: 'Sandboxes: size of the pool, ready, running, kept for sessions, and runs that wait for one',
  });
  const approvals = meter.createObservableGauge(OWN.approvalsWaiting, {
    unit: '{approval}',
    description: 'Approvals that wait for a person, over all tenants',
  });
  const killed = meter.createObservableGauge(OWN.killed, {
    unit: '{tenant}',
    description: 'Tenants whose kill switch is thrown',
  });
  const popular = meter.createObservableGauge(OWN.toolPairs, {
    unit: '{call}',
    description: 'The tool pairs that followed each other in runs most often',
  });
  const [poolNow, tenantsNow] = [remembered(watched.pool, 0), remembered(watched.tenants, TENANTS_FRESH_MS)];
  meter.addBatchObservableCallback(
    async (result) => {
      const [states, tenants] = await Promise.all([poolNow(), tenantsNow()]);
      for (const [state, count] of Object.entries(states ?? {})) result.observe(pool, count, { state });
      if (tenants) {
        result.observe(approvals, tenants.approvalsWaiting);
        result.observe(killed, tenants.killed);
      }
      for (const { from, to, count } of pairs.top()) result.observe(popular, count, { from, to });
    },
    [pool, approvals, killed, popular],
  );
}
