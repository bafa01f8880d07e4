import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Prisma } from '@switchyard/database';
import { newId, systemClock, type Ctx, type RunId } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { createLedger, type Ledger } from '../ledger.ts';
import { noSenders } from '../testing/no-senders.ts';
import { openNodeLease, type NodeLease } from './node-lease.store.ts';
import { codeHash, type CallInput, type RunEnd } from './run.ts';

const CODE = "import { searchProducts } from 'servers/search';\nreturn 'Größe \u0000';";
const call = (seq: number, over: Partial<CallInput> = {}): CallInput => ({
  seq,
  server: 'search',
  tool: 'searchProducts',
  status: 'ok',
  args: { query: 'pumps' },
  result: { results: [{ sku: 'A4VTG90', price: 12.34 }] },
  resultBytes: 5_000,
  resultTokens: 1_200,
  startedAt: new Date(),
  durationMs: 12.345,
  ...over,
});
const done: RunEnd = {
  status: 'done',
  findings: [{ stage: 'whole', code: 'many_calls', message: 'x', line: 1, column: 1 }],
  logs: [{ stream: 'stdout', text: 'found 3', at: 12.5 }],
  result: { ok: true, odd: '\ud800\u0000' },
  resultBytes: 11,
  durationMs: 812.4,
  cpuMs: 101.2,
  peakMemoryBytes: 90_000_000_000,
  tokensReturned: 40,
  tokensKeptOut: 1_160,
  calls: [call(2, { status: 'denied', result: undefined, error: { message: 'no grant' } }), call(1)],
};

