import { describe, expect, it } from '@jest/globals';
import type { Json } from '@switchyard/kernel';
import { mergeShapes, shapeOf, SHAPE_BOUNDS, shapeSchema, typeOfShape, type Shape } from './shape.ts';

const learned = (...values: Json[]): Shape => values.map((value) => shapeOf(value)).reduce(mergeShapes);
const typed = (...values: Json[]): string => typeOfShape(learned(...values));

describe('learned shapes', () => {
  it.each<[string, Json[], string]>([
    ['one object', [{ id: 1, name: 'x', on: true }], '{ id: number; name: string; on: boolean }'],
    ['a field that is missing once', [{ a: 1, b: 1 }, { a: 2 }], '{ a: number; b?: number }'],
    ['a field that is null once', [{ a: 'x' }, { a: null }], '{ a: string | null }'],
    ['two kinds', [{ a: 'x' }, { a: 1 }], '{ a: string | number }'],
    ['rows of a list', [[{ a: 1 }, { a: 2, b: 'x' }]], '{ a: number; b?: string }[]'],
    ['an empty list that is filled later', [[], ['x']], 'string[]'],
    ['an empty list alone', [[]], 'unknown[]'],
    ['a list of several kinds', [[1, 'x']], 'Array<string | number>'],
    ['a list or one', ['x', ['x']], 'string[] | string'],
    ['text', ['hello'], 'string'],
    ['odd but harmless names', [{ 'content-type': 'x' }], '{ "content-type": string }'],
    ['ids as keys', [{ '4711': { n: 1 }, '4712': { n: 2 } }], 'Record<string, { n: number }>'],
    ['addresses as keys', [{ 'ada@example.com': 1 }], 'Record<string, number>'],
    ['UUIDs as keys', [{ '0190a0b0-1111-7000-8000-000000000000': true }], 'Record<string, boolean>'],
    ['dates as keys', [{ '2026-11-21': 3 }], 'Record<string, number>'],
    ['phrases as keys', [{ 'Ada Lovelace': 3 }], 'Record<string, number>'],
    ['article numbers as keys', [{ A4VTG90X200: 3 }], 'Record<string, number>'],
    ['fields first and ids later', [{ total: 1 }, { '4711': 2 }], 'Record<string, number>'],
  ])('%s', (_what, values, type) => expect(typed(...values)).toBe(type));

  it('takes many keys over objects of one form for data', () => {
    const names = ['smith', 'jones', 'miller', 'brown', 'davis', 'wilson', 'moore', 'taylor', 'white'];
    expect(typed(Object.fromEntries(names.map((name) => [name, { age: 3 }])))).toBe('Record<string, { age: number }>');
  });

  it('finds the same whatever the order, and learns nothing twice', () => {
    const [one, other] = [
      { a: 1, b: [{ c: null }] },
      { a: 'x', b: [{ c: 1, d: 2 }] },
    ];
    expect(learned(one, other)).toEqual(learned(other, one));
    expect(mergeShapes(learned(one, other), shapeOf(one))).toEqual(learned(one, other));
  });

  it('is bounded in depth and width', () => {
    let deep: Json = 1;
    for (let level = 0; level < 500; level++) deep = { next: deep };
    expect(typed(deep).match(/next/g)).toHaveLength(SHAPE_BOUNDS.depth);
    const wide = Object.fromEntries(
      Array.from({ length: 200 }, (_one, at) => [
        `field${String.fromCharCode(97 + (at % 26))}${'x'.repeat(at % 20)}${at % 7}`,
        at,
      ]),
    );
    expect(Object.keys(learned(wide).fields ?? {}).length).toBeLessThanOrEqual(SHAPE_BOUNDS.fields);
    expect(typed(Array.from({ length: 100_000 }, () => ({ a: 1 })))).toBe('{ a: number }[]');
  });

  it('holds no value, whatever it has seen', () => {
    const secrets = [
      'hunter2-password',
      'ada@example.com',
      '4111111111111111',
      '2026-11-21',
      'DE89370400440532013000',
      'Ada Lovelace',
    ];
    const value: Json = {
      text: secrets,
      nested: Object.fromEntries(secrets.map((secret) => [secret, { value: secret }])),
      rows: secrets.map((secret) => ({ secret, [secret]: secret })),
    };
    const kept = JSON.stringify(learned(value, { text: 'x' }));
    for (const secret of secrets) expect(kept).not.toContain(secret);
    expect(shapeSchema.parse(JSON.parse(kept))).toEqual(JSON.parse(kept));
  });
});
