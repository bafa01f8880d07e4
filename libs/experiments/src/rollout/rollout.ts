import type { Arm } from '@switchyard/kernel';
import type { Plan } from './plan.ts';

/** The word that a rollout's conversations are dealt by, beside its salt. */
export const ROLLOUT_FLAG = 'code_arm';

export const STATUSES = ['draft', 'scheduled', 'running', 'held', 'rolled_back', 'completed', 'closed'] as const;
/** held: the share stays and nothing advances. completed: the plan is done; guards go on watching. */
export type Status = (typeof STATUSES)[number];

export interface Tick {
  /** Position of the step in the plan. */
  readonly step: number;
  readonly item: string;
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
}

export interface Rollout {
  readonly id: string;
  readonly name: string;
  readonly status: Status;
  /** Grows by one with each change; what a change is made on. */
  readonly version: number;
  readonly plan: Plan;
  readonly salt: string;
  readonly stepIndex: number;
  /** Of treatment, now. */
  readonly shareBasisPoints: number;
  /** A span of one salt and one share. */
  readonly epoch: number;
  /** Grows with each start; evidence is of one attempt. 0 before the first. */
  readonly attempt: number;
  readonly startAt: Date | null;
  readonly startedAt: Date | null;
  /** `<kind>:<id>` of who started it. */
  readonly startedBy: string | null;
  readonly stepStartedAt: Date | null;
  readonly approvedBy: string | null;
  readonly approvedByName: string | null;
  readonly ticks: readonly Tick[];
  /** Why it stands as it does, in words. */
  readonly reason: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Whether conversations are dealt to arms. */
export const deals = ({ status }: Pick<Rollout, 'status'>): boolean =>
  status === 'running' || status === 'held' || status === 'completed';

export const armOf = (rollout: Pick<Rollout, 'plan'>, band: string): Arm =>
  band === 'treatment' ? rollout.plan.arm : 'traditional';
