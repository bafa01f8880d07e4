import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { newId, type Ctx, type Json, type RunId } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import type { Approval } from '@switchyard/tools';
import { asKey, asPerson, openWorld, type World } from '../testing/world.ts';

jest.setTimeout(60_000);

const CODE = `import { lookUp, refund } from 'servers/shop';
const order = await lookUp({ id: 7 });
console.log('found', order.id);
const done = await refund({ id: order.id, amount: order.total });
return { order, done };`;

describe('a run that waits for people', () => {
  let db: TestDatabase;
  let world: World;
  beforeAll(async () => {
    db = await createTestDatabase();
    world = await openWorld(db.database);
  });
  afterAll(async () => {
    await world.end();
    await db.drop();
  });
  beforeEach(() => {
    world.called.length = 0;
    world.graceMs = 60_000;
    world.tools.clear();
    world.tools.set('shop.lookUp', ({ id }) => ({ id: id ?? null, total: 120 }));
    world.tools.set('shop.refund', ({ amount }) => ({ refunded: amount ?? null }));
    world.wanted = (address) => (address === 'shop.refund' ? { persons: 1, minutes: 30 } : undefined);
  });

  const asked = (ctx: Ctx, count = 1): Promise<readonly Approval[]> =>
    eventually(async () => {
      const { items } = await world.approvals.list(ctx, { status: 'pending' });
      return items.length >= count ? items : undefined;
    });
  const grant = async (ctx: Ctx, voter = 'grace'): Promise<void> => {
    for (const { id } of await asked(ctx)) await world.approvals.decide(asPerson(ctx, voter), id, { granted: true });
  };
  /** Runs until its sandbox is let go. */
  const park = async (ctx: Ctx, code = CODE) => {
    world.graceMs = 20;
    const one = await world.another();
    const answer = await one.runs.execute(ctx, { code });
    expect(answer.status).toBe('awaiting_approval');
    return { ...one, answer };
  };
  const actions = async (ctx: Ctx): Promise<string[]> =>
    (await world.ledger.listAudit(ctx, { limit: 100 })).items.map(({ action }) => action).toReversed();

  it('goes on in its own sandbox when it is granted at once', async () => {
    const ctx = asKey(testCtx(), newId());
    const heard: string[] = [];
    const running = world.runs.execute(ctx, { code: CODE }, { approval: ({ tool }) => heard.push(tool) });
    const [approval] = await asked(ctx);
    expect(approval).toMatchObject({ tool: 'refund', args: { id: 7, amount: 120 }, persons: 1, risk: 'destructive' });
    const { runId } = approval as Approval;
    expect((await world.ledger.getRun(ctx, runId as string)).status).toBe('awaiting_approval');
    await grant(ctx);
    expect(await running).toMatchObject({
      status: 'done',
      result: { order: { id: 7, total: 120 }, done: { refunded: 120 } },
      calls: [{ tool: 'shop.lookUp' }, { tool: 'shop.refund', status: 'ok' }],
    });
    expect(heard).toEqual(['refund']);
    expect(world.called).toEqual(['shop.lookUp', 'shop.refund']);
    expect(await actions(ctx)).toEqual(['approval.requested', 'approval.granted', 'run.finished']);
    expect(await world.ledger.verifyRun(ctx, runId as string)).toBe(true);
    expect(await left(ctx)).toEqual({ journal: 0 });
  });

  it('tells the code that it was denied, and why', async () => {
    const ctx = testCtx();
    const code = `import { refund } from 'servers/shop';
      try { await refund({ amount: 1 }) } catch (error) { return [error.code, error.message] }`;
    const running = world.runs.execute(ctx, { code });
    const [approval] = await asked(ctx);
    await world.approvals.decide(asPerson(ctx, 'grace'), (approval as Approval).id, {
      granted: false,
      comment: 'ask Bob',
    });
    expect(await running).toMatchObject({
      status: 'done',
      result: ['approval_denied', 'grace@example.com denied this call: ask Bob'],
      calls: [{ tool: 'shop.refund', status: 'denied' }],
    });
    expect(world.called).toEqual([]);
  });

  it('goes on in another process, and no call is made again', async () => {
    const ctx = testCtx();
    const { answer, kill } = await park(ctx);
    expect(answer).toMatchObject({ approvals: [{ tool: 'refund' }], calls: [{ tool: 'shop.lookUp' }], result: null });
    await kill();
    await grant(ctx);
    expect(await world.runs.resume(ctx.tenantId)).toBe(1);
    expect(await world.runs.settled(ctx, answer.id, AbortSignal.timeout(5_000))).toMatchObject({
      status: 'done',
      result: { order: { id: 7, total: 120 }, done: { refunded: 120 } },
      logs: [{ text: 'found 7' }],
      calls: [
        { tool: 'shop.lookUp', status: 'ok' },
        { tool: 'shop.refund', status: 'ok' },
      ],
    });
    expect(world.called).toEqual(['shop.lookUp', 'shop.refund']);
    expect(await world.ledger.verifyRun(ctx, answer.id)).toBe(true);
    expect(await left(ctx)).toEqual({ journal: 0 });
  });

  it('is taken by one of those who would go on with it', async () => {
    const ctx = testCtx();
    const { kill } = await park(ctx);
    const [one, other] = [await world.another(), await world.another()];
    await grant(ctx);
    const taken = await Promise.all([one, other, world].map(({ runs }) => runs.resume(ctx.tenantId)));
    expect(taken.toSorted()).toEqual([0, 0, 1]);
    expect(world.called).toEqual(['shop.lookUp', 'shop.refund']);
    await Promise.all([kill(), one.kill(), other.kill()]);
  });

  it('is held by a process that was killed: whoever comes goes on when its lease is over', async () => {
    const ctx = testCtx();
    const one = await world.another();
    const running = one.runs.execute(ctx, { code: CODE });
    running.catch(() => undefined);
    const [approval] = await asked(ctx);
    await one.cutOff();
    await grant(ctx);
    const runId = (approval as Approval).runId as RunId;
    await world.runs.resume(ctx.tenantId);
    expect(await world.runs.settled(ctx, runId, AbortSignal.timeout(10_000))).toMatchObject({ status: 'done' });
    expect(world.called.filter((address) => address === 'shop.refund')).toHaveLength(1);
    await one.kill();
  });

  it('goes the same way again where calls run side by side', async () => {
    const ctx = testCtx();
    world.tools.set('shop.lookUp', async ({ id }) => {
      await new Promise((resolve) => setTimeout(resolve, id === 1 ? 120 : 5));
      return { id: id ?? null };
    });
    const code = `import { lookUp, refund } from 'servers/shop';
      const order = [];
      await Promise.all([1, 2, 3].map((id) => lookUp({ id }).then(async ({ id }) => { order.push(id); await lookUp({ id: id * 10 }); order.push(id * 10) })));
      await refund({ amount: order.length });
      return order;`;
    const { answer, kill } = await park(ctx, code);
    const before = world.called.length;
    await kill();
    await grant(ctx);
    await world.runs.resume(ctx.tenantId);
    const ended = await world.runs.settled(ctx, answer.id, AbortSignal.timeout(5_000));
    expect(ended.status).toBe('done');
    expect((ended.result as Json[]).at(-2)).toBe(1);
    expect(world.called).toHaveLength(before + 1);
  });

  it('ends where the code goes another way than before, and makes no call', async () => {
    const ctx = testCtx();
    const code = `import { lookUp, refund } from 'servers/shop';
      await lookUp({ id: Math.random() });
      await refund({ amount: 1 });`;
    const { answer, kill } = await park(ctx, code);
    await kill();
    await grant(ctx);
    await world.runs.resume(ctx.tenantId);
    const ended = await world.runs.settled(ctx, answer.id, AbortSignal.timeout(5_000));
    expect(ended).toMatchObject({
      status: 'failed',
      error: { name: 'DivergenceError', message: expect.stringContaining('call 1 is shop.lookUp') },
      calls: [
        { tool: 'shop.lookUp', status: 'ok' },
        { tool: 'shop.refund', status: 'cancelled' },
      ],
    });
    expect(world.called).toEqual(['shop.lookUp']);
  });

  it('does not make a call again whose end nobody saw', async () => {
    const ctx = testCtx();
    let late: (value: Json) => void = () => undefined;
    world.tools.set('shop.lookUp', () => new Promise<Json>((resolve) => (late = resolve)));
    const code = `import { lookUp, refund } from 'servers/shop';
      const [found] = await Promise.allSettled([lookUp({ id: 1 }), refund({ amount: 1 })]);
      return [found.status, found.reason?.code];`;
    const one = await world.another();
    const running = one.runs.execute(ctx, { code });
    running.catch(() => undefined);
    const [approval] = await asked(ctx);
    await one.cutOff();
    await grant(ctx);
    await world.runs.resume(ctx.tenantId);
    const runId = (approval as Approval).runId as RunId;
    expect(await world.runs.settled(ctx, runId, AbortSignal.timeout(10_000))).toMatchObject({
      status: 'done',
      result: ['rejected', 'outcome_unknown'],
    });
    expect(world.called.filter((address) => address === 'shop.lookUp')).toHaveLength(1);
    late(null);
    await one.kill();
  });

  it('ends its waiting when nobody decides in time', async () => {
    const ctx = testCtx();
    const { answer, kill } = await park(
      ctx,
      `import { refund } from 'servers/shop'; return refund({ amount: 1 }).catch((error) => error.code)`,
    );
    await kill();
    world.now = new Date(Date.now() + 31 * 60_000);
    try {
      await world.approvals.expire([ctx.tenantId]);
      await world.runs.resume(ctx.tenantId);
      const ended = await world.runs.settled(ctx, answer.id, AbortSignal.timeout(5_000));
      expect(ended).toMatchObject({ status: 'done', result: 'approval_expired' });
      expect(await actions(ctx)).toEqual(['approval.requested', 'approval.expired', 'run.finished']);
      expect(world.called).toEqual([]);
    } finally {
      world.now = new Date();
    }
  });

  it('asks two persons, neither of whom is the author', async () => {
    const ctx = asPerson(testCtx(), 'ada');
    world.wanted = () => ({ persons: 2, minutes: 5 });
    const running = world.runs.execute(ctx, {
      code: `import { refund } from 'servers/shop'; return refund({ amount: 1 })`,
    });
    const [approval] = await asked(ctx);
    const { id } = approval as Approval;
    const says = (who: string) => world.approvals.decide(asPerson(ctx, who), id, { granted: true });
    await expect(says('ada')).rejects.toMatchObject({ code: 'forbidden' });
    expect(await says('grace')).toMatchObject({ status: 'pending', votes: [{ voterName: 'grace@example.com' }] });
    await expect(says('grace')).rejects.toMatchObject({ code: 'forbidden' });
    expect(await says('bob')).toMatchObject({ status: 'granted', decidedBy: 'bob@example.com' });
    expect(await running).toMatchObject({ status: 'done' });
    expect(await actions(ctx)).toEqual(['approval.requested', 'approval.voted', 'approval.granted', 'run.finished']);
  });

  it('lets one of two who decide at once win, and tells the other who it was', async () => {
    const ctx = testCtx();
    const running = world.runs.execute(ctx, { code: CODE });
    const [approval] = await asked(ctx);
    const { id } = approval as Approval;
    const said = await Promise.allSettled([
      world.approvals.decide(asPerson(ctx, 'grace'), id, { granted: true }),
      world.approvals.decide(asPerson(ctx, 'bob'), id, { granted: false }),
    ]);
    expect(said.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const [lost] = said.filter((one) => one.status === 'rejected');
    expect(lost?.reason).toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/^(grace|bob)@example.com decided before you: it is (granted|denied) already/),
    });
    await running;
  });

  it('is refused to keys, tokens and other tenants', async () => {
    const ctx = testCtx();
    const running = world.runs.execute(ctx, { code: CODE });
    const [approval] = await asked(ctx);
    const { id } = approval as Approval;
    const token = { ...asPerson(ctx, 'grace') };
    const withScopes = { ...token, principal: { ...token.principal, scopes: ['admin'] } } as Ctx;
    for (const who of [asKey(ctx, newId()), withScopes])
      await expect(world.approvals.decide(who, id, { granted: true })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(world.approvals.decide(asPerson(testCtx(), 'eve'), id, { granted: true })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(world.approvals.openArguments(asPerson(testCtx(), 'eve'), id)).rejects.toMatchObject({
      code: 'not_found',
    });
    await grant(ctx);
    await running;
  });

  it.each<['tool' | 'arguments' | 'conversation', boolean, boolean, boolean]>([
    ['tool', false, false, false],
    ['arguments', false, true, false],
    ['conversation', false, false, true],
  ])('remembers for the %s', async (scope, same, otherArguments, otherConversation) => {
    const ctx = { ...asKey(testCtx(), newId()), conversation: 'c1' };
    const code = (amount: number) => `import { refund } from 'servers/shop'; return refund({ amount: ${amount} })`;
    const first = world.runs.execute(ctx, { code: code(1) });
    const [approval] = await asked(ctx);
    const remember = { scope, days: 7 };
    await world.approvals.decide(asPerson(ctx, 'grace'), (approval as Approval).id, { granted: true, remember });
    await first;
    const asksAgain = async (who: Ctx, amount: number): Promise<boolean> => {
      const running = world.runs.execute(who, { code: code(amount) });
      const asks = await Promise.race([running.then(() => false), asked(who).then(() => true)]);
      if (asks) await grant(who);
      await running;
      return asks;
    };
    expect(await asksAgain(ctx, 1)).toBe(same);
    expect(await asksAgain(ctx, 2)).toBe(otherArguments);
    expect(await asksAgain({ ...ctx, conversation: 'c2' }, 1)).toBe(otherConversation);
    expect(await asksAgain({ ...asKey(ctx, newId()), conversation: 'c1' }, 1)).toBe(true);
    const [kept] = await world.approvals.listRemembered(ctx);
    await world.approvals.revoke(asPerson(ctx, 'grace'), kept?.id ?? '');
    await expect(world.approvals.revoke(asPerson(ctx, 'bob'), kept?.id ?? '')).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await asksAgain(ctx, 1)).toBe(true);
  });

  it('withdraws what it asked when it ends without waiting', async () => {
    const ctx = testCtx();
    const code = `import { refund } from 'servers/shop'; void refund({ amount: 1 }); await new Promise((go) => setTimeout(go, 300)); return 1`;
    expect(await world.runs.execute(ctx, { code })).toMatchObject({ status: 'done', result: 1 });
    expect((await world.approvals.list(ctx)).items).toMatchObject([{ status: 'withdrawn' }]);
    expect(world.called).toEqual([]);
  });

  it('is over when it is killed', async () => {
    const ctx = testCtx();
    const kill = new AbortController();
    const running = world.runs.execute(ctx, { code: CODE, kill: kill.signal });
    await asked(ctx);
    kill.abort();
    expect(await running).toMatchObject({ status: 'crashed' });
    expect((await world.approvals.list(ctx)).items).toMatchObject([{ status: 'withdrawn' }]);
  });

  it('goes on without its caller', async () => {
    const gone = new AbortController();
    const ctx = { ...testCtx(), signal: gone.signal };
    const running = world.runs.execute(ctx, { code: CODE });
    await asked(ctx);
    gone.abort();
    await grant(ctx);
    expect(await running).toMatchObject({ status: 'done' });
    expect(world.called).toEqual(['shop.lookUp', 'shop.refund']);
  });

  const left = async (ctx: Ctx) => ({
    journal: (await db.sql('SELECT 1 FROM run_journal WHERE tenant_id = $1', [ctx.tenantId])).length,
  });
});

async function eventually<Found>(look: () => Promise<Found | undefined>): Promise<Found> {
  for (const until = Date.now() + 15_000; Date.now() < until;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('it did not come to that');
}
