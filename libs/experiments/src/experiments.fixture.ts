import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock, Ctx } from '@switchyard/kernel';
import type { Database } from '@switchyard/database';
import type { ExperimentAlert, ExperimentEvent } from './audit.ts';
import { createExperiments, type Experiments, type ExperimentsOptions } from './experiments.ts';
import type { PlanInput } from './rollout/plan.ts';
import type { Rollout } from './rollout/rollout.ts';

/** A clock that stands until it is moved. */
export class SetClock implements Clock {
  #now: number;

  constructor(start = '2026-11-21T08:00:00Z') {
    this.#now = Date.parse(start);
  }

  now(): Date {
    return new Date(this.#now);
  }

  move(ms: number): void {
    this.#now += ms;
  }
}

/** Of the specs: an instance, and what it wrote to the audit log. */
export function openExperiments(
  database: Database,
  over: Partial<ExperimentsOptions> = {},
): { experiments: Experiments; audited: ExperimentEvent[]; alerts: ExperimentAlert[]; logged: string[] } {
  const audited: ExperimentEvent[] = [];
  const alerts: ExperimentAlert[] = [];
  const logged: string[] = [];
  const experiments = createExperiments({
    database,
    clock: { now: () => new Date() },
    audit: async (_tx, _ctx, event) => audited.push(event),
    alert: async (_tx, _ctx, alert) => {
      if (!alerts.some(({ dedupeKey }) => dedupeKey === alert.dedupeKey)) alerts.push(alert);
    },
    log: (message) => logged.push(message),
    ...over,
  });
  return { experiments, audited, alerts, logged };
}

/** One step at once, everything automatic: what a spec does not set does not stand in its way. */
export const quickPlan = (share: number, over: Partial<PlanInput> = {}): PlanInput => ({
  steps: [{ shareBasisPoints: share, dwellMinutes: 60, minUnits: 1_000, advance: 'manual' }],
  ...over,
});

export async function started(experiments: Experiments, ctx: Ctx, plan: PlanInput): Promise<Rollout> {
  const { id } = await experiments.createRollout(ctx, { name: 'code arm', plan, reason: 'a spec' });
  return experiments.changeRollout(ctx, { id, reason: 'begin', command: { kind: 'start' } });
}

export async function until<Found>(
  what: string,
  look: () => Found | undefined | false | Promise<Found | undefined | false>,
): Promise<Found> {
  for (let waited = 0; waited < 10_000; waited += 5) {
    const found = await look();
    if (found) return found;
    await sleep(5);
  }
  throw new Error(`it never came about: ${what}`);
}
