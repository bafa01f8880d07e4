import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, systemClock, type Ctx, type KeyId, type RunId, type TenantId, type UserId } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import type { Decision } from './decision.ts';
import type { PolicyDraft } from './drafts.ts';
import { decisionStatements } from './decisions.store.ts';
import type { GrantChange, PolicyAuditEvent } from './grants.ts';
import { createPolicy, type Policy } from './policy.ts';
import type { ReplayPart } from './replay.ts';

const wasm = fs.readFileSync(new URL('../../../policies/policy.wasm', import.meta.url));
const personOf = (tenantId: TenantId, role: 'analyst' | 'reviewer', name: string): Ctx =>
  testCtx({ tenantId, principal: { kind: 'user', id: newId<UserId>(), name, role } });
const grant = (subject: string, tool: string, effect: GrantChange['effect'] = 'allow'): GrantChange => ({
  subjectKind: 'role',
  subject,
  server: 'memory',
  tool,
  effect,
});

describe('a policy that is not in force', () => {
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

  const log = async (ctx: Ctx, tool: string, times: number): Promise<void> => {
    const decisions: Decision[] = [];
    for (let time = 0; time < times; time++)
      decisions.push(await policy.decide(ctx, { server: 'memory', tool, purpose: 'call', args: { time } }));
    const ofRun = { ...ctx, runId: newId<RunId>() };
    await db.database.exchange(
      ctx,
      decisionStatements(ofRun, decisions, (args) => args as never),
    );
  };
  const replayAll = async (ctx: Ctx, draft: PolicyDraft, limit: number): Promise<ReplayPart[]> => {
    const parts: ReplayPart[] = [];
    let cursor: string | null = null;
    do {
      const part: ReplayPart = await policy.replay(ctx, draft, { cursor, limit });
      parts.push(part);
      cursor = part.next;
    } while (cursor !== null);
    return parts;
  };

  it('shows on the log who would newly be denied and allowed, and changes nothing', async () => {
    const admin = testCtx();
    const ann = personOf(admin.tenantId, 'analyst', 'ann@example.com');
    const bob = personOf(admin.tenantId, 'reviewer', 'bob@example.com');
    await policy.setGrants(admin, { changes: [grant('analyst', 'read_graph')] });
    await log(ann, 'read_graph', 30);
    await log(bob, 'read_graph', 20);
    await log(bob, 'delete_entities', 10);
    const before = audited.length;
    const parts = await replayAll(
      admin,
      { changes: [grant('analyst', 'read_graph', null), grant('reviewer', 'read_graph')] },
      25,
    );
    expect(parts.map((part) => part.examined)).toEqual([25, 25, 10]);
    const all = parts.flatMap((part) => part.differences);
    const count = (name: string, outcome: string): number =>
      all
        .filter((one) => one.principalName === name && one.outcome === outcome)
        .reduce((sum, one) => sum + one.count, 0);
    expect([count(ann.principal.name, 'denied'), count(bob.principal.name, 'allowed')]).toEqual([30, 20]);
    expect(all.every((one) => one.tool === 'read_graph' && one.lastAt >= one.firstAt)).toBe(true);
    expect(audited).toHaveLength(before);
    expect(await policy.decide(ann, { server: 'memory', tool: 'read_graph', purpose: 'call' })).toMatchObject({
      effect: 'allow',
      revision: 1,
    });
  });

  it('tells apart what the draft changes from what has changed since the log was written', async () => {
    const admin = testCtx();
    const ann = personOf(admin.tenantId, 'analyst', 'ann@example.com');
    await log(ann, 'read_graph', 5);
    await policy.setGrants(admin, { changes: [grant('analyst', '*')] });
    const [part] = await replayAll(admin, {}, 100);
    expect(part).toMatchObject({ examined: 5, changedSince: 5, differences: [], next: null });
  });

  it('shows whom a rule would stop, whom it would keep waiting, and whom it would only bound', async () => {
    const admin = testCtx();
    const ann = personOf(admin.tenantId, 'analyst', 'ann@example.com');
    await policy.setGrants(admin, { changes: [grant('analyst', '*')] });
    await log(ann, 'read_graph', 10); // with time: 0 to 9
    const rule = {
      name: 'late',
      server: 'memory',
      tool: 'read_graph',
      when: { arguments: [{ path: ['time'], op: 'gte' as const, value: 7 }] },
      effect: { deny: true },
    };
    const found = async (draft: PolicyDraft) =>
      (await replayAll(admin, draft, 4)).flatMap((part) => part.differences.map((one) => [one.outcome, one.count]));
    const total = (pairs: (string | number)[][]) => [
      ...new Set(pairs.map(([outcome]) => outcome)),
      pairs.reduce((sum, [, count]) => sum + Number(count), 0),
    ];
    expect(total(await found({ rule }))).toEqual(['denied', 3]);
    expect(total(await found({ rule: { ...rule, effect: { approval: {} } } }))).toEqual(['needs_approval', 3]);
    expect(total(await found({ rule: { ...rule, effect: { rowCap: 5 } } }))).toEqual(['bounded', 3]);
    expect(await found({ rule: { ...rule, when: { arms: ['traditional'] } } })).toEqual([]);

    await policy.saveRule(admin, { rule });
    const [saved] = await policy.listRules(admin);
    const changed = { ...rule, name: 'later', when: { arguments: [{ path: ['time'], op: 'gte' as const, value: 9 }] } };
    expect(total(await found({ ruleId: saved?.id ?? null, rule: changed }))).toEqual(['allowed', 2]);
    expect(total(await found({ ruleId: saved?.id ?? null }))).toEqual(['allowed', 3]);
    await expect(found({ ruleId: newId() })).rejects.toMatchObject({ code: 'not_found' });
    await expect(policy.replay(testCtx(), { ruleId: saved?.id ?? '' })).rejects.toMatchObject({ code: 'not_found' });
    expect((await policy.listRules(admin)).map(({ name }) => name)).toEqual(['late']);
  });

  it('asks the clock of the decision, not of today, where a rule looks at it', async () => {
    const admin = testCtx();
    const ann = personOf(admin.tenantId, 'analyst', 'ann@example.com');
    await policy.setGrants(admin, { changes: [grant('analyst', '*')] });
    await log(ann, 'read_graph', 4);
    await db.sql(
      "UPDATE decision SET at = at - interval '1 day' * (extract(isodow FROM at)::int - 1) WHERE tenant_id = $1",
      [admin.tenantId],
    );
    const times = { zone: 'UTC', from: 0, to: 1_440, outside: false };
    const on = (days: number[]) => ({
      rule: { name: 'day', server: '*', tool: '*', when: { times: { ...times, days } }, effect: { deny: true } },
    });
    expect((await policy.replay(admin, on([1]))).differences).toMatchObject([{ outcome: 'denied', count: 4 }]);
    expect((await policy.replay(admin, on([2, 3, 4, 5, 6, 7]))).differences).toEqual([]);
  });

  it('answers what would be decided, and why, with and without changes', async () => {
    const admin = testCtx();
    const question = { subjectKind: 'role', subject: 'analyst', server: 'memory', tool: 'read_graph' } as const;
    expect(await policy.simulate(admin, question)).toMatchObject({ effect: 'deny', reasons: [{ code: 'no_grant' }] });
    expect(await policy.simulate(admin, question, { changes: [grant('analyst', '*')] })).toMatchObject({
      effect: 'allow',
      grants: [{ subject: 'analyst', tool: '*' }],
    });
    const key = newId<KeyId>();
    const all: GrantChange = { ...grant('api_key', 'read_graph'), effect: 'allow' };
    const one: GrantChange = { subjectKind: 'key', subject: key, server: '*', tool: '*', effect: 'deny' };
    expect(
      await policy.simulate(admin, { ...question, subjectKind: 'key', subject: key }, { changes: [all, one] }),
    ).toMatchObject({
      effect: 'deny',
      reasons: [{ code: 'denied_by_grant' }],
    });
    await expect(policy.simulate(admin, { ...question, subject: 'king' })).rejects.toMatchObject({
      code: 'unprocessable',
      details: { path: 'subject' },
    });
    await expect(policy.simulate(admin, { ...question, tool: ' ' })).rejects.toMatchObject({
      details: { path: 'tool' },
    });
  });

  it('comes back as a new revision, with who and why', async () => {
    const admin = testCtx();
    await policy.setGrants(admin, { changes: [grant('analyst', 'read_graph'), grant('reviewer', '*')] });
    await policy.setGrants(admin, {
      changes: [grant('analyst', 'read_graph', 'deny'), grant('reviewer', '*', null), grant('admin', '*')],
      comment: 'tighter',
    });
    await policy.setMode(admin, 'dry_run');
    const state = await policy.rollBack(admin, { revision: 1, expectedRevision: 3, comment: 'too tight' });
    expect(state).toEqual({ revision: 4, mode: 'dry_run', moduleRevision: null });
    const standing = (await policy.listGrants(admin)).map(({ subject, tool, effect }) => [subject, tool, effect]);
    expect(standing.sort()).toEqual([
      ['analyst', 'read_graph', 'allow'],
      ['reviewer', '*', 'allow'],
    ]);
    expect(await policy.listVersions(admin)).toMatchObject([
      { revision: 4, mode: 'dry_run', grantCount: 2, comment: 'too tight', createdBy: 'ada@example.com' },
      { revision: 3, mode: 'dry_run', grantCount: 2, comment: null },
      { revision: 2, mode: 'enforce', grantCount: 2, comment: 'tighter' },
      { revision: 1, mode: 'enforce', grantCount: 2 },
    ]);
    expect((await policy.versionGrants(admin, 2)).grants).toHaveLength(2);
    expect(audited.at(-1)).toMatchObject({
      action: 'policy.rolled_back',
      after: { revision: 4, comment: 'too tight' },
    });
    await expect(policy.rollBack(admin, { revision: 99 })).rejects.toMatchObject({ code: 'not_found' });
    await expect(policy.rollBack(admin, { revision: 1, expectedRevision: 3 })).rejects.toMatchObject({
      code: 'conflict',
    });
    const reviewer = personOf(admin.tenantId, 'reviewer', 'bob@example.com');
    await expect(policy.rollBack(reviewer, { revision: 1 })).rejects.toMatchObject({ code: 'forbidden' });
  });

  it("of another tenant is nobody's: neither its log nor its revisions", async () => {
    const admin = testCtx();
    const ann = personOf(admin.tenantId, 'analyst', 'ann@example.com');
    await policy.setGrants(admin, { changes: [grant('analyst', '*')] });
    await log(ann, 'read_graph', 3);
    const stranger = testCtx();
    expect(await policy.replay(stranger, { changes: [grant('analyst', '*')] })).toMatchObject({
      examined: 0,
      differences: [],
    });
    expect(await policy.listVersions(stranger)).toEqual([]);
    await expect(policy.versionGrants(stranger, 1)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is given up when its caller goes away, and refuses what it cannot take', async () => {
    const admin = testCtx();
    await log(personOf(admin.tenantId, 'analyst', 'ann@example.com'), 'read_graph', 3);
    const gone = { ...admin, signal: AbortSignal.abort(new Error('gone')) };
    await expect(policy.replay(gone, {})).rejects.toThrow('gone');
    await expect(policy.replay(admin, {}, { cursor: 'x' })).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(policy.replay(admin, { changes: [grant('king', '*')] })).rejects.toMatchObject({
      code: 'unprocessable',
    });
  });
});
