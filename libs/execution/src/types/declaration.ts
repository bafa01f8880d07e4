import { createHash } from 'node:crypto';
import { parseSync, type Node, type TSType } from 'oxc-parser';
import { LRUCache } from 'lru-cache';
import { guardSource, treeDepth, DEPTH_CAP } from '../validate/parse.ts';

export type DeclaredProperty = { readonly name: string; readonly optional: boolean; readonly type: string };
/** What is known of a type that a tool declares. */
export type DeclaredType = {
  /** Null where it is no plain object, or one that may have more. */
  readonly properties: readonly DeclaredProperty[] | null;
  /** The types of which it is one, where it is a union of named ones. */
  readonly alternatives?: readonly string[];
};

export type Declaration = {
  /** Of the text; two declarations with the same hash are the same. */
  readonly hash: string;
  /** The declaration as the check reads it. */
  readonly text: string;
  /** Every type in it by name, those of inner objects too. */
  readonly types: ReadonlyMap<string, DeclaredType>;
};

const TYPE_TEXT_CAP = 60;
const CACHE_CAP = 4_000;
const cache = new LRUCache<string, { readonly declaration: Declaration | null }>({ max: CACHE_CAP });

/**
 * A tool's declaration, made fit for a check that must not refuse good code: `unknown` becomes `any` (a shape that nobody
 * declared is no error), tuples become lists (a list's length is not known before the run), and every inner object gets a
 * name, so that a message says whose property is missing. Null where it cannot be read: the tool is `any` then.
 */
export function readDeclaration(text: string): Declaration | null {
  const known = cache.get(text);
  if (known) return known.declaration;
  const declaration = relax(text);
  cache.set(text, { declaration });
  return declaration;
}

function relax(source: string): Declaration | null {
  if (guardSource(source)) return null;
  const { program, errors } = parseSync('tool.d.ts', source, { sourceType: 'module', lang: 'ts' });
  if (errors.length > 0 || treeDepth(program) > DEPTH_CAP) return null;
  const printer = new Printer(source);
  for (const statement of program.body) printer.statement(statement);
  const text = printer.out.join('\n');
  return { hash: createHash('sha256').update(text).digest('hex').slice(0, 24), text, types: printer.types };
}

type Edit = { readonly start: number; readonly end: number; readonly text: string };

