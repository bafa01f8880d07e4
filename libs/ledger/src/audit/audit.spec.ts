import { describe, expect, it } from '@jest/globals';
import { systemCtx, type TenantId, newId } from '@switchyard/kernel';
import { auditHash, contentOf, FIRST_HASH, toContent, type AuditEvent } from './event.ts';
import { createChainWalk } from './chain-walk.ts';
import { decodePlace, decodeSeq, encodePlace, encodeSeq } from '../cursor.ts';
import { storable } from '../storable.ts';

const ctx = systemCtx(newId<TenantId>());

function chain(length: number): AuditEvent[] {
  const events: AuditEvent[] = [];
  for (let seq = 1; seq <= length; seq++) {
    const at = new Date(Date.UTC(2026, 10, 21, 0, 0, seq));
    const content = toContent(
      ctx,
      { action: 'thing.changed', target: { kind: 'thing', id: String(seq) }, after: { n: seq } },
      { seq, at, previousHash: events.at(-1)?.hash ?? FIRST_HASH },
    );
    events.push({ ...content, at, hash: auditHash(content) });
  }
  return events;
}

const walkOver = (events: readonly AuditEvent[], head = events.at(-1)) => {
  const walk = createChainWalk();
  events.forEach(walk.link);
  walk.end(head && { seq: head.seq, hash: head.hash });
  return walk.state();
};
const first = (events: readonly AuditEvent[], head?: AuditEvent) => {
  const { kind, seq } = walkOver(events, head).problems[0] ?? {};
  return [kind, seq];
};

describe('following a chain', () => {
  const whole = chain(5);
  const at = (n: number): AuditEvent => {
    const event = whole[n - 1];
    if (!event) throw new Error(`the chain has no event ${n}`);
    return event;
  };

  it('finds nothing wrong with a whole one, nor with an empty one', () => {
    expect(walkOver(whole)).toMatchObject({ events: 5, problemCount: 0 });
    expect(walkOver([])).toMatchObject({ events: 0, problemCount: 0 });
  });

  it.each<[keyof AuditEvent, unknown]>([
    ['at', new Date(0)],
    ['actorName', 'somebody else'],
    ['actorId', 'x'],
    ['actorKind', 'user'],
    ['surface', 'rest'],
    ['action', 'thing.removed'],
    ['targetKind', 'x'],
    ['targetId', '4'],
    ['before', { n: 0 }],
    ['after', { n: 3.0000001 }],
    ['after', null],
    ['ip', '10.0.0.1'],
    ['traceId', '1'.repeat(32)],
    ['policyRevision', 1],
    ['codeHash', 'x'],
    ['tenantId', newId()],
    ['previousHash', FIRST_HASH],
    ['hash', FIRST_HASH],
  ])('names an event whose %s was changed', (field, value) => {
    expect(first(whole.map((event) => (event.seq === 3 ? { ...event, [field]: value } : event)))).toEqual([
      'changed',
      3,
    ]);
  });

  it('names a missing one, in the middle, at the start, at the end', () => {
    expect(first(whole.filter(({ seq }) => seq !== 3))).toEqual(['missing', 3]);
    expect(first(whole.slice(2))).toEqual(['missing', 1]);
    expect(first(whole.slice(0, 3), whole.at(-1))).toEqual(['truncated', 4]);
    expect(first([], whole.at(-1))).toEqual(['truncated', 1]);
  });

  it('names two that changed places', () => {
    const swapped = [at(1), { ...at(3), seq: 2 }, { ...at(2), seq: 3 }, at(4), at(5)];
    expect(first(swapped)).toEqual(['reordered', 2]);
  });

  it('names one that was put in, even with a hash of its own', () => {
    const forged = { ...at(3), action: 'thing.forged' };
    const event = { ...forged, hash: auditHash(contentOf(forged)) };
    expect(first(whole.map((old) => (old.seq === 3 ? event : old)))).toEqual(['inserted', 4]);
    expect(first([{ ...at(1), seq: 0 }, ...whole])).toEqual(['inserted', 0]);
    expect(first(chain(6), whole.at(-1))).toEqual(['inserted', 6]);
  });

  it('names a last one that was replaced, and a chain without its head', () => {
    const forged = { ...at(5), action: 'thing.forged' };
    const replaced = { ...forged, hash: auditHash(contentOf(forged)) };
    expect(first([...whole.slice(0, 4), replaced], at(5))).toEqual(['inserted', 5]);
    const walk = createChainWalk();
    whole.forEach(walk.link);
    walk.end(undefined);
    expect(walk.state().problems[0]?.kind).toBe('truncated');
  });

  it('names a chain that was rewritten as a whole, given a head noted down before', () => {
    const walk = createChainWalk({ anchor: { seq: 4, hash: at(4).hash } });
    const rewritten = chain(5).map((event) => ({ ...event, hash: FIRST_HASH }));
    rewritten.forEach(walk.link);
    expect(walk.state().problems.map(({ kind }) => kind)).toContain('anchor');
    const short = createChainWalk({ anchor: { seq: 4, hash: at(4).hash } });
    whole.slice(0, 2).forEach(short.link);
    short.end({ seq: 2, hash: at(2).hash });
    expect(short.state().problems).toMatchObject([{ kind: 'anchor', seq: 4 }]);
  });
});

describe('storable', () => {
  it('keeps what JSON can say and Postgres can hold', () => {
    const value = { text: 'Größe 漢字 😀 \\u0000 \\ud800', n: [1e308, 5e-324, 0.1], nested: { yes: true, no: null } };
    expect(storable(value)).toEqual(value);
  });

  it('replaces what Postgres refuses', () => {
    expect(storable({ 'a\u0000': 'x\u0000\ud800y\\', n: 10n, gone: undefined, nan: Number.NaN })).toEqual({
      'a\ufffd': 'x\ufffd\ufffdy\\',
      n: '10',
      nan: null,
    });
    expect(storable(undefined)).toBeNull();
    expect(storable(() => 1)).toBeNull();
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(JSON.stringify(storable(cycle))).toMatch(/deeper than 200/);
  });
});

describe('cursors', () => {
  it('come back as they were, and nothing else is taken for one', () => {
    const place = { at: new Date('2026-11-21T10:00:00.123Z'), id: newId() };
    expect(decodePlace(encodePlace(place))).toEqual(place);
    expect(decodeSeq(encodeSeq(42))).toBe(42);
    for (const bad of ['', 'x', encodeSeq(1), '!!!'])
      expect(() => decodePlace(bad)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    for (const bad of ['', 'x', encodePlace(place)])
      expect(() => decodeSeq(bad)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });
});
