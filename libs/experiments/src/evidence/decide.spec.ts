import { describe, expect, it } from '@jest/globals';
import { parsePlan, shareOf, templatePlan, TEMPLATES, type Guard, type PlanInput } from '../rollout/plan.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { transition, type By, type Command } from '../rollout/transitions.ts';
import { checklistOf, whatNext } from '../rollout/what-next.ts';
import { decide, type Situation } from './decide.ts';
import { NOTHING, type ArmCounts } from './evidence.ts';

const BEGAN = new Date('2026-11-21T08:00:00Z');
const hours = (count: number): Date => new Date(BEGAN.getTime() + count * 3_600_000);
const ada: By = { id: 'user:ada', name: 'ada', now: BEGAN };
const bob: By = { id: 'user:bob', name: 'bob', now: BEGAN };

const PLAN: PlanInput = {
  steps: [
    { shareBasisPoints: 1_000, dwellMinutes: 120, minUnits: 500, advance: 'manual', checklist: ['told support'] },
    { shareBasisPoints: 10_000, dwellMinutes: 60, minUnits: 10, advance: 'automatic' },
  ],
  approval: 'another_person',
  proofs: ['error_rate'],
};
const draft = (plan: PlanInput = PLAN): Rollout => ({
  id: 'r',
  name: 'r',
  status: 'draft',
  version: 1,
  plan: parsePlan(plan),
  salt: 'old',
  stepIndex: 0,
  shareBasisPoints: 0,
  epoch: 0,
  attempt: 0,
  startAt: null,
  startedAt: null,
  startedBy: null,
  stepStartedAt: null,
  approvedBy: null,
  approvedByName: null,
  ticks: [],
  reason: '',
  createdBy: 'ada',
  createdAt: BEGAN,
  updatedAt: BEGAN,
});
const after = (rollout: Rollout, command: Command, by: By = ada): Rollout => ({
  ...rollout,
  ...transition(rollout, command, by).fields,
});
const running = (plan?: PlanInput): Rollout => after(draft(plan), { kind: 'start' });

const arm = (band: ArmCounts['band'], over: Partial<ArmCounts> = {}): ArmCounts => ({
  epoch: 1,
  band,
  shareBasisPoints: 1_000,
  units: 600,
  answeredUnits: 600,
  errorUnits: 0,
  complaintUnits: 0,
  crossedUnits: 0,
  answers: 600,
  errors: 0,
  fallbacks: 0,
  slow: 0,
  promptTokens: 0,
  completionTokens: 0,
  cost: NOTHING,
  latency: NOTHING,
  latencies: [],
  score: NOTHING,
  pairs: NOTHING,
  lastAt: hours(3),
  ...over,
});
const both = (treatment: Partial<ArmCounts> = {}, control: Partial<ArmCounts> = {}): ArmCounts[] => [
  arm('treatment', treatment),
  arm('control', control),
];
const at = (rollout: Rollout, over: Partial<Situation> = {}): Situation => ({
  rollout,
  evidence: both(),
  killed: false,
  now: hours(3),
  ...over,
});
const verdict = (situation: Situation): string => {
  const { kind, code } = decide(situation).verdict;
  return `${kind}: ${code}`;
};
const ready = (): Rollout =>
  after(after(running(), { kind: 'tick', item: 'told support', done: true }), { kind: 'approve' }, bob);

describe('the decision', () => {
  const worst = both({ errorUnits: 60, complaintUnits: 40 }, { units: 900, answeredUnits: 900 });

  it('asks in the order that nothing may change', () => {
    const rollout = running();
    expect(verdict(at(rollout, { evidence: worst, killed: true }))).toBe('killed: kill_switch');
    expect(verdict(at(rollout, { evidence: worst }))).toBe('rollback: error_rate');
    const uneven = both({}, { units: 1_200, answeredUnits: 1_200 });
    expect(verdict(at(rollout, { evidence: uneven }))).toBe('hold: sample_ratio');
    expect(verdict(at(rollout, { evidence: [] }))).toBe('wait: data');
    expect(verdict(at(rollout, { now: hours(9) }))).toBe('wait: data'); // the last answer is six hours old
    expect(verdict(at(rollout, { now: hours(1) }))).toBe('wait: dwell');
    expect(verdict(at(rollout, { evidence: both({ answeredUnits: 499, answers: 499 }) }))).toBe('wait: sample');
    expect(verdict(at(rollout, { evidence: both({ errorUnits: 4 }) }))).toBe('wait: proof');
    expect(verdict(at(rollout))).toBe('wait: checklist');
    const ticked = after(rollout, { kind: 'tick', item: 'told support', done: true });
    expect(verdict(at(ticked))).toBe('wait: approval');
    expect(verdict(at(ready()))).toBe('advance: gates_open');
  });

  it('rolls back without waiting for a sample, also while held and after the plan is done', () => {
    const few = both({ units: 8, answeredUnits: 8, answers: 8, errorUnits: 5 }, { units: 8, answeredUnits: 8 });
    expect(verdict(at(running(), { evidence: few, now: BEGAN }))).toBe('rollback: error_rate');
    const held = after(running(), { kind: 'hold' });
    expect(verdict(at(held, { evidence: few }))).toBe('rollback: error_rate');
    expect(verdict(at({ ...running(), status: 'completed' }, { evidence: few }))).toBe('rollback: error_rate');
    expect(verdict(at(held))).toBe('wait: held');
  });

  it('takes no notice of a guard in dry run, and says what it would have done', () => {
    const guards: Guard[] = parsePlan(PLAN).guards.map((guard) => ({ ...guard, dryRun: true }));
    const dry = after(ready(), { kind: 'set_guards', guards });
    const { verdict: found, readings } = decide(at(dry, { evidence: both({ errorUnits: 60, complaintUnits: 40 }) }));
    expect(found.kind).toBe('wait');
    expect(readings.filter(({ state }) => state === 'triggered').map(({ guard }) => guard)).toEqual(
      expect.arrayContaining(['error_rate', 'complaint_cap', 'complaint_share']),
    );
  });

  it('sees p99 over 10 s as more than 1% of answers over 10 s', () => {
    expect(verdict(at(ready(), { evidence: both({ slow: 5 }) }))).toBe('advance: gates_open');
    expect(verdict(at(ready(), { evidence: both({ slow: 25 }) }))).toBe('rollback: slow_rate');
  });

  it('holds when arms mix, and lets ten complaints pass that are as many in control', () => {
    expect(verdict(at(ready(), { evidence: both({ crossedUnits: 90 }) }))).toBe('hold: crossover');
    const complaining = { complaintUnits: 10 };
    expect(verdict(at(ready(), { evidence: both(complaining, complaining) }))).toBe('advance: gates_open');
    const guards = parsePlan(PLAN).guards.map((one) =>
      one.name === 'complaint_cap' ? { ...one, threshold: 100 } : one,
    );
    const patient = after(ready(), { kind: 'set_guards', guards });
    const many = (control: number) => both({ complaintUnits: 30 }, { complaintUnits: control });
    expect(verdict(at(patient, { evidence: many(28) }))).toBe('advance: gates_open');
    expect(verdict(at(patient, { evidence: many(5) }))).toBe('rollback: complaint_share');
  });
});

