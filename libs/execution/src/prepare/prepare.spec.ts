import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { prepare } from './prepare.ts';

const imports = (path: string): readonly string[] | undefined =>
  ({ servers: ['store'], 'servers/store': ['find', 'put'], skills: ['best'] })[path];

function script(code: string, mode: 'enforce' | 'off' = 'enforce'): string {
  const prepared = prepare(code, { imports, mode });
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.findings));
  return prepared.program.script;
}

/** The line of the sent code on which a word stands in the script. */
const lineOf = (code: string, word: string): number =>
  script(code)
    .split('\n')
    .findIndex((line) => line.includes(word));

describe('lines', () => {
  it.each([
    ['imports on several lines', "import {\n  find,\n  put,\n} from 'servers/store';\nfind({}); put({});\nMARK()", 6],
    [
      'types on several lines',
      'interface A {\n  a: string;\n}\ntype B =\n  | 1\n  | 2;\nfunction f(a: A,\n  b: B): void {}\nMARK()',
      9,
    ],
    ['export default', 'const a = 1;\nexport default\n  function () {\n    return MARK(a);\n  }', 4],
    ['carriage returns', "import { find } from 'servers/store';\r\n\r\nMARK(find)", 3],
    ['generics that end in an arrow', 'const f = <T,>(\n  a: T,\n): T => a;\nMARK(f)', 4],
  ])('%s', (_name, code, line) => {
    expect(lineOf(code.replace('MARK(', 'mark('), 'mark(')).toBe(line);
  });

  it('columns stay where they are, but for the line of an export', () => {
    expect(script('let a: number = 1; b(); var b: any').split('\n')[1]?.indexOf('b()')).toBe(19);
  });

  it('a rewrite for enums carries a map', () => {
    const prepared = prepare('enum A {\n  X = 1,\n}\nconst b = 1;\nconsole.log(A.X, b);', { imports });
    if (!prepared.ok) throw new Error('refused');
    const { script: text, lineMap } = prepared.program;
    expect(lineMap?.[text.split('\n').findIndex((line) => line.includes('const b'))]).toBe(4);
  });
});

describe('forms', () => {
  it.each([
    ['return 1', 'return 1'],
    ["import * as s from './servers/store'; return s", '.all("store")'],
    ["import s from '../servers/store/index.ts'; return s", '.all("store")'],
    ["import { find as look } from 'servers/store'; return look", 'const look=m$0.call("store","find");'],
    ["import { find } from 'servers/store/find.js'; return find", 'const find=m$0.call("store","find");'],
    ["import find from 'servers/store/find'; return find", 'const find=m$0.call("store","find");'],
    ["import { best } from 'skills/best'; return best", 'm$0.call("$skills","best")'],
    ["import { searchTools } from 'servers'; return searchTools", 'm$0.call("$discovery","searchTools")'],
    ['export default { a: 1 }', 'r$0.value=    { a: 1 };'],
    ['export default async () => 1', 'r$0.value='],
    ['export default function main() {}', 'r$0.value=main;'],
    ['export default class A {}', 'r$0.value=A;'],
    ['export default abstract class A {}', 'r$0.value=A;'],
    ['const x = 1; export { x as default }', 'r$0.value=x;'],
    ['export const a = 1; export type B = 2; export interface C {}; export enum D { E }', 'const a = 1'],
    ['export default interface A {}', 'void 0'],
    ['await Promise.resolve(1); for await (const x of []) {}', 'await Promise'],
    ["'use asm'; return 1", 'void 0'],
    ['return 1 // the end', 'return 1'],
    ['namespace N { export const a = 1 }\nreturn N.a', 'N.a'],
    ['class P { constructor(private x: number) {} }\nreturn new P(1)', 'this.x = x'],
  ])('%s', (code, part) => {
    expect(script(code)).toContain(part);
  });

  it('types alone leave nothing behind', () => {
    expect(
      script("import type { A } from 'servers/store';\nimport { type B } from 'servers/store';\nreturn 1"),
    ).not.toContain('store');
  });

  it('anonymous defaults do not swallow what follows', () => {
    expect(script('export default function () {}\n(1, 2)')).toMatch(/function \(\) \{\};\n\(1, 2\)/);
  });

  it('its own names give way to those of the code', () => {
    expect(script('const m$0 = 1, r$0 = 2; return m$0 + r$0')).toContain('function(m$1,r$1)');
  });

  it('names of a server imported whole go along', () => {
    const prepared = prepare("import * as s from 'servers/store'; return Object.keys(s)", { imports });
    expect(prepared.ok && prepared.program.modules).toEqual({ store: ['find', 'put'] });
  });
});

describe('with judgement off', () => {
  it('what is not ours is refused inside, and import() is gone', () => {
    const code =
      "import fs from 'node:fs';\nexport * from 'https://x/y.js';\nimport t from 'servers/store' with { type: 'text' };\nreturn (await import('node:os')).x + import(`a${import('b')}`)";
    const text = script(code, 'off');
    expect(text.match(/refuse\(/g)).toHaveLength(3);
    expect(text.match(/refuseLater\(/g)).toHaveLength(3);
    expect(text).not.toMatch(/\bimport\b\s*\(|from '/);
  });

  it.each([
    'return (',
    'const a = 1; const a = 2;',
    '})(); (async function () {',
    'import.meta.url',
    'with (a) {}',
    'a <!--b` \n import("x") `',
    'await = 1',
    'export = 3',
  ])('what cannot stay inside one function is refused all the same: %s', (code) => {
    expect(prepare(code, { imports, mode: 'off' })).toMatchObject({ ok: false });
  });
});

it('refuses a regular expression that the parser takes and V8 does not, where it stands', () => {
  const prepared = prepare('const a = 1;\nreturn [a, / }) /]', { imports: () => undefined });
  expect(prepared).toMatchObject({
    ok: false,
    findings: [{ stage: 'syntax', line: 2, message: "Invalid regular expression: / }) /: Unmatched ')'" }],
  });
});

it('never throws, and never lets anything out of the wrapper', () => {
  const pieces = fc.constantFrom(
    '})',
    '(',
    '/*',
    '*/',
    '`',
    '${',
    '}',
    ';',
    '//',
    '\n',
    "'",
    '"',
    '<!--',
    '-->',
    'import("x")',
    'return',
    'a',
    '=>',
    '{',
    'async function',
    '/',
    '#!x',
    '\\u0061',
    "import 'servers/store'",
    'export default',
    'enum A {}',
    '<T>',
    'let a: B',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      for (const mode of ['enforce', 'off'] as const) {
        const prepared = prepare(parts.join(' '), { imports, mode });
        if (prepared.ok) {
          expect(prepared.program.script).toMatch(/^\(async function ?\(m\$\d, ?r\$\d\) ?\{[^]*\}\)$/);
          // What V8 makes of it is a single function, too: as a script it is an expression without effect.
          expect(() => new Function(`return ${prepared.program.script}`)).not.toThrow();
        }
      }
    }),
    // One that the parser passes and the engine does not.
    { numRuns: 400, seed: 1, examples: [[['/', '})', '/']]] },
  );
});
