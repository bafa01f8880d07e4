import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseSync } from 'oxc-parser';
import { walk } from 'oxc-walker';
import { STAGES } from '../outcome.ts';
import { prepare } from '../prepare/prepare.ts';
import type { ImportCatalog } from './import-form.ts';
import { validate } from './validate.ts';

/** Fixed, so that a failure is one for everybody; bounded in time, so that a slow machine stops early. */
const SETTINGS = { seed: 20_261_121, interruptAfterTimeLimit: 10_000, markInterruptAsFailure: false } as const;
const imports: ImportCatalog = (path) =>
  ({ servers: ['store'], 'servers/store': ['find', 'put'], skills: ['best'] })[path];

/** Pieces of code that open, close, escape and nest, and things that must never get through. */
const PIECE = fc.constantFrom(
  ...`( ) [ ] { } } < > ; , . ... ?. => = == ! ? : ?? \` \${ ' " / * /* */ // <!-- --> #! \\u0065val \\x65 @ # % & | ^ ~
eval Function constructor __proto__ import import( import.meta export default return await async function* yield class
extends static get set new this super with debugger label: for while(true) do if else try catch finally switch case typeof
delete void in of instanceof enum namespace declare type interface as satisfies let const var a b Deno process globalThis
require fetch WebAssembly setTimeout( Reflect.construct Object.prototype 1 0x1f 1n 'x' "y" /re/g \`t\` "servers/store"
'servers/store' from * { find } 'node:fs'`
    .split(/\s+/)
    .concat('\n', '\r\n', '\u2028', ' ', '\t', '\0', '\ufeff', '😀', 'ä'),
);
const soup = fc.array(PIECE, { maxLength: 40 }).map((pieces) => pieces.join(' '));
const anything = fc.oneof(
  soup,
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
);

/** Whole statements: most of what is made of them passes. `#` becomes a number of its own. */
const STATEMENT = fc.constantFrom(
  'const v# = 1;',
  'let w#: number = 1; w# += 2;',
  'interface I# {\n  a: string;\n\n  b?: number;\n}',
  'type T# =\n  | 1\n  | 2;',
  'function f#<T,>(a: T,\n  b?: number): T {\n  return a;\n}',
  'class C# {\n  private x: number = 1;\n  get y(): number { return this.x; }\n}',
  'const g# = async (\n  a: number,\n): Promise<number> =>\n  a;',
  'const s# = `a\n${1 + 1}\nb`;',
  '/* a\n comment\n of lines */',
  '// import("x") eval("1")',
  'for (const x# of [1, 2] as number[]) {\n  if (x# > 1) continue;\n}',
  'try {\n  JSON.parse("{");\n} catch (e: unknown) {\n  void e;\n}',
  'const o# = {\n  "import": 1,\n  eval: 2,\n} satisfies object;',
  'const r# = /import\\(.*\\)/g;',
  'const { length: l# } = "abc"!;',
  'await Promise.resolve(#);',
  'label#: for (;;) { break label#; }',
  '\n\n',
);
const program = fc
  .tuple(
    fc.boolean(),
    fc.array(STATEMENT, { maxLength: 14 }),
    fc.constantFrom('', 'enum E { A = 1,\n B }\n', 'namespace N {\n  export const q = 1;\n}\n'),
    fc.constantFrom('\n', '\r\n'),
  )
  .map(([withImport, statements, rewritten, newline]) => {
    const body = statements.map((statement, index) => `${statement.replaceAll('#', String(index))}\nmark(${index});`);
    const head = withImport
      ? "import {\n  find,\n  put as other,\n} from 'servers/store';\nvoid find; void other;\n"
      : '';
    return `${head}function mark(n: number): void {}\n${rewritten}${body.join('\n')}\nreturn 1;`.replaceAll(
      '\n',
      newline,
    );
  });

/** No way to more code: no import, no eval, no Function, in what will run. */
function expectSealed(script: string): void {
  const parsed = parseSync('a.js', script, { sourceType: 'script', lang: 'js' });
  expect(parsed.errors).toEqual([]);
  expect(parsed.program.body).toHaveLength(1);
  const found: string[] = [];
  walk(parsed.program, {
    enter(node, parent) {
      if (
        ['ImportExpression', 'ImportDeclaration', 'ExportAllDeclaration', 'WithStatement', 'MetaProperty'].includes(
          node.type,
        )
      )
        found.push(node.type);
      if (
        node.type === 'CallExpression' &&
        node.callee.type === 'Identifier' &&
        ['eval', 'Function', 'require'].includes(node.callee.name)
      )
        found.push(node.callee.name);
      if (
        node.type === 'MemberExpression' &&
        !node.computed &&
        parent?.type === 'CallExpression' &&
        node.property.type === 'Identifier' &&
        node.property.name === 'constructor'
      )
        found.push('constructor');
    },
  });
  expect(found.filter((name) => name !== 'MetaProperty')).toEqual([]);
}

describe('whatever it is given', () => {
  it('the validator answers, with findings that lie in the code', () => {
    fc.assert(
      fc.property(anything, (code) => {
        const { ok, findings } = validate(code, imports);
        const lines = code.split(/\r\n|[\n\r\u2028\u2029]/);
        expect(ok).toBe(findings.every(({ severity }) => severity === 'warning'));
        for (const { line, column, stage, message } of findings) {
          expect(STAGES).toContain(stage);
          expect(message).not.toBe('');
          expect(line).toBeLessThanOrEqual(lines.length);
          expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
        }
      }),
      { ...SETTINGS, numRuns: 1_200 },
    );
  });

  it('what passes holds no import and no code from text', () => {
    let passed = 0;
    fc.assert(
      fc.property(fc.oneof(anything, program), (code) => {
        const prepared = prepare(code, { imports });
        if (!prepared.ok) return;
        passed += 1;
        expectSealed(prepared.program.script);
      }),
      { ...SETTINGS, numRuns: 500 },
    );
    expect(passed).toBeGreaterThan(80);
  });
});

it('every line of what runs is that of the code as it was sent', () => {
  let passed = 0;
  fc.assert(
    fc.property(program, (code) => {
      const prepared = prepare(code, { imports });
      if (!prepared.ok) throw new Error(JSON.stringify(prepared.findings));
      passed += 1;
      const { script, lineMap } = prepared.program;
      const sent = code.split(/\r\n|\n/);
      script.split(/\r\n|\n/).forEach((text, index) => {
        const mark = /\bmark\((\d+)\);/.exec(text);
        if (!mark) return;
        const line = lineMap ? lineMap[index] : index;
        expect(sent[(line ?? 0) - 1]).toContain(mark[0]);
      });
    }),
    { ...SETTINGS, numRuns: 200 },
  );
  expect(passed).toBeGreaterThan(40);
});