describe('runs in the ledger', () => {
  let db: TestDatabase;
  let ledger: Ledger;
  let lease: NodeLease;
  beforeAll(async () => {
    db = await createTestDatabase();
    lease = await openNodeLease(db.database);
    ledger = createLedger({ database: db.database, clock: systemClock, nodeId: lease.nodeId, senders: noSenders });
  });
  afterAll(async () => {
    await lease.close();
    await db.drop();
  });

  const start = async (ctx: Ctx, code = CODE): Promise<RunId> => {
    const id = newId<RunId>();
    await ledger.startRun(ctx, { id, code, limits: { timeMs: 30_000 }, policyRevision: 3 });
    return id;
  };
  const auditOf = async (ctx: Ctx, id: string) => (await ledger.listAudit(ctx, { targetId: id })).items;

  it('keeps a run whole, and says so in the chain', async () => {
    const ctx = testCtx({ conversation: 'c1' });
    const id = await start(ctx);
    expect(await ledger.getRun(ctx, id)).toMatchObject({
      status: 'running',
      finishedAt: null,
      calls: [],
      result: null,
    });
    await ledger.finishRun(ctx, id, done);
    const run = await ledger.getRun(ctx, id);
    expect(run).toMatchObject({
      status: 'done',
      code: CODE.replace('\u0000', '\ufffd'),
      codeHash: codeHash(CODE),
      conversation: 'c1',
      principalName: 'ada@example.com',
      findings: done.findings,
      logs: done.logs,
      result: { ok: true, odd: '\ufffd\ufffd' },
      policyRevision: 3,
      callCount: 2,
      deniedCount: 1,
      durationMs: 812,
      cpuMs: 101,
      peakMemoryBytes: 90_000_000_000,
      tokensReturned: 40,
      tokensKeptOut: 1_160,
    });
    expect(run.calls).toMatchObject([
      { seq: 1, status: 'ok', durationMs: 12.345, resultTokens: 1_200, error: null },
      { seq: 2, status: 'denied', result: null, error: { message: 'no grant' } },
    ]);
    expect(await auditOf(ctx, id)).toMatchObject([
      {
        action: 'run.finished',
        codeHash: codeHash(CODE),
        policyRevision: 3,
        after: { status: 'done', calls: 2, denied: 1 },
      },
    ]);
    expect(await ledger.verifyAudit(ctx)).toMatchObject({ ok: true, events: 1 });
  });

  it('notices a run that was changed afterwards', async () => {
    const ctx = testCtx();
    const id = await start(ctx);
    expect(await ledger.verifyRun(ctx, id)).toBe(false);
    await ledger.finishRun(ctx, id, done);
    expect(await ledger.verifyRun(ctx, id)).toBe(true);
    await db.sql(`UPDATE run_call SET args = '{"query": "other"}' WHERE run_id = $1 AND seq = 1`, [id]);
    expect(await ledger.verifyRun(ctx, id)).toBe(false);
  });

  it('writes what goes alongside in the same transaction, or nothing', async () => {
    const ctx = testCtx();
    const id = await start(ctx);
    const failing = ledger.finishRun(ctx, id, { ...done, alongside: [Prisma.sql`SELECT 1 / 0`] });
    await expect(failing).rejects.toThrow('division by zero');
    expect(await ledger.getRun(ctx, id)).toMatchObject({ status: 'running', calls: [] });
    await ledger.finishRun(ctx, id, {
      ...done,
      alongside: [Prisma.sql`INSERT INTO policy_state (tenant_id, updated_at) VALUES (${ctx.tenantId}::uuid, now())`],
    });
    expect(await db.sql('SELECT 1 FROM policy_state WHERE tenant_id = $1', [ctx.tenantId])).toHaveLength(1);
  });

  it('begins without waiting for the disk, and is confirmed before it touches anything', async () => {
    const ctx = testCtx();
    const id = newId<RunId>();
    await ledger.startRun(ctx, { id, code: CODE, limits: {}, policyRevision: 0 }, { durable: false });
    await ledger.confirmRun(ctx, id);
    await expect(ledger.confirmRun(testCtx(), id)).rejects.toMatchObject({ code: 'not_found' });
    expect(await ledger.getRun(ctx, id)).toMatchObject({ status: 'running' });
    await ledger.finishRun(ctx, id, done);
  });

  it('keeps those that end at the same moment, and their links in a row; one that cannot be ended costs the others nothing', async () => {
    const ctx = testCtx();
    const ids = await Promise.all(Array.from({ length: 40 }, () => start(ctx)));
    const ends = await Promise.allSettled([
      ...ids.map((id) => ledger.finishRun(ctx, id, done)),
      ledger.finishRun(ctx, newId<RunId>(), done),
      ledger.finishRun(ctx, ids[0] as RunId, done),
    ]);
    expect(ends.map(({ status }) => status)).toEqual([...ids.map(() => 'fulfilled'), 'rejected', 'rejected']);
    expect(await ledger.verifyAudit(ctx)).toMatchObject({ ok: true, events: 40 });
    expect(await Promise.all(ids.map((id) => ledger.verifyRun(ctx, id)))).toEqual(ids.map(() => true));
  });

  it('ends a run once', async () => {
    const ctx = testCtx();
    const id = await start(ctx);
    await ledger.finishRun(ctx, id, done);
    await expect(ledger.finishRun(ctx, id, { ...done, status: 'failed' })).rejects.toMatchObject({ code: 'conflict' });
    expect(await auditOf(ctx, id)).toHaveLength(1);
    await expect(ledger.finishRun(ctx, newId<RunId>(), done)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is neither seen, ended, counted nor closed by another tenant', async () => {
    const ctx = testCtx();
    const stranger = testCtx();
    const id = await start(ctx);
    await expect(ledger.getRun(stranger, id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(ledger.verifyRun(stranger, id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(ledger.finishRun(stranger, id, done)).rejects.toMatchObject({ code: 'not_found' });
    expect((await ledger.listRuns(stranger)).items).toEqual([]);
    await ledger.finishRun(ctx, id, done);
    const span = { from: new Date(Date.now() - 60_000), to: new Date(Date.now() + 60_000) };
    expect(await ledger.runStats(stranger, span)).toMatchObject({ runs: 0, tools: [] });
    await expect(ledger.getRun(ctx, 'not-an-id')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is listed newest first, in pages, filtered, without the bulky parts', async () => {
    const ctx = testCtx();
    const ids: RunId[] = [];
    for (let n = 0; n < 5; n++)
      ids.push(await start({ ...ctx, surface: n === 0 ? 'mcp' : 'rest' }, `return '100%_${n}'`));
    const first = ids[0] ?? newId<RunId>();
    await ledger.finishRun(ctx, first, { ...done, calls: [] });
    for (const [n, id] of ids.entries())
      await db.sql('UPDATE run SET started_at = started_at - make_interval(secs => $2) WHERE id = $1', [id, 10 - n]);
    // two that began in the same millisecond must both be seen
    await db.sql('UPDATE run SET started_at = (SELECT started_at FROM run WHERE id = $1) WHERE id = $2', [
      ids[2],
      ids[3],
    ]);
    const seen: string[] = [];
    for (let cursor: string | null = null, page = 0; page < 5; page++) {
      const { items, next }: Awaited<ReturnType<Ledger['listRuns']>> = await ledger.listRuns(ctx, { limit: 2, cursor });
      seen.push(...items.map(({ id }) => id));
      cursor = next;
      if (!next) break;
    }
    const [sameA = '', sameB = ''] = [ids[2], ids[3]];
    expect(seen).toEqual([ids[4], ...[sameA, sameB].sort().reverse(), ids[1], ids[0]]);
    const found = async (filter: Parameters<Ledger['listRuns']>[1]) =>
      (await ledger.listRuns(ctx, filter)).items.length;
    expect(await found({ status: 'done' })).toBe(1);
    expect(await found({ status: 'running' })).toBe(4);
    expect(await found({ surface: 'mcp' })).toBe(1);
    expect(await found({ principal: 'ADA' })).toBe(5);
    expect(await found({ principal: 'eve' })).toBe(0);
    expect(await found({ text: '100%_3' })).toBe(1);
    expect(await found({ text: '10%_3' })).toBe(0);
    expect(await found({ text: first })).toBe(1);
    expect(await found({ from: new Date(Date.now() + 1_000) })).toBe(0);
    const [item] = (await ledger.listRuns(ctx, { status: 'done' })).items;
    expect(Object.keys(item ?? {})).not.toEqual(expect.arrayContaining(['code']));
  });

  it('is counted by day, with what it used and kept out', async () => {
    const ctx = testCtx();
    for (const end of [done, done, { ...done, status: 'failed' as const, calls: [] }])
      await ledger.finishRun(ctx, await start(ctx), end);
    await start(ctx);
    const to = new Date(Date.now() + 1_000);
    const stats = await ledger.runStats(ctx, { from: new Date(to.getTime() - 3 * 86_400_000), to });
    expect(stats.days).toHaveLength(4);
    expect(stats.days.at(-1)).toMatchObject({ day: new Date().toISOString().slice(0, 10), done: 2, failed: 1 });
    expect(stats.days[0]).toMatchObject({ done: 0, tokensKeptOut: 0 });
    expect(stats).toMatchObject({
      runs: 3,
      p50Ms: 812,
      p95Ms: 812,
      tokensReturned: 120,
      tokensKeptOut: 3_480,
      deniedCalls: 2,
    });
    expect(stats.failedShare).toBeCloseTo(1 / 3);
    expect(stats.tools).toEqual([{ server: 'search', tool: 'searchProducts', calls: 4, failed: 2, medianMs: 12.345 }]);
  });

  it('is announced to who watches', async () => {
    const ctx = testCtx();
    const heard: unknown[] = [];
    const stop = db.database.onChange((change) => change.tenantId === ctx.tenantId && heard.push(change.id));
    const id = await start(ctx);
    await ledger.finishRun(ctx, id, done);
    for (let waited = 0; waited < 2_000 && heard.length < 2; waited += 10) await sleep(10);
    stop();
    expect(heard).toEqual([id, id]);
  });

  it('takes a few milliseconds at each end', async () => {
    const ctx = testCtx();
    const times: [number, number][] = [];
    for (let n = 0; n < 60; n++) {
      const begun = performance.now();
      const id = await start(ctx);
      const started = performance.now();
      await ledger.finishRun(ctx, id, done);
      times.push([started - begun, performance.now() - started]);
    }
    const p50 = (which: 0 | 1): string => (times.map((pair) => pair[which]).sort((a, b) => a - b)[30] ?? 0).toFixed(2);
    console.log(`startRun p50 ${p50(0)} ms, finishRun with two calls p50 ${p50(1)} ms`);
    expect(await ledger.verifyAudit(ctx)).toMatchObject({ ok: true, events: 60 });
  });

  describe('whose process is gone', () => {
    const other = async (): Promise<{ gone: Ledger; theirs: NodeLease }> => {
      const theirs = await openNodeLease(db.database);
      return {
        gone: createLedger({ database: db.database, clock: systemClock, nodeId: theirs.nodeId, senders: noSenders }),
        theirs,
      };
    };
    const expire = (nodeId: string) =>
      db.sql(`UPDATE node_lease SET renewed_at = now() - interval '20 s' WHERE id = $1`, [nodeId]);

    it('is closed as crashed, with a link; a living process keeps its own', async () => {
      const ctx = testCtx();
      const { gone, theirs } = await other();
      const id = newId<RunId>();
      await gone.startRun(ctx, { id, code: CODE, limits: {}, policyRevision: 0 });
      const mine = await start(ctx);
      expect(await ledger.closeOrphanedRuns([ctx.tenantId])).toBe(0);
      await expire(theirs.nodeId);
      await expire(lease.nodeId); // paused for long: it must not close what it holds itself
      expect(await ledger.closeOrphanedRuns([testCtx().tenantId])).toBe(0);
      expect(await ledger.closeOrphanedRuns([ctx.tenantId])).toBe(1);
      expect(await ledger.getRun(ctx, id)).toMatchObject({ status: 'crashed', error: { closedBy: 'sweep' } });
      expect(await ledger.getRun(ctx, mine)).toMatchObject({ status: 'running' });
      expect(await auditOf(ctx, id)).toMatchObject([{ actorKind: 'system', after: { status: 'crashed' } }]);
      expect(await ledger.verifyRun(ctx, id)).toBe(true);
      // it was only slow: what really happened is written, and both stand in the chain
      await gone.finishRun(ctx, id, done);
      expect(await ledger.getRun(ctx, id)).toMatchObject({ status: 'done', callCount: 2 });
      expect(await auditOf(ctx, id)).toHaveLength(2);
      await theirs.close();
    });

    it('is closed at once when the process gave its lease back, and by one of many who sweep', async () => {
      const ctx = testCtx();
      const { gone, theirs } = await other();
      for (let n = 0; n < 150; n++)
        await gone.startRun(ctx, { id: newId<RunId>(), code: CODE, limits: {}, policyRevision: 0 });
      await theirs.close();
      const closed = await Promise.all([1, 2, 3].map(() => ledger.closeOrphanedRuns([ctx.tenantId])));
      expect(closed.reduce((sum, count) => sum + count)).toBe(150);
      expect(await ledger.verifyAudit(ctx)).toMatchObject({ ok: true, events: 150 });
    });

    it('leaves a whole chain behind after kill -9', async () => {
      const ctx = testCtx();
      const child = spawn(
        process.execPath,
        [
          '--conditions=@switchyard/source',
          fileURLToPath(new URL('./testing/writer.ts', import.meta.url)),
          db.ownerUrl,
          ctx.tenantId,
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      await once(child.stdout, 'data'); // the first run has ended
      await sleep(250);
      child.kill('SIGKILL');
      await once(child, 'exit');
      await db.sql(`UPDATE node_lease SET renewed_at = now() - interval '20 s' WHERE id <> $1`, [lease.nodeId]);
      expect(await ledger.closeOrphanedRuns([ctx.tenantId])).toBeGreaterThan(0);
      const runs = await db.sql<{ status: string; links: number }>(
        `SELECT status, (SELECT count(*)::int FROM audit_event WHERE target_id = run.id::text) AS links FROM run WHERE tenant_id = $1`,
        [ctx.tenantId],
      );
      expect(runs.filter(({ status, links }) => status === 'running' || links !== 1)).toEqual([]);
      expect(await ledger.verifyAudit(ctx)).toMatchObject({ ok: true, events: runs.length });
    });
  });
});
