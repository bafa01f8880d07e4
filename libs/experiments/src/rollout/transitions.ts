import { AppError, unreachable } from '@switchyard/kernel';
import { ALL } from '../bucketing.ts';
import { shareOf, type Guard } from './plan.ts';
import type { Rollout, Status } from './rollout.ts';

/** What can be done to a rollout, by a person or by the product itself. */
export type Command =
  | { readonly kind: 'start'; readonly at?: Date | undefined }
  | { readonly kind: 'begin' } // what was scheduled, when its time has come
  | { readonly kind: 'hold' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'roll_back' }
  | { readonly kind: 'restart'; readonly afterFix: boolean; readonly salt: string }
  | { readonly kind: 'approve' }
  | { readonly kind: 'advance' }
  | { readonly kind: 'complete' }
  | { readonly kind: 'set_share'; readonly shareBasisPoints: number }
  | { readonly kind: 'tick'; readonly item: string; readonly done: boolean }
  | { readonly kind: 'set_guards'; readonly guards: readonly Guard[] }
  | { readonly kind: 'close' };

export const ROLLOUT_ACTIONS = [
  'rollout.created',
  'rollout.started',
  'rollout.scheduled',
  'rollout.held',
  'rollout.resumed',
  'rollout.rolled_back',
  'rollout.restarted',
  'rollout.approved',
  'rollout.share_changed',
  'rollout.completed',
  'rollout.checklist_changed',
  'rollout.guards_changed',
  'rollout.closed',
] as const;
export type RolloutAction = (typeof ROLLOUT_ACTIONS)[number];

export interface Change {
  readonly action: RolloutAction;
  readonly fields: Partial<Rollout>;
}

export interface By {
  /** `<kind>:<id>` */
  readonly id: string;
  readonly name: string;
  readonly now: Date;
}

const FROM: Readonly<Record<Command['kind'], readonly Status[]>> = {
  start: ['draft', 'scheduled'],
  begin: ['scheduled'],
  hold: ['running'],
  resume: ['held'],
  roll_back: ['running', 'held', 'completed'],
  restart: ['rolled_back'],
  approve: ['running', 'held'],
  advance: ['running', 'held'],
  complete: ['running'],
  set_share: ['running', 'held', 'completed'],
  tick: ['draft', 'scheduled', 'running', 'held', 'rolled_back'],
  set_guards: ['draft', 'scheduled', 'running', 'held', 'rolled_back', 'completed'],
  close: ['draft', 'scheduled', 'rolled_back', 'running', 'held', 'completed'],
};
const INSTEAD: Readonly<Record<Status, string>> = {
  draft: 'start it first',
  scheduled: 'start it now, or wait for its time',
  running: 'hold it or roll it back',
  held: 'resume it or roll it back',
  rolled_back: 'restart it, or close it and make another',
  completed: 'set its share, roll it back or close it',
  closed: 'make another',
};

const freshStep = (now: Date): Partial<Rollout> => ({ stepStartedAt: now, approvedBy: null, approvedByName: null });

/** A new attempt from the first step: evidence and exposures begin anew. */
const beginning = (rollout: Rollout, { id, now }: By): Partial<Rollout> => ({
  ...freshStep(now),
  status: 'running',
  stepIndex: 0,
  shareBasisPoints: shareOf(rollout.plan, 0),
  epoch: rollout.epoch + 1,
  attempt: rollout.attempt + 1,
  startAt: null,
  startedAt: now,
  startedBy: id,
});

/** The step that a share set by hand stands in: the last that is not larger. */
const stepOf = (rollout: Rollout, share: number): number =>
  Math.max(
    0,
    rollout.plan.steps.findLastIndex((_step, position) => shareOf(rollout.plan, position) <= share),
  );

