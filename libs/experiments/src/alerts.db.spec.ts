import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import type { Ctx } from '@switchyard/kernel';
import { openExperiments, quickPlan, started } from './experiments.fixture.ts';
import { DEFAULT_GUARDS } from './rollout/plan.ts';
import type { Outcome } from './exposures/outcome.ts';

describe('what people outside hear of', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  /** A running rollout of all, whose looks come when they are asked for. */
  async function begin(guards = [...DEFAULT_GUARDS]) {
    const ctx: Ctx = testCtx();
    const node = openExperiments(db.database, { lookAfterMs: 3_600_000 });
    const rollout = await started(node.experiments, ctx, quickPlan(5_000, { guards }));
    let at = 0;
    /** So many answers of treatment, each of a conversation of its own. */
    const answer = async (count: number, over: Partial<Outcome>): Promise<void> => {
      for (let given = 0; given < count;) {
        const { arm, exposureId } = await node.experiments.assign(ctx, { conversation: `talk ${at++}` });
        if (arm !== 'code') continue;
        given += 1;
        const usual = { error: false, latencyMs: 100, costMicros: null, promptTokens: 1, completionTokens: 1 };
        node.experiments.observe(ctx, { ...usual, exposureId, fallback: false, servedArm: 'code', ...over });
      }
      await node.experiments.settled();
      await node.experiments.evaluate(ctx.tenantId);
    };
    return { ctx, ...node, rollout, answer };
  }

  it('a rollback by a guard, with what it saw and what to do', async () => {
    const { alerts, answer, experiments, rollout, ctx } = await begin();
    await answer(8, { error: true });
    await experiments.evaluate(ctx.tenantId); // a further look has nothing to tell
    expect(alerts).toMatchObject([
      {
        kind: 'rollout.rolled_back',
        title: 'The rollout "code arm" was rolled back by itself',
        message: expect.stringMatching(/^Guard error rate: 8 of 8 .*It stood at 50%; .* Find the cause/),
        data: { rolloutId: rollout.id, by: null, shareBasisPoints: { before: 5_000, after: 0 } },
      },
    ]);
    await experiments.close();
  });

  it('a hold, and a guard that only warns, once for each attempt', async () => {
    const guards = DEFAULT_GUARDS.map((guard) =>
      guard.name === 'error_rate' ? { ...guard, effect: 'warn' as const } : guard,
    );
    const { alerts, answer, experiments, ctx, rollout } = await begin(guards);
    await answer(6, { error: true });
    await answer(20, { error: true });
    expect(alerts.map(({ kind, title }) => `${kind}: ${title}`)).toEqual([
      'guard.triggered: The rollout "code arm": guard error rate warns',
    ]);
    await experiments.changeRollout(ctx, { id: rollout.id, reason: 'lunch', command: { kind: 'hold' } });
    expect(alerts.at(-1)).toMatchObject({
      kind: 'rollout.held',
      message: expect.stringMatching(/^lunch\. It stays at 50%/),
    });
    await experiments.close();
  });

  it('nothing of a guard in dry run; a person who rolls back or throws the kill switch is named', async () => {
    const guards = DEFAULT_GUARDS.map((guard) => ({ ...guard, dryRun: true }));
    const { alerts, answer, experiments, ctx, rollout } = await begin(guards);
    await answer(30, { error: true });
    expect(alerts).toEqual([]);
    await experiments.setKillSwitch(ctx, { thrown: true, reason: 'it invents prices' });
    await experiments.setKillSwitch(ctx, { thrown: true, reason: 'again' });
    await experiments.setKillSwitch(ctx, { thrown: false, reason: 'mended' });
    await experiments.changeRollout(ctx, {
      id: rollout.id,
      reason: 'people complained',
      command: { kind: 'roll_back' },
    });
    expect(alerts.map(({ title }) => title)).toEqual([
      `The kill switch was thrown by ${ctx.principal.name}`,
      `The rollout "code arm" was rolled back by ${ctx.principal.name}`,
    ]);
    await experiments.close();
  });

  it('without it nothing changes: the alert is in the transaction of the change', async () => {
    const ctx = testCtx();
    const failing = async (): Promise<never> => Promise.reject(new Error('no alert'));
    const { experiments } = openExperiments(db.database, { alert: failing });
    const { id } = await started(experiments, ctx, quickPlan(5_000));
    const back = experiments.changeRollout(ctx, { id, reason: 'x', command: { kind: 'roll_back' } });
    await expect(back).rejects.toThrow('no alert');
    expect((await experiments.viewRollout(ctx, id)).rollout.status).toBe('running');
    await experiments.close();
  });
});
