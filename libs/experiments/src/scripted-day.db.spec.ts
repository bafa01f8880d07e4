import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import type { Ctx, TenantId } from '@switchyard/kernel';
import { openExperiments, SetClock, type openExperiments as Open } from './experiments.fixture.ts';
import type { Rollout } from './rollout/rollout.ts';
import type { PlanInput } from './rollout/plan.ts';

const LOOK_EVERY = 50;

/** Two steps of an hour, up to half of the traffic. */
const PLAN: PlanInput = {
  steps: [
    { shareBasisPoints: 1_000, dwellMinutes: 60, minUnits: 50, advance: 'automatic' },
    { shareBasisPoints: 5_000, dwellMinutes: 60, minUnits: 100_000, advance: 'automatic' },
  ],
  proofs: [],
};

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('a scripted day', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  interface Day {
    readonly ctx: Ctx;
    readonly clock: SetClock;
    readonly node: ReturnType<typeof Open>;
    readonly rollout: Rollout;
    /** Conversations come, one each ten seconds; code fails at the given rate. True as soon as `isOver`. */
    traffic(most: number, failing: number, isOver: (rollout: Rollout) => boolean): Promise<boolean>;
    now(): Promise<Rollout>;
  }

  async function begin(seed: number): Promise<Day> {
    // a day that is the same each time: who is dealt what, and who fails
    const ctx = testCtx({ tenantId: `0194e0a0-0000-7000-8000-0000000000${seed < 10 ? '0' : ''}${seed}` as TenantId });
    const clock = new SetClock();
    const random = seeded(seed);
    let salts = seed * 100;
    // looks only when they are asked for, so that the day is the same each time
    const node = openExperiments(db.database, { clock, lookAfterMs: 3_600_000, newSalt: () => `salt ${salts++}` });
    const { experiments } = node;
    const { id } = await experiments.createRollout(ctx, { name: 'a day', plan: PLAN, reason: 'morning' });
    const start = { id, reason: 'begin', command: { kind: 'start' } } as const;
    const rollout = await experiments.changeRollout(ctx, start);
    const now = async (): Promise<Rollout> => (await experiments.viewRollout(ctx, id)).rollout;
    let seen = 0;
    return {
      ctx,
      clock,
      node,
      rollout,
      now,
      async traffic(most, failing, isOver) {
        for (let count = 0; count < most; count += LOOK_EVERY) {
          clock.move(LOOK_EVERY * 10_000);
          const talks = Array.from({ length: LOOK_EVERY }, () => `talk ${seen++}`);
          const dealt = await Promise.all(talks.map((conversation) => experiments.assign(ctx, { conversation })));
          for (const { arm, exposureId } of dealt) {
            const isCode = arm === 'code';
            experiments.observe(ctx, {
              exposureId,
              error: random() < (isCode ? failing : 0.002),
              latencyMs: 800 + 400 * random(),
              costMicros: BigInt(Math.round((isCode ? 600 : 1_000) * (0.5 + random()))),
              promptTokens: isCode ? 500 : 3_000,
              completionTokens: 100,
              fallback: false,
              servedArm: arm,
            });
          }
          await experiments.settled();
          await experiments.evaluate(ctx.tenantId);
          if (isOver(await now())) return true;
        }
        return false;
      },
    };
  }

  it('goes up to half, has its code fail 5%, and is rolled back by itself, with the reason on record', async () => {
    const day = await begin(5);
    const { experiments } = day.node;
    expect(await day.traffic(2_000, 0.002, ({ stepIndex }) => stepIndex === 1)).toBe(true);
    expect(await day.now()).toMatchObject({ status: 'running', shareBasisPoints: 5_000, attempt: 1, epoch: 2 });

    const unitsOf = async (): Promise<number> =>
      (await experiments.readExperiment(day.ctx, { rolloutId: day.rollout.id })).arms[0]?.answeredUnits ?? 0;
    const before = await unitsOf();
    expect(await day.traffic(4_000, 0.05, ({ status }) => status === 'rolled_back')).toBe(true);
    const needed = (await unitsOf()) - before;
    process.stdout.write(`rolled back after ${needed} conversations of the failing arm\n`);
    expect(needed).toBeGreaterThan(20);
    expect(needed).toBeLessThan(700);

    const after = await day.now();
    expect(after.shareBasisPoints).toBe(0);
    expect(after.reason).toMatch(/^Guard error rate: \d+ of \d+ units of treatment had an error/);
    const [look] = (await experiments.listEvaluations(day.ctx, { rolloutId: day.rollout.id, limit: 1 })).items;
    expect(look).toMatchObject({ did: 'rolled_back', verdict: 'rollback', code: 'error_rate', ruleVersion: 1 });
    const reading = look?.guards.find(({ guard }) => guard === 'error_rate');
    expect(reading).toMatchObject({ state: 'triggered', effect: 'rollback', threshold: 0.01 });
    expect(reading?.log10E).toBeGreaterThanOrEqual(2);
    expect(reading?.lower).toBeGreaterThan(0.005);
    const changes = (await experiments.listChanges(day.ctx, { rolloutId: day.rollout.id })).items;
    expect(changes.map(({ action, actorKind }) => `${action} by ${actorKind}`)).toEqual([
      'rollout.rolled_back by system',
      'rollout.share_changed by system',
      'rollout.started by user',
      'rollout.created by user',
    ]);
    expect(day.node.audited.map(({ action }) => action)).toEqual(changes.map(({ action }) => action).reverse());
    expect((await experiments.assign(day.ctx, { conversation: 'one more' })).reason).toBe('rolled_back');

    // after a fix: another salt, no old evidence
    await experiments.changeRollout(day.ctx, {
      id: day.rollout.id,
      reason: 'mended',
      command: { kind: 'restart', afterFix: true },
    });
    const again = await day.now();
    expect(again).toMatchObject({ status: 'running', attempt: 2, stepIndex: 0, shareBasisPoints: 1_000 });
    expect(again.salt).not.toBe(day.rollout.salt);
    expect(await day.traffic(500, 0.002, ({ status }) => status !== 'running')).toBe(false);
    await experiments.close();
  }, 120_000);

  it('is not rolled back in 10,000 conversations of a healthy arm, and its log stays short', async () => {
    const day = await begin(17);
    const { experiments } = day.node;
    expect(await day.traffic(10_000, 0.005, ({ status }) => status !== 'running')).toBe(false);
    const { arms, cost, points, sampleRatio } = await experiments.readExperiment(day.ctx, {
      rolloutId: day.rollout.id,
    });
    expect(arms.map(({ units }) => units).reduce((a, b) => a + b)).toBeGreaterThan(7_000);
    expect(sampleRatio.alert).toBe(false);
    expect(cost?.upper).toBeLessThan(-0.35); // a true −40%
    expect(cost?.lower).toBeGreaterThan(-0.45);
    process.stdout.write(`200 looks at 10,000 conversations, ${points.length} kept\n`);
    expect(points.length).toBeLessThan(120);
    await experiments.close();
  }, 240_000);
});
