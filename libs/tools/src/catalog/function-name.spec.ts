import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { functionName, functionNames, isServerName } from './function-name.ts';

describe('functionName', () => {
  it.each([
    ['searchProducts', 'searchProducts'],
    ['create_issue', 'create_issue'],
    ['get-sum', 'getSum'],
    ['API-get-user', 'APIGetUser'],
    ['files/read.text', 'filesReadText'],
    ['3d-model', '_3dModel'],
    ['delete', 'delete_'],
    ['then', 'then_'],
    ['__proto__', '__proto___'],
    ['café', 'cafe'],
  ])('%s is called %s', (upstream, name) => expect(functionName(upstream)).toBe(name));

  it('is an identifier that is not reserved, whatever the upstream chose', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }), (upstream) => {
        const name = functionName(upstream);
        expect(name).toMatch(/^[A-Za-z_$][A-Za-z0-9_$]{0,99}$/);
        expect(() => new Function(`'use strict'; const ${name} = 1;`)).not.toThrow();
      }),
    );
  });
});

describe('functionNames', () => {
  it('does not depend on the order of the list', () => {
    const names = ['get-sum', 'getSum', 'get_sum', 'GETSUM', '搜索', '检索'];
    const one = functionNames(names, new Map());
    const other = functionNames([...names].reverse(), new Map());
    for (const name of names) expect(other.get(name)).toBe(one.get(name));
    expect(new Set(one.values()).size).toBe(names.length);
    expect(one.get('getSum')).toMatch(/^getSum/);
  });

  it('never renames a tool that has its name', () => {
    const names = functionNames(['get-sum', 'getSum'], new Map([['get-sum', 'getSum']]));
    expect(names.get('get-sum')).toBe('getSum');
    expect(names.get('getSum')).toMatch(/^getSum_[0-9a-f]{6}$/);
  });
});

describe('isServerName', () => {
  it.each([
    ['search', true],
    ['my_server2', true],
    ['My', false],
    ['a-b', false],
    ['2a', false],
    ['delete', false],
    ['index', false],
    ['', false],
  ])('%s: %s', (name, expected) => expect(isServerName(name)).toBe(expected));
});
