import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError, type Ctx } from '@switchyard/kernel';
import type { Tx } from '@switchyard/database';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { createPrivacy, type Privacy, type PrivacyEvent } from './privacy.ts';
import type { Sealed } from './sealed.store.ts';

const MESSAGE = 'I am Bob@Example.com, EMP-123456, call +49 30 901820.';

describe("a tenant's conversations", () => {
  let db: TestDatabase;
  const opened: Privacy[] = [];
  const audited: PrivacyEvent[] = [];
  const kept = new Map<string, Buffer>();
  let now = new Date('2026-11-21T10:00:00Z');

  /** The vault's place, without its keys: what is bound to what is the vault's own affair. */
  const sealed: Sealed = {
    keep: async (_ctx, { id, bytes }) => void kept.set(id, Buffer.from(bytes)),
    recall: async (_ctx, { id }) => kept.get(id),
  };
  const node = (
    audit: (tx: Tx, ctx: Ctx, event: PrivacyEvent) => Promise<unknown> = async (_tx, _ctx, event) =>
      audited.push(event),
  ): Privacy => {
    const made = createPrivacy({
      database: db.database,
      sealed,
      clock: { now: () => now },
      audit,
      log: (message) => {
        throw new Error(message);
      },
    });
    opened.push(made);
    return made;
  };
  const shieldOf = async (privacy: Privacy, ctx: Ctx, conversation = 'c') => {
    const shield = await privacy.shield(ctx, conversation);
    if (!shield) throw new Error('there is none');
    return shield;
  };
  const heard = async <T>(look: () => Promise<T | undefined>): Promise<T> => {
    for (let waited = 0; waited < 10_000; waited += 5) {
      const found = await look();
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error('it was never heard of');
  };

  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(async () => {
    await Promise.all(opened.map((privacy) => privacy.close()));
    await db.drop();
  });

  it('are covered unless told otherwise, and read again on another node', async () => {
    const [ctx, here, there] = [testCtx(), node(), node()];
    const shield = await shieldOf(here, ctx);
    expect(await shield.tokeniseText(MESSAGE, 'message')).toBe('I am [EMAIL_1], EMP-123456, call [PHONE_1].');
    const other = await shieldOf(there, ctx);
    expect(await other.restoreFor({ server: 's', tool: 't' }, { to: '[EMAIL_1]' })).toEqual({ to: 'Bob@Example.com' });
    // The same name of another tenant's is another conversation.
    const foreign = await shieldOf(there, testCtx());
    expect(await foreign.restoreFor({ server: 's', tool: 't' }, '[EMAIL_1]')).toBe('[EMAIL_1]');
    expect([...kept.keys()].join()).not.toContain('c ');
  });

  it('of which two nodes give no token twice, however many messages come at once', async () => {
    const [ctx, nodes] = [testCtx(), [node(), node(), node()]];
    const people = Array.from({ length: 30 }, (_, at) => `p${at}@example.com`);
    const seen = await Promise.all(
      people.flatMap((email) =>
        nodes.map(async (one) => [email, await (await shieldOf(one, ctx)).tokeniseText(email, 'message')]),
      ),
    );
    expect(new Map(seen.map(([email, token]) => [token, email])).size).toBe(people.length);
    expect(new Set(seen.map(([email, token]) => `${email} ${token}`)).size).toBe(people.length);
  });

  it('follow what an admin has set, on every node', async () => {
    const [ctx, here, there] = [testCtx(), node(), node()];
    expect(await (await shieldOf(there, ctx)).tokeniseText(MESSAGE, 'message')).toContain('EMP-123456');
    const patterns = [{ kind: 'EMPLOYEE', mask: 'EMP-######' }];
    const settings = {
      kinds: ['EMAIL'],
      patterns,
      exemptFields: ['contact'],
      withheldFrom: ['crm', 'shop.mail'],
    } as const;
    await here.changeSettings(ctx, {
      ...settings,
      kinds: [...settings.kinds],
      exemptFields: ['contact'],
      withheldFrom: ['crm', 'shop.mail'],
    });
    const said = await heard(async () => {
      const text = await (await shieldOf(there, ctx)).tokeniseText(MESSAGE, 'message');
      return text.includes('[EMPLOYEE_1]') ? text : undefined;
    });
    expect(said).toBe('I am [EMAIL_1], [EMPLOYEE_1], call +49 30 901820.');
    const shield = await shieldOf(there, ctx);
    expect(await shield.tokenise({ contact: 'bob@example.com', other: 'bob@example.com' }, 'x')).toEqual({
      contact: 'bob@example.com',
      other: '[EMAIL_1]',
    });
    const get = (server: string, tool: string) => shield.restoreFor({ server, tool }, '[EMAIL_1]');
    expect([await get('crm', 'any'), await get('shop', 'mail'), await get('shop', 'look')]).toEqual([
      '[EMAIL_1]',
      '[EMAIL_1]',
      'Bob@Example.com',
    ]);
    expect(audited.at(-1)).toMatchObject({
      action: 'privacy.settings_changed',
      before: { keptDays: 30, patterns: [] },
      after: { kinds: ['EMAIL'] },
    });
    await here.changeSettings(ctx, { enabled: false });
    await heard(async () => ((await there.shield(ctx, 'c')) ? undefined : true));
    expect(await here.settings(testCtx())).toMatchObject({ enabled: true, patterns: [] }); // another tenant's are its own
  });

  it('are refused settings that cannot hold, by the field', async () => {
    const [ctx, privacy] = [testCtx(), node()];
    const refused = (change: object) =>
      privacy.changeSettings(ctx, change).then(
        () => undefined,
        (error: AppError) => error.details['path'],
      );
    expect(await refused({ country: 'Germany' })).toBe('country');
    expect(await refused({ keptDays: 0 })).toBe('keptDays');
    expect(await refused({ withheldFrom: ['a b'] })).toBe('withheldFrom.0');
    expect(await refused({ patterns: [{ kind: 'EMAIL', mask: '######' }] })).toBe('patterns.0.kind');
    expect(await refused({ patterns: [{ kind: 'OWN', mask: '#' }] })).toBe('mask');
    expect(await refused({ country: null, keptDays: 1 })).toBeUndefined();
    const failing = node(async () => {
      throw new Error('no audit');
    });
    await expect(failing.changeSettings(ctx, { keptDays: 99 })).rejects.toThrow('no audit');
    expect((await privacy.settings(ctx)).keptDays).toBe(1); // nothing changes without its audit event
  });

  it('are counted by kind and place, a day at a time, never with a value', async () => {
    const [ctx, privacy] = [testCtx(), node()];
    const shield = await shieldOf(privacy, ctx);
    await shield.tokeniseText(MESSAGE, 'message');
    for (const email of ['a@example.com', 'b@example.com', 'a@example.com'])
      await shield.tokenise({ email }, 'shop.look');
    await shield.tokenise({ 'x@example.com': 'y@example.com' }, 'shop.look');
    await privacy.settled();
    now = new Date('2026-11-23T10:00:00Z');
    await shield.tokeniseText('c@example.com', 'message');
    await privacy.settled();
    expect(await privacy.masked(ctx, { days: 3 })).toEqual([
      { place: 'shop.look', field: 'email', kind: 'EMAIL', count: 3 },
      { place: 'message', field: '', kind: 'EMAIL', count: 2 },
      { place: 'shop.look', field: '', kind: 'EMAIL', count: 2 },
      { place: 'message', field: '', kind: 'PHONE', count: 1 },
    ]);
    expect(await privacy.masked(ctx, { days: 1 })).toEqual([{ place: 'message', field: '', kind: 'EMAIL', count: 1 }]);
    expect(await privacy.masked(testCtx(), { days: 3 })).toEqual([]);
  });
});
