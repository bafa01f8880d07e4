import type { Expression, Node } from 'oxc-parser';
import { BUILTINS, FORBIDDEN_GLOBALS, GLOBAL_OBJECTS } from './pattern-rules.ts';
import type { Scope } from './walk-scoped.ts';

const DEEP = 12; // how far constants and aliases are followed

/** The expression without brackets, type assertions, optional-chain wrappers and comma prefixes. */
export function unwrap(node: Node): Node {
  for (let inner = node; ;) {
    switch (inner.type) {
      case 'ParenthesizedExpression':
      case 'TSAsExpression':
      case 'TSSatisfiesExpression':
      case 'TSNonNullExpression':
      case 'TSTypeAssertion':
      case 'TSInstantiationExpression':
      case 'ChainExpression':
        inner = inner.expression;
        break;
      case 'SequenceExpression': {
        const last: Expression | undefined = inner.expressions.at(-1);
        if (!last) return inner;
        inner = last;
        break;
      }
      default:
        return inner;
    }
  }
}

/** The text that an expression surely has: literals, templates, +, concat, join, reverse, fromCharCode, constants. */
export function constantText(node: Node | null | undefined, scope: Scope, depth = 0): string | null {
  if (!node || depth > DEEP) return null;
  const inner = unwrap(node);
  const text = (part: Node | null | undefined) => constantText(part, scope, depth + 1);
  const all = (parts: readonly (Node | null)[]): string[] | null => {
    const texts = parts.map(text);
    return texts.every((each): each is string => each !== null) ? texts : null;
  };
  switch (inner.type) {
    case 'Literal':
      return typeof inner.value === 'string' || typeof inner.value === 'number' ? String(inner.value) : null;
    case 'TemplateLiteral': {
      const parts = all(inner.expressions);
      return parts && inner.quasis.map((quasi, at) => (quasi.value.cooked ?? '') + (parts[at] ?? '')).join('');
    }
    case 'BinaryExpression': {
      if (inner.operator !== '+') return null;
      const sides = all([inner.left, inner.right]);
      return sides && sides.join('');
    }
    case 'Identifier':
      return text(scope.constantOf(inner.name));
    case 'ConditionalExpression': {
      const branches = all([inner.consequent, inner.alternate]);
      return branches && branches[0] === branches[1] ? (branches[0] ?? null) : null;
    }
    case 'CallExpression':
      return constantCall(inner, scope, depth);
    default:
      return null;
  }
}

function constantCall(call: Extract<Node, { type: 'CallExpression' }>, scope: Scope, depth: number): string | null {
  const callee = unwrap(call.callee);
  if (callee.type !== 'MemberExpression') return null;
  const method = memberName(callee, scope, depth + 1);
  const args = call.arguments.map((argument) => constantText(argument, scope, depth + 1));
  if (!args.every((each): each is string => each !== null)) return null;
  const object = unwrap(callee.object);
  if (method === 'fromCharCode' || method === 'fromCodePoint')
    return args.every((each) => /^\d{1,6}$/.test(each)) ? String.fromCharCode(...args.map(Number)) : null;
  if (method === 'join') {
    const items = listItems(object, scope, depth + 1);
    return items && items.join(args[0] ?? ',');
  }
  const text = constantText(object, scope, depth + 1);
  if (text === null) return null;
  if (method === 'concat') return text + args.join('');
  if (method === 'toLowerCase') return text.toLowerCase();
  if (method === 'trim') return text.trim();
  if (method === 'toString') return text;
  if (method === 'slice' || method === 'substring') return text.slice(...args.map(Number));
  if (method === 'replace' && args.length === 2) return text.replace(args[0] ?? '', args[1] ?? '');
  return null;
}

function listItems(node: Node, scope: Scope, depth: number): string[] | null {
  const inner = unwrap(node);
  if (inner.type === 'ArrayExpression') {
    const items = inner.elements.map((element) => constantText(element, scope, depth));
    return items.every((each): each is string => each !== null) ? items : null;
  }
  if (inner.type !== 'CallExpression') return null;
  const callee = unwrap(inner.callee);
  if (callee.type !== 'MemberExpression') return null;
  const method = memberName(callee, scope, depth);
  if (method === 'reverse') return listItems(callee.object, scope, depth + 1)?.reverse() ?? null;
  if (method !== 'split') return null;
  const text = constantText(callee.object, scope, depth + 1);
  const by = constantText(inner.arguments[0], scope, depth + 1);
  return text !== null && by !== null ? text.split(by) : null;
}

/** The property that a member expression surely reads. */
export function memberName(node: Extract<Node, { type: 'MemberExpression' }>, scope: Scope, depth = 0): string | null {
  if (node.computed) return constantText(node.property, scope, depth + 1);
  return node.property.type === 'Identifier' ? node.property.name : null;
}

/** The known key of a property in a literal or a pattern. */
export function keyName(key: Node, computed: boolean, scope: Scope): string | null {
  if (!computed && key.type === 'Identifier') return key.name;
  return constantText(key, scope);
}

/**
 * The path from a global to where an expression surely leads: `globalThis.Array.prototype` and, with `const A = Array`,
 * `A.prototype` are both ['Array', 'prototype']. Null when it does not start at a global.
 */
export function globalPath(node: Node | null | undefined, scope: Scope, depth = 0): string[] | null {
  if (!node || depth > DEEP) return null;
  const inner = unwrap(node);
  if (inner.type === 'Identifier') {
    if (scope.isGlobal(inner.name))
      return BUILTINS.has(inner.name) || FORBIDDEN_GLOBALS.has(inner.name) || GLOBAL_OBJECTS.has(inner.name)
        ? [inner.name]
        : null;
    return globalPath(scope.constantOf(inner.name), scope, depth + 1);
  }
  if (inner.type !== 'MemberExpression') return null;
  const base = globalPath(inner.object, scope, depth + 1);
  if (!base) return null;
  const name = memberName(inner, scope, depth);
  if (name === null) return null;
  return base.length === 1 && GLOBAL_OBJECTS.has(base[0] ?? '') ? [name] : [...base, name];
}
