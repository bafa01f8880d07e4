import { describe, expect, it } from '@jest/globals';
import { closeMatches } from './close-match.ts';
import { importForm } from './import-form.ts';
import type { ImportCode } from './import-rules.ts';
import { validate } from './validate.ts';

const catalog = (path: string): readonly string[] | undefined =>
  ({
    servers: ['search', 'commerce'],
    'servers/search': ['searchProducts', 'getProductDetails'],
    'servers/commerce': ['lookupOrder'],
    skills: ['topSellers'],
  })[path];
const first = (code: string) => validate(code, catalog).findings[0];

describe('syntax', () => {
  it.each([
    ['const a = ;', 1, 11],
    ['const a = 1;\n/* 😀 */ let b = = 2;', 2, 18],
    ['let a = 1;\nlet a = 2;', 2, 5],
    ['const a = (1;', 1, 13],
    ['for (;;) { break x }', 1, 18],
  ])('%s', (code, line, column) => {
    expect(first(code)).toMatchObject({ stage: 'syntax', line, column, severity: 'error' });
  });

  it('a return at the top is not one', () => {
    expect(validate('if (1 > 2) return 1;\nreturn 2', catalog).ok).toBe(true);
  });
});

describe('imports', () => {
  it.each([
    ['servers/x', { kind: 'server', server: 'x' }],
    ['./servers/x', { kind: 'server', server: 'x' }],
    ['../servers/x', { kind: 'server', server: 'x' }],
    ['servers/x/index.ts', { kind: 'server', server: 'x' }],
    ['servers/x.ts', { kind: 'server', server: 'x' }],
    ['./servers/x/tool.ts', { kind: 'tool', server: 'x', tool: 'tool' }],
    ['servers/x/tool', { kind: 'tool', server: 'x', tool: 'tool' }],
    ['servers', { kind: 'discovery' }],
    ['./servers/index.ts', { kind: 'discovery' }],
    ['skills/x', { kind: 'skill', skill: 'x' }],
    ['servers/../x', null],
    ['servers/x/../../y', null],
    ['../../servers/x', null],
    ['servers/x/y/z', null],
    ['skills', null],
    ['/servers/x', null],
    ['file:servers/x', null],
    ['servers/x?y', null],
    ['servers/x%2f', null],
    ['Servers/x', null],
  ])('%s', (specifier, form) => {
    expect(importForm(specifier)).toEqual(form);
  });

  const REFUSED: [ImportCode, string][] = [
    ['child-process', "import { exec } from 'node:child_process'"],
    ['child-process', "import { exec } from 'child_process'"],
    ['node-module', "import fs from 'fs'"],
    ['node-module', "import fs from 'node:fs/promises'"],
    ['remote-module', "import x from 'https://esm.sh/lodash'"],
    ['file-module', "import x from 'file:///etc/passwd'"],
    ['file-module', "import x from '/etc/passwd'"],
    ['data-module', "import x from 'data:text/javascript,1'"],
    ['package', "import _ from 'lodash'"],
    ['package', "import _ from 'npm:lodash'"],
    ['other-path', "import x from './local.ts'"],
    ['other-path', "import x from '../servers/a/b/c.ts'"],
    ['import-attributes', "import x from 'servers/search' with { type: 'text' }"],
    ['re-export', "export * from 'servers/search'"],
    ['re-export', "export { searchProducts } from 'servers/search'"],
    ['unknown-server', "import { x } from 'servers/serch'"],
    ['unknown-function', "import { searchProduct } from 'servers/search'"],
    ['unknown-function', "import { lookupOrders } from 'servers/commerce/lookupOrders'"],
    ['unknown-function', "import { other } from 'servers/commerce/lookupOrder'"],
    ['unknown-function', "import { findTools } from 'servers'"],
    ['unknown-function', "import * as s from 'servers/search';\ns.serchProducts({})"],
    ['unknown-skill', "import { x } from 'skills/topSeller'"],
    ['import-phase', "import defer * as s from 'servers/search'"],
  ];
  it.each(REFUSED)('%s: %s', (code, example) => {
    expect(first(example)).toMatchObject({ stage: 'imports', code });
  });

  it.each([
    ["import { x } from 'servers/serch'", "Did you mean 'search'?"],
    ["import { searchProduct } from 'servers/search'", "Did you mean 'searchProducts'?"],
    ["import { lookup_order } from 'servers/commerce'", "Did you mean 'lookupOrder'?"],
    ["import { zzzzzzzz } from 'servers/search'", 'There are: searchProducts, getProductDetails.'],
    ["import { x } from 'skills/topSeller'", "Did you mean 'topSellers'?"],
  ])('%s says: %s', (code, hint) => {
    expect(first(code)?.hint).toBe(hint);
  });

  it('all accepted forms pass, and the tools that are named come out', () => {
    const code = `
import { searchProducts } from 'servers/search';
import { lookupOrder } from './servers/commerce/lookupOrder.ts';
import { topSellers } from 'skills/topSellers';
import { searchTools, listTools, listCategories, describeTools } from 'servers';
import * as search from '../servers/search/index.ts';
import commerce from 'servers/commerce';
import type { Anything } from 'servers/search';
import { type Other } from 'servers/search';
import 'servers/search';
await search.getProductDetails({}); await commerce['lookup' + 'Order']({});
const pass = search;`;
    const { findings, tools } = validate(code, catalog);
    expect(findings).toEqual([]);
    expect(tools).toEqual([
      { server: 'search', tool: 'searchProducts', line: 2, column: 10 },
      { server: 'commerce', tool: 'lookupOrder', line: 3, column: 29 },
      { server: 'search', tool: 'getProductDetails', line: 11, column: 7 },
      { server: 'commerce', tool: 'lookupOrder', line: 11, column: 43 },
      { server: 'search', tool: null, line: 12, column: 14 },
    ]);
  });

  it('near names', () => {
    expect(closeMatches('get_file', ['getFile', 'getFiles', 'put'])).toEqual(['getFile', 'getFiles']);
    expect(closeMatches('qqq', ['getFile'])).toEqual([]);
  });
});

