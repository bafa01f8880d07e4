import { createHash } from 'node:crypto';
import type { Program } from 'oxc-parser';
import { guardSource, parseModule } from './parse.ts';
import { walkScoped } from './walk-scoped.ts';

/** What a tree holds beside its form: places, raw text, comments. */
const NOT_FORM = new Set(['start', 'end', 'loc', 'range', 'raw', 'comments', 'hashbang', 'parent', 'optional']);

type Tree = Readonly<Record<string, unknown>>;
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);
const isNode = (value: unknown): value is Tree & { readonly type: string } =>
  isTree(value) && typeof value['type'] === 'string';

/**
 * SHA-256 in hex of what code does, whatever its names, values, comments and layout: two programs that differ in those alone
 * have the same shape. What it imports and the properties that it names count. Null for code that is no program.
 */
export function codeShape(code: string): string | null {
  if (guardSource(code)) return null;
  const { program, findings } = parseModule(code);
  if (findings.length > 0) return null;
  const hash = createHash('sha256');
  const names = new Map<string, number>();
  const globals = globalNames(program);
  const local = (name: string): string => {
    if (globals.has(name)) return name;
    const known = names.get(name) ?? names.size;
    names.set(name, known);
    return `$${known}`;
  };
  const stack: unknown[] = [program];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (typeof next === 'string') hash.update(`${next};`);
    else if (Array.isArray(next)) {
      stack.push(']');
      for (const item of next.toReversed()) stack.push(item ?? 'null');
      hash.update('[');
    } else if (isNode(next)) for (const part of partsOf(next, local).toReversed()) stack.push(part);
  }
  return hash.digest('hex');
}

/** Names that the code uses and does not declare: what they mean is the language's, so they count. */
function globalNames(program: Program): ReadonlySet<string> {
  const found = new Set<string>();
  walkScoped(program, [
    {
      enter(node, parent, scope) {
        if (node.type === 'Identifier' && scope.isReference(node, parent) && scope.isGlobal(node.name))
          found.add(node.name);
      },
    },
  ]);
  return found;
}

/** What counts of a node: words, and the nodes within it, in their order. */
function partsOf(node: Tree & { readonly type: string }, local: (name: string) => string): unknown[] {
  const { type } = node;
  if (type === 'Identifier') return [type, local(String(node['name']))];
  if (type === 'Literal') return [type, node['value'] === null ? 'null' : typeof node['value']];
  if (type === 'TemplateElement') return [type];
  if (type === 'ImportDeclaration' || type === 'ExportAllDeclaration' || type === 'ImportSpecifier')
    return [type, ...importParts(node, local)];
  const isNamed = type === 'MemberExpression' || type === 'Property';
  return [
    type,
    ...Object.entries(node).flatMap(([key, value]): unknown[] => {
      if (key === 'type' || NOT_FORM.has(key) || value === undefined || value === null) return [];
      const isName = isNamed && (key === 'property' || key === 'key') && node['computed'] !== true;
      if (isName && isNode(value)) return [`.${String(value['name'] ?? value['value'] ?? '')}`];
      return typeof value === 'object' ? [value] : [`${key}=${String(value)}`];
    }),
  ];
}

function importParts(node: Tree, local: (name: string) => string): unknown[] {
  const { source, specifiers, imported, local: bound } = node;
  return [
    ...(isTree(source) ? [String(source['value'])] : []),
    ...(isTree(imported) ? [String(imported['name'] ?? imported['value'])] : []),
    ...(isTree(bound) ? [local(String(bound['name']))] : []),
    ...(Array.isArray(specifiers) ? [specifiers] : []),
  ];
}
