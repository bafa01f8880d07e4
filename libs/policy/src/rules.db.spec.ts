import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock, type Ctx } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import type { PolicyAuditEvent } from './grants.ts';
import { createPolicy, type Policy } from './policy.ts';
import type { RuleInput } from './rules.ts';

const wasm = fs.readFileSync(new URL('../../../policies/policy.wasm', import.meta.url));
const ask: RuleInput = {
  name: 'refunds',
  server: 'shop',
  tool: 'refund',
  when: { arguments: [{ path: ['amount'], op: 'gt', value: 100 }] },
  effect: { approval: { persons: 1, minutes: 30 } },
  reason: 'money leaves',
};

describe('rules of a tenant', () => {
  let db: TestDatabase;
  let policy: Policy;
  const audited: PolicyAuditEvent[] = [];
  beforeAll(async () => {
    db = await createTestDatabase();
    policy = await createPolicy({
      database: db.database,
      wasm,
      clock: systemClock,
      audit: async (_tx, _ctx, event) => audited.push(event),
    });
  });
  afterAll(async () => {
    policy.close();
    await db.drop();
  });

  const granted = async (): Promise<Ctx> => {
    const ctx = testCtx();
    const change = { subjectKind: 'role', subject: 'admin', server: '*', tool: '*', effect: 'allow' } as const;
    await policy.setGrants(ctx, { changes: [{ ...change, subject: 'owner' }, change] });
    audited.length = 0;
    return ctx;
  };
  const obliges = async (ctx: Ctx, amount: number) => {
    const decision = await policy.decide(ctx, { server: 'shop', tool: 'refund', purpose: 'call', args: { amount } });
    return [decision.effect, decision.obligations.approval?.persons ?? null];
  };

  it('hold at once, are audited, and come back with their revision', async () => {
    const ctx = await granted();
    expect(await obliges(ctx, 500)).toEqual(['allow', null]);
    const saved = await policy.saveRule(ctx, { rule: ask });
    expect(await obliges(ctx, 500)).toEqual(['allow', 1]);
    expect(await obliges(ctx, 50)).toEqual(['allow', null]);
    const [rule] = await policy.listRules(ctx);
    await policy.saveRule(ctx, { id: rule?.id, rule: { ...ask, effect: { approval: { persons: 2 } } } });
    expect(await obliges(ctx, 500)).toEqual(['allow', 2]);
    await policy.removeRule(ctx, { id: rule?.id ?? '' });
    expect(await obliges(ctx, 500)).toEqual(['allow', null]);
    expect(audited.map(({ action }) => action)).toEqual([
      'policy.rule_saved',
      'policy.rule_saved',
      'policy.rule_removed',
    ]);
    await policy.rollBack(ctx, { revision: saved.revision });
    expect(await obliges(ctx, 500)).toEqual(['allow', 1]);
    expect(audited.at(-1)).toMatchObject({
      action: 'policy.rolled_back',
      before: { rules: [] },
      after: { rules: [{ name: 'refunds' }] },
    });
  });

  it('are saved once, by whoever saw the policy as it is', async () => {
    const ctx = await granted();
    const { revision } = await policy.saveRule(ctx, { rule: ask });
    expect((await policy.saveRule(ctx, { id: (await policy.listRules(ctx))[0]?.id, rule: ask })).revision).toBe(
      revision,
    );
    await expect(policy.saveRule(ctx, { rule: ask })).rejects.toMatchObject({ code: 'conflict' });
    await expect(policy.saveRule(ctx, { rule: { ...ask, name: 'more' }, expectedRevision: 1 })).rejects.toMatchObject({
      code: 'conflict',
    });
    const analyst = { ...ctx, principal: { ...ctx.principal, role: 'analyst' } } as Ctx;
    await expect(policy.saveRule(analyst, { rule: { ...ask, name: 'mine' } })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  it('another tenant neither sees, changes nor is bound by them', async () => {
    const [ctx, other] = [await granted(), await granted()];
    await policy.saveRule(ctx, { rule: ask });
    const [rule] = await policy.listRules(ctx);
    expect(await policy.listRules(other)).toEqual([]);
    expect(await obliges(other, 500)).toEqual(['allow', null]);
    for (const attempt of [
      policy.removeRule(other, { id: rule?.id ?? '' }),
      policy.saveRule(other, { id: rule?.id, rule: { ...ask, name: 'taken over' } }),
    ])
      await expect(attempt).rejects.toMatchObject({ code: 'not_found' });
    expect(await obliges(ctx, 500)).toEqual(['allow', 1]);
  });

  it('can be tried before they hold', async () => {
    const ctx = await granted();
    const question = {
      subjectKind: 'role',
      subject: 'admin',
      server: 'shop',
      tool: 'refund',
      args: { amount: 500 },
    } as const;
    const forbid: RuleInput = { ...ask, effect: { deny: true } };
    expect(await policy.simulate(ctx, question, { rule: forbid })).toMatchObject({
      effect: 'deny',
      rules: ['refunds'],
    });
    expect(await obliges(ctx, 500)).toEqual(['allow', null]);
  });
});
