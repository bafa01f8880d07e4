import type { Node, Program } from 'oxc-parser';
import type { Finding } from '../outcome.ts';
import type { SourceText } from './source-text.ts';
import { keyName } from './constants.ts';
import type { Scope, Visitor } from './walk-scoped.ts';

/** Every code of the fourth stage that the code itself can earn. */
export const WHOLE_CODES = ['too-large', 'too-dense', 'too-deep', 'too-long', 'too-nested', 'too-many-calls'] as const;
export type WholeCode = (typeof WHOLE_CODES)[number];

export const STATEMENT_CAP = 2_000;
export const NESTING_CAP = 24;

type Loop = Extract<Node, { type: 'ForStatement' }>;
type Call = Extract<Node, { type: 'CallExpression' }>;

/** `for (let i = 0; i < 100; i++)` with literal bounds and no way out before: how often. Else 1, the sure minimum. */
function timesOf(loop: Loop): number {
  const { init, test, update } = loop;
  if (init?.type !== 'VariableDeclaration' || test?.type !== 'BinaryExpression' || update?.type !== 'UpdateExpression')
    return 1;
  const start = init.declarations[0]?.init;
  if (start?.type !== 'Literal' || typeof start.value !== 'number') return 1;
  if (test.right.type !== 'Literal' || typeof test.right.value !== 'number' || update.operator !== '++') return 1;
  if (test.operator !== '<' && test.operator !== '<=') return 1;
  const times = test.right.value - start.value + (test.operator === '<=' ? 1 : 0);
  return hasExit(loop.body) ? 1 : Math.max(0, Math.floor(times));
}

function hasExit(node: unknown): boolean {
  if (node === null || typeof node !== 'object') return false;
  if (Array.isArray(node)) return node.some(hasExit);
  if (
    'type' in node &&
    ['BreakStatement', 'ReturnStatement', 'ThrowStatement', 'IfStatement', 'ContinueStatement'].includes(
      String(node.type),
    )
  )
    return true;
  return Object.values(node).some(hasExit);
}

/** `[1, 2, 3].map(…)` runs its function as often as the literal has items. */
function timesOfList(call: Call, scope: Scope): number {
  const callee = call.callee;
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return 1;
  if (!['map', 'forEach', 'flatMap'].includes(keyName(callee.property, callee.computed, scope) ?? '')) return 1;
  const list = callee.object.type === 'Identifier' ? scope.constantOf(callee.object.name) : callee.object;
  return list?.type === 'ArrayExpression' && !list.elements.some((each) => each?.type === 'SpreadElement')
    ? list.elements.length
    : 1;
}

const BLOCKS = new Set(['BlockStatement', 'FunctionBody', 'SwitchStatement', 'ClassBody', 'StaticBlock']);

export type Whole = { readonly visitor: Visitor; readonly estimatedCalls: () => number };

/** The fourth stage: size, depth, and how many tool calls the code makes at the least. */
export function wholeVisitor(program: Program, text: SourceText, findings: Finding[], callLimit: number): Whole {
  const factors: { node: Node; times: number }[] = [];
  let statements = 0;
  let depth = 0;
  let calls = 0;
  const told = new Set<string>();
  const report = (code: WholeCode, message: string, hint: string, node: Node): void => {
    if (told.has(code)) return;
    told.add(code);
    findings.push({ stage: 'whole', code, message, hint, ...text.position(node.start), severity: 'error' });
  };
  const visitor: Visitor = {
    enter(node, _parent, scope) {
      if (/(Statement|Declaration)$/.test(node.type) && ++statements > STATEMENT_CAP)
        report(
          'too-long',
          `The code has more than ${STATEMENT_CAP} statements.`,
          'Split the work over several runs.',
          node,
        );
      if (BLOCKS.has(node.type) && ++depth > NESTING_CAP)
        report(
          'too-nested',
          `Blocks are nested more than ${NESTING_CAP} deep.`,
          'Move inner parts to functions of their own.',
          node,
        );
      if (node.type === 'ForStatement') factors.push({ node, times: timesOf(node) });
      if (node.type !== 'CallExpression') return;
      const times = timesOfList(node, scope);
      if (times !== 1) factors.push({ node, times });
      const callee = node.callee.type === 'MemberExpression' ? node.callee.object : node.callee;
      if (callee.type === 'Identifier' && scope.declaration(callee.name)?.type === 'Import')
        calls += factors.reduce((product, factor) => product * factor.times, 1);
    },
    leave(node) {
      if (BLOCKS.has(node.type)) depth--;
      if (factors.at(-1)?.node === node) factors.pop();
      if (node === program && calls > callLimit)
        report(
          'too-many-calls',
          `The code makes at least ${calls} tool calls; ${callLimit} are allowed in a run.`,
          'Ask the tool for more at once (a larger limit, a list of ids), or split the work over several runs.',
          program.body.find((statement) => statement.type !== 'ImportDeclaration') ?? program,
        );
    },
  };
  return { visitor, estimatedCalls: () => calls };
}
