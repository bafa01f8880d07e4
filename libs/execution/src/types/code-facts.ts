import type { Node, Program } from 'oxc-parser';
import { unwrap } from '../validate/constants.ts';
import { walkScoped } from '../validate/walk-scoped.ts';

/** What judging a type error needs to know of the code; offsets are those of the code as sent. */
export type CodeFacts = {
  /** Where a name is read as a value, `typeof x` aside. */
  readonly values: ReadonlySet<number>;
  /** Where a property is read in a way that expects that it may be missing. */
  readonly guardedReads: ReadonlySet<number>;
  /** Where a property is read at all, from a member expression or by destructuring. */
  readonly reads: ReadonlySet<number>;
  /** Properties that the code itself adds to objects. */
  readonly writtenProperties: ReadonlySet<string>;
  /** Variables whose object is added to after it was made. */
  readonly growing: ReadonlySet<string>;
  /** Types that the code declares itself. */
  readonly ownTypes: ReadonlySet<string>;
  /** Start of an expression that is an argument of a call of an import → what stands there. */
  readonly argumentsOfTools: ReadonlyMap<number, Node>;
  /** Calls of imports, callee to closing bracket. */
  readonly toolCalls: readonly { readonly start: number; readonly end: number; readonly name: string }[];
};

const TYPE_PARENTS_THAT_HOLD_VALUES = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
  'TSEnumMember',
  'TSExportAssignment',
  'TSParameterProperty',
]);

const isPartOfType = (parent: Node | null): boolean =>
  parent !== null && parent.type.startsWith('TS') && !TYPE_PARENTS_THAT_HOLD_VALUES.has(parent.type);

/** A parent under which a missing property does no harm. */
function expectsNothing(node: Node, parent: Node | null): boolean {
  switch (parent?.type) {
    case 'LogicalExpression':
      return parent.left === node || parent.operator !== '&&';
    case 'UnaryExpression':
      return parent.operator === '!' || parent.operator === 'typeof' || parent.operator === 'delete';
    case 'BinaryExpression':
      return ['==', '!=', '===', '!=='].includes(parent.operator);
    case 'IfStatement':
    case 'ConditionalExpression':
    case 'WhileStatement':
    case 'DoWhileStatement':
    case 'ForStatement':
      return parent.test === node;
    case 'MemberExpression':
      return parent.object === node && parent.optional;
    case 'CallExpression':
      return parent.callee === node && parent.optional;
    default:
      return false;
  }
}

function rootName(node: Node): string | null {
  let inner = unwrap(node);
  while (inner.type === 'MemberExpression') inner = unwrap(inner.object);
  return inner.type === 'Identifier' ? inner.name : null;
}

export function codeFacts(program: Program): CodeFacts {
  const values = new Set<number>();
  const guardedReads = new Set<number>();
  const reads = new Set<number>();
  const writtenProperties = new Set<string>();
  const growing = new Set<string>();
  const ownTypes = new Set<string>();
  const argumentsOfTools = new Map<number, Node>();
  const toolCalls: { start: number; end: number; name: string }[] = [];

  const written = (target: Node): void => {
    const inner = unwrap(target);
    if (inner.type !== 'MemberExpression') return;
    if (!inner.computed && inner.property.type === 'Identifier') writtenProperties.add(inner.property.name);
    const root = rootName(inner);
    if (root !== null) growing.add(root);
  };

  const parents: Node[] = [];
  walkScoped(program, [
    {
      enter(node, parent, scope) {
        parents.push(node);
        switch (node.type) {
          case 'Identifier':
            if (
              !isPartOfType(parent) &&
              !(parent?.type === 'UnaryExpression' && parent.operator === 'typeof') &&
              scope.isReference(node, parent)
            )
              values.add(node.start);
            return;
          case 'MemberExpression':
            reads.add(node.property.start);
            // Brackets, assertions and chains stand between: the nearest that says something decides.
            if (nearestGuards(parents)) guardedReads.add(node.property.start);
            return;
          case 'ObjectPattern':
            for (const property of node.properties) {
              if (property.type !== 'Property') continue;
              reads.add(property.key.start);
              if (property.value.type === 'AssignmentPattern') guardedReads.add(property.key.start);
            }
            return;
          case 'AssignmentExpression':
            return written(node.left);
          case 'UpdateExpression':
            return written(node.argument);
          case 'TSInterfaceDeclaration':
          case 'TSTypeAliasDeclaration':
          case 'TSEnumDeclaration':
            ownTypes.add(node.id.name);
            return;
          case 'ClassDeclaration':
            if (node.id) ownTypes.add(node.id.name);
            return;
          case 'CallExpression': {
            const callee = unwrap(node.callee);
            const [first] = node.arguments;
            if (callee.type === 'MemberExpression' && first && isObjectAssign(callee)) {
              const root = rootName(first);
              if (root !== null) growing.add(root);
            }
            const root = rootName(callee);
            if (root === null || scope.declaration(root)?.type !== 'Import') return;
            const name = callee.type === 'MemberExpression' ? memberText(callee) : root;
            toolCalls.push({ start: node.start, end: node.end, name });
            for (const argument of node.arguments) argumentsOfTools.set(argument.start, argument);
            return;
          }
          default:
        }
      },
      leave() {
        parents.pop();
      },
    },
  ]);
  return { values, guardedReads, reads, writtenProperties, growing, ownTypes, argumentsOfTools, toolCalls };
}

const TRANSPARENT = new Set([
  'ParenthesizedExpression',
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'ChainExpression',
  'AwaitExpression',
]);

function nearestGuards(path: readonly Node[]): boolean {
  for (let at = path.length - 1; at > 0; at--) {
    const [node, parent] = [path[at], path[at - 1]];
    if (!node || !parent) return false;
    if (expectsNothing(node, parent)) return true;
    if (!TRANSPARENT.has(parent.type)) return false;
  }
  return false;
}

const isObjectAssign = (callee: Extract<Node, { type: 'MemberExpression' }>): boolean =>
  callee.object.type === 'Identifier' &&
  callee.object.name === 'Object' &&
  ['assign', 'defineProperty', 'defineProperties'].includes(memberText(callee));

const memberText = (node: Extract<Node, { type: 'MemberExpression' }>): string =>
  !node.computed && node.property.type === 'Identifier' ? node.property.name : '';
