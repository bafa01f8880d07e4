import { describe, expect, it } from '@jest/globals';
import { Validators } from './validate-args.ts';

const object = (properties: Record<string, unknown>, rest: Record<string, unknown> = {}) => ({
  type: 'object',
  properties,
  ...rest,
});

describe('Validators', () => {
  const check = (schema: Record<string, unknown>, value: unknown) => new Validators().problems('k', schema, value);

  it('names every field that is wrong, by its path', () => {
    const schema = object(
      { id: { type: 'integer' }, item: object({ kind: { enum: ['a', 'b'] } }, { additionalProperties: false }) },
      { required: ['id'] },
    );
    expect(check(schema, { item: { kind: 'c', other: 1 } })).toEqual([
      { path: '/id', message: 'is missing' },
      { path: '/item/other', message: 'is not a parameter of this tool' },
      { path: '/item/kind', message: 'must be one of ["a","b"]' },
    ]);
    expect(check(schema, { id: 'x' })).toEqual([{ path: '/id', message: 'must be integer' }]);
  });

  it.each<[string, Record<string, unknown>, unknown, boolean]>([
    ['2020-12 tuples', object({ a: { prefixItems: [{ type: 'string' }] } }), { a: [1] }, false],
    [
      'tuples of older drafts',
      { ...object({ a: { items: [{ type: 'string' }] } }), $schema: 'http://json-schema.org/draft-07/schema#' },
      { a: [1] },
      false,
    ],
    [
      'references into the schema',
      { ...object({ a: { $ref: '#/$defs/n' } }), $defs: { n: { type: 'number' } } },
      { a: 'x' },
      false,
    ],
    [
      'a property that is called pattern',
      object({ pattern: { type: 'string' } }, { additionalProperties: false }),
      { pattern: 'x' },
      true,
    ],
    [
      'a definition that is called format',
      { ...object({ a: { $ref: '#/$defs/format' } }), $defs: { format: { type: 'number' } } },
      { a: 'x' },
      false,
    ],
    [
      'identifiers that clash',
      { ...object({ a: { type: 'number' } }), $id: 'https://example.com/same' },
      { a: 1 },
      true,
    ],
    ['a remote reference: the upstream judges', object({ a: { $ref: 'https://attacker.example/x' } }), { a: 1 }, true],
    [
      'names that only a pattern allows',
      { type: 'object', patternProperties: { '^x-': {} }, additionalProperties: false },
      { 'x-a': 1 },
      true,
    ],
  ])('%s', (_what, schema, value, fits) => {
    expect(check(schema, value).length === 0).toBe(fits);
    expect(new Validators().fits('k', schema, value)).toBe(fits);
  });

  it.each<[string, Record<string, unknown>]>([
    ['pattern', object({ a: { type: 'string', pattern: '^(a+)+$' } })],
    ['patternProperties', { type: 'object', patternProperties: { '^(a+)+$': { type: 'string' } } }],
    ['patternProperties alone', { patternProperties: { '^(a+)+$': { type: 'string' } } }],
    ['propertyNames', { type: 'object', propertyNames: { pattern: '^(a+)+$' } }],
    ['deep inside', object({ a: { anyOf: [{ not: { allOf: [{ pattern: '^(a+)+$' }] } }] } })],
  ])('cannot be stopped by a regular expression: %s', (_where, schema) => {
    const evil = `${'a'.repeat(40)}!`;
    const started = Date.now();
    check(schema, { a: evil, [evil]: evil });
    expect(Date.now() - started).toBeLessThan(500);
  });
});
