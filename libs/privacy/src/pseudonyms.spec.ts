import { describe, expect, it } from '@jest/globals';
import type { Ctx, Json } from '@switchyard/kernel';
import fc from 'fast-check';
import { openPseudonyms, type PseudonymStore } from './pseudonyms.ts';

const ctx = {} as Ctx;

/** One at a time for each key, as the real one; what is kept leaves it as text alone. */
function memoryStore() {
  const kept = new Map<string, string>();
  let turn: Promise<void> = Promise.resolve();
  const store: PseudonymStore = {
    load: async (_ctx, key) => kept.get(key),
    update(_ctx, key, change) {
      turn = turn.then(async () => {
        await new Promise((resolve) => setImmediate(resolve));
        const next = change(kept.get(key));
        if (next !== undefined) kept.set(key, next);
      });
      return turn;
    },
  };
  return { store, kept };
}

const MESSAGE = 'I am Bob@Example.com, call +49 30 901820, not +1 415 555 2671; IBAN DE89 3704 0044 0532 0130 00.';

describe('a conversation', () => {
  it('has one token for one thing, in every text and value, and puts it back as it was first written', async () => {
    const { store } = memoryStore();
    const talk = await openPseudonyms(ctx, 'c1', { store });
    expect(await talk.tokeniseText(MESSAGE)).toBe('I am [EMAIL_1], call [PHONE_1], not [PHONE_2]; IBAN [IBAN_1].');
    const order = { billing: { email: 'bob@example.com', phone: '+4930901820' }, order_id: 4930901820, sku: 'A4VTG90' };
    expect(await talk.tokenise(order)).toEqual({
      billing: { email: '[EMAIL_1]', phone: '[PHONE_1]' },
      order_id: 4930901820,
      sku: 'A4VTG90',
    });
    expect(await talk.restore({ to: '[EMAIL_1]', '[PHONE_2]': ['x [IBAN_1]', '[EMAIL_9]', 7] })).toEqual({
      to: 'Bob@Example.com',
      '+1 415 555 2671': ['x DE89 3704 0044 0532 0130 00', '[EMAIL_9]', 7],
    });
    expect(talk.found()).toEqual({ EMAIL: 1, PHONE: 2, IBAN: 1 });
  });

  it('is known to another node, and to nobody else', async () => {
    const { store } = memoryStore();
    const here = await openPseudonyms(ctx, 'c1', { store });
    const there = await openPseudonyms(ctx, 'c1', { store });
    const other = await openPseudonyms(ctx, 'c2', { store });
    await here.tokeniseText('ann@example.com');
    expect(await there.restoreText('write to [EMAIL_1]')).toBe('write to ann@example.com');
    expect(await other.restoreText('write to [EMAIL_1]')).toBe('write to [EMAIL_1]');
  });

  it('never gives one token to two things, however many nodes tokenise at once', async () => {
    const { store } = memoryStore();
    const nodes = await Promise.all(Array.from({ length: 8 }, () => openPseudonyms(ctx, 'c1', { store })));
    const people = Array.from({ length: 40 }, (_, number) => `p${number}@example.com`);
    const seen = await Promise.all(
      people.flatMap((email) => nodes.map(async (node) => [email, await node.tokeniseText(email)] as const)),
    );
    const byToken = new Map<string, Set<string>>();
    for (const [email, token] of seen) byToken.set(token, (byToken.get(token) ?? new Set()).add(email));
    expect(byToken.size).toBe(people.length);
    expect([...byToken.values()].every((emails) => emails.size === 1)).toBe(true);
  });

  it('gives back what it was given, whatever stands around it', async () => {
    const address = fc.constantFrom('a.b+c@mail.example.org', '+49 30 901820', '4111 1111 1111 1111', 'EMP-123456');
    const around = fc.stringMatching(/^[a-zA-Z ,;!?]{0,12}$/);
    const message = fc
      .array(fc.tuple(around, address), { maxLength: 6 })
      .map((parts) => parts.map(([before, value]) => `${before} ${value} `).join(''));
    await fc.assert(
      fc.asyncProperty(message, async (text) => {
        const { store } = memoryStore();
        const patterns = [{ kind: 'EMPLOYEE', mask: 'EMP-######' }];
        const talk = await openPseudonyms(ctx, 'c', { store, patterns });
        const hidden = await talk.tokeniseText(text);
        expect(hidden).not.toMatch(/@mail|901820|4111|123456/);
        expect(await talk.restoreText(hidden)).toBe(text);
      }),
      { numRuns: 200, seed: 7 },
    );
  });

  it.each([
    ['call 0151 8133 8116 (5.20 EUR)', 'call [PHONE_1] (5.20 EUR)'],
    ['0151 8133 8116 / 0157 3425 8890', '[PHONE_1] / [PHONE_2]'],
    ['invoice 2026-94319 of 2026-11-21, EAN 4040259554980', 'invoice 2026-94319 of 2026-11-21, EAN 4040259554980'],
  ])('tells a phone number from what stands beside it: %s', async (text, hidden) => {
    const talk = openPseudonyms(ctx, 'c1', { store: memoryStore().store, country: 'DE' });
    expect(await talk.tokeniseText(text)).toBe(hidden);
    expect(await talk.restoreText(hidden)).toBe(text);
  });

  it('reads long lists as it reads short ones, with a pause between, whatever their names hold', async () => {
    const rows = Array.from({ length: 350 }, (_, at) => ({ email: `p${at % 120}@example.com`, at }));
    const value: Json = {
      total: 350,
      rows,
      emails: rows.map(({ email }) => email),
      'ann@example.com': rows.map(({ at }) => at),
    };
    const talk = openPseudonyms(ctx, 'c1', { store: memoryStore().store });
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 0);
    const hidden = await talk.tokenise(value);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
    expect(JSON.stringify(hidden)).not.toContain('@');
    expect(Object.keys(hidden as object)).toEqual(['total', 'rows', 'emails', '[EMAIL_1]']);
    expect(await talk.restore(hidden)).toEqual(value);
    expect(talk.found()).toEqual({ EMAIL: 121 });
  });

  it('keeps nothing when there is nothing private', async () => {
    const { store, kept } = memoryStore();
    const talk = await openPseudonyms(ctx, 'c1', { store });
    const value: Json = { order: 1234567890, note: 'no private data', when: '2026-11-21' };
    expect(await talk.tokenise(value)).toEqual(value);
    expect(kept.size).toBe(0);
  });
});

describe("a tenant's own patterns", () => {
  it.each([
    [{ kind: 'x', mask: '######' }, 'kind'],
    [{ kind: 'EMPLOYEE', mask: 'EMP' }, 'mask'],
    [{ kind: 'EMPLOYEE', mask: `###${'a'.repeat(70)}` }, 'mask'],
  ])('%j is refused', async (pattern, path) => {
    const talk = await openPseudonyms(ctx, 'c', { store: memoryStore().store, patterns: [pattern] });
    await expect(talk.tokeniseText('x')).rejects.toMatchObject({ code: 'unprocessable', details: { path } });
  });

  it('take no longer the odder the text', async () => {
    const patterns = [{ kind: 'ODD', mask: '********-########' }];
    const talk = await openPseudonyms(ctx, 'c', { store: memoryStore().store, patterns });
    const started = performance.now();
    await talk.tokeniseText('a1'.repeat(200_000));
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