/** What a command makes of a rollout. Pure. Throws AppError `conflict` where it does not stand so, `unprocessable`, `forbidden`. */
export function transition(rollout: Rollout, command: Command, by: By): Change {
  if (!FROM[command.kind].includes(rollout.status))
    throw new AppError(
      'conflict',
      `The rollout is ${rollout.status.replace('_', ' ')}: it cannot ${command.kind.replace('_', ' ')} now; ${INSTEAD[rollout.status]}.`,
      { status: rollout.status },
    );
  switch (command.kind) {
    case 'start':
      if (command.at && command.at > by.now)
        return {
          action: 'rollout.scheduled',
          fields: { status: 'scheduled', startAt: command.at, startedBy: by.id },
        };
      return { action: 'rollout.started', fields: beginning(rollout, by) };
    case 'begin':
      // whoever scheduled it has started it: another person approves
      return { action: 'rollout.started', fields: beginning(rollout, { ...by, id: rollout.startedBy ?? by.id }) };
    case 'hold':
      return { action: 'rollout.held', fields: { status: 'held' } };
    case 'resume':
      return { action: 'rollout.resumed', fields: { status: 'running' } };
    case 'roll_back':
      return {
        action: 'rollout.rolled_back',
        fields: { status: 'rolled_back', shareBasisPoints: 0, approvedBy: null, approvedByName: null },
      };
    case 'restart':
      return {
        action: 'rollout.restarted',
        fields: { ...beginning(rollout, by), ...(command.afterFix ? { salt: command.salt } : {}) },
      };
    case 'approve':
      return approve(rollout, by);
    case 'advance':
      return advance(rollout, by);
    case 'complete':
      return { action: 'rollout.completed', fields: { status: 'completed' } };
    case 'set_share':
      return setShare(rollout, command.shareBasisPoints, by);
    case 'tick':
      return tick(rollout, command, by);
    case 'set_guards':
      return { action: 'rollout.guards_changed', fields: { plan: { ...rollout.plan, guards: [...command.guards] } } };
    case 'close':
      return { action: 'rollout.closed', fields: { status: 'closed', shareBasisPoints: 0, startAt: null } };
    default:
      return unreachable(command);
  }
}

function approve(rollout: Rollout, by: By): Change {
  if (rollout.plan.approval === 'another_person' && rollout.startedBy === by.id)
    throw new AppError('forbidden', 'This plan wants the approval of a person other than the one who started it.');
  return { action: 'rollout.approved', fields: { approvedBy: by.id, approvedByName: by.name } };
}

function advance(rollout: Rollout, { now }: By): Change {
  const stepIndex = rollout.stepIndex + 1;
  if (stepIndex >= rollout.plan.steps.length)
    throw new AppError('conflict', 'This is the last step of the plan: there is none after it.');
  return {
    action: 'rollout.share_changed',
    fields: {
      ...freshStep(now),
      status: 'running',
      stepIndex,
      shareBasisPoints: shareOf(rollout.plan, stepIndex),
      epoch: rollout.epoch + 1,
    },
  };
}

function setShare(rollout: Rollout, wanted: number, { now }: By): Change {
  if (!Number.isInteger(wanted) || wanted < 0 || wanted > ALL)
    throw new AppError('unprocessable', 'A share is given in basis points, whole numbers from 0 to 10000.', {
      path: 'shareBasisPoints',
    });
  const shareBasisPoints = Math.min(wanted, ALL - rollout.plan.holdbackBasisPoints);
  const stepIndex = stepOf(rollout, shareBasisPoints);
  const isLast = shareBasisPoints >= shareOf(rollout.plan, rollout.plan.steps.length - 1);
  return {
    action: 'rollout.share_changed',
    fields: {
      ...freshStep(now),
      stepIndex,
      shareBasisPoints,
      epoch: shareBasisPoints === rollout.shareBasisPoints ? rollout.epoch : rollout.epoch + 1,
      ...(rollout.status === 'completed' && !isLast ? { status: 'running' as const } : {}),
    },
  };
}

function tick(rollout: Rollout, { item, done }: Extract<Command, { kind: 'tick' }>, by: By): Change {
  const step = rollout.stepIndex;
  if (!rollout.plan.steps[step]?.checklist.includes(item))
    throw new AppError('unprocessable', `The checklist of this step has no "${item}".`, { path: 'item' });
  const others = rollout.ticks.filter((one) => one.step !== step || one.item !== item);
  const ticks = done ? [...others, { step, item, by: by.name, at: by.now.toISOString() }] : others;
  return { action: 'rollout.checklist_changed', fields: { ticks } };
}
