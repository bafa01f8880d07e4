import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError, newId, type Arm, type Ctx } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import type { ArmAnswer } from '../answers/arm-answer.ts';
import type { Compare } from '../compare.ts';
import { answerOf, openCompare, suiteOf, until } from '../compare.fixture.ts';
import { markdownOf } from './report.ts';

const untilAborted = (_arm: Arm, _question: string, { signal }: Pick<Ctx, 'signal'>): Promise<ArmAnswer> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));

describe('comparisons', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  const ended = (compare: Compare, ctx: ReturnType<typeof testCtx>, id: string): Promise<void> =>
    until('it has ended', async () => (await compare.get(ctx, id)).status !== 'running');
  const actions = async (tenantId: string): Promise<string[]> =>
    (
      await db.sql<{ action: string }>('SELECT action FROM audit_event WHERE tenant_id = $1 ORDER BY seq', [tenantId])
    ).map(({ action }) => action);

  it('sends every case through both arms, read-only, and reports', async () => {
    const ctx = testCtx();
    const { compare, asked } = openCompare(db.database, {
      script: (arm) =>
        arm === 'code'
          ? answerOf({
              usage: { inputTokens: 90, cachedInputTokens: 0, outputTokens: 10, reasoningTokens: 0, estimated: false },
            })
          : answerOf(),
    });
    const begun = await compare.start(ctx, { suite: 'test' });
    expect(begun).toMatchObject({ status: 'running', caseCount: 6, baselineArm: 'traditional', candidateArm: 'code' });
    await ended(compare, ctx, begun.id);
    const { figures, comparison, notice } = await compare.report(ctx, begun.id);
    expect(comparison).toMatchObject({ status: 'done', doneCount: 6 });
    expect(figures).toMatchObject({ cases: 6, equivalent: 6, equivalentPercent: 100, answeredBy: 'model' });
    expect(figures.baseline).toMatchObject({ tokens: 6_000, costMicros: '6000', right: 6 });
    expect(figures.savedTokensPercent).toBeCloseTo(90);
    expect(figures.targets[0]).toMatchObject({ name: 'functional equivalence', met: true });
    expect(notice).toBeNull();
    expect(asked).toHaveLength(12);
    expect(asked.every(({ options }) => options.readOnly && options.purpose === 'compare')).toBe(true);
    const firsts = new Set(asked.filter((_, at) => at % 2 === 0).map(({ arm }) => arm));
    expect(firsts.size).toBe(2); // neither arm always goes first
    expect(await actions(ctx.tenantId)).toEqual(['comparison.started', 'comparison.finished']);
    await compare.close();
  });

  it('says loudly that a script answered, and takes its equivalence for nothing', async () => {
    const ctx = testCtx();
    const { compare } = openCompare(db.database, {
      script: () => answerOf({ scripted: true, model: 'scripted', costMicros: null }),
    });
    const { id } = await compare.start(ctx, { suite: 'test' });
    await ended(compare, ctx, id);
    const report = await compare.report(ctx, id);
    expect(report.notice).toContain('scripted');
    expect(report.figures.targets[0]?.met).toBeNull();
    expect(report.figures.baseline.costMicros).toBeNull();
    expect(markdownOf(report)).toContain('> **The scripted model answered, not a language model.');
    await compare.close();
  });

  it('counts answers that differ, and what an arm could not answer', async () => {
    const ctx = testCtx();
    const { compare } = openCompare(db.database, {
      script(arm, question) {
        if (arm === 'code' && question.endsWith('1')) return answerOf({ text: 'There are 41 A4VTG90 in stock.' });
        if (arm === 'code' && question.endsWith('2')) throw new AppError('upstream_failed', 'The model is away.');
        return answerOf();
      },
    });
    const { id } = await compare.start(ctx, { suite: 'test' });
    await ended(compare, ctx, id);
    const { figures, cases } = await compare.report(ctx, id);
    expect(figures).toMatchObject({ equivalent: 4, different: 2 });
    expect(figures.candidate).toMatchObject({ errors: 1, right: 4 });
    expect(cases[1]?.judgement.reasons[0]).toBe('the candidate does not say stock: 40');
    expect(cases[2]?.candidate.error).toEqual({ code: 'upstream_failed', message: 'The model is away.' });
    await compare.close();
  });

  it('measures likeness of meaning where the model gives embeddings, and says null where not', async () => {
    const ctx = testCtx();
    const embedded = openCompare(db.database, { embed: async (_ctx, texts) => texts.map(() => [1, 2, 3]) });
    const without = openCompare(db.database);
    const failing = openCompare(db.database, {
      embed: async () => {
        throw new AppError('upstream_failed', 'no embeddings today');
      },
    });
    for (const [{ compare }, cosine] of [
      [embedded, 1],
      [without, null],
      [failing, null],
    ] as const) {
      const { id } = await compare.start(ctx, { suite: 'test' });
      await ended(compare, ctx, id);
      const { cases } = await compare.report(ctx, id);
      for (const one of cases) {
        if (cosine === null) expect(one.judgement.cosine).toBeNull();
        else expect(one.judgement.cosine).toBeCloseTo(cosine);
      }
      await compare.close();
    }
  });

  it('can be cancelled, and gone on with where it stopped', async () => {
    const ctx = testCtx();
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const { compare, asked } = openCompare(db.database, {
      async script(_arm, question, { signal }) {
        if (question.endsWith('3'))
          await Promise.race([gate, new Promise((resolve) => signal.addEventListener('abort', resolve))]);
        return answerOf();
      },
    });
    const { id } = await compare.start(ctx, { suite: 'test', concurrency: 1 });
    await until('three are done', async () => (await compare.get(ctx, id)).doneCount === 3);
    expect(await compare.cancel(ctx, id)).toMatchObject({ status: 'cancelled', doneCount: 3 });
    expect(await compare.cancel(ctx, id)).toMatchObject({ status: 'cancelled' });
    await expect(compare.resume(testCtx(), id)).rejects.toMatchObject({ code: 'not_found' });
    open();
    asked.length = 0;
    await until('it can be resumed', () =>
      compare.resume(ctx, id).then(
        () => true,
        () => false,
      ),
    );
    await ended(compare, ctx, id);
    expect(await compare.get(ctx, id)).toMatchObject({ status: 'done', doneCount: 6 });
    expect(new Set(asked.map(({ question }) => question))).toEqual(new Set(['question 3', 'question 4', 'question 5']));
    await expect(compare.resume(ctx, id)).rejects.toMatchObject({ code: 'conflict' });
    await expect(compare.cancel(ctx, id)).rejects.toMatchObject({ code: 'conflict' });
    expect(await actions(ctx.tenantId)).toEqual([
      'comparison.started',
      'comparison.cancelled',
      'comparison.resumed',
      'comparison.finished',
    ]);
    await compare.close();
  });

  it('is shown as interrupted when its process is gone, and another takes it over once', async () => {
    const ctx = testCtx();
    const stuck = openCompare(db.database, {
      script: (arm, question, { signal }) =>
        question.endsWith('0') ? answerOf() : untilAborted(arm, question, { signal }),
    });
    const { id } = await stuck.compare.start(ctx, { suite: 'test', concurrency: 2 });
    await until('one is done', async () => (await stuck.compare.get(ctx, id)).doneCount === 1);
    await stuck.compare.close();
    await db.sql("UPDATE comparison SET beat_at = now() - interval '1 minute' WHERE id = $1", [id]);
    const [one, two] = [openCompare(db.database), openCompare(db.database)];
    expect(await one.compare.get(ctx, id)).toMatchObject({ status: 'interrupted', doneCount: 1 });
    const both = await Promise.allSettled([one.compare.resume(ctx, id), two.compare.resume(ctx, id)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await ended(one.compare, ctx, id);
    expect(await one.compare.get(ctx, id)).toMatchObject({ status: 'done', doneCount: 6 });
    expect(one.asked.length + two.asked.length).toBe(10);
    await Promise.all([one.compare.close(), two.compare.close()]);
  });

  it('writes nothing more once another has taken it over', async () => {
    const ctx = testCtx();
    let open = (): void => undefined;
    let answered = false;
    const gate = new Promise<null>((resolve) => (open = () => resolve(null)));
    const { compare } = openCompare(db.database, {
      embed() {
        answered = true; // both arms have answered, and the case is about to be written
        return gate;
      },
    });
    const { id } = await compare.start(ctx, { suite: 'test', concurrency: 1 });
    await until('it is about to write the first', () => answered);
    await db.sql('UPDATE comparison SET holder = $2 WHERE id = $1', [id, newId()]);
    open();
    await compare.close();
    expect(await compare.get(ctx, id)).toMatchObject({ status: 'running', doneCount: 0 });
  });

  it('leaves out what writes unless that is allowed', async () => {
    const ctx = testCtx();
    const { compare, asked } = openCompare(db.database, { suites: [suiteOf(12, { writes: true })] });
    const without = await compare.start(ctx, { suite: 'test' });
    await ended(compare, ctx, without.id);
    expect(await compare.get(ctx, without.id)).toMatchObject({ caseCount: 10, withWrites: false });
    expect(asked.every(({ options }) => options.readOnly)).toBe(true);
    asked.length = 0;
    const whole = await compare.start(ctx, { suite: 'test', allowWrites: true });
    await ended(compare, ctx, whole.id);
    const writing = asked.filter(({ options }) => !options.readOnly).map(({ question }) => question);
    expect(new Set(writing)).toEqual(new Set(['question 0', 'question 10']));
    await compare.close();
  });

  it('refuses what cannot be run, and says what to do', async () => {
    const ctx = testCtx();
    const { compare } = openCompare(db.database, { tools: [] });
    await expect(compare.start(ctx, { suite: 'other' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(compare.start(ctx, { suite: 'test' })).rejects.toMatchObject({
      code: 'unprocessable',
      details: { missing: ['search.searchProducts'] },
    });
    const usable = openCompare(db.database, { script: untilAborted }).compare;
    await expect(usable.start(ctx, { suite: 'test', concurrency: 99 })).rejects.toMatchObject({
      code: 'unprocessable',
    });
    await expect(usable.start(ctx, { suite: 'test', candidateArm: 'traditional' })).rejects.toMatchObject({
      code: 'unprocessable',
    });
    const four = await Promise.allSettled(Array.from({ length: 4 }, () => usable.start(ctx, { suite: 'test' })));
    expect(four.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    const refused = four.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(refused.reason).toMatchObject({ code: 'rate_limited' });
    await usable.close();
  });

  it('keeps what it stores masked, and stores whatever an arm says', async () => {
    const ctx = testCtx();
    const { compare } = openCompare(db.database, {
      script: () => answerOf({ text: 'Write to ada@example.com: 40 \u0000 \ud800 pieces' }),
    });
    const { id } = await compare.start(ctx, { suite: 'test' });
    await ended(compare, ctx, id);
    const rows = await db.sql<{ text: string }>(
      'SELECT comparison_case::text AS text FROM comparison_case WHERE comparison_id = $1',
      [id],
    );
    expect(rows).toHaveLength(6);
    for (const { text } of rows) expect(text).not.toContain('ada@example.com');
    expect((await compare.report(ctx, id)).cases[0]?.baseline.text).toContain('[EMAIL_1]');
    await compare.close();
  });

  it('another tenant cannot see, resume or cancel it', async () => {
    const [ctx, other] = [testCtx(), testCtx()];
    const { compare } = openCompare(db.database);
    const { id } = await compare.start(ctx, { suite: 'test' });
    await ended(compare, ctx, id);
    for (const attempt of [compare.get, compare.report, compare.resume, compare.cancel])
      await expect(attempt(other, id)).rejects.toMatchObject({ code: 'not_found' });
    expect((await compare.list(other)).items).toEqual([]);
    expect((await compare.list(ctx)).items).toHaveLength(1);
    await compare.close();
  });

  it('lists page by page', async () => {
    const ctx = testCtx();
    const { compare } = openCompare(db.database, { suites: [suiteOf(1)] });
    for (let at = 0; at < 3; at++) await ended(compare, ctx, (await compare.start(ctx, { suite: 'test' })).id);
    const first = await compare.list(ctx, { limit: 2 });
    const second = await compare.list(ctx, { limit: 2, cursor: first.next });
    expect([first.items.length, second.items.length, second.next]).toEqual([2, 1, null]);
    await expect(compare.list(ctx, { cursor: 'nonsense' })).rejects.toMatchObject({ code: 'invalid_request' });
    await compare.close();
  });
});
