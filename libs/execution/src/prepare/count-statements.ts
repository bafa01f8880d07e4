import MagicString from 'magic-string';
import type { Node, Program } from 'oxc-parser';
import { walk } from 'oxc-walker';
import { guardSource, parseModule } from '../validate/parse.ts';
import { SourceText } from '../validate/source-text.ts';

/** Lines of code as somebody wrote it, from 1. */
export type StatementLines = { readonly first: number; readonly last: number };

export type CountedCode = {
  /** Code that does the same, and whose result is a text with a letter for each statement: `x` ran, `o` did not. */
  readonly code: string;
  /** By the place of a statement's letter. Inner ones come after those that hold them. */
  readonly statements: readonly StatementLines[];
};

const SKIPPED = /^(Import|Export|TS|Function|Class|Empty)/;
const LOOSE_BODIES: Readonly<Record<string, readonly string[]>> = {
  IfStatement: ['consequent', 'alternate'],
  ForStatement: ['body'],
  ForInStatement: ['body'],
  ForOfStatement: ['body'],
  WhileStatement: ['body'],
  DoWhileStatement: ['body'],
};

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;

function statementsOf(node: Node): readonly Node[] {
  if (node.type === 'Program' || node.type === 'BlockStatement' || node.type === 'StaticBlock') return node.body;
  // A function's body: another shape of the same name in some versions of the tree.
  if ('body' in node && Array.isArray(node.body) && node.type.endsWith('Body') && node.type !== 'ClassBody')
    return node.body as Node[];
  return node.type === 'SwitchCase' ? node.consequent : [];
}

/** What runs before anything inside of it: for one that holds others, its first line alone. */
function linesOf(node: Node, text: SourceText): StatementLines {
  const first = text.position(node.start).line;
  const holds = Object.values(node).some(
    (child) => isNode(child) && (child.type === 'BlockStatement' || LOOSE_BODIES[node.type]),
  );
  return {
    first,
    last:
      holds || ['SwitchStatement', 'LabeledStatement'].includes(node.type)
        ? first
        : text.position(Math.max(node.end - 1, node.start)).line,
  };
}

const freeName = (code: string): string => {
  let name = '$ran';
  while (code.includes(name)) name += '$';
  return name;
};

/**
 * Code that tells which of its statements ran. Null for what cannot be read, and for code that exports: its value does
 * not come from where it ends. It is for a replay; code that looks at its own text can notice, and can lie in its letters.
 */
export function countStatements(code: string): CountedCode | null {
  if (guardSource(code)) return null;
  const { program, findings } = parseModule(code);
  if (findings.length > 0 || program.body.some(({ type }) => type.startsWith('Export'))) return null;
  const edits = new MagicString(code);
  const text = new SourceText(code);
  const name = freeName(code);
  const statements: StatementLines[] = [];
  const count = (lines: StatementLines): string => `${name}(${statements.push(lines) - 1})`;
  walk(program, {
    enter(node) {
      for (const one of statementsOf(node))
        if (!SKIPPED.test(one.type) && !('directive' in one && one.directive))
          edits.appendRight(one.start, `${count(linesOf(one, text))};`);
      for (const key of LOOSE_BODIES[node.type] ?? []) {
        const body = (node as unknown as Record<string, unknown>)[key];
        // `else if` stays one chain: what is counted is what it leads to.
        if (!isNode(body) || body.type === 'BlockStatement' || (key === 'alternate' && body.type === 'IfStatement'))
          continue;
        edits.appendRight(body.start, `{${count(linesOf(body, text))};`);
        edits.prependLeft(body.end, '}');
      }
    },
  });
  const imports = moveImports(program, edits, code);
  const wrapped = `${imports}const ${name}s=new Uint8Array(${statements.length}),${name}=(n: number)=>{${name}s[n]=1;};try{${edits.toString()}\n}finally{return Array.from(${name}s,(ran)=>ran?'x':'o').join('')}`;
  return { code: wrapped, statements };
}

/** They may stand at the top alone, and what follows them goes into a block. */
function moveImports(program: Program, edits: MagicString, code: string): string {
  return program.body
    .filter(({ type }) => type === 'ImportDeclaration')
    .map(({ start, end }) => {
      const text = code.slice(start, end).replaceAll(/[\r\n\u2028\u2029]/g, ' ');
      edits.overwrite(start, end, code.slice(start, end).replaceAll(/[^\r\n\u2028\u2029]/g, ' '));
      return `${text.replace(/;?$/, ';')}`;
    })
    .join('');
}

/** Which lines ran and which did not, by the letters; undefined where the result is not what counting gives. */
export function linesThatRan(
  { statements }: Pick<CountedCode, 'statements'>,
  letters: unknown,
): { readonly executed: readonly number[]; readonly missed: readonly number[] } | undefined {
  if (typeof letters !== 'string' || letters.length !== statements.length || /[^xo]/.test(letters)) return undefined;
  const ran = new Map<number, boolean>();
  for (const [place, { first, last }] of statements.entries()) {
    const here = letters[place] === 'x';
    // Of several statements on one line it ran when one of them did; what stands inside another has the last word.
    for (let line = first; line <= last; line++) ran.set(line, here || (line === first && ran.get(line) === true));
  }
  const of = (wanted: boolean): number[] =>
    [...ran]
      .filter(([, here]) => here === wanted)
      .map(([line]) => line)
      .sort((a, b) => a - b);
  return { executed: of(true), missed: of(false) };
}
