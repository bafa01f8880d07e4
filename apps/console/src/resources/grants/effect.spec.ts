import { describe, expect, it } from '@jest/globals';
import { ALL_KEYS, grantsOf, inForce, nextEffect, parsePlace, placeKey, type Effect } from './effect.ts';

const analyst = { kind: 'role', name: 'analyst' } as const;
const key = { kind: 'key', name: 'k1' } as const;

const given = (
  ...grants: (readonly [kind: 'role' | 'key', subject: string, server: string, tool: string, effect: Effect])[]
) =>
  grantsOf(
    grants.map(([subjectKind, subject, server, tool, effect]) => ({ subjectKind, subject, server, tool, effect })),
  );

// The same cases as policies/switchyard/decision_test.rego: the matrix must show what policy will decide.
describe('inForce', () => {
  it('denies what nobody granted, and says that no grant is the reason', () => {
    expect(inForce(given(), { subject: analyst, server: 'memory', tool: 'read' })).toEqual({
      effect: 'deny',
      by: [],
      inherited: true,
    });
  });

  it.each([
    ['memory', '*'],
    ['*', 'read'],
    ['*', '*'],
  ])('takes %s.%s for every server or tool', (server, tool) => {
    const now = inForce(given(['role', 'analyst', server, tool, 'allow']), {
      subject: analyst,
      server: 'memory',
      tool: 'read',
    });
    expect(now).toEqual({ effect: 'allow', by: [`${server}.${tool}`], inherited: true });
  });

  it('lets one deny beat any number of allows, however exact', () => {
    const grants = given(['role', 'analyst', '*', '*', 'deny'], ['role', 'analyst', 'memory', 'read', 'allow']);
    expect(inForce(grants, { subject: analyst, server: 'memory', tool: 'read' })).toMatchObject({
      effect: 'deny',
      by: ['*.*'],
    });
  });

  it('leaves out what another role was granted', () => {
    expect(
      inForce(given(['role', 'admin', '*', '*', 'allow']), { subject: analyst, server: 'memory', tool: 'read' }).effect,
    ).toBe('deny');
  });

  it('counts for a key also what all keys were granted', () => {
    const grants = given(['role', ALL_KEYS, 'memory', '*', 'allow'], ['key', 'k1', 'memory', 'drop', 'deny']);
    expect(inForce(grants, { subject: key, server: 'memory', tool: 'read' })).toMatchObject({
      effect: 'allow',
      by: ['memory.* for all API keys'],
      inherited: true,
    });
    expect(inForce(grants, { subject: key, server: 'memory', tool: 'drop' })).toMatchObject({
      effect: 'deny',
      inherited: false,
    });
  });

  it('does not let a grant on one tool speak for its whole server', () => {
    const grants = given(['role', 'analyst', 'memory', 'read', 'allow']);
    expect(inForce(grants, { subject: analyst, server: 'memory', tool: '*' }).effect).toBe('deny');
  });
});

it('cycles from not set to allow to deny and back', () => {
  expect([undefined, 'allow', 'deny'].map((effect) => nextEffect(effect as Effect | undefined))).toEqual([
    'allow',
    'deny',
    undefined,
  ]);
});

it('reads back the place that a key stands for, whatever characters the names hold', () => {
  const place = { subject: key, server: 'a"b,c', tool: '*' };
  expect(parsePlace(placeKey(place))).toEqual(place);
});