describe('whole', () => {
  it('what would overflow the parser never reaches it', () => {
    // Each of these ends the whole process when it is parsed; this test is alive to say that none was.
    const deep = [
      '(',
      '[',
      '{',
      '`${',
      '(a=>[{b:c?',
      'let x:A<',
      'a=>',
      'a=',
      'a?b:',
      '!',
      'class A{x=',
      'x={a:',
      'async(a)=>{',
    ];
    for (const piece of deep)
      for (const length of [64_000, 2_000_000])
        expect(validate(piece.repeat(Math.ceil(length / piece.length)), catalog).ok).toBe(false);
    expect(first('('.repeat(50_000))).toMatchObject({ stage: 'whole', code: 'too-dense' });
    expect(first('x'.repeat(70_000))).toMatchObject({ stage: 'whole', code: 'too-large' });
    expect(first(`${'['.repeat(700)}${']'.repeat(700)}`)).toMatchObject({ stage: 'whole', code: 'too-deep' });
    expect(first(`return ${'1+'.repeat(3_000)}1`)).toMatchObject({ stage: 'whole', code: 'too-deep' });
  });

  it('statements and nested blocks', () => {
    expect(first(`let a = 1;${'a;'.repeat(2_100)}`)).toMatchObject({ code: 'too-long' });
    expect(first(`${'if (a) {'.repeat(30)}${'}'.repeat(30)} var a`)).toMatchObject({ code: 'too-nested' });
    expect(validate(`${'if (a) {'.repeat(20)}${'}'.repeat(20)} var a`, catalog).ok).toBe(true);
  });

  const from = "import { searchProducts as find } from 'servers/search';\n";
  it.each([
    ['await find({})', 1],
    ['for (let i = 0; i < 10; i++) await find({ i })', 10],
    ['for (let i = 1; i <= 5; i++) for (let j = 0; j < 4; j++) await find({ i, j })', 20],
    ['await Promise.all([1, 2, 3].map((n) => find({ n })))', 3],
    ['const ids = [1, 2]; await Promise.all(ids.map((n) => find({ n })))', 2],
    ['for (let i = 0; i < 1000; i++) { const r = await find({ i }); if (r.done) break; }', 1],
    ['for (let i = 0; i < n; i++) await find({ i }); var n = 3', 1],
  ])('at the least, %s makes %i calls', (code, calls) => {
    expect(validate(from + code, catalog).estimatedCalls).toBe(calls);
  });

  it('more calls than are allowed are told before the run', () => {
    const code = `${from}for (let i = 0; i < 100; i++) await find({ i });`;
    expect(validate(code, catalog).findings).toMatchObject([{ stage: 'whole', code: 'too-many-calls', line: 2 }]);
    expect(validate(code, catalog, { calls: 100 }).ok).toBe(true);
  });
});
