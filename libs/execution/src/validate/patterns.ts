import type { Node } from 'oxc-parser';
import type { Finding } from '../outcome.ts';
import { constantText, globalPath, keyName, memberName, unwrap } from './constants.ts';
import { isEndlessLoop } from './endless-loop.ts';
import {
  BUILTINS,
  FORBIDDEN_GLOBALS,
  FORBIDDEN_PROPERTIES,
  GLOBAL_OBJECTS,
  PATTERN_RULES,
  type PatternCode,
  type PatternRule,
} from './pattern-rules.ts';
import { slipVisitor } from './slips.ts';
import type { SourceText } from './source-text.ts';
import type { Scope, Visitor } from './walk-scoped.ts';

type Report = (code: PatternCode, node: Node) => void;

/** The third stage: by tree and scope, never by text. A help for the writer and the reviewer; the sandbox is the wall. */
export function patternVisitor(text: SourceText, findings: Finding[]): Visitor {
  const seen = new Set<string>();
  const named = new WeakSet<Node>(); // global objects already judged by the property that is read from them
  const report: Report = (code, node) => {
    const key = `${code}:${node.start}`;
    if (seen.has(key)) return;
    seen.add(key);
    const { message, hint, severity }: PatternRule = PATTERN_RULES[code];
    const place = text.position(node.start);
    findings.push({ stage: 'patterns', code, message, hint, ...place, severity: severity ?? 'error' });
  };
  const slips = slipVisitor(report);
  return {
    enter(node, parent, scope) {
      slips.enter?.(node, parent, scope);
      switch (node.type) {
        case 'Identifier':
          if (!named.has(node) && scope.isReference(node, parent)) checkName(node.name, node, parent, scope, report);
          return;
        case 'MemberExpression':
          return checkMember(node, parent, scope, report, named);
        case 'ObjectPattern':
          return checkPattern(node, parent, scope, report);
        case 'Property':
          if (
            parent?.type === 'ObjectExpression' &&
            !node.shorthand &&
            !node.computed &&
            keyName(node.key, false, scope) === '__proto__'
          )
            report('proto-access', node.key);
          return;
        case 'AssignmentExpression':
          return checkWrite(node.left, scope, report);
        case 'UpdateExpression':
          return checkWrite(node.argument, scope, report);
        case 'ForInStatement':
        case 'ForOfStatement':
          return checkWrite(node.left, scope, report);
        case 'UnaryExpression':
          if (node.operator === 'delete') checkWrite(node.argument, scope, report);
          return;
        case 'CallExpression':
        case 'NewExpression':
          return checkCall(node, scope, report);
        case 'ImportExpression':
          return report('dynamic-import', node);
        case 'MetaProperty':
          if (node.meta.name === 'import') report('import-meta', node);
          return;
        case 'TSImportEqualsDeclaration':
          if (node.moduleReference.type === 'TSExternalModuleReference') report('require', node);
          return;
        case 'TSExportAssignment':
        case 'TSNamespaceExportDeclaration':
          return report('commonjs', node);
        case 'WithStatement':
          return report('with', node);
        case 'DebuggerStatement':
          return report('debugger', node);
        case 'Decorator':
          return report('decorator', node);
        case 'WhileStatement':
        case 'DoWhileStatement':
        case 'ForStatement':
          if (isEndlessLoop(node)) report('endless-loop', node);
          return;
        default:
      }
    },
  };
}

const isTypeof = (parent: Node | null): boolean => parent?.type === 'UnaryExpression' && parent.operator === 'typeof';

function checkName(name: string, node: Node, parent: Node | null, scope: Scope, report: Report): void {
  if (isTypeof(parent) || !scope.isGlobal(name)) return;
  if (name === 'eval')
    return report(parent?.type === 'CallExpression' && parent.callee === node ? 'eval' : 'eval-alias', node);
  if (name === 'Function') {
    const compared = parent?.type === 'BinaryExpression' && ['instanceof', '===', '!=='].includes(parent.operator);
    return compared ? undefined : report('function-constructor', node);
  }
  const code = FORBIDDEN_GLOBALS.get(name);
  if (code) return report(code, node);
  if (GLOBAL_OBJECTS.has(name)) report('global-object', node);
}

function checkProperty(name: string | null, node: Node, report: Report): void {
  const code = name === null ? undefined : FORBIDDEN_PROPERTIES.get(name);
  if (code) report(code, node);
}

/** `x.constructor.name` and comparisons tell of a value's class; everything else leads on to the Function constructor. */
const tellsClassOnly = (node: Node, parent: Node | null, scope: Scope): boolean =>
  (parent?.type === 'MemberExpression' && parent.object === node && memberName(parent, scope) === 'name') ||
  (parent?.type === 'BinaryExpression' && ['===', '!==', '==', '!='].includes(parent.operator));

function checkMember(
  node: Extract<Node, { type: 'MemberExpression' }>,
  parent: Node | null,
  scope: Scope,
  report: Report,
  named: WeakSet<Node>,
): void {
  const name = memberName(node, scope);
  const object = unwrap(node.object);
  if (name !== null && object.type === 'Identifier' && GLOBAL_OBJECTS.has(object.name) && scope.isGlobal(object.name)) {
    named.add(object);
    if (!BUILTINS.has(name) || name === 'Function' || GLOBAL_OBJECTS.has(name))
      checkName(name, node, parent, globalOnly(scope), report);
  }
  if (name === 'constructor' && !tellsClassOnly(node, parent, scope)) report('constructor-access', node.property);
  if ((name === 'callee' || name === 'caller') && object.type === 'Identifier' && object.name === 'arguments')
    report('caller-access', node.property);
  checkProperty(name, node.property, report);
  const path = globalPath(node, scope);
  if (path?.[0] === 'Reflect' && (path[1] === 'construct' || path[1] === 'apply')) report('reflect-construct', node);
}

