import { unreachable } from '@switchyard/kernel';
import { percent } from '../bucketing.ts';
import { decide, type GateState, type Situation } from '../evidence/decide.ts';
import type { Reading } from '../evidence/guards.ts';
import { shareOf } from './plan.ts';

export interface Next {
  /** What happens next, in words. */
  readonly what: string;
  /** The earliest moment, where it is known. */
  readonly at: Date | null;
  /** What it waits for, in words; empty when it happens at the next look. */
  readonly waitingFor: readonly string[];
}

/** "What happens next, and when", for whoever looks at a rollout. Pure. */
export function whatNext(situation: Situation): Next {
  const { rollout, killed } = situation;
  const { status, plan, stepIndex } = rollout;
  const none = { at: null, waitingFor: [] };
  if (killed && status !== 'closed')
    return { ...none, what: 'Nothing: the kill switch is thrown.', waitingFor: ['Somebody releases the kill switch.'] };
  switch (status) {
    case 'draft':
      return { ...none, what: `It begins with ${percent(shareOf(plan, 0))}.`, waitingFor: ['Somebody starts it.'] };
    case 'scheduled':
      return { ...none, what: `It begins with ${percent(shareOf(plan, 0))}.`, at: rollout.startAt };
    case 'held':
      return { ...none, what: 'It goes on with this step.', waitingFor: ['Somebody resumes it.'] };
    case 'rolled_back':
      return {
        ...none,
        what: 'It begins anew.',
        waitingFor: ['Somebody restarts it, with another salt after a fix.'],
      };
    case 'completed':
      return { ...none, what: `Nothing: the plan is done at ${percent(rollout.shareBasisPoints)}. Guards go on.` };
    case 'closed':
      return { ...none, what: 'Nothing: it is closed.' };
    case 'running': {
      const { gates } = decide(situation);
      const shut = gates.filter(({ open }) => !open);
      const isLast = stepIndex + 1 >= plan.steps.length;
      return {
        what: isLast ? 'The plan is done.' : `The share goes up to ${percent(shareOf(plan, stepIndex + 1))}.`,
        at: shut.every(({ at }) => at !== null)
          ? (shut[0]?.at ?? situation.now)
          : (shut.find(({ at }) => at)?.at ?? null),
        waitingFor: shut.map(({ sentence }) => sentence),
      };
    }
    default:
      return unreachable(status);
  }
}

/** One line of the go/no-go list of a phase. */
export interface ChecklistItem {
  readonly item: string;
  /** computed: the product sees it. manual: a person ticks it. */
  readonly kind: 'computed' | 'manual';
  readonly state: 'go' | 'no_go' | 'open';
  readonly detail: string;
}

const GATE_NAMES: Readonly<Record<GateState['gate'], string>> = {
  data: 'Traffic is measured',
  dwell: 'The step has lasted long enough',
  sample: 'Enough units were seen',
  proof: 'Safety is proven',
  checklist: 'Everything is ticked',
  approval: 'It is approved',
};

const guardItem = ({ guard, state, sentence, dryRun }: Reading): ChecklistItem => ({
  item: `Guard ${guard.replaceAll('_', ' ')}${dryRun ? ' (dry run)' : ''}`,
  kind: 'computed',
  state: state === 'triggered' ? 'no_go' : state === 'ok' ? 'go' : 'open',
  detail: sentence,
});

/** The go/no-go list of the phase that the rollout stands in: guards and gates as they are, and what people tick. Pure. */
export function checklistOf(situation: Situation): ChecklistItem[] {
  const { rollout } = situation;
  const { readings, gates } = decide(situation);
  const manual = (rollout.plan.steps[rollout.stepIndex]?.checklist ?? []).map((item): ChecklistItem => {
    const tick = rollout.ticks.find((one) => one.step === rollout.stepIndex && one.item === item);
    return {
      item,
      kind: 'manual',
      state: tick ? 'go' : 'open',
      detail: tick ? `Ticked by ${tick.by} at ${tick.at}.` : '',
    };
  });
  return [
    ...readings.filter(({ effect }) => effect !== 'warn').map(guardItem),
    ...gates
      .filter(({ gate }) => gate !== 'checklist')
      .map(({ gate, open, sentence }): ChecklistItem => ({
        item: GATE_NAMES[gate],
        kind: 'computed',
        state: open ? 'go' : 'open',
        detail: sentence,
      })),
    ...manual,
  ];
}
