import type { Node } from 'oxc-parser';
import { globalPath, keyName, unwrap } from './constants.ts';
import type { PatternCode } from './pattern-rules.ts';
import type { Scope, Visitor } from './walk-scoped.ts';

const LONG_TEXT_CHARS = 8_000;
const LONG_LIST_ITEMS = 500;

/** Credentials by the forms that their issuers gave them, so that nothing else looks like one. */
const SECRETS = [
  /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /\bgh[pousr]_[A-Za-z0-9]{36,}\b/,
  /\bgithub_pat_[A-Za-z0-9_]{50,}\b/,
  /\bglpat-[\w-]{20,}/,
  /\bsk-(?:proj-|ant-[\w]+-)?[A-Za-z0-9_-]{32,}/,
  /\b[rs]k_live_[A-Za-z0-9]{20,}\b/,
  /\bxox[abeprs]-[A-Za-z0-9-]{20,}/,
  /\bshp(?:at|ss|ca|pa)_[a-fA-F0-9]{32}\b/,
  /\bAIza[\w-]{35}\b/,
  /\bnpm_[A-Za-z0-9]{36}\b/,
  /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}/,
  /\b[a-z][a-z+]*:\/\/[^\s:@/]+:[^\s:@/]{6,}@[\w.-]+/i,
];
const isSecret = (text: string): boolean => text.length >= 16 && SECRETS.some((form) => form.test(text));

/** A group that repeats, repeated: `(a+)+`. Its time doubles with each letter that nearly fits. */
const NESTED_REPEAT = /\((?:\?:)?(?:[^()\\[\]]|\\.|\[(?:[^\]\\]|\\.)*\])*[+*](?:\?)?\)(?:[+*]|\{\d+,\d*\})/;

const CLOCKS = new Set(['Date.now', 'performance.now']);

function readsClock(node: Node, scope: Scope): boolean {
  const inner = unwrap(node);
  if (inner.type === 'CallExpression') return CLOCKS.has(globalPath(inner.callee, scope)?.join('.') ?? '');
  if (inner.type === 'NewExpression') return globalPath(inner.callee, scope)?.join('.') === 'Date';
  if (inner.type === 'BinaryExpression') return readsClock(inner.left, scope) || readsClock(inner.right, scope);
  return false;
}

const isStill = (body: Node): boolean =>
  body.type === 'EmptyStatement' || (body.type === 'BlockStatement' && body.body.every(isStill));

const isImport = (node: Node, scope: Scope): boolean => {
  const callee = unwrap(node);
  const base = callee.type === 'MemberExpression' ? unwrap(callee.object) : callee;
  return base.type === 'Identifier' && scope.declaration(base.name)?.type === 'Import';
};

const isFunction = (node: Node | undefined): node is Extract<Node, { type: 'ArrowFunctionExpression' }> =>
  node?.type === 'ArrowFunctionExpression' || node?.type === 'FunctionExpression';

/** Part of the third stage: secrets, pasted data, and slips that make a run slow or its result incomplete. */
export function slipVisitor(report: (code: PatternCode, node: Node) => void): Visitor {
  return {
    enter(node, parent, scope) {
      switch (node.type) {
        case 'Literal':
          if (typeof node.value === 'string') {
            if (isSecret(node.value)) report('secret', node);
            else if (node.value.length > LONG_TEXT_CHARS) report('huge-literal', node);
          } else if ('regex' in node && NESTED_REPEAT.test(node.regex.pattern)) report('slow-regex', node);
          return;
        case 'TemplateElement':
          if (isSecret(node.value.raw)) report('secret', parent ?? node);
          else if (node.value.raw.length > LONG_TEXT_CHARS) report('huge-literal', parent ?? node);
          return;
        case 'ArrayExpression':
          if (node.elements.length > LONG_LIST_ITEMS) report('huge-literal', node);
          return;
        case 'WhileStatement':
          if (isStill(node.body) && readsClock(node.test, scope)) report('busy-wait', node);
          return;
        case 'ExpressionStatement': {
          const call = unwrap(node.expression);
          if (call.type === 'CallExpression' && isImport(call.callee, scope)) report('floating-call', node);
          return;
        }
        case 'CallExpression': {
          const callee = unwrap(node.callee);
          const [first] = node.arguments;
          if (
            callee.type === 'MemberExpression' &&
            keyName(callee.property, callee.computed, scope) === 'forEach' &&
            isFunction(first) &&
            first.async
          )
            report('async-foreach', node);
          return;
        }
        default:
      }
    },
  };
}
