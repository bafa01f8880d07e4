import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError, type Ctx } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import type { Compare } from '../compare.ts';
import { answerOf, openCompare, servedOf } from '../compare.fixture.ts';
import { isDrawn } from './draw.ts';

const ALL = { shadowBasisPoints: 10_000, shadowBudgetMicros: 1_000_000n, shadowRunsPerDay: 100, gradingBasisPoints: 0 };

describe('sampling', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  const shadows = async (compare: Compare, ctx: Ctx) => (await compare.listShadows(ctx, { limit: 100 })).items;

  it('draws its share, the same answers each time, and more of them as the share grows', () => {
    const { tenantId } = testCtx();
    const ids = Array.from({ length: 20_000 }, (_, at) => `answer ${at}`);
    const drawn = (basisPoints: number, kind: 'shadow' | 'grading' = 'shadow'): string[] =>
      ids.filter((answerId) => isDrawn(kind, { tenantId, answerId, basisPoints }));
    expect(drawn(0)).toEqual([]);
    expect(drawn(10_000)).toEqual(ids);
    const [few, more] = [drawn(500), new Set(drawn(2_000))];
    expect(few.length).toBeGreaterThan(850);
    expect(few.length).toBeLessThan(1_150);
    expect(few.every((id) => more.has(id))).toBe(true);
    expect(drawn(500, 'grading')).not.toEqual(few);
  });

  it('does nothing until somebody says so', async () => {
    const ctx = testCtx();
    const { compare, asked } = openCompare(db.database);
    for (let at = 0; at < 20; at++) compare.heard(ctx, servedOf());
    await compare.idle();
    expect(asked).toEqual([]);
    expect((await compare.listAnswers(ctx)).items).toEqual([]);
    await compare.close();
  });

  it('has the other arm answer too, reading only, and tells the experiment', async () => {
    const ctx = testCtx();
    const { compare, asked, accuracies } = openCompare(db.database);
    await compare.setSampling(ctx, ALL);
    compare.heard(ctx, servedOf({ exposureId: 'exposure-1' }));
    await compare.idle();
    expect(asked).toMatchObject([{ arm: 'code', surface: 'shadow', options: { purpose: 'shadow', readOnly: true } }]);
    const [shadow] = await shadows(compare, ctx);
    expect(shadow).toMatchObject({
      servedArm: 'traditional',
      shadowArm: 'code',
      status: 'compared',
      verdict: 'equivalent',
    });
    expect(shadow).toMatchObject({ costMicros: 1_000n, shadow: { text: answerOf().text } });
    expect(accuracies).toEqual([{ conversation: 'talk-1', exposureId: 'exposure-1', source: 'shadow', delta: 0 }]);
    expect(await compare.shadowSummary(ctx)).toMatchObject({ equivalent: 1, runsToday: 1, costTodayMicros: 1_000n });
    await compare.close();
  });

  it('counts a difference against the code way, whichever of the two was served', async () => {
    const ctx = testCtx();
    const { compare, asked, accuracies } = openCompare(db.database, {
      script: () => answerOf({ text: 'There are 41 A4VTG90 in stock.' }),
    });
    await compare.setSampling(ctx, ALL);
    compare.heard(ctx, servedOf());
    compare.heard(ctx, servedOf({ arm: 'code' }));
    await compare.idle();
    expect(asked.map(({ arm }) => arm).sort()).toEqual(['code', 'traditional']);
    expect(accuracies).toMatchObject([{ delta: -1 }, { delta: -1 }]);
    await compare.close();
  });

  it('tells the experiment nothing of what says nothing', async () => {
    const ctx = testCtx();
    const answers = [
      answerOf({ denied: true }),
      answerOf({ text: '', error: { code: 'upstream_failed', message: 'The model is away.' } }),
      answerOf({ text: '', error: { code: 'kill_switch', message: 'Code is switched off.' } }),
      answerOf({ scripted: true }),
    ];
    const { compare, accuracies } = openCompare(db.database, {
      script() {
        const next = answers.shift();
        if (next) return next;
        throw new AppError('unavailable', 'No executor.');
      },
    });
    await compare.setSampling(ctx, ALL);
    for (let at = 0; at < 5; at++) {
      compare.heard(ctx, servedOf());
      await compare.idle();
    }
    expect(accuracies).toEqual([]);
    expect((await shadows(compare, ctx)).map(({ status }) => status)).toEqual([
      'failed',
      'compared',
      'failed',
      'failed',
      'failed',
    ]);
    await compare.close();
  });

  it('leaves alone what has changed something', async () => {
    const ctx = testCtx();
    const { compare, asked } = openCompare(db.database);
    await compare.setSampling(ctx, ALL);
    compare.heard(ctx, servedOf({ answer: answerOf({ tools: ['search.searchProducts', 'shop.order'] }) }));
    await compare.idle();
    expect(asked).toEqual([]);
    await compare.close();
  });

  it('tells of code that the arm itself could not mend', async () => {
    const ctx = testCtx();
    const { compare, accuracies } = openCompare(db.database, {
      script: () => answerOf({ text: '', error: { code: 'not_mended', message: 'The code was refused three times.' } }),
    });
    await compare.setSampling(ctx, ALL);
    compare.heard(ctx, servedOf());
    await compare.idle();
    expect(accuracies).toMatchObject([{ delta: -1 }]);
    await compare.close();
  });

  it.each([
    ['runs', { shadowRunsPerDay: 3 }],
    ['money', { shadowBudgetMicros: 3_000n }],
  ])("begins none beyond the day's %s, on any node", async (_what, bound) => {
    const ctx = testCtx();
    const nodes = [openCompare(db.database), openCompare(db.database)];
    await nodes[0]?.compare.setSampling(ctx, { ...ALL, ...bound });
    for (let at = 0; at < 10; at++)
      for (const { compare } of nodes) {
        compare.heard(ctx, servedOf());
        await compare.idle(); // what is under way has not cost anything yet
      }
    expect(nodes.reduce((sum, { asked }) => sum + asked.length, 0)).toBe(3);
    await Promise.all(nodes.map(({ compare }) => compare.close()));
  });

  it('answers two at once at most, and drops what it cannot keep up with', async () => {
    const ctx = testCtx();
    let atOnce = 0;
    let most = 0;
    const { compare, asked } = openCompare(db.database, {
      async script() {
        most = Math.max(most, ++atOnce);
        await new Promise((resolve) => setTimeout(resolve, 5));
        atOnce -= 1;
        return answerOf();
      },
    });
    await compare.setSampling(ctx, { ...ALL, shadowRunsPerDay: 1_000 });
    for (let at = 0; at < 200; at++) compare.heard(ctx, servedOf());
    await compare.idle();
    expect(most).toBe(2);
    expect(asked.length).toBeLessThan(100);
    await compare.close();
  });

  it('stops with its process, leaves nobody waiting, and what it lost is told of later', async () => {
    const ctx = testCtx();
    const { compare } = openCompare(db.database, {
      script: (_arm, _question, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
    });
    await compare.setSampling(ctx, ALL);
    compare.heard(ctx, servedOf());
    while ((await shadows(compare, ctx)).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await compare.close();
    expect(await shadows(compare, ctx)).toMatchObject([{ status: 'failed' }]);
  });

  it('keeps questions and answers masked', async () => {
    const ctx = testCtx();
    const { compare } = openCompare(db.database);
    await compare.setSampling(ctx, { ...ALL, gradingBasisPoints: 10_000 });
    const messages = [{ role: 'user' as const, content: 'I am ada@example.com, how many A4VTG90?' }];
    compare.heard(ctx, servedOf({ messages }));
    await compare.idle();
    const rows = await db.sql<{ text: string }>(
      'SELECT shadow_run::text AS text FROM shadow_run WHERE tenant_id = $1 UNION ALL SELECT graded_answer::text FROM graded_answer WHERE tenant_id = $1',
      [ctx.tenantId],
    );
    expect(rows).toHaveLength(2);
    for (const { text } of rows) {
      expect(text).not.toContain('ada@example.com');
      expect(text).toContain('[EMAIL_1]');
    }
    await compare.close();
  });

  it('settings are checked, audited, and heard of on other nodes', async () => {
    const ctx = testCtx();
    const [one, two] = [openCompare(db.database), openCompare(db.database)];
    two.compare.heard(ctx, servedOf());
    await two.compare.idle(); // it has believed that nothing is sampled
    await expect(one.compare.setSampling(ctx, { ...ALL, shadowBasisPoints: 10_001 })).rejects.toMatchObject({
      code: 'unprocessable',
      details: { path: 'shadowBasisPoints' },
    });
    await one.compare.setSampling(ctx, ALL);
    expect(await one.compare.sampling(ctx)).toMatchObject({ ...ALL, updatedByName: 'ada@example.com' });
    const deadline = performance.now() + 5_000;
    while (two.asked.length === 0 && performance.now() < deadline) {
      two.compare.heard(ctx, servedOf());
      await two.compare.idle();
    }
    expect(two.asked.length).toBeGreaterThan(0);
    const [event] = await db.sql<{ before: object; after: object }>(
      "SELECT before, after FROM audit_event WHERE tenant_id = $1 AND action = 'sampling.changed'",
      [ctx.tenantId],
    );
    expect(event).toMatchObject({
      before: { shadowBasisPoints: 0 },
      after: { shadowBasisPoints: 10_000, shadowBudgetMicros: '1000000' },
    });
    await Promise.all([one.compare.close(), two.compare.close()]);
  });

  it('another tenant cannot see its shadow runs or settings', async () => {
    const [ctx, other] = [testCtx(), testCtx()];
    const { compare } = openCompare(db.database);
    await compare.setSampling(ctx, ALL);
    compare.heard(ctx, servedOf());
    await compare.idle();
    const [shadow] = await shadows(compare, ctx);
    expect(await shadows(compare, other)).toEqual([]);
    await expect(compare.getShadow(other, shadow?.id ?? '')).rejects.toMatchObject({ code: 'not_found' });
    expect(await compare.sampling(other)).toMatchObject({ shadowBasisPoints: 0 });
    expect(await compare.shadowSummary(other)).toMatchObject({ equivalent: 0, runsToday: 0 });
    await compare.close();
  });
});

describe('answers for people to grade', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());
  const GRADING = { shadowBasisPoints: 0, shadowBudgetMicros: 0n, shadowRunsPerDay: 0, gradingBasisPoints: 10_000 };

  it('wait in a queue, are graded once, audited, and told to the experiment', async () => {
    const ctx = testCtx();
    const { compare, accuracies } = openCompare(db.database);
    await compare.setSampling(ctx, GRADING);
    compare.heard(ctx, servedOf({ exposureId: 'exposure-1' }));
    compare.heard(ctx, servedOf({ answer: answerOf({ scripted: true }) }));
    compare.heard(ctx, servedOf({ answer: answerOf({ text: '', error: { code: 'timeout', message: 'too slow' } }) }));
    await compare.idle();
    const waiting = (await compare.listAnswers(ctx, { graded: false })).items;
    expect(waiting).toHaveLength(2); // an answer that is none cannot be graded
    const [real, scripted] = [waiting.find((one) => !one.scripted), waiting.find((one) => one.scripted)];
    const grades = await Promise.allSettled(
      ['partly', 'wrong'].map((grade) =>
        compare.grade(ctx, { id: real?.id ?? '', grade: grade as 'partly', comment: 'the price is missing' }),
      ),
    );
    expect(grades.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(grades.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'conflict' } });
    await compare.grade(ctx, { id: scripted?.id ?? '', grade: 'correct' });
    expect(accuracies).toHaveLength(1); // a script's answer is nobody's accuracy
    expect(accuracies[0]).toMatchObject({ source: 'grade', exposureId: 'exposure-1' });
    const [graded] = (await compare.listAnswers(ctx, { graded: true })).items.filter((one) => !one.scripted);
    expect(graded).toMatchObject({ gradedByName: 'ada@example.com', comment: 'the price is missing' });
    const events = await db.sql("SELECT 1 FROM audit_event WHERE tenant_id = $1 AND action = 'answer.graded'", [
      ctx.tenantId,
    ]);
    expect(events).toHaveLength(2);
    const counts = await compare.gradeCounts(ctx);
    expect(counts.find(({ arm }) => arm === 'traditional')).toMatchObject({ waiting: 0, correct: 1, scripted: 1 });
    await compare.close();
  });

  it('another tenant cannot see or grade them', async () => {
    const [ctx, other] = [testCtx(), testCtx()];
    const { compare } = openCompare(db.database);
    await compare.setSampling(ctx, GRADING);
    compare.heard(ctx, servedOf());
    await compare.idle();
    const [waiting] = (await compare.listAnswers(ctx)).items;
    expect((await compare.listAnswers(other)).items).toEqual([]);
    await expect(compare.grade(other, { id: waiting?.id ?? '', grade: 'wrong' })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(compare.grade(ctx, { id: 'nonsense', grade: 'wrong' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(
      compare.grade(ctx, { id: waiting?.id ?? '', grade: 'wrong', comment: 'x'.repeat(4_001) }),
    ).rejects.toMatchObject({ code: 'unprocessable' });
    await compare.close();
  });
});
