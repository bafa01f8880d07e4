import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, systemClock, type Ctx, type KeyId } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { createLedger, type Ledger } from '../ledger.ts';
import { noSenders } from '../testing/no-senders.ts';
import { counterfactual } from './counterfactual.ts';
import type { ModelCallInput } from './model-call.ts';
import type { NewPrice } from './prices.ts';

const AT = new Date('2026-11-10T10:00:00Z');
const SPAN = { from: new Date('2026-11-01T00:00:00Z'), to: new Date('2026-12-01T00:00:00Z') };
const priced = (outputMicros: bigint, over: Partial<NewPrice> = {}): NewPrice => ({
  provider: 'openai',
  model: 'gpt-4o',
  validFrom: new Date('2026-11-01T00:00:00Z'),
  tiers: [
    {
      aboveInputTokens: 0,
      inputMicros: 2_500_000n,
      cachedInputMicros: 1_250_000n,
      outputMicros,
      reasoningMicros: null,
    },
  ],
  sourceUrl: 'https://openai.com/api/pricing/',
  sourceDate: new Date('2026-11-01'),
  ...over,
});
const call = (over: Partial<ModelCallInput> = {}): ModelCallInput => ({
  id: newId(),
  conversation: 'c1',
  arm: 'code',
  purpose: 'chat',
  provider: 'openai',
  model: 'gpt-4o',
  scripted: false,
  usage: { inputTokens: 1_000, cachedInputTokens: 0, outputTokens: 100, reasoningTokens: 0 },
  usageEstimated: false,
  status: 'ok',
  startedAt: AT,
  durationMs: 10,
  firstTokenMs: null,
  ...over,
});

