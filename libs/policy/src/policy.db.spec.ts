import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, systemClock, type Ctx, type KeyId, type RunId, type TenantId, type UserId } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { decisionStatements } from './decisions.store.ts';
import type { PolicyAuditEvent } from './grants.ts';
import { createPolicy, type Policy } from './policy.ts';

const wasm = fs.readFileSync(new URL('../../../policies/policy.wasm', import.meta.url));
const analystOf = (tenantId: TenantId): Ctx =>
  testCtx({ tenantId, principal: { kind: 'user', id: newId<UserId>(), name: 'ann@example.com', role: 'analyst' } });
const allow = { subjectKind: 'role', subject: 'analyst', server: 'memory', tool: '*', effect: 'allow' } as const;
const read = { server: 'memory', tool: 'read_graph', purpose: 'call' } as const;

describe('policy on the database', () => {
  let db: TestDatabase;
  let here: Policy;
  let there: Policy;
  const audited: PolicyAuditEvent[] = [];
  const open = (over: { maxTenants?: number; freshForMs?: number } = {}): Promise<Policy> =>
    createPolicy({
      database: db.database,
      wasm,
      clock: systemClock,
      audit: async (_tx, _ctx, event) => audited.push(event),
      ...over,
    });
  const until = async (met: () => Promise<boolean>): Promise<void> => {
    for (let waited = 0; waited < 3_000; waited += 10) {
      if (await met()) return;
      await sleep(10);
    }
    throw new Error('it never came about');
  };

  beforeAll(async () => {
    db = await createTestDatabase();
    here = await open();
    there = await open({ freshForMs: 3_600_000 });
  });
  afterAll(async () => {
    here.close();
    there.close();
    await db.drop();
  });

  it('denies, is granted, allows, and leaves an audit event in the same transaction', async () => {
    const admin = testCtx();
    const analyst = analystOf(admin.tenantId);
    expect(await here.decide(analyst, read)).toMatchObject({ effect: 'deny', allowed: false, revision: 0 });
    expect(await here.setGrants(admin, { changes: [allow], expectedRevision: 0 })).toEqual({
      revision: 1,
      mode: 'enforce',
      moduleRevision: null,
    });
    expect(await here.decide(analyst, read)).toMatchObject({ effect: 'allow', allowed: true, revision: 1 });
    expect(await here.listGrants(analyst)).toMatchObject([{ ...allow, createdBy: 'ada@example.com' }]);
    expect(audited.at(-1)).toEqual({
      action: 'policy.grants_changed',
      target: { kind: 'policy', id: admin.tenantId },
      before: { revision: 0, grants: [] },
      after: { revision: 1, grants: [allow] },
      policyRevision: 1,
    });
    await here.setGrants(admin, { changes: [{ ...allow, effect: 'deny' }] });
    expect((await here.decide(analyst, read)).reasons[0]?.code).toBe('denied_by_grant');
    await here.setGrants(admin, { changes: [{ ...allow, effect: null }] });
    expect((await here.decide(analyst, read)).reasons[0]?.code).toBe('no_grant');
    expect(await here.listGrants(admin)).toEqual([]);
  });

  it('changes nothing when the audit event cannot be written', async () => {
    const admin = testCtx();
    const failing = await createPolicy({
      database: db.database,
      wasm,
      clock: systemClock,
      audit: () => Promise.reject(new Error('no audit')),
    });
    await expect(failing.setGrants(admin, { changes: [allow] })).rejects.toThrow('no audit');
    failing.close();
    expect(await here.listGrants(admin)).toEqual([]);
    expect(await here.state(admin)).toEqual({ revision: 0, mode: 'enforce', moduleRevision: null });
  });

  it('does not count a change that changes nothing', async () => {
    const admin = testCtx();
    await here.setGrants(admin, { changes: [allow] });
    expect((await here.setGrants(admin, { changes: [allow] })).revision).toBe(1);
  });

  it('refuses the second of two who change the same revision', async () => {
    const admin = testCtx();
    const change = (tool: string): Promise<unknown> =>
      here.setGrants(admin, { changes: [{ ...allow, tool }], expectedRevision: 0 });
    const outcomes = await Promise.allSettled([change('a'), change('b')]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'conflict', details: { expectedRevision: 0, revision: 1 } },
    });
    expect(await here.listGrants(admin)).toHaveLength(1);
  });

  it('takes 2,000 changes at once', async () => {
    const admin = testCtx();
    const changes = Array.from({ length: 2_000 }, (_, n) => ({ ...allow, server: `s${n % 20}`, tool: `tool_${n}` }));
    await here.setGrants(admin, { changes });
    expect(await here.listGrants(admin)).toHaveLength(2_000);
    expect((await here.decide(analystOf(admin.tenantId), { ...read, server: 's3', tool: 'tool_3' })).effect).toBe(
      'allow',
    );
  });

  it('is heard by another process', async () => {
    const admin = testCtx();
    const analyst = analystOf(admin.tenantId);
    expect((await there.decide(analyst, read)).effect).toBe('deny');
    await here.setGrants(admin, { changes: [allow] });
    await until(async () => (await there.decide(analyst, read)).effect === 'allow');
    await here.setGrants(admin, { changes: [{ ...allow, effect: 'deny' }] });
    await until(async () => (await there.decide(analyst, read)).effect === 'deny');
  });

  it('finds a change that it did not hear', async () => {
    const admin = testCtx();
    const analyst = analystOf(admin.tenantId);
    const impatient = await open({ freshForMs: 30 });
    await here.setGrants(admin, { changes: [allow] });
    expect((await impatient.decide(analyst, read)).effect).toBe('allow');
    await db.sql(`UPDATE tool_grant SET effect = 'deny' WHERE tenant_id = $1`, [admin.tenantId]);
    await db.sql(`UPDATE policy_state SET revision = revision + 1 WHERE tenant_id = $1`, [admin.tenantId]);
    await sleep(50);
    expect((await impatient.decide(analyst, read)).effect).toBe('deny');
    impatient.close();
  });

  it('keeps tenants apart, also when few are kept in memory', async () => {
    const small = await open({ maxTenants: 2 });
    const tenants = Array.from({ length: 5 }, () => testCtx());
    await Promise.all(tenants.map((ctx, n) => small.setGrants(ctx, { changes: [{ ...allow, server: `own${n}` }] })));
    for (const round of [0, 1])
      for (const [n, ctx] of tenants.entries()) {
        const own = await small.decide(analystOf(ctx.tenantId), { ...read, server: `own${n}` });
        const other = await small.decide(analystOf(ctx.tenantId), { ...read, server: `own${(n + 1 + round) % 5}` });
        expect([own.effect, other.effect]).toEqual(['allow', 'deny']);
      }
    small.close();
  });

  it('is neither read nor changed by another tenant', async () => {
    const admin = testCtx();
    const stranger = testCtx();
    await here.setGrants(admin, { changes: [allow] });
    expect(await here.listGrants(stranger)).toEqual([]);
    expect(await here.state(stranger)).toEqual({ revision: 0, mode: 'enforce', moduleRevision: null });
    await here.setGrants(stranger, { changes: [{ ...allow, effect: null }] });
    await here.setGrants(stranger, { changes: [{ ...allow, effect: 'deny' }] });
    await here.setMode(stranger, 'dry_run');
    expect(await here.listGrants(admin)).toMatchObject([allow]);
    expect(await here.decide(analystOf(admin.tenantId), read)).toMatchObject({ effect: 'allow', enforced: true });
  });

  it('is not changed by an analyst', async () => {
    const analyst = analystOf(newId<TenantId>());
    await expect(here.setGrants(analyst, { changes: [allow] })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(here.setMode(analyst, 'dry_run')).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('logs and does not enforce in dry run', async () => {
    const admin = testCtx();
    const analyst = analystOf(admin.tenantId);
    await here.setMode(admin, 'dry_run');
    expect(audited.at(-1)).toMatchObject({ action: 'policy.mode_changed', after: { mode: 'dry_run', revision: 1 } });
    expect(await here.decide(analyst, read)).toMatchObject({ effect: 'deny', enforced: false, allowed: true });
    expect([...(await here.visible(analyst, [read], 'one'))]).toEqual(['memory.read_graph']);
    await here.setMode(admin, 'enforce');
    expect(await here.decide(analyst, read)).toMatchObject({ effect: 'deny', enforced: true, allowed: false });
    expect([...(await here.visible(analyst, [read], 'one'))]).toEqual([]);
  });

  it('shows each caller its own tools, and keeps the answer until something changes', async () => {
    const admin = testCtx();
    const analyst = analystOf(admin.tenantId);
    const key = testCtx({
      tenantId: admin.tenantId,
      principal: { kind: 'key', id: newId<KeyId>(), name: 'ci', scopes: ['tools'] },
    });
    const tools = Array.from({ length: 1_000 }, (_, n) => ({ server: n % 2 ? 'memory' : 'files', tool: `tool_${n}` }));
    await here.setGrants(admin, { changes: [allow, { ...allow, subject: 'api_key', server: 'files' }] });
    const seen = await here.visible(analyst, tools, 'v1');
    expect(seen.size).toBe(500);
    expect(seen.has('memory.tool_1')).toBe(true);
    expect((await here.visible(key, tools, 'v1')).has('memory.tool_1')).toBe(false);
    // The announcement of the change above may still be on its way, and makes this node look once more when it comes.
    const ask = () => here.visible(analyst, tools, 'v1');
    await until(async () => (await ask()) === (await ask()));
    const started = performance.now();
    await ask();
    console.log(`1,000 tools, known answer: ${((performance.now() - started) * 1_000).toFixed(0)} µs`);
    expect((await here.visible(analyst, tools.slice(0, 10), 'v2')).size).toBe(5);
    await here.setGrants(admin, { changes: [{ ...allow, tool: 'tool_1', effect: 'deny' }] });
    expect((await here.visible(analyst, tools, 'v1')).has('memory.tool_1')).toBe(false);
  });

  it('logs decisions with the run, pages them, and shows them to no other tenant', async () => {
    const admin = testCtx();
    const runId = newId<RunId>();
    const ctx = { ...analystOf(admin.tenantId), runId };
    await here.setGrants(admin, { changes: [allow] });
    const decisions = [
      await here.decide(ctx, { ...read, args: { to: 'bob@example.com' }, annotations: { readOnlyHint: true } }),
      await here.decide(ctx, { ...read, server: 'files', purpose: 'precheck' }),
      await here.decide(ctx, { ...read, args: 'x'.repeat(300_000) }),
      await here.decide(ctx, { ...read, args: JSON.parse('['.repeat(2_000) + ']'.repeat(2_000)) }),
    ];
    await db.database.exchange(
      ctx,
      decisionStatements(ctx, decisions, () => ({ to: '[EMAIL_1]' })),
    );
    const first = await here.listDecisions(ctx, { runId, limit: 2 });
    expect(first.items).toHaveLength(2);
    const second = await here.listDecisions(ctx, { runId, limit: 2, cursor: first.next });
    expect(second.items).toHaveLength(2);
    expect(second.next).toBeNull();
    const ids = [...first.items, ...second.items].map(({ id }) => id);
    expect(ids).toEqual(
      decisions
        .map(({ id }) => id)
        .sort()
        .reverse(),
    );
    const denied = await here.listDecisions(ctx, { effect: 'deny' });
    expect(denied.items).toMatchObject([{ server: 'files', effect: 'deny', role: 'analyst', revision: 1 }]);
    const stored = [...first.items, ...second.items];
    expect(stored.find(({ id }) => id === decisions[0]?.id)).toMatchObject({
      input: { arguments: { to: '[EMAIL_1]' }, annotations: { readOnlyHint: true }, purpose: 'call' },
      grants: [allow],
      mode: 'enforce',
    });
    for (const large of decisions.slice(2))
      expect(stored.find(({ id }) => id === large.id)?.input).toMatchObject({ argumentsOmitted: true });
    expect((await here.listDecisions(testCtx(), { runId })).items).toEqual([]);
    await expect(here.listDecisions(ctx, { cursor: 'x' })).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
