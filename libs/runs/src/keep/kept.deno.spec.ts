import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Ctx, Json } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { asKey, openWorld, type World } from '../testing/world.ts';

jest.setTimeout(60_000);

const KiB = 1024;
const HOUR_MS = 3_600_000;

describe('what runs keep', () => {
  let db: TestDatabase;
  let world: World;
  let ada: Ctx;
  let bob: Ctx;
  beforeAll(async () => {
    db = await createTestDatabase();
    world = await openWorld(db.database, {
      files: 3,
      fileBytes: 32 * KiB,
      bytes: 64 * KiB,
      tenantBytes: 128 * KiB,
      keptMs: HOUR_MS,
      runKeptMs: HOUR_MS,
    });
  });
  afterAll(async () => {
    await world.end();
    await db.drop();
  });
  beforeEach(() => {
    world.now = new Date();
    world.called.length = 0;
    const tenant = testCtx();
    ada = asKey({ ...tenant, conversation: 'c1' }, 'ada');
    bob = asKey({ ...tenant, conversation: 'c1' }, 'bob');
  });

  const run = (code: string, ctx = ada) => world.runs.execute(ctx, { code });
  const resultOf = async (code: string, ctx = ada): Promise<Json> => {
    const answer = await run(code, ctx);
    if (answer.status !== 'done') throw new Error(JSON.stringify([answer.status, answer.error, answer.findings]));
    return answer.result;
  };
  const refusalOf = (expression: string, ctx = ada): Promise<Json> =>
    resultOf(
      `return await ${expression}.then(() => 'fine', (e) => ({ name: e.name, code: e.code, message: e.message }))`,
      ctx,
    );

  describe('the workspace', () => {
    it('gives a later run of the conversation what an earlier one wrote, text as text and data as data', async () => {
      await resultOf(
        `await workspace.write('notes.txt', 'größe "x"'); await workspace.write('reports/may.json', [{ n: 1 }]);`,
      );
      expect(
        await resultOf(`return [await workspace.read('notes.txt'), (await workspace.read('reports/may.json'))[0].n]`),
      ).toEqual(['größe "x"', 1]);
      expect(await resultOf(`return (await workspace.list()).map(({ name, kind }) => [name, kind])`)).toEqual([
        ['notes.txt', 'text'],
        ['reports/may.json', 'json'],
      ]);
      await resultOf(`await workspace.write('notes.txt', 'new'); await workspace.remove('reports/may.json')`);
      expect(await resultOf(`return [await workspace.read('notes.txt'), (await workspace.list()).length]`)).toEqual([
        'new',
        1,
      ]);
    });

    it('is of one caller in one conversation, or of one run', async () => {
      await resultOf(`await workspace.write('a', 'mine')`);
      for (const other of [bob, { ...ada, conversation: 'c2' }, asKey({ ...testCtx(), conversation: 'c1' }, 'ada')])
        expect(await refusalOf(`workspace.read('a')`, other)).toMatchObject({
          name: 'WorkspaceError',
          code: 'not_found',
        });
      const { conversation: _none, ...alone } = ada;
      expect(await resultOf(`await workspace.write('b', 'x'); return workspace.read('b')`, alone)).toBe('x');
      expect(await refusalOf(`workspace.read('b')`, alone)).toMatchObject({
        message: expect.stringContaining('their own run only'),
      });
    });

    it.each([
      '../secret',
      '/etc/passwd',
      'a/../b',
      '.env',
      'a//b',
      'a/',
      '',
      'x\\u0000',
      'a\\nb',
      'COM1:',
      'a'.repeat(201),
    ])('refuses the name %j', async (name) =>
      expect(await refusalOf(`workspace.write('${name}', 'x')`)).toMatchObject({ code: 'unprocessable' }),
    );

    it('keeps to its quotas, also when written side by side', async () => {
      expect(await refusalOf(`workspace.write('big', 'x'.repeat(40_000))`)).toMatchObject({ code: 'too_large' });
      const many = `const all = await Promise.allSettled(['a','b','c','d','e'].map((n) => workspace.write(n, 'x')));
        return all.filter((one) => one.status === 'fulfilled').length`;
      expect(await resultOf(many)).toBe(3);
      const fill = `for (const n of ['a','b','c']) await workspace.write(n, 'x'.repeat(30_000))`;
      expect(await refusalOf(`(async () => { ${fill} })()`, { ...ada, conversation: 'c9' })).toMatchObject({
        message: expect.stringContaining('65536 bytes'),
      });
      const second = `for (const n of ['a','b']) await workspace.write(n, 'x'.repeat(30_000))`;
      await resultOf(second, { ...ada, conversation: 'c2' });
      expect(await refusalOf(`(async () => { ${second} })()`, { ...ada, conversation: 'c3' })).toMatchObject({
        message: expect.stringContaining('of the tenant together'),
      });
    });

    it('expires, lies sealed in the database, and stands in the record of the run', async () => {
      const answer = await run(`await workspace.write('a', 'plain-text-of-mine'); return 1`);
      expect(answer.calls).toMatchObject([{ tool: 'workspace.write', status: 'ok', tokens: 0 }]);
      const stored = await db.sql<{ sealed: Buffer }>('SELECT sealed FROM sealed_blob WHERE tenant_id = $1', [
        ada.tenantId,
      ]);
      expect(stored.length).toBeGreaterThan(0);
      for (const { sealed } of stored) expect(sealed.toString('latin1')).not.toContain('plain-text');
      world.now = new Date(world.now.getTime() + 2 * HOUR_MS);
      expect(await refusalOf(`workspace.read('a')`)).toMatchObject({ code: 'not_found' });
      await world.workspace.sweep(ada);
      await world.vault.forgetExpired(ada);
      expect(await db.sql('SELECT 1 FROM workspace_file WHERE tenant_id = $1', [ada.tenantId])).toEqual([]);
    });

    it('does not open what was changed in the database', async () => {
      await resultOf(`await workspace.write('a', 'x')`);
      await db.sql(
        `UPDATE sealed_blob SET sealed = set_byte(sealed, 30, get_byte(sealed, 30) # 1) WHERE tenant_id = $1 AND purpose = 'workspace-file'`,
        [ada.tenantId],
      );
      expect(await refusalOf(`workspace.read('a')`)).toMatchObject({ code: 'unavailable' });
    });
  });

  describe('a large result', () => {
    const ROWS = `return Array.from({ length: 5_000 }, (_one, n) => ({ n, text: 'row ' + n }))`;

    it('comes as a handle with a preview, which a later run of the same caller opens', async () => {
      const answer = await run(ROWS);
      expect(answer).toMatchObject({
        status: 'done',
        handle: { handle: answer.id, rows: 5_000 },
        result: { handle: answer.id, rows: 5_000, note: expect.stringContaining('workspace.open') },
      });
      expect(JSON.stringify(answer.result).length).toBeLessThan(6_000);
      expect((answer.result as { preview: Json[] }).preview[0]).toEqual({ n: 0, text: 'row 0' });
      expect(answer.usage.tokens.returned).toBeLessThan(3_000);
      expect(
        await resultOf(`const all = await workspace.open('${answer.id}'); return [all.length, all.slice(4_998)]`),
      ).toEqual([
        5_000,
        [
          { n: 4_998, text: 'row 4998' },
          { n: 4_999, text: 'row 4999' },
        ],
      ]);
      expect(JSON.parse((await world.results.read(ada, answer.id)).toString())).toHaveLength(5_000);
    });

    it('opens for nobody else, in no other conversation, and not for ever', async () => {
      const { id } = await run(ROWS);
      for (const other of [bob, { ...ada, conversation: 'c2' }, asKey({ ...testCtx(), conversation: 'c1' }, 'ada')])
        expect(await refusalOf(`workspace.open('${id}')`, other)).toMatchObject({ code: 'not_found' });
      await expect(world.results.read(testCtx(), id)).rejects.toMatchObject({ code: 'not_found' });
      expect(await refusalOf(`workspace.open('x; drop table run')`)).toMatchObject({ code: 'not_found' });
      world.now = new Date(world.now.getTime() + 100 * HOUR_MS);
      expect(await refusalOf(`workspace.open('${id}')`)).toMatchObject({ code: 'not_found' });
    });

    it('has a limit all the same', async () => {
      expect(await run(`return 'x'.repeat(21 * 1024 * 1024)`)).toMatchObject({
        status: 'limit',
        error: { limit: 'result' },
        handle: null,
      });
    });
  });

  describe('a replay', () => {
    const CODE = `import { find } from 'servers/shop';
const rows = await Promise.all(['a', 'b'].map((q) => find({ q })));
console.log('found', rows.length);
return rows;`;
    beforeEach(() => {
      let n = 0;
      world.tools.set('shop.find', ({ q }) => ({ q: q ?? null, n: ++n, mail: 'ada@example.com' }));
    });

    it('gives the same without calling a tool, and leaves an audit event and no run', async () => {
      const { id, result } = await run(CODE);
      expect(world.called).toHaveLength(2);
      world.tools.delete('shop.find'); // nor does the tool have to be there
      const again = await world.runs.replay(ada, { runId: id });
      expect(again).toMatchObject({ runId: id, status: 'done', result, diff: { same: true, notMade: [] } });
      expect(again.diff.calls.map(({ outcome }) => outcome)).toEqual(['recorded', 'recorded']);
      expect(JSON.stringify(again.diff)).not.toContain('ada@example.com');
      expect(world.called).toHaveLength(2);
      expect((await world.ledger.listRuns(ada)).items).toHaveLength(1);
      const [event] = (await world.ledger.listAudit(ada, { action: 'run.replayed' })).items;
      expect(event).toMatchObject({ targetId: id, after: { same: true, otherCode: false, diverged: 0 } });
    });

    it('says what other code does differently, and refuses calls that are not on record', async () => {
      const { id } = await run(CODE);
      const changed = CODE.replace(`'b'`, `'c'`)
        .replace('found', 'saw')
        .replace('find({ q })', 'find({ q }).catch((e) => e.code)');
      const { diff, status, result } = await world.runs.replay(ada, { runId: id, code: changed });
      expect(status).toBe('done');
      expect((result as Json[])[1]).toBe('not_recorded');
      expect(diff).toMatchObject({
        same: false,
        result: { same: false },
        logs: { same: false, before: ['found 2'], after: ['saw 2'] },
        calls: [
          { outcome: 'recorded', seq: 1 },
          { outcome: 'diverged', seq: null },
        ],
        notMade: [{ tool: 'shop.find', seq: 2 }],
      });
      expect(world.called).toHaveLength(2);
    });

    it('notices a result that differs beyond what the record shows', async () => {
      const tail = `return Array.from({ length: 3_000 }, (_one, n) => n)`;
      const { id } = await run(`import { find } from 'servers/shop'; await find({}); ${tail}`);
      const other = `import { find } from 'servers/shop'; await find({}); const all = (() => { ${tail} })(); all[2_999] = 0; return all;`;
      expect((await world.runs.replay(ada, { runId: id })).diff.result.same).toBe(true);
      expect((await world.runs.replay(ada, { runId: id, code: other })).diff.result).toMatchObject({ same: false });
    });

    it('tells which lines run, by a replay that counts, and calls no tool', async () => {
      const { id } = await run(`import { find } from 'servers/shop';
const rows = await find({ q: 'a' });
const names = [1, 2].map((n) => {
  if (n > 1)
    return 'large';
  return 'small';
});
if (rows.n > 100) {
  console.log('many');
} else console.log('few');
try {
  JSON.parse('no');
  names.push('never');
} catch (error) {
  names.push('caught');
}
return [
  names,
  rows,
];
names.pop();`);
      const before = world.called.length;
      const found = await world.runs.executedLines(ada, { runId: id });
      expect(found).toEqual({
        runId: id,
        executed: [2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 15, 17, 18, 19, 20],
        missed: [9, 13, 21],
        faithful: true,
      });
      expect(world.called).toHaveLength(before);
      expect((await world.ledger.listAudit(ada, { action: 'run.lines_counted' })).items).toHaveLength(1);
      await expect(world.runs.executedLines(testCtx(), { runId: id })).rejects.toMatchObject({ code: 'not_found' });
    });

    it('counts without changing what code does, whatever its statements look like', async () => {
      const { id, result } = await run(`'use strict';
let out = '';
outer: for (const a of [1, 2, 3]) {
  for (const b of [1, 2]) if (b === 2) continue outer; else out += a;
}
let n = 0
do n++; while (n < 3)
while (n-- > 0)
  if (n === 5) out += 'five';
  else if (n === 1) out += 'one';
  else out += '-';
switch (out.length) {
  case 1: out += 'short';
  default: out += '!';
}
class Box { #v = 1; static { out += 's'; } get v() { return this.#v; } }
const later = async (x) => { await null; return x };
function hoisted() { return 'h' }
out += hoisted() + new Box().v + (await later('l'))
return out`);
      expect(result).toBe('123-one-!sh1l');
      expect(await world.runs.executedLines(ada, { runId: id })).toMatchObject({
        executed: [2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 14, 16, 17, 18, 19, 20],
        missed: [13],
      });
    });

    it('cannot tell the lines of code that exports, or that did not come to its end', async () => {
      const { id } = await run('export default 1;');
      await expect(world.runs.executedLines(ada, { runId: id })).rejects.toMatchObject({ code: 'unprocessable' });
      const thrown = await run(`const a = 1;\nif (a) throw new Error('x');\nreturn a;`);
      expect(await world.runs.executedLines(ada, { runId: thrown.id })).toMatchObject({
        executed: [1, 2],
        missed: [3],
      });
    });

    it('answers the workspace and errors from the record too', async () => {
      world.tools.set('shop.find', () => {
        throw new Error('a bug');
      });
      const code = `import { find } from 'servers/shop';
await workspace.write('a', 'then'); const got = await workspace.read('a');
return [got, await find({}).catch((e) => e.code)]`;
      const { id } = await run(code);
      await resultOf(`await workspace.write('a', 'now')`);
      const again = await world.runs.replay(ada, { runId: id });
      expect([again.result, again.diff.same]).toEqual([['then', 'internal'], true]);
      expect(await resultOf(`return workspace.read('a')`)).toBe('now');
    });

    it('is of a run that is on record: neither of another tenant nor of one whose record is gone', async () => {
      const { id } = await run(CODE);
      await expect(world.runs.replay(testCtx(), { runId: id })).rejects.toMatchObject({ code: 'not_found' });
      world.now = new Date(world.now.getTime() + 2 * HOUR_MS);
      await expect(world.runs.replay(ada, { runId: id })).rejects.toMatchObject({
        code: 'not_found',
        details: { reason: 'not_recorded', calls: 2 },
      });
      const bare = await run('return 1');
      expect((await world.runs.replay(ada, { runId: bare.id })).diff.same).toBe(true);
    });
  });
});