describe('prices and what they lead to', () => {
  let db: TestDatabase;
  let ledger: Ledger;
  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = createLedger({ database: db.database, clock: systemClock, nodeId: newId(), senders: noSenders });
  });
  afterAll(async () => {
    ledger.close();
    await db.drop();
  });
  const costNow = async (ctx: Ctx) => (await ledger.recordModelCall(ctx, call())).costMicros;

  it("a tenant's own row stands over the list, from its day on, and is nobody else's", async () => {
    const ctx = testCtx();
    expect(await costNow(ctx)).toBe(3_500n);
    const added = await ledger.addPrice(ctx, priced(20_000_000n));
    expect(added).toMatchObject({ status: 'accepted', doubt: null, createdBy: 'ada@example.com' });
    expect(await costNow(ctx)).toBe(4_500n);
    const before = call({ startedAt: new Date('2026-10-31T23:59:59Z') });
    expect((await ledger.recordModelCall(ctx, before)).costMicros).toBe(3_500n);
    expect(await costNow(testCtx())).toBe(3_500n);
    expect((await ledger.listPrices(testCtx())).own).toEqual([]);
    expect((await ledger.listAudit(ctx, { action: 'price.added' })).items).toHaveLength(1);
  });

  it('a change of more than ten times, or to nothing, waits until a person accepts it', async () => {
    const ctx = testCtx();
    const key: Ctx = { ...ctx, principal: { kind: 'key', id: newId<KeyId>(), name: 'ci', scopes: ['admin'] } };
    const waiting = await ledger.addPrice(key, priced(100_000_001n));
    expect(waiting).toMatchObject({ status: 'pending', doubt: expect.stringContaining('tenfold') });
    expect((await ledger.addPrice(key, priced(0n))).status).toBe('pending');
    expect(await costNow(ctx)).toBe(3_500n);
    await expect(ledger.decidePrice(key, waiting.id, true)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(ledger.decidePrice(testCtx(), waiting.id, true)).rejects.toMatchObject({ code: 'not_found' });
    expect(await ledger.decidePrice(ctx, waiting.id, true)).toMatchObject({
      status: 'accepted',
      decidedBy: 'ada@example.com',
    });
    expect(await costNow(ctx)).toBe(12_500n);
    await expect(ledger.decidePrice(ctx, waiting.id, false)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('rows cannot be changed or taken away by the app', async () => {
    const ctx = testCtx();
    const { id } = await ledger.addPrice(ctx, priced(20_000_000n));
    const change = db.database.inTenant(ctx, (tx) => tx.price.updateMany({ where: { id }, data: { model: 'other' } }));
    await expect(change).rejects.toThrow(/immutable/);
    await expect(db.database.inTenant(ctx, (tx) => tx.price.deleteMany({ where: { id } }))).rejects.toThrow(
      /immutable/,
    );
  });

  it.each<[string, Partial<NewPrice>, string]>([
    ['no tier for small prompts', { tiers: [{ ...priced(1n).tiers[0], aboveInputTokens: 5 } as never] }, 'tiers'],
    ['a source that is no page', { sourceUrl: 'javascript:alert(1)' }, 'sourceUrl'],
    ['a negative rate', { tiers: [{ ...priced(-1n).tiers[0] } as never] }, 'tiers.0.outputMicros'],
  ])('does not take %s', async (_what, over, path) => {
    const refused = ledger.addPrice(testCtx(), priced(1n, over));
    await expect(refused).rejects.toMatchObject({ code: 'unprocessable', details: { path } });
  });

  it('costs are computed again under a new row: what they were stays, and months and answers follow', async () => {
    const ctx = testCtx();
    const is = counterfactual({
      definitionTokens: 10_000,
      conversationTokens: 100,
      answerTokens: 100,
      results: [],
      used: [call().usage],
    });
    const calls = [call({ counterfactual: is }), call(), call({ scripted: true }), call({ model: 'unheard-of' })];
    for (const one of calls) await ledger.recordModelCall(ctx, one);
    await ledger.addPrice(ctx, priced(20_000_000n));
    await ledger.addPrice(ctx, priced(20_000_000n, { model: 'unheard-of' }));
    const done = await ledger.reprice(ctx, SPAN);
    expect(done).toEqual({ calls: 3, corrected: 3, differenceMicros: 1_000n + 1_000n + 4_500n });
    const [day] = await ledger.usage(ctx, { ...SPAN, by: 'day' });
    expect(day).toMatchObject({ key: '2026-11-10', scripted: false, costMicros: 13_500n, unpricedCalls: 0 });
    const months = await db.database.inTenant(ctx, (tx) => tx.spendMonth.findMany());
    expect(months).toMatchObject([{ costMicros: 13_500n }]);
    const corrections = await db.database.inTenant(ctx, (tx) =>
      tx.costCorrection.findMany({ orderBy: { previousMicros: { sort: 'asc', nulls: 'last' } } }),
    );
    expect(corrections).toMatchObject([
      { previousMicros: 3_500n, previousPriceId: 'list:2026-06:openai/gpt-4o', costMicros: 4_500n },
      { previousMicros: 3_500n, costMicros: 4_500n },
      { previousMicros: null, previousPriceId: null, costMicros: 4_500n },
    ]);
    const wiped = db.database.inTenant(ctx, (tx) => tx.costCorrection.deleteMany());
    await expect(wiped).rejects.toThrow(/append-only/);
    const { totals } = await ledger.savings(ctx, SPAN);
    expect(totals).toMatchObject([{ measured: { usedCostMicros: 4_500n }, estimated: { otherCostMicros: 27_250n } }]);
    expect((await ledger.listAudit(ctx, { action: 'usage.repriced' })).items).toMatchObject([
      { after: { corrected: 3, differenceMicros: '6500' } },
    ]);
    expect(await ledger.reprice(ctx, SPAN)).toEqual({ calls: 3, corrected: 0, differenceMicros: 0n });
    expect(await ledger.reprice(testCtx(), SPAN)).toMatchObject({ calls: 0 });
  });

  it('savings show losses as plainly as gains, the scripted model apart, and what had no price', async () => {
    const ctx = testCtx();
    const answer = (usedInput: number, results: number[], over: Partial<ModelCallInput> = {}) => {
      const usage = { inputTokens: usedInput, cachedInputTokens: 0, outputTokens: 100, reasoningTokens: 0 };
      const is = counterfactual({
        definitionTokens: 5_000,
        conversationTokens: 0,
        answerTokens: 100,
        used: [usage],
        results: results.map((tokens, at) => ({
          tool: 'docs.get',
          tokens,
          argumentTokens: 10,
          startedAt: new Date(AT.getTime() + at * 1_000),
          durationMs: 10,
        })),
      });
      return ledger.recordModelCall(ctx, call({ usage, counterfactual: is, ...over }));
    };
    await answer(2_000, [30_000]); // gained: 5,000 + 10; 35,010 + 100 against 2,100
    await answer(9_000, []); // lost: 5,100 against 9,100
    await answer(9_000, [], { model: 'unheard-of', arm: 'hybrid' });
    await answer(2_000, [1_000], { scripted: true });
    await answer(2_000, [1_000], { purpose: 'shadow' });
    const { days, arms, tools, totals } = await ledger.savings(ctx, SPAN);
    expect(totals.map(({ scripted, answers }) => [scripted, answers])).toEqual([
      [false, 3],
      [true, 1],
    ]);
    const code = arms.find(({ key, scripted }) => key === 'code' && !scripted);
    expect(code).toMatchObject({
      answers: 2,
      unpricedAnswers: 0,
      measured: { usedTokens: 2_100 + 9_100, keptOutTokens: 35_000 + 5_000 },
      estimated: { otherTokens: 40_120 + 5_100, savedTokens: 40_120 + 5_100 - 11_200 },
      losses: { answers: 1, tokens: 4_000, costMicros: 10_000n },
    });
    expect(arms.find(({ key }) => key === 'hybrid')).toMatchObject({ unpricedAnswers: 1, losses: { answers: 1 } });
    expect(days.map(({ key }) => key)).toEqual(['2026-11-10', '2026-11-10']);
    expect(tools).toEqual([
      { tool: 'docs.get', scripted: false, calls: 1, resultTokens: 30_000, otherInputTokens: 30_000 },
      { tool: 'docs.get', scripted: true, calls: 1, resultTokens: 1_000, otherInputTokens: 1_000 },
    ]);
    expect(await ledger.savings(testCtx(), SPAN)).toEqual({ days: [], arms: [], tools: [], totals: [] });
    const answers = await ledger.comparedAnswers(ctx, { conversation: 'c1' });
    expect(answers).toHaveLength(4);
    expect(answers.filter(({ otherCostMicros }) => otherCostMicros === null)).toHaveLength(2); // unheard of, scripted
    expect(await ledger.comparedAnswers(testCtx(), { conversation: 'c1' })).toEqual([]);
    expect(await ledger.comparedAnswers(ctx, { run: 'none' })).toEqual([]);
    const tooLong = ledger.savings(ctx, { from: new Date(0), to: SPAN.to });
    await expect(tooLong).rejects.toMatchObject({ code: 'unprocessable' });
  });

  it('usage adds up by arm, model, purpose and conversation', async () => {
    const ctx = testCtx();
    await ledger.recordModelCall(ctx, call({ conversation: 'a', status: 'error', errorCode: 'timeout' }));
    await ledger.recordModelCall(ctx, call({ conversation: 'b', arm: 'traditional', usageEstimated: true }));
    await ledger.recordModelCall(ctx, call({ conversation: 'b', arm: 'traditional', model: 'unheard-of' }));
    const arms = await ledger.usage(ctx, { ...SPAN, by: 'arm' });
    expect(arms).toMatchObject([
      { key: 'traditional', calls: 2, costMicros: 3_500n, unpricedCalls: 1, estimatedCalls: 1 },
      { key: 'code', calls: 1, errors: 1, inputTokens: 1_000 },
    ]);
    const one = await ledger.usage(ctx, { ...SPAN, by: 'conversation', conversation: 'b' });
    expect(one).toMatchObject([{ key: 'b', calls: 2 }]);
    expect((await ledger.usage(ctx, { ...SPAN, by: 'model' })).map(({ key }) => key)).toEqual([
      'openai/gpt-4o',
      'openai/unheard-of',
    ]);
  });
});
