import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { canonicalJson, systemClock, type Ctx } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import fc from 'fast-check';
import { noSenders } from '../testing/no-senders.ts';
import type { AuditInput } from './event.ts';
import { createLedger, type Ledger } from '../ledger.ts';

const event = (n: number, over: Partial<AuditInput> = {}): AuditInput => ({
  action: 'thing.changed',
  target: { kind: 'thing', id: String(n) },
  before: { n: n - 1 },
  after: { n },
  ...over,
});

describe('the audit chain on the database', () => {
  let db: TestDatabase;
  let ledger: Ledger;
  let ctx: Ctx;
  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = createLedger({
      database: db.database,
      clock: systemClock,
      nodeId: '00000000-0000-7000-8000-000000000000',
      senders: noSenders,
    });
  });
  afterAll(() => db.drop());
  beforeEach(() => {
    ctx = testCtx({ ip: '203.0.113.9' });
  });

  const append = (input: AuditInput, as: Ctx = ctx) =>
    db.database.inTenant(as, (tx) => ledger.appendAudit(tx, as, input));
  const appendMany = async (count: number): Promise<void> => {
    for (let n = 1; n <= count; n++) await append(event(n));
  };
  const collect = async (lines: AsyncIterable<string>): Promise<string[]> => {
    const all: string[] = [];
    for await (const line of lines) all.push(line);
    return all;
  };

  it('is whole when empty and after each event', async () => {
    expect(await ledger.verifyAudit(ctx)).toMatchObject({ ok: true, events: 0, problem: null });
    expect(await append(event(1))).toMatchObject({ seq: 1 });
    const second = await append(event(2, { policyRevision: 7, codeHash: 'c'.repeat(64) }));
    const heard: number[] = [];
    const verified = await ledger.verifyAudit(ctx, { onProgress: ({ events }) => heard.push(events) });
    expect(verified).toMatchObject({ ok: true, events: 2, head: second.hash, headSeq: 2, problemSeq: null });
    expect(heard).toEqual([2]);
  });

  it('stays whole under 50 writers at once', async () => {
    const heads = await Promise.all(Array.from({ length: 50 }, (_, n) => append(event(n))));
    expect(heads.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
    expect(await ledger.verifyAudit(ctx)).toMatchObject({ ok: true, events: 50 });
  });

  it('is verified while others write', async () => {
    let writing = true;
    const writer = (async () => {
      for (let n = 1; writing; n++) await append(event(n));
    })();
    for (let round = 0; round < 20; round++) expect(await ledger.verifyAudit(ctx)).toMatchObject({ ok: true });
    writing = false;
    await writer;
  });

  it('has no event of a change that was rolled back', async () => {
    await append(event(1));
    const failing = db.database.inTenant(ctx, async (tx) => {
      await ledger.appendAudit(tx, ctx, event(2));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await append(event(3))).toMatchObject({ seq: 2 });
    expect(await ledger.verifyAudit(ctx)).toMatchObject({ ok: true, events: 2 });
  });

  it.each<[string, string, string, number]>([
    ['a changed value', `UPDATE audit_event SET after = '{"n": 99}' WHERE seq = 3`, 'was changed', 3],
    ['a changed actor', `UPDATE audit_event SET actor_name = 'eve' WHERE seq = 2`, 'was changed', 2],
    ['a changed moment', `UPDATE audit_event SET at = at + interval '1 ms' WHERE seq = 4`, 'was changed', 4],
    ['a deleted event', `DELETE FROM audit_event WHERE seq = 3`, 'Event 3 is missing', 3],
    ['deleted events', `DELETE FROM audit_event WHERE seq IN (2, 3)`, 'Events 2 to 3 are missing', 2],
    ['a deleted start', `DELETE FROM audit_event WHERE seq = 1`, 'Event 1 is missing', 1],
    ['a deleted end', `DELETE FROM audit_event WHERE seq >= 4`, 'Events 4 to 5 are missing', 4],
    [
      'two events in each other’s place',
      `UPDATE audit_event SET seq = CASE seq WHEN 2 THEN 1003 WHEN 3 THEN 1002 END WHERE seq IN (2, 3);
       UPDATE audit_event SET seq = seq - 1000 WHERE seq > 1000`,
      'written as event 3',
      2,
    ],
    [
      'an inserted event',
      `INSERT INTO audit_event SELECT tenant_id, 0, at, actor_kind, actor_id, actor_name, surface, action, target_kind,
         target_id, before, after, ip, trace_id, policy_revision, code_hash, previous_hash, hash FROM audit_event WHERE seq = 1`,
      'does not belong',
      0,
    ],
    [
      'an event behind the end',
      `INSERT INTO audit_event SELECT tenant_id, 6, at, actor_kind, actor_id, actor_name, surface, action, target_kind,
         target_id, before, after, ip, trace_id, policy_revision, code_hash, previous_hash, hash FROM audit_event WHERE seq = 5`,
      'out of order',
      6,
    ],
    ['a lost head', `DELETE FROM audit_head`, 'head is gone', 5],
    ['a head set back', `UPDATE audit_head SET seq = 4`, 'behind the chain', 5],
  ])('tells of %s', async (_name, sql, words, seq) => {
    await appendMany(5);
    const mine = `tenant_id = '${ctx.tenantId}'`;
    for (const statement of sql.split(';'))
      await db.sql(
        statement.includes('WHERE') ? statement.replace('WHERE', `WHERE ${mine} AND`) : `${statement} WHERE ${mine}`,
      );
    const verified = await ledger.verifyAudit(ctx);
    expect(verified).toMatchObject({ ok: false, problemSeq: seq });
    expect(verified.problem).toContain(words);
  });

  it('cannot be changed or shortened by the product itself', async () => {
    await appendMany(2);
    for (const sql of ['UPDATE audit_event SET action = $$x$$', 'DELETE FROM audit_event', 'TRUNCATE audit_event'])
      await expect(db.database.inTenant(ctx, (tx) => tx.$executeRawUnsafe(sql))).rejects.toThrow(/permission denied/);
    expect(await ledger.verifyAudit(ctx)).toMatchObject({ ok: true, events: 2 });
  });

  it('is not listed, verified, exported or continued by another tenant', async () => {
    await appendMany(3);
    const stranger = testCtx();
    expect((await ledger.listAudit(stranger)).items).toEqual([]);
    expect(await ledger.verifyAudit(stranger)).toMatchObject({ events: 0 });
    expect(await collect(ledger.exportAudit(stranger, { format: 'jsonl' }))).toEqual([]);
    const forged = db.database.inTenant(stranger, (tx) => ledger.appendAudit(tx, ctx, event(4)));
    await expect(forged).rejects.toThrow();
    expect(await ledger.verifyAudit(ctx)).toMatchObject({ ok: true, events: 3 });
  });

  it('comes back from Postgres with the hash that it went in with', async () => {
    const fixed = [
      { umlaut: 'Größe', ideographs: '漢字', emoji: '👩‍👩‍👧‍👦', nul: 'a\u0000b', lone: '\ud800', separator: '\u2028' },
      { floats: [0.1, 0.1 + 0.2, 1e21, 1e-7, 5e-324, 1.7976931348623157e308, -0, 2 ** 53 + 2] },
      { z: 1, a: { d: [], c: {} }, '': 2, 10: 'ten', 9: 'nine' },
      { at: new Date('2026-11-21T10:00:00.123Z') },
      { $type: 'Json', value: '{}', nested: { $type: 'DateTime', value: '2020-01-01' } },
      JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}'),
      'text',
      '',
      0,
      false,
      [],
      null,
    ];
    for (const [n, value] of fixed.entries()) await append(event(n, { before: value, after: [value] }));
    const verified = await ledger.verifyAudit(ctx);
    expect([verified.problem, verified.events]).toEqual([null, fixed.length]);
    const values = fc.asyncProperty(
      fc.jsonValue({ noUnicodeString: false }),
      fc.string({ unit: 'binary' }),
      async (value, text) => {
        await append(event(1, { after: value, before: { [text]: text }, target: { kind: 'thing', id: text } }));
      },
    );
    await fc.assert(values, { numRuns: 150 });
    expect((await ledger.verifyAudit(ctx)).problem).toBeNull();
  });

  it('is listed newest first, in pages, and searched', async () => {
    await appendMany(5);
    await append(event(6, { action: 'key.created', target: { kind: 'key', id: 'k1' }, after: { name: '50%_off' } }));
    const first = await ledger.listAudit(ctx, { limit: 4 });
    const second = await ledger.listAudit(ctx, { limit: 4, cursor: first.next });
    expect([...first.items, ...second.items].map(({ seq }) => seq)).toEqual([6, 5, 4, 3, 2, 1]);
    expect(second.next).toBeNull();
    expect(first.items[0]).toMatchObject({
      tenantId: ctx.tenantId,
      actorName: 'ada@example.com',
      ip: '203.0.113.9',
      before: { n: 5 },
    });
    const found = async (filter: Parameters<Ledger['listAudit']>[1]) =>
      (await ledger.listAudit(ctx, filter)).items.map(({ seq }) => seq);
    expect(await found({ action: 'key.created' })).toEqual([6]);
    expect(await found({ targetKind: 'thing', targetId: '2' })).toEqual([2]);
    expect(await found({ text: '50%_OFF' })).toEqual([6]);
    expect(await found({ text: '5%_off' })).toEqual([]);
    expect(await found({ actor: 'ada' })).toHaveLength(6);
    expect(await found({ actor: 'eve' })).toEqual([]);
    expect(await found({ from: new Date(Date.now() + 60_000) })).toEqual([]);
    expect(await found({ to: new Date(Date.now() + 60_000), limit: 2 })).toEqual([6, 5]);
  });

  it('is exported so that others can verify it, and so that no cell is a formula', async () => {
    await append(event(1, { target: { kind: 'thing', id: '=HYPERLINK("http://evil.example")' } }));
    await append(event(2));
    const lines = await collect(ledger.exportAudit(ctx, { format: 'jsonl' }));
    let previous = '0'.repeat(64);
    for (const line of lines) {
      const { hash, ...content } = JSON.parse(line);
      expect(content.previousHash).toBe(previous);
      expect(createHash('sha256').update(canonicalJson(content)).digest('hex')).toBe(hash);
      previous = hash;
    }
    expect(lines).toHaveLength(2);
    const csv = await collect(ledger.exportAudit(ctx, { format: 'csv' }));
    expect(csv[0]).toMatch(/^seq,at,actorKind,/);
    expect(csv[1]).toContain(`"'=HYPERLINK(""http://evil.example"")"`);
    expect(await collect(ledger.exportAudit(ctx, { format: 'jsonl', targetId: '2' }))).toHaveLength(1);
  });

  it('reads chains longer than a batch', async () => {
    await append(event(1));
    await db.database.inTenant(ctx, async (tx) => {
      for (let n = 2; n <= 2_100; n++) await ledger.appendAudit(tx, ctx, event(n));
    });
    const verified = await ledger.verifyAudit(ctx);
    expect(verified).toMatchObject({ ok: true, events: 2_100 });
    expect(await collect(ledger.exportAudit(ctx, { format: 'jsonl' }))).toHaveLength(2_100);
    console.log(`2,100 links verified in ${verified.durationMs} ms`);
  });
});
