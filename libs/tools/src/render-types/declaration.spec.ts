import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { functionNames } from '../catalog/function-name.ts';
import { renderDeclaration, typeNames } from './declaration.ts';
import type { Schema } from './normalise.ts';

interface Definition {
  name: string;
  description?: string;
  inputSchema: Schema;
  outputSchema?: Schema;
}

const libraries = new Map<string, ts.SourceFile | undefined>();

/** What TypeScript says about `source`, and the functions that it declares. */
function check(source: string): { problems: string[]; functions: string[] } {
  const host = ts.createCompilerHost({});
  const original = host.getSourceFile.bind(host);
  host.getSourceFile = (name, options) => {
    if (name === '/index.ts') return ts.createSourceFile(name, source, ts.ScriptTarget.ES2023, true);
    if (!libraries.has(name)) libraries.set(name, original(name, options));
    return libraries.get(name);
  };
  const program = ts.createProgram(
    ['/index.ts'],
    { strict: true, noEmit: true, target: ts.ScriptTarget.ES2023, lib: ['lib.es2023.d.ts'], types: [] },
    host,
  );
  const functions: string[] = [];
  program.getSourceFile('/index.ts')?.forEachChild((node) => {
    if (ts.isFunctionDeclaration(node) && node.name) functions.push(node.name.text);
  });
  const problems = ts
    .getPreEmitDiagnostics(program)
    .map((one) => ts.flattenDiagnosticMessageText(one.messageText, ' '));
  return { problems, functions };
}

async function renderAll(tools: readonly Definition[]): Promise<{ source: string; names: string[] }> {
  const names = functionNames(
    tools.map((tool) => tool.name),
    new Map(),
  );
  const taken = new Set<string>();
  const parts: string[] = [];
  for (const tool of tools) {
    const declaration = await renderDeclaration(
      { ...tool, description: tool.description ?? '', functionName: names.get(tool.name) ?? '' },
      taken,
    );
    typeNames(declaration).forEach((name) => taken.add(name));
    parts.push(declaration);
  }
  return { source: parts.join('\n\n'), names: [...names.values()] };
}

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const CATALOGUES = path.resolve(ROOT, '../shared/data/catalogues');
const found = fs.existsSync(CATALOGUES);

describe('the catalogues of real servers', () => {
  if (!found) {
    console.warn(`SKIPPED: ${CATALOGUES} is missing, so that no real catalogue was checked.`);
    it.skip('are beside the checkout', () => undefined);
    return;
  }
  const files = fs.readdirSync(CATALOGUES).filter((file) => file.endsWith('.json'));
  it('are eleven', () => expect(files).toHaveLength(11));

  it.each(files)('%s becomes one file that TypeScript accepts', async (file) => {
    const parsed = JSON.parse(fs.readFileSync(path.join(CATALOGUES, file), 'utf8')) as
      Definition[] | { tools: Definition[] };
    const tools = Array.isArray(parsed) ? parsed : parsed.tools;
    const { source, names } = await renderAll(tools);
    const { problems, functions } = check(source);
    expect(problems).toEqual([]);
    expect([...functions].sort()).toEqual([...names].sort());
    const calls = names.map((name) => `${name}({} as never)`).join(', ');
    expect(check(`${source}\nexport const all = [${calls}];`).problems).toEqual([]);
  });
});

