import { inBand, total, type Evidence } from './evidence.ts';
import { isProven, readGuards, type Reading } from './guards.ts';
import { shareOf, type GuardName, type Proof } from '../rollout/plan.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { percent } from '../bucketing.ts';

/** What stands between now and the next step. */
export const GATES = ['data', 'dwell', 'sample', 'proof', 'checklist', 'approval'] as const;
export type Gate = (typeof GATES)[number];

export interface GateState {
  readonly gate: Gate;
  readonly open: boolean;
  /** What is there and what is wanted, in words. */
  readonly sentence: string;
  /** When it opens by itself, where that is known. */
  readonly at: Date | null;
}

export type Verdict =
  | { readonly kind: 'killed' | 'rollback' | 'hold'; readonly code: GuardName | 'kill_switch'; readonly reason: string }
  | { readonly kind: 'wait'; readonly code: Gate | 'held'; readonly reason: string }
  | { readonly kind: 'advance' | 'complete'; readonly code: 'gates_open'; readonly reason: string }
  | { readonly kind: 'steady'; readonly code: 'completed' | 'idle'; readonly reason: string };

export interface Look {
  readonly readings: readonly Reading[];
  readonly gates: readonly GateState[];
  readonly verdict: Verdict;
}

export interface Situation {
  readonly rollout: Rollout;
  readonly evidence: Evidence;
  readonly killed: boolean;
  readonly now: Date;
}

const PROOF_WORDS: Readonly<Record<Proof, string>> = {
  error_rate: 'errors are rare enough',
  slow_rate: 'slow answers are rare enough',
  accuracy: 'accuracy is no worse than the margin',
};
const MINUTE_MS = 60_000;

/** The gates out of the step that the rollout stands in, in the order in which they are asked. */
export function gatesOf({ rollout, evidence, now }: Situation, readings: readonly Reading[]): GateState[] {
  const { plan, stepIndex, stepStartedAt } = rollout;
  const step = plan.steps[stepIndex];
  if (!step || !stepStartedAt) return [];
  const treated = inBand(evidence, 'treatment');
  const last = Math.max(...evidence.map(({ lastAt }) => lastAt?.getTime() ?? 0), 0);
  const fresh = last > 0 && now.getTime() - last <= plan.staleMinutes * MINUTE_MS;
  const due = new Date(stepStartedAt.getTime() + step.dwellMinutes * MINUTE_MS);
  const here = total(
    treated.filter(({ epoch }) => epoch === rollout.epoch),
    'answeredUnits',
  );
  const unproven = plan.proofs.filter((proof) => !isProven(proof, readings, evidence));
  const unticked = step.checklist.filter(
    (item) => !rollout.ticks.some((tick) => tick.step === stepIndex && tick.item === item),
  );
  const approved = rollout.approvedBy !== null;
  return [
    {
      gate: 'data',
      open: fresh,
      sentence:
        last === 0
          ? 'No answer has been measured yet.'
          : `The last measured answer was at ${new Date(last).toISOString()}.`,
      at: null,
    },
    {
      gate: 'dwell',
      open: now >= due,
      sentence: `This step lasts until ${due.toISOString()} at least.`,
      at: due,
    },
    {
      gate: 'sample',
      open: here >= step.minUnits,
      sentence: `${here} of ${step.minUnits} units of treatment answered in this step.`,
      at: null,
    },
    {
      gate: 'proof',
      open: unproven.length === 0,
      sentence:
        unproven.length === 0
          ? 'The evidence shows that it is safe to go on.'
          : `Not yet proven that ${unproven.map((proof) => PROOF_WORDS[proof]).join(', and that ')}.`,
      at: null,
    },
    {
      gate: 'checklist',
      open: unticked.length === 0,
      sentence: unticked.length === 0 ? 'The checklist is done.' : `To be ticked: ${unticked.join('; ')}.`,
      at: null,
    },
    {
      gate: 'approval',
      open: step.advance === 'automatic' || approved,
      sentence: approved
        ? `Approved by ${rollout.approvedByName}.`
        : step.advance === 'automatic'
          ? 'No approval is needed.'
          : plan.approval === 'another_person'
            ? 'Somebody other than who started it must approve.'
            : 'Somebody must approve.',
      at: null,
    },
  ];
}

const triggered = (readings: readonly Reading[], effect: Reading['effect']): Reading | undefined =>
  readings.find((reading) => reading.state === 'triggered' && reading.effect === effect && !reading.dryRun);

/**
 * The order that nothing may change: kill switch, rollback, hold, no data, dwell and sample, proof, checklist, approval.
 * A rollback never waits for a sample; an approval never comes before the evidence. Pure.
 */
export function decide(situation: Situation): Look {
  const { rollout, evidence } = situation;
  const readings = readGuards(rollout.plan.guards, evidence);
  const gates = gatesOf(situation, readings);
  return { readings, gates, verdict: verdictOf(situation, readings, gates) };
}

function verdictOf({ rollout, killed }: Situation, readings: readonly Reading[], gates: readonly GateState[]): Verdict {
  const { status, plan, stepIndex } = rollout;
  if (status !== 'running' && status !== 'held' && status !== 'completed')
    return { kind: 'steady', code: 'idle', reason: 'Nobody is dealt to arms now.' };
  if (killed) return { kind: 'killed', code: 'kill_switch', reason: 'The kill switch is thrown: nobody gets code.' };
  const bad = triggered(readings, 'rollback');
  if (bad) return { kind: 'rollback', code: bad.guard, reason: bad.sentence };
  const doubtful = triggered(readings, 'hold');
  if (doubtful && status === 'running') return { kind: 'hold', code: doubtful.guard, reason: doubtful.sentence };
  if (status === 'held') return { kind: 'wait', code: 'held', reason: rollout.reason || 'It is held.' };
  if (status === 'completed') return { kind: 'steady', code: 'completed', reason: 'The plan is done; guards go on.' };
  const shut = gates.find(({ open }) => !open);
  if (shut) return { kind: 'wait', code: shut.gate, reason: shut.sentence };
  if (stepIndex + 1 < plan.steps.length)
    return {
      kind: 'advance',
      code: 'gates_open',
      reason: `Everything that this step asks for is there: on to ${percent(shareOf(plan, stepIndex + 1))}.`,
    };
  return { kind: 'complete', code: 'gates_open', reason: 'Everything that the last step asks for is there.' };
}