class Printer {
  readonly out: string[] = [];
  readonly types = new Map<string, DeclaredType>();
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  statement(statement: Node): void {
    if (statement.type !== 'ExportNamedDeclaration' || !statement.declaration) return;
    const { declaration } = statement;
    switch (declaration.type) {
      case 'TSInterfaceDeclaration': {
        const { name } = declaration.id;
        this.types.set(name, { properties: null });
        if (declaration.extends.length > 0 || declaration.typeParameters) {
          this.out.push(`export ${this.#print(declaration, name)}`);
          return;
        }
        // A type, not an interface: only a type may be passed where an index signature is asked for.
        this.#object(name, declaration.body.body, declaration.body);
        return;
      }
      case 'TSTypeAliasDeclaration': {
        const { name } = declaration.id;
        const { typeAnnotation } = declaration;
        this.types.set(name, { properties: null });
        if (typeAnnotation.type === 'TSTypeLiteral') this.#object(name, typeAnnotation.members, typeAnnotation);
        else if (typeAnnotation.type === 'TSUnionType') {
          const parts = typeAnnotation.types.map((type) => this.#item(type, name));
          this.types.set(name, { properties: null, alternatives: parts.map((part) => part.replace(/^\(|\)$/g, '')) });
          this.out.push(`export type ${name} = ${parts.join(' | ')};`);
        } else this.out.push(`export type ${name} = ${this.#print(typeAnnotation, name)};`);
        return;
      }
      case 'FunctionDeclaration':
      case 'TSDeclareFunction':
        this.out.push(`export ${this.#print(declaration, declaration.id?.name ?? 'Tool')}`);
        return;
      default:
    }
  }

  /** `type name = { … }`, and what is known of it. */
  #object(name: string, members: readonly Node[], body: Node): void {
    const properties: DeclaredProperty[] = [];
    let isOpen = false;
    for (const member of members) {
      if (member.type === 'TSPropertySignature' && !member.computed) {
        const key = keyOf(member.key);
        const type = member.typeAnnotation?.typeAnnotation;
        if (key === null) isOpen = true;
        else properties.push({ name: key, optional: member.optional, type: type ? this.#short(type) : 'any' });
      } else isOpen = true;
    }
    this.types.set(name, { properties: isOpen ? null : properties });
    this.out.push(`export type ${name} = ${this.#print(body, name)};`);
  }

  #short(type: TSType): string {
    const text = this.#source.slice(type.start, type.end).replace(/\/\*[^]*?\*\//g, '');
    const flat = text.replace(/\s+/g, ' ').trim();
    if (flat.length <= TYPE_TEXT_CAP) return flat;
    if (type.type === 'TSTypeLiteral') return '{ … }';
    return type.type === 'TSArrayType' ? '{ … }[]' : `${flat.slice(0, TYPE_TEXT_CAP - 1)}…`;
  }

  /** The text of a node with the types in it relaxed. `owner` names the objects found inside. */
  #print(node: Node, owner: string): string {
    const edits: Edit[] = [];
    for (const child of childrenOf(node)) this.#edit(child, owner, edits);
    return apply(this.#source, node.start, node.end, edits);
  }

  #edit(node: Node, owner: string, edits: Edit[]): void {
    const replaced = this.#replacement(node, owner);
    if (replaced !== null) edits.push({ start: node.start, end: node.end, text: replaced });
    else {
      const key = node.type === 'TSPropertySignature' && !node.computed ? keyOf(node.key) : null;
      const inner = key === null ? owner : `${owner}_${key.replace(/[^A-Za-z0-9_$]/g, '_')}`;
      for (const child of childrenOf(node)) this.#edit(child, inner, edits);
    }
  }

  #replacement(node: Node, owner: string): string | null {
    switch (node.type) {
      case 'TSUnknownKeyword':
      case 'TSNeverKeyword':
        return 'any';
      case 'TSTupleType': {
        const items = node.elementTypes.map((element) => this.#item(element, owner));
        return items.length === 0 ? 'any[]' : `(${[...new Set(items)].join(' | ')})[]`;
      }
      case 'TSTypeLiteral': {
        let name = owner;
        for (let number = 2; this.types.has(name); number++) name = `${owner}_${number}`;
        this.types.set(name, { properties: null }); // taken, before its own inner objects look for names
        this.#object(name, node.members, node);
        return name;
      }
      default:
        return null;
    }
  }

  #item(element: Node, owner: string): string {
    switch (element.type) {
      case 'TSRestType':
        return element.typeAnnotation.type === 'TSArrayType'
          ? this.#item(element.typeAnnotation.elementType, owner)
          : 'any';
      case 'TSOptionalType':
        return this.#item(element.typeAnnotation, owner);
      case 'TSNamedTupleMember':
        return this.#item(element.elementType, owner);
      default:
        return this.#replacement(element, owner) ?? `(${this.#print(element, owner)})`;
    }
  }
}

const keyOf = (key: Node): string | null =>
  key.type === 'Identifier' ? key.name : key.type === 'Literal' && typeof key.value === 'string' ? key.value : null;

const isNode = (value: unknown): value is Node =>
  value !== null && typeof value === 'object' && 'type' in value && 'start' in value;

const childrenOf = (node: Node): Node[] =>
  Object.values(node)
    .flatMap((value: unknown) => (Array.isArray(value) ? value : [value]))
    .filter(isNode);

function apply(source: string, start: number, end: number, edits: readonly Edit[]): string {
  let text = '';
  let at = start;
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    text += source.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return text + source.slice(at, end);
}