describe('renderDeclaration', () => {
  const render = (inputSchema: Schema, over: Partial<Definition> = {}) =>
    renderDeclaration({ functionName: 'doIt', description: '', inputSchema, ...over });
  const object = (properties: Record<string, unknown>, rest: Schema = {}): Schema => ({
    type: 'object',
    properties,
    ...rest,
  });

  it('says what a model needs and no more', async () => {
    const text = await render(
      object(
        { query: { type: 'string', description: 'Words to look for' }, limit: { type: 'integer', default: 10 } },
        { required: ['query'] },
      ),
      {
        description: 'Searches products.\nBy words.',
        outputSchema: object({ total: { type: 'integer' } }, { required: ['total'] }),
      },
    );
    expect(text).toBe(
      [
        '/** Searches products. By words. */',
        'export declare function doIt(input: DoItInput): Promise<DoItOutput>;',
        'export interface DoItInput {',
        '  /** Words to look for */',
        '  query: string',
        '  /** Default: 10. */',
        '  limit?: number',
        '}',
        'export interface DoItOutput {',
        '  total: number',
        '}',
      ].join('\n'),
    );
  });

  it.each<[string, Schema, string]>([
    ['an enumeration', object({ a: { enum: ['x', 'y', null] } }), '"x" | "y" | null'],
    ['nullable of OpenAPI', object({ a: { type: 'string', nullable: true } }), 'string | null'],
    ['a tuple of 2020-12', object({ a: { prefixItems: [{ type: 'string' }, { type: 'number' }] } }), '[string, number'],
    ['a constant', object({ a: { const: 'only' } }), 'a?: "only"'],
    ['alternatives', object({ a: { oneOf: [{ type: 'string' }, { type: 'number' }] } }), 'string | number'],
    ['all of', object({ a: { allOf: [object({ b: { type: 'string' } }), object({ c: { type: 'number' } })] } }), '& {'],
    [
      'a reference beside a description',
      {
        ...object({ a: { $ref: '#/$defs/node', description: 'It.' } }),
        $defs: { node: object({ n: { type: 'number' } }) },
      },
      'DoItInputNode',
    ],
    [
      'a recursive reference',
      {
        ...object({ a: { $ref: '#/$defs/tree' } }),
        $defs: { tree: object({ kids: { type: 'array', items: { $ref: '#/$defs/tree' } } }) },
      },
      'DoItInputTree[]',
    ],
    ['no properties at all', { type: 'object' }, 'Record<string, never>'],
    ['free properties', { type: 'object', additionalProperties: true }, 'Record<string, unknown>'],
    ['a property that is no identifier', object({ 'a-b': { type: 'string' } }), '"a-b"?: string'],
  ])('renders %s', async (_what, schema, expected) => {
    const text = await render(schema);
    expect(text).toContain(expected);
    expect(check(text).problems).toEqual([]);
  });

  it.each<[string, Schema]>([
    ['a remote reference', object({ a: { $ref: 'https://attacker.example/schema.json' } })],
    ['a reference to a file', object({ a: { $ref: 'file:///etc/passwd' } })],
    ['a relative reference', object({ a: { $ref: '../../package.json' } })],
    ['an identifier that moves the base', { ...object({ a: { $ref: 'x.json' } }), $id: 'https://attacker.example/' }],
    ['a pointer to nowhere', object({ a: { $ref: '#/$defs/none' } })],
  ])('follows no reference outside: %s', async (_what, schema) => {
    const text = await render(schema);
    expect(text).toContain('not followed');
    expect(check(text).problems).toEqual([]);
  });

  it.each<[string, Partial<Definition>]>([
    ['the tool', { description: 'ends */ export const evil = 1; /*' }],
    ['a property', { inputSchema: object({ a: { type: 'string', description: '*/ evil(); /*' } }) }],
    [
      'a definition',
      {
        inputSchema: {
          ...object({ a: { $ref: '#/$defs/d' } }),
          $defs: { d: { ...object({ b: {} }), description: '*/ evil()' } },
        },
      },
    ],
    ['a default', { inputSchema: object({ a: { type: 'string', default: '*/ evil()' } }) }],
  ])('keeps a comment a comment: of %s', async (_what, over) => {
    const text = await renderDeclaration({
      functionName: 'doIt',
      description: '',
      inputSchema: object({ a: {} }),
      ...over,
    });
    expect(check(text).problems).toEqual([]);
    expect(check(text).functions).toEqual(['doIt']);
    expect(
      ts
        .createSourceFile('a.ts', text, ts.ScriptTarget.ES2023)
        .statements.every(
          (one) => ts.isFunctionDeclaration(one) || ts.isInterfaceDeclaration(one) || ts.isTypeAliasDeclaration(one),
        ),
    ).toBe(true);
  });

  it.each<[string, Schema]>([
    ['a name', object({ a: { title: 'x { } evil', type: 'object', properties: { b: { type: 'string' } } } })],
    ['a property', object({ 'a: 1 } evil {': { type: 'string' } })],
    ['a definition', { ...object({ a: { $ref: '#/$defs/x } evil {' } }), $defs: { 'x } evil {': object({ b: {} }) } }],
    ['an enumeration', object({ a: { enum: ['" | evil()', "' + evil()"] } })],
    ['a foreign type keyword', object({ a: { tsType: 'typeof import("node:fs")' } })],
  ])('lets no code in through %s', async (_what, schema) => {
    const text = await render(schema);
    expect(check(text).problems).toEqual([]);
    expect(text).not.toContain('import(');
  });

  it('stays small and quick with a schema that explodes', async () => {
    let deep: Schema = { type: 'string' };
    for (let level = 0; level < 500; level++) deep = object({ inner: deep });
    const wide = object(
      Object.fromEntries(Array.from({ length: 20_000 }, (_one, index) => [`p${index}`, object({ q: {} })])),
    );
    const started = Date.now();
    for (const schema of [deep, wide]) {
      const text = await render(schema);
      expect(text).toContain('beyond the bounds');
      expect(check(text).problems).toEqual([]);
    }
    expect(Date.now() - started).toBeLessThan(10_000);
  });

  it('never loses the tool to a schema that makes no sense', async () => {
    const nonsense = {
      type: 'object',
      properties: { a: { type: 'nonsense', enum: 'not a list', items: 7, anyOf: [3] } },
      required: 'yes',
    };
    const text = await render(nonsense as Schema);
    expect(text).toContain('export declare function doIt(');
    expect(check(text).problems).toEqual([]);
  });

  it('keeps two tools apart whose types would bear one name', async () => {
    const inner = { ...object({ a: { $ref: '#/$defs/input' } }), $defs: { input: object({ b: { type: 'string' } }) } };
    const { source } = await renderAll([
      { name: 'get', inputSchema: inner },
      { name: 'getInput', inputSchema: object({ c: { type: 'string' } }) },
    ]);
    expect(check(source).problems).toEqual([]);
  });
});
