import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, systemClock, type Ctx } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { createLedger, type Ledger } from '../ledger.ts';
import { noSenders } from '../testing/no-senders.ts';
import { counterfactual } from './counterfactual.ts';
import type { ModelCallInput } from './model-call.ts';

const AT = new Date('2026-11-21T10:00:00Z');
const call = (over: Partial<ModelCallInput> = {}): ModelCallInput => ({
  id: newId(),
  conversation: 'c1',
  arm: 'code',
  purpose: 'chat',
  provider: 'openai',
  model: 'gpt-4o',
  scripted: false,
  usage: { inputTokens: 1_200, cachedInputTokens: 1_000, outputTokens: 300, reasoningTokens: 0 },
  usageEstimated: false,
  status: 'ok',
  startedAt: AT,
  durationMs: 812.4,
  firstTokenMs: 120,
  ...over,
});

describe('model calls on record', () => {
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
  const rowOf = (ctx: Ctx, id: string) =>
    db.database.inTenant(ctx, (tx) => tx.modelCall.findFirst({ where: { id }, omit: { tenantId: true } }));
  const spent = async (ctx: Ctx) =>
    (await db.database.inTenant(ctx, (tx) => tx.spendMonth.findMany())).map(({ costMicros }) => costMicros);

  it('carry what they used, what that cost, and by which price', async () => {
    const ctx = testCtx();
    const told = call({ model: 'gpt-4o-2024-08-06' });
    const cost = { costMicros: 4_750n, priceId: 'list:2026-06:openai/gpt-4o' };
    expect(await ledger.recordModelCall(ctx, told)).toEqual(cost);
    expect(await rowOf(ctx, told.id)).toMatchObject({ ...cost, ...told.usage, durationMs: 812, usageEstimated: false });
  });

  it('have the price of their own version before that of the model', async () => {
    const { costMicros } = await ledger.recordModelCall(testCtx(), call({ model: 'gpt-4o-2024-05-13' }));
    expect(costMicros).toBe(10_500n); // nothing cheaper for cached input there
  });

  it('cost null, not 0, where there is no price: an unknown model, one before its price, a scripted one', async () => {
    const ctx = testCtx();
    const unpriced = [
      call({ model: 'somebody-elses' }),
      call({ startedAt: new Date('2020-01-01T00:00:00Z') }),
      call({ scripted: true }),
    ];
    for (const one of unpriced)
      expect(await ledger.recordModelCall(ctx, one)).toEqual({ costMicros: null, priceId: null });
    expect(await spent(ctx)).toEqual([]);
  });

  it('count once, however often they are told', async () => {
    const ctx = testCtx();
    const told = call();
    const answers = await Promise.all(Array.from({ length: 8 }, () => ledger.recordModelCall(ctx, told)));
    expect(new Set(answers.map(({ costMicros }) => costMicros))).toEqual(new Set([4_750n]));
    expect(await spent(ctx)).toEqual([4_750n]);
  });

  it('add up in the month, also when many come at once', async () => {
    const ctx = testCtx();
    await Promise.all(Array.from({ length: 60 }, () => ledger.recordModelCall(ctx, call())));
    expect(await spent(ctx)).toEqual([60n * 4_750n]);
  });

  it('are mended and marked where a provider tells what cannot be', async () => {
    const ctx = testCtx();
    const usage = { inputTokens: 10, cachedInputTokens: 99, outputTokens: -1, reasoningTokens: 5 };
    const told = call({ usage, conversation: 'odd \u0000 \ud800' });
    await ledger.recordModelCall(ctx, told);
    const mended = { inputTokens: 10, cachedInputTokens: 10, outputTokens: 0, reasoningTokens: 0 };
    expect(await rowOf(ctx, told.id)).toMatchObject({ ...mended, usageEstimated: true });
  });

  it('bring the counterfactual of their answer along, both sides priced, each turn by its own prompt', async () => {
    const ctx = testCtx();
    const used = [call().usage, call().usage];
    const results = [{ tool: 'docs.get', tokens: 150_000, argumentTokens: 30, startedAt: AT, durationMs: 10 }];
    const is = counterfactual({ definitionTokens: 60_000, conversationTokens: 100, answerTokens: 90, results, used });
    const told = call({ counterfactual: is, provider: 'generativelanguage.googleapis.com', model: 'gemini-2.5-pro' });
    await ledger.recordModelCall(ctx, told);
    const row = await db.database.inTenant(ctx, (tx) => tx.counterfactual.findFirst({ where: { id: told.id } }));
    // 60,100 × 1.25 + 30 × 10; then 150,030 fresh × 2.50 + 60,100 cached × 0.25 + 90 × 15, the prompt being over 200,000
    expect(row).toMatchObject({
      otherCostMicros: 75_425n + 391_450n,
      otherInputTokens: 270_230n,
      resultTokens: 150_000,
    });
    expect(row?.usedCostMicros).toBe(2n * 3_375n);
    const shares = await db.database.inTenant(ctx, (tx) => tx.counterfactualTool.findMany());
    expect(shares).toMatchObject([{ tool: 'docs.get', calls: 1, resultTokens: 150_000 }]);
  });

  it('of another tenant are neither read nor told again', async () => {
    const [ctx, other] = [testCtx(), testCtx()];
    const told = call();
    await ledger.recordModelCall(ctx, told);
    expect(await rowOf(other, told.id)).toBeNull();
    await ledger.recordModelCall(other, told);
    expect(await rowOf(other, told.id)).toBeNull();
    expect(await spent(other)).toEqual([]);
    expect(await spent(ctx)).toEqual([4_750n]);
  });
});