describe('a rollout', () => {
  it('wants another person where the plan says so', () => {
    expect(() => transition(running(), { kind: 'approve' }, ada)).toThrow(/other than the one who started/);
    const waiting = after(draft(), { kind: 'start', at: hours(5) });
    const begun = after(waiting, { kind: 'begin' }, { id: 'system:system', name: 'rollout', now: hours(5) });
    expect(() => transition(begun, { kind: 'approve' }, ada)).toThrow(/other than the one who started/);
    expect(after(begun, { kind: 'approve' }, bob).approvedByName).toBe('bob');
  });

  it('asks for approval anew at each step, and keeps the holdback at the last', () => {
    const next = after(ready(), { kind: 'advance' });
    expect(next).toMatchObject({ stepIndex: 1, shareBasisPoints: 9_700, epoch: 2, attempt: 1, approvedBy: null });
    expect(() => transition(next, { kind: 'advance' }, ada)).toThrow(/last step/);
    expect(after(next, { kind: 'set_share', shareBasisPoints: 10_000 }).shareBasisPoints).toBe(9_700);
  });

  it('keeps its salt on resume and on a restart without a fix, and changes it after one', () => {
    expect(after(after(running(), { kind: 'hold' }), { kind: 'resume' })).toMatchObject({ salt: 'old', attempt: 1 });
    const back = after(running(), { kind: 'roll_back' });
    expect(back).toMatchObject({ status: 'rolled_back', shareBasisPoints: 0 });
    expect(after(back, { kind: 'restart', afterFix: false, salt: 'new' })).toMatchObject({ salt: 'old', attempt: 2 });
    expect(after(back, { kind: 'restart', afterFix: true, salt: 'new' })).toMatchObject({ salt: 'new', attempt: 2 });
  });

  it('cannot do what it is not in the state for, and says what to do instead', () => {
    expect(() => transition(draft(), { kind: 'hold' }, ada)).toThrow(/is draft: it cannot hold now; start it first/);
    const share: Command = { kind: 'set_share', shareBasisPoints: 10_001 };
    expect(() => transition(running(), share, ada)).toThrow(/from 0 to 10000/);
    expect(() => transition(running(), { kind: 'tick', item: 'x', done: true }, ada)).toThrow(/has no "x"/);
  });

  it('has ready plans; the standard one goes 10, 25, 50, all but the holdback', () => {
    for (const name of TEMPLATES) expect(templatePlan(name).steps.length).toBeGreaterThan(3);
    const plan = templatePlan('standard');
    expect(plan.steps.map((_step, position) => shareOf(plan, position))).toEqual([1_000, 2_500, 5_000, 9_700]);
  });
});

describe('what happens next, and when', () => {
  it('says the share, the earliest time, and what is waited for', () => {
    expect(whatNext(at(draft()))).toMatchObject({ waitingFor: ['Somebody starts it.'] });
    const scheduled = after(draft(), { kind: 'start', at: hours(5) });
    expect(whatNext(at(scheduled))).toEqual({ what: 'It begins with 10%.', at: hours(5), waitingFor: [] });
    const early = whatNext(at(ready(), { now: hours(1), evidence: both({ lastAt: hours(1) }) }));
    expect(early).toMatchObject({ what: 'The share goes up to 97%.', at: hours(2) });
    expect(early.waitingFor).toEqual(['This step lasts until 2026-11-21T10:00:00.000Z at least.']);
    expect(whatNext(at(ready()))).toMatchObject({ at: hours(3), waitingFor: [] });
    expect(whatNext(at(running(), { killed: true })).what).toMatch(/kill switch is thrown/);
    expect(whatNext(at(after(running(), { kind: 'roll_back' }))).waitingFor[0]).toMatch(/restarts it/);
  });

  it('lists go and no-go', () => {
    const items = checklistOf(at(running(), { evidence: both({ errorUnits: 60 }) }));
    const states = new Map(items.map(({ item, state }) => [item, state]));
    expect(states.get('Guard error rate')).toBe('no_go');
    expect(states.get('Guard slow rate')).toBe('go');
    expect(states.get('Guard accuracy')).toBe('open');
    expect(states.get('Enough units were seen')).toBe('go');
    expect(states.get('told support')).toBe('open');
  });
});
