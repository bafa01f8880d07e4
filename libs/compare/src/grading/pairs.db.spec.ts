import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, type Ctx, type UserId } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import type { Compare } from '../compare.ts';
import { answerOf, openCompare, servedOf, suiteOf, until } from '../compare.fixture.ts';

const BY_CODE = 'Forty, says the code.';

describe('pairs that people grade blind', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  const open = (): Compare =>
    openCompare(db.database, {
      suites: [suiteOf(3)],
      script: (arm) => answerOf(arm === 'code' ? { text: BY_CODE } : {}),
    }).compare;
  const compared = async (compare: Compare, ctx: Ctx): Promise<string> => {
    const { id } = await compare.start(ctx, { suite: 'test' });
    await until('it has ended', async () => (await compare.get(ctx, id)).status !== 'running');
    return id;
  };
  const somebodyElse = (ctx: Ctx, name: string): Ctx => ({
    ...ctx,
    principal: { kind: 'user', id: newId<UserId>(), name, role: 'analyst' },
  });

  it('of a comparison are graded by each person once, who may think again', async () => {
    const ctx = testCtx();
    const [compare, bob] = [open(), somebodyElse(ctx, 'bob@example.com')];
    const comparison = await compared(compare, ctx);
    const pairs = await compare.pairs(ctx, { comparison });
    expect(pairs).toHaveLength(3);
    expect(pairs.every(({ choice }) => choice === null)).toBe(true);
    for (const { id, first } of pairs) {
      const graded = await compare.gradePair(ctx, { id, choice: first === BY_CODE ? 'first' : 'second' });
      expect(graded.choice).toBe(first === BY_CODE ? 'first' : 'second');
    }
    const [one] = await compare.pairs(bob, { comparison });
    expect(one?.choice).toBeNull();
    await compare.gradePair(bob, { id: one?.id ?? '', choice: 'same' });
    expect(await compare.pairSummary(ctx, { comparison })).toMatchObject({
      pairs: 3,
      graded: 3,
      preferred: [
        { preference: 'code', grades: 3 },
        { preference: 'same', grades: 1 },
      ],
      graders: [
        { name: 'ada@example.com', grades: 3 },
        { name: 'bob@example.com', grades: 1 },
      ],
      betweenPeople: { same: 0, of: 1 },
    });
    await compare.gradePair(bob, { id: one?.id ?? '', choice: one?.first === BY_CODE ? 'first' : 'second' });
    expect(await compare.pairSummary(ctx, { comparison })).toMatchObject({
      preferred: [{ preference: 'code', grades: 4 }],
      betweenPeople: { same: 1, of: 1 },
    });
    const logged = await db.sql<{ content: string }>(
      "SELECT audit_event::text AS content FROM audit_event WHERE tenant_id = $1 AND action = 'pair.graded' ORDER BY seq",
      [ctx.tenantId],
    );
    expect(logged).toHaveLength(5);
    expect(logged.at(-1)?.content).toMatch(/same.*code/);
    await compare.close();
  });

  it('of shadow runs are graded too', async () => {
    const ctx = testCtx();
    const compare = open();
    const settings = { shadowBasisPoints: 10_000, shadowBudgetMicros: 1_000_000n, shadowRunsPerDay: 9 };
    await compare.setSampling(ctx, { ...settings, gradingBasisPoints: 0 });
    compare.heard(ctx, servedOf());
    await compare.idle();
    const [pair] = await compare.pairs(ctx, { comparison: null });
    expect([pair?.first, pair?.second].sort()).toEqual([BY_CODE, answerOf().text].sort());
    await compare.gradePair(ctx, { id: pair?.id ?? '', choice: 'same' });
    expect(await compare.pairSummary(ctx, { comparison: null })).toMatchObject({ pairs: 1, graded: 1 });
    await compare.close();
  });

  it('of another tenant are neither shown nor graded, and two people at once are both heard', async () => {
    const [ctx, other] = [testCtx(), testCtx()];
    const compare = open();
    const comparison = await compared(compare, ctx);
    const [pair] = await compare.pairs(ctx, { comparison });
    const id = pair?.id ?? '';
    for (const attempt of [
      compare.pairs(other, { comparison }),
      compare.pairSummary(other, { comparison }),
      compare.gradePair(other, { id, choice: 'same' }),
      compare.gradePair(ctx, { id: `comparison/${comparison}/unknown`, choice: 'same' }),
    ])
      await expect(attempt).rejects.toMatchObject({ code: 'not_found' });
    expect(await compare.pairs(other, { comparison: null })).toEqual([]);
    const people = ['cleo', 'dora', 'emil'].map((name) => somebodyElse(ctx, name));
    await Promise.all([...people, ...people].map((person) => compare.gradePair(person, { id, choice: 'same' })));
    expect(await compare.pairSummary(ctx, { comparison })).toMatchObject({ betweenPeople: { same: 3, of: 3 } });
    await compare.close();
  });
});
