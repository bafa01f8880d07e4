import type { Node } from 'oxc-parser';

const alwaysTrue = (test: Node | null): boolean => {
  if (test === null) return true;
  if (test.type === 'ParenthesizedExpression') return alwaysTrue(test.expression);
  if (test.type === 'Literal') return Boolean(test.value);
  if (test.type === 'UnaryExpression' && test.operator === '!')
    return test.argument.type === 'Literal'
      ? !test.argument.value
      : test.argument.type === 'UnaryExpression' && alwaysTrue(test.argument.argument);
  return test.type === 'ArrayExpression' || test.type === 'ObjectExpression';
};

const children = (node: Node): Node[] =>
  Object.values(node)
    .flatMap((value: unknown) => (Array.isArray(value) ? value : [value]))
    .filter(
      (value): value is Node => value !== null && typeof value === 'object' && 'type' in value && 'start' in value,
    );

const LOOPS = new Set(['WhileStatement', 'DoWhileStatement', 'ForStatement', 'ForInStatement', 'ForOfStatement']);

/** Something below can leave the loop or let others run: break, return, throw, await, yield. */
function canLeave(node: Node, insideOther: boolean, outerLabels: ReadonlySet<string>): boolean {
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
    case 'ClassBody':
      return false;
    case 'ReturnStatement':
    case 'ThrowStatement':
    case 'AwaitExpression':
    case 'YieldExpression':
      return true;
    case 'BreakStatement':
      return node.label ? outerLabels.has(node.label.name) : !insideOther;
    case 'ContinueStatement':
      return node.label !== null && outerLabels.has(node.label.name);
    case 'ForOfStatement':
      if (node.await) return true;
      break;
    case 'LabeledStatement': {
      const own = new Set([...outerLabels].filter((label) => label !== node.label.name));
      return canLeave(node.body, insideOther, own);
    }
    default:
  }
  const other = insideOther || LOOPS.has(node.type) || node.type === 'SwitchStatement';
  return children(node).some((child) => canLeave(child, other, outerLabels));
}

/** A loop with a literal condition and no way out. A `break` to any label outside of the loop's body counts as one. */
export function isEndlessLoop(node: Node): boolean {
  if (node.type !== 'WhileStatement' && node.type !== 'DoWhileStatement' && node.type !== 'ForStatement') return false;
  if (!alwaysTrue(node.test)) return false;
  const labels = new Set<string>();
  const collect = (inner: Node): void => {
    if ((inner.type === 'BreakStatement' || inner.type === 'ContinueStatement') && inner.label)
      labels.add(inner.label.name);
    for (const child of children(inner)) collect(child);
  };
  collect(node.body);
  return !canLeave(node.body, false, labels);
}
