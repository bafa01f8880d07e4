import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Database } from '@switchyard/database';
import { systemClock, type Ctx } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { createLedger, type Ledger } from '../ledger.ts';
import { openNodeLease, type NodeLease } from '../runs/node-lease.store.ts';
import { noSenders } from '../testing/no-senders.ts';
import { effectiveLimits } from './limits.ts';

describe('limits over all nodes', () => {
  let db: TestDatabase;
  const nodes: { ledger: Ledger; lease: NodeLease }[] = [];
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterEach(async () => {
    for (const { ledger, lease } of nodes.splice(0)) {
      ledger.close();
      await lease.close();
    }
  });
  afterAll(() => db.drop());

  const node = async (database: Database = db.database): Promise<Ledger> => {
    const lease = await openNodeLease(db.database);
    const ledger = createLedger({
      database,
      clock: systemClock,
      nodeId: lease.nodeId,
      senders: noSenders,
    });
    nodes.push({ ledger, lease });
    return ledger;
  };
  const admitted = async <T>(attempts: Promise<T>[]): Promise<T[]> =>
    (await Promise.allSettled(attempts)).flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const eventually = async (what: () => Promise<boolean>): Promise<void> => {
    for (let waited = 0; waited < 15_000; waited += 50) {
      if (await what()) return;
      await sleep(50);
    }
    throw new Error('it never came so');
  };

  it('let through what a minute may bring, and not one more, whichever node is asked', async () => {
    const [ctx, one, two] = [testCtx(), await node(), await node()];
    await one.setLimits(ctx, { requestsPerMinute: 20 });
    const through = await admitted(Array.from({ length: 200 }, (_, at) => (at % 3 ? one : two).admitRequest(ctx)));
    expect(through.length).toBeGreaterThanOrEqual(19);
    expect(through.length).toBeLessThanOrEqual(20 + 3); // a token comes back every three seconds
    const refused = one.admitRequest(ctx);
    await expect(refused).rejects.toMatchObject({
      code: 'rate_limited',
      details: { limit: 'requestsPerMinute', most: 20, retryAfterSeconds: expect.any(Number) },
    });
    await one.admitRequest(testCtx());
  });

  it('let through again when the time that was told has passed', async () => {
    const [ctx, one] = [testCtx(), await node()];
    await one.setLimits(ctx, { requestsPerMinute: 60 });
    await admitted(Array.from({ length: 100 }, () => one.admitRequest(ctx)));
    const error = await one.admitRequest(ctx).catch((thrown: unknown) => thrown as { details: Record<string, number> });
    await sleep((error?.details['retryAfterSeconds'] ?? 0) * 1_000 + 50);
    await one.admitRequest(ctx);
  });

  it('ask the database a few times a second, not for each request, and not for a flood that is refused', async () => {
    const ctx = testCtx();
    let asked = 0;
    const one = await node({
      ...db.database,
      inTenant: (of, work, options) => {
        asked++;
        return db.database.inTenant(of, work, options);
      },
      exchange: (...of) => {
        asked++;
        return db.database.exchange(...of);
      },
    });
    const started = performance.now();
    for (let at = 0; at < 3_000; at++) await one.admitRequest(ctx);
    const each = (performance.now() - started) / 3_000;
    console.log(`${asked} transactions for 3,000 requests, ${(each * 1_000).toFixed(0)} µs each`);
    expect(asked).toBeLessThan(100);
    await one.setLimits(ctx, { requestsPerMinute: 1 });
    await eventually(async () => (await admitted([one.admitRequest(ctx)])).length === 0);
    asked = 0;
    expect(await admitted(Array.from({ length: 3_000 }, () => one.admitRequest(ctx)))).toEqual([]);
    expect(asked).toBeLessThan(5);
  });

  it('hold the places of all nodes together', async () => {
    const [ctx, one, two] = [testCtx(), await node(), await node()];
    await one.setLimits(ctx, { concurrentExecutions: 5 });
    const places = await admitted(Array.from({ length: 40 }, (_, at) => (at % 2 ? one : two).admitExecution(ctx)));
    expect(places).toHaveLength(5);
    await expect(one.admitExecution(ctx)).rejects.toMatchObject({ details: { limit: 'concurrentExecutions' } });
    (await one.admitExecution(testCtx()))();
    for (const leave of places) {
      leave();
      leave(); // twice is once
    }
    // All of them can end up on one node.
    await eventually(async () => {
      const taken = await admitted(Array.from({ length: 9 }, () => two.admitExecution(ctx)));
      taken.forEach((leave) => leave());
      expect(taken.length).toBeLessThanOrEqual(5);
      return taken.length === 5;
    });
  });

  it('never give out more than there are while runs come and go on both nodes', async () => {
    const [ctx, one, two] = [testCtx(), await node(), await node()];
    await one.setLimits(ctx, { concurrentExecutions: 8 });
    let [inside, most, served] = [0, 0, 0];
    const work = async (ledger: Ledger, turns: number): Promise<void> => {
      for (let turn = 0; turn < turns; turn++) {
        const leave = await ledger.admitExecution(ctx).catch(() => undefined);
        if (leave) {
          most = Math.max(most, ++inside);
          served++;
          await sleep(Math.random() * 10);
          inside--;
          leave();
        } else await sleep(20);
      }
    };
    await Promise.all(Array.from({ length: 30 }, (_, at) => work(at % 2 ? one : two, 20)));
    expect(most).toBeLessThanOrEqual(8);
    expect(most).toBeGreaterThan(4);
    expect(served).toBeGreaterThan(50);
  });

  it('take back the places of a node that died', async () => {
    const [ctx, dead, alive] = [testCtx(), await node(), await node()];
    await dead.setLimits(ctx, { concurrentChats: 2 });
    await Promise.all([dead.admitChat(ctx), dead.admitChat(ctx)]);
    await expect(alive.admitChat(ctx)).rejects.toMatchObject({ details: { limit: 'concurrentChats' } });
    await nodes[0]?.lease.close();
    await eventually(async () => (await admitted([alive.admitChat(ctx)])).length === 1);
  });

  it('follow what the tenant chooses, up to what the operator gives it; on record, and heard of by every node', async () => {
    const [ctx, one, two] = [testCtx(), await node(), await node()];
    const operator: Ctx = { ...ctx, principal: { kind: 'operator', id: 'operator', name: 'operator' } };
    await two.admitRequest(ctx); // it knows the old ones now
    await one.setCeiling(operator, { requestsPerMinute: 10 });
    const tooMuch = one.setLimits(ctx, { requestsPerMinute: 11 });
    await expect(tooMuch).rejects.toMatchObject({ code: 'forbidden', details: { most: 10 } });
    const { effective } = await one.setLimits(ctx, { requestsPerMinute: 3 });
    expect(effective.requestsPerMinute).toBe(3);
    await eventually(async () => (await admitted([two.admitRequest(ctx)])).length === 0);
    const { items } = await one.listAudit(ctx, { targetKind: 'limits' });
    expect(items.map(({ action, after }) => [action, after])).toEqual([
      ['limits.changed', { requestsPerMinute: 3 }],
      ['limits.ceiling_changed', { requestsPerMinute: 10 }],
    ]);
    const bad = one.setLimits(ctx, { concurrentChats: 0 });
    await expect(bad).rejects.toMatchObject({ code: 'unprocessable', details: { path: 'concurrentChats' } });
    expect((await one.limits(testCtx())).effective.requestsPerMinute).toBe(60_000);
  });

  it('a lowered ceiling holds over what was chosen before', () => {
    const { concurrentChats } = effectiveLimits({ wanted: { concurrentChats: 50 }, ceiling: { concurrentChats: 20 } });
    expect(concurrentChats).toBe(20);
  });
});
