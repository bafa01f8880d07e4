import { createPublicKey, randomBytes, verify } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { canonicalJson, newId, systemCtx, type Clock, type Ctx, type RunId } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { noSenders } from '../testing/no-senders.ts';
import { createLedger, type Ledger } from '../ledger.ts';
import { auditHash, contentOf, type AuditEvent } from './event.ts';
import { createAuditSigner } from './signing.ts';

const DAY_MS = 86_400_000;
const seed = (): string => randomBytes(32).toString('base64url');

describe('checkpoints and retention', () => {
  const key = seed();
  let db: TestDatabase;
  let ctx: Ctx;
  let now: Date;
  const clock: Clock = { now: () => now };
  const withKeys = (...keys: string[]): Ledger =>
    createLedger({
      database: db.database,
      clock,
      nodeId: newId(),
      senders: noSenders,
      signer: createAuditSigner(keys.join('\n'), 'the test'),
    });
  let ledger: Ledger;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = withKeys(key);
  });
  afterAll(() => db.drop());
  beforeEach(() => {
    ctx = testCtx();
    now = new Date();
  });

  const append = (n: number): Promise<unknown> =>
    ledger.recordAudit(ctx, { action: 'thing.changed', target: { kind: 'thing', id: String(n) }, after: { n } });
  const appendMany = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) await append(n);
  };
  const actions = async (): Promise<string[]> =>
    (await ledger.listAudit(ctx, { limit: 200 })).items.map(({ action }) => action);
  /** Whoever owns the database makes a chain that fits together again, from event `from` on. */
  const rewrite = async (from: number, change: (event: AuditEvent) => AuditEvent): Promise<void> => {
    const events = (await ledger.listAudit(ctx, { limit: 200 })).items.toReversed();
    let previousHash = '';
    for (const event of events) {
      const linked = { ...(event.seq === from ? change(event) : event), ...(event.seq > from ? { previousHash } : {}) };
      // What is signed is made to fit, too; only the signature cannot be.
      const fits = { ...(linked.after as object), hash: linked.previousHash };
      const isCheckpoint = event.seq > from && event.action === 'audit.checkpoint_signed';
      const changed = isCheckpoint ? { ...linked, after: fits } : linked;
      previousHash = auditHash(contentOf(changed));
      await db.sql(
        `UPDATE audit_event SET after = $3, previous_hash = decode($4, 'hex'), hash = decode($5, 'hex') WHERE tenant_id = $1 AND seq = $2`,
        [ctx.tenantId, event.seq, JSON.stringify(changed.after), changed.previousHash, previousHash],
      );
    }
    await db.sql(`UPDATE audit_head SET hash = decode($2, 'hex') WHERE tenant_id = $1`, [ctx.tenantId, previousHash]);
  };

  it('signs how the chain stands, for anybody with the public key to check', async () => {
    await appendMany(3);
    const signed = await ledger.signAuditCheckpoint(ctx);
    expect(signed?.seq).toBe(4);
    expect(await ledger.signAuditCheckpoint(ctx)).toBeNull();
    const [link] = (await ledger.listAudit(ctx, { action: 'audit.checkpoint_signed' })).items;
    const after = link?.after as Record<string, string>;
    expect(after).toMatchObject({ number: 1, through: 3, hash: link?.previousHash });
    const statement = {
      format: 'switchyard.audit.checkpoint/1',
      tenantId: ctx.tenantId,
      through: 3,
      hash: link?.previousHash,
      signedAt: after['signedAt'],
    };
    const [publicKey] = ledger.auditPublicKeys();
    const of = createPublicKey(publicKey?.pem ?? '');
    const signature = Buffer.from(after['signature'] ?? '', 'base64url');
    expect(verify(null, Buffer.from(canonicalJson(statement)), of, signature)).toBe(true);
    expect(await ledger.verifyAudit(ctx)).toMatchObject({ ok: true, checkpoints: 1, signedThrough: 3, headSeq: 4 });
  });

  it('tells of a chain that was rewritten as a whole, which fits together without the key', async () => {
    await appendMany(3);
    await ledger.signAuditCheckpoint(ctx);
    await appendMany(2);
    await rewrite(2, (event) => ({ ...event, after: { n: 'forged' } }));
    const found = await ledger.verifyAudit(ctx);
    expect(found).toMatchObject({ ok: false, problemSeq: 4, checkpoints: 0 });
    expect(found.problem).toContain('signature does not hold');
    expect(found.problems).toMatchObject([{ kind: 'signature', seq: 4 }]);
  });

  it('tells of a checkpoint that was moved to another tenant, and of one that is gone', async () => {
    await append(1);
    await ledger.signAuditCheckpoint(ctx);
    await append(2);
    await ledger.signAuditCheckpoint(ctx);
    await append(3);
    await ledger.signAuditCheckpoint(ctx);
    await rewrite(4, (event) => ({ ...event, after: { number: 2, gone: true } }));
    const found = await ledger.verifyAudit(ctx);
    expect(found.problems.map(({ seq }) => seq)).toEqual([4, 6]);
  });

  it('takes signatures of earlier keys, and says of one that is not known which it is', async () => {
    await append(1);
    await ledger.signAuditCheckpoint(ctx);
    const another = seed();
    const rotated = withKeys(another, key);
    await append(2);
    await rotated.signAuditCheckpoint(ctx);
    expect(await rotated.verifyAudit(ctx)).toMatchObject({ ok: true, checkpoints: 2, signedThrough: 3 });
    const lost = await withKeys(another).verifyAudit(ctx);
    expect(lost.problem).toContain(ledger.auditPublicKeys()[0]?.keyId);
    for (const bad of ['', 'short', '!'.repeat(43)]) expect(() => withKeys(bad)).toThrow(/backup/);
  });

  it('signs when an hour has gone by or many links were added, on two nodes only once', async () => {
    const other = withKeys(key);
    const both = () => Promise.all([ledger, other].map((one) => one.keepAudit([ctx.tenantId])));
    await both();
    expect(await actions()).toEqual([]); // nothing to sign
    await append(1);
    await both();
    expect(await actions()).toEqual(['audit.checkpoint_signed', 'thing.changed']);
    await append(2);
    await both();
    expect(await actions()).toHaveLength(3);
    now = new Date(now.getTime() + 3_600_000);
    await both();
    expect(await actions()).toHaveLength(4);
    now = new Date(now.getTime() + 3_600_000);
    await both();
    expect(await actions()).toHaveLength(4);
    expect(await ledger.verifyAudit(ctx)).toMatchObject({ ok: true, checkpoints: 2 });
  });

  it('cuts off what is older than the tenant keeps, and the rest can still be proven', async () => {
    const today = now;
    now = new Date(today.getTime() - 100 * DAY_MS);
    await appendMany(5);
    await ledger.signAuditCheckpoint(ctx);
    now = today;
    await appendMany(2);
    await ledger.setAuditRetention(ctx, 90);
    await ledger.keepAudit([ctx.tenantId]);
    const kept = (await ledger.listAudit(ctx)).items.toReversed();
    expect(kept.map(({ seq, action }) => `${seq} ${action}`)).toEqual([
      '7 thing.changed',
      '8 thing.changed',
      '9 audit.retention_changed',
      '10 audit.checkpoint_signed',
      '11 audit.history_cut',
    ]);
    expect(kept.at(-1)?.after).toMatchObject({ through: 6, events: 6 });
    expect(await ledger.verifyAudit(ctx)).toMatchObject({ ok: true, events: 5, cutThrough: 6, problems: [] });
    await ledger.keepAudit([ctx.tenantId]);
    expect((await ledger.listAudit(ctx)).items).toHaveLength(5);

    await db.sql(`DELETE FROM audit_event WHERE tenant_id = $1 AND seq = 7`, [ctx.tenantId]);
    expect(await ledger.verifyAudit(ctx)).toMatchObject({ ok: false, problem: 'Event 7 is missing.', problemSeq: 7 });
  });

  it('takes no unsigned word for it that history was cut off', async () => {
    await appendMany(5);
    await db.sql(`DELETE FROM audit_event WHERE tenant_id = $1 AND seq <= 3`, [ctx.tenantId]);
    await ledger.recordAudit(ctx, {
      action: 'audit.history_cut',
      target: { kind: 'audit', id: 'history' },
      after: {
        through: 3,
        hash: 'x',
        events: 3,
        signedAt: 'now',
        keyId: ledger.auditPublicKeys()[0]?.keyId,
        signature: 'x',
      },
    });
    const found = await ledger.verifyAudit(ctx);
    expect(found.problems.map(({ message }) => message)).toEqual([
      'Events 1 to 3 are missing.',
      'Event 6 says that history was cut off, and its signature does not hold.',
    ]);
  });

  it('cuts nothing off a chain that does not hold, and says so once', async () => {
    const today = now;
    now = new Date(today.getTime() - 100 * DAY_MS);
    await appendMany(5);
    now = today;
    await ledger.setAuditRetention(ctx, 31);
    await db.sql(`UPDATE audit_event SET actor_name = 'eve' WHERE tenant_id = $1 AND seq = 2`, [ctx.tenantId]);
    for (let round = 0; round < 2; round++) {
      await ledger.keepAudit([ctx.tenantId]);
      now = new Date(now.getTime() + 3_600_000);
    }
    expect(await ledger.verifyAudit(ctx)).toMatchObject({ ok: false, problemSeq: 2, cutThrough: 0 });
    expect((await ledger.listAlerts(ctx)).items.map(({ kind }) => kind)).toEqual(['audit.cut_refused']);
  });

  it('keeps what the stream has not delivered yet', async () => {
    const today = now;
    now = new Date(today.getTime() - 100 * DAY_MS);
    await appendMany(3);
    now = today;
    await ledger.setAuditStream(ctx, { url: 'https://siem.example/in' });
    await ledger.setAuditRetention(ctx, 90);
    await ledger.keepAudit([ctx.tenantId]);
    expect(await actions()).not.toContain('audit.history_cut');
    await ledger.setAuditStream(ctx, { url: null });
    now = new Date(now.getTime() + 3_600_000);
    await ledger.keepAudit([ctx.tenantId]);
    expect(await actions()).toContain('audit.history_cut');
    expect(await ledger.verifyAudit(ctx)).toMatchObject({ ok: true, cutThrough: 3 });
  });

  it('the database itself cuts only what a record names, and nothing of the last 30 days', async () => {
    await appendMany(3);
    const cut = (through: number, as = ctx) =>
      db.database.inTenant(as, (tx) => tx.$queryRaw`SELECT cut_audit(${through}::bigint)`);
    await expect(cut(2)).rejects.toThrow(/no record/);
    await ledger.recordAudit(ctx, {
      action: 'audit.history_cut',
      target: { kind: 'audit', id: 'history' },
      after: { through: 2 },
    });
    await expect(cut(2)).rejects.toThrow(/30 days/);
    await expect(cut(2, testCtx())).rejects.toThrow(/no record/);
    expect((await ledger.listAudit(ctx)).items).toHaveLength(4);
  });

  it.each([0, 30, 1.5, -1, 1e9, Number.NaN])('refuses to keep the log for %p days', async (days) => {
    await expect(ledger.setAuditRetention(ctx, days)).rejects.toMatchObject({ code: 'unprocessable' });
  });

  it('is not signed, kept or seen by another tenant', async () => {
    await append(1);
    await ledger.setAuditRetention(ctx, 40);
    const stranger = testCtx();
    expect(await ledger.auditKeeping(stranger)).toMatchObject({ retentionDays: null, headSeq: 0, stream: null });
    expect(await ledger.signAuditCheckpoint(stranger)).toBeNull();
    await ledger.setAuditRetention(stranger, null);
    expect(await ledger.auditKeeping(ctx)).toMatchObject({ retentionDays: 40, headSeq: 2 });
  });

  it('is searched in the code, the tools and the arguments of runs', async () => {
    const run = async (code: string, tool: string, args: object): Promise<void> => {
      const id = newId<RunId>();
      await ledger.startRun(ctx, { id, code, limits: {}, policyRevision: 0 });
      const call = { seq: 1, server: 'shop', tool, status: 'ok' as const, args, startedAt: now, durationMs: 1 };
      await ledger.finishRun(ctx, id, { status: 'done', durationMs: 1, calls: [call] });
    };
    await run('return await lookupOrder({ id })', 'lookupOrder', { order: 'Größe 100%' });
    await run('return 1', 'refund', { order: 'A-17' });
    await append(1);
    const found = async (text: string): Promise<number[]> =>
      (await ledger.listAudit(ctx, { text })).items.map(({ seq }) => seq);
    expect(await found('await lookup')).toEqual([1]);
    expect(await found('shop.refund')).toEqual([2]);
    expect(await found('größe 100%')).toEqual([1]);
    expect(await found('A-17')).toEqual([2]);
    expect(await found('thing.changed')).toEqual([3]);
    expect(await found('nowhere')).toEqual([]);
    await db.sql(`UPDATE audit_event SET target_id = 'no id' WHERE tenant_id = $1 AND seq = 2`, [ctx.tenantId]);
    expect(await found('await lookup')).toEqual([1]);
    expect((await ledger.listAudit(systemCtx(newId()), { text: 'lookup' })).items).toEqual([]);
  });
});