/** Properties of the global object are global whatever the code declares. */
const globalOnly = (scope: Scope): Scope => ({ ...scope, isGlobal: () => true });

function checkPattern(
  node: Extract<Node, { type: 'ObjectPattern' }>,
  parent: Node | null,
  scope: Scope,
  report: Report,
): void {
  const source =
    parent?.type === 'VariableDeclarator' ? parent.init : parent?.type === 'AssignmentExpression' ? parent.right : null;
  const path = globalPath(source, scope);
  for (const property of node.properties) {
    if (property.type !== 'Property') continue;
    const name = keyName(property.key, property.computed, scope);
    if (name === 'constructor') report('constructor-access', property.key);
    checkProperty(name, property.key, report);
    if (name === null || !path) continue;
    if (path[0] === 'Reflect' && (name === 'construct' || name === 'apply')) report('reflect-construct', property.key);
    if (path.length === 1 && GLOBAL_OBJECTS.has(path[0] ?? ''))
      checkName(name, property.key, null, globalOnly(scope), report);
  }
}

const GET_PROTOTYPE = new Set(['Object.getPrototypeOf', 'Reflect.getPrototypeOf']);

const calls = (
  node: Node,
  names: ReadonlySet<string>,
  scope: Scope,
): Extract<Node, { type: 'CallExpression' }> | null => {
  const inner = unwrap(node);
  return inner.type === 'CallExpression' && names.has(globalPath(inner.callee, scope)?.join('.') ?? '') ? inner : null;
};

function checkWrite(target: Node, scope: Scope, report: Report): void {
  const inner = unwrap(target);
  if (inner.type === 'Identifier') {
    if (scope.isGlobal(inner.name))
      report(BUILTINS.has(inner.name) || inner.name === 'eval' ? 'builtin-write' : 'global-write', inner);
    return;
  }
  if (inner.type === 'ArrayPattern') {
    for (const element of inner.elements) if (element) checkWrite(element, scope, report);
    return;
  }
  if (inner.type === 'ObjectPattern') {
    for (const property of inner.properties)
      if (property.type === 'Property') checkWrite(property.value, scope, report);
    return;
  }
  if (inner.type === 'AssignmentPattern') return checkWrite(inner.left, scope, report);
  if (inner.type !== 'MemberExpression') return;
  if (calls(inner.object, GET_PROTOTYPE, scope)) return report('prototype-write', inner);
  const base = globalPath(inner.object, scope);
  if (!base) return;
  const name = memberName(inner, scope);
  const [first = ''] = base;
  if (base.length === 1 && GLOBAL_OBJECTS.has(first))
    report(name !== null && BUILTINS.has(name) ? 'builtin-write' : 'global-write', inner);
  else if (first === 'Error' && (name === 'stackTraceLimit' || FORBIDDEN_PROPERTIES.get(name ?? '') === 'stack-hook'))
    report('stack-hook', inner);
  else report(base.includes('prototype') ? 'prototype-write' : 'builtin-write', inner);
}

const DEFINES = new Set(['Object.defineProperty', 'Object.defineProperties', 'Reflect.defineProperty']);
const WRITES = new Set([
  'Object.assign',
  'Reflect.set',
  'Reflect.deleteProperty',
  'Object.freeze',
  'Object.seal',
  'Object.preventExtensions',
]);
const SETS_PROTOTYPE = new Set(['Object.setPrototypeOf', 'Reflect.setPrototypeOf']);
const READS = new Set(['Reflect.get', 'Object.getOwnPropertyDescriptor', 'Reflect.getOwnPropertyDescriptor']);

function checkCall(
  node: Extract<Node, { type: 'CallExpression' | 'NewExpression' }>,
  scope: Scope,
  report: Report,
): void {
  const name = globalPath(node.callee, scope)?.join('.');
  if (name === undefined) return;
  const [first, second] = node.arguments;
  const path = globalPath(first, scope);
  const builtin = path ?? (first && calls(first, GET_PROTOTYPE, scope) ? ['prototype'] : null);
  if (DEFINES.has(name) && builtin) report('define-property', node);
  if (WRITES.has(name) && builtin) report(builtin.includes('prototype') ? 'prototype-write' : 'builtin-write', node);
  if (SETS_PROTOTYPE.has(name) && builtin) report('set-prototype', node);
  if (name === 'Proxy' && path) report('proxy-builtin', node);
  if (READS.has(name)) {
    const property = constantText(second, scope);
    if (property === 'constructor' && second) report('constructor-access', second);
    else if (second) checkProperty(property, second, report);
  }
  if (GET_PROTOTYPE.has(name) && first && isFunction(first, scope)) report('function-family', node);
  if (name === 'setTimeout' || name === 'setInterval') {
    const inner = first && unwrap(first);
    if (inner && (constantText(inner, scope) !== null || inner.type === 'TemplateLiteral'))
      report('string-timer', node);
  }
  if (name === 'Symbol.for' && /^Deno\b/.test(constantText(first, scope) ?? '')) report('deno-internals', node);
}

function isFunction(node: Node, scope: Scope): boolean {
  const inner = unwrap(node);
  if (inner.type !== 'Identifier') return /Function(Expression|Declaration)$/.test(inner.type);
  const constant = scope.constantOf(inner.name);
  return constant ? isFunction(constant, scope) : scope.declaration(inner.name)?.type === 'Function';
}
