import type { Function as FunctionNode, ArrowFunctionExpression, Node, Program, Statement } from 'oxc-parser';
import type { Finding } from '../outcome.ts';
import { guardSource, parseModule } from '../validate/parse.ts';
import type { SourceText } from '../validate/source-text.ts';

export interface SkillModule {
  /** A module whose default export is the function: what is kept and run. */
  readonly code: string;
  /** Self-contained TypeScript of the function, without its description. */
  readonly declaration: string;
  /** `void` where it takes nothing. */
  readonly inputType: string;
  readonly outputType: string;
}

export type SkillModuleResult =
  { readonly ok: true; readonly skill: SkillModule } | { readonly ok: false; readonly findings: readonly Finding[] };

type AnyFunction = FunctionNode | ArrowFunctionExpression;

interface Exported {
  readonly fn: AnyFunction;
  /** True where the module says so itself. */
  readonly isDefault: boolean;
}

/**
 * Makes a skill of code: a module that exports one function, by the skill's name or as default, or the code of a run,
 * whose body then becomes the function's. Types are taken from its own annotations; `outputType` stands in where there
 * is none. Pure; whether the code is acceptable otherwise is `prepare`'s to say.
 */
export function skillModule(code: string, name: string, outputType = 'unknown'): SkillModuleResult {
  const guarded = guardSource(code);
  if (guarded) return { ok: false, findings: [guarded] };
  const { program, text, findings } = parseModule(code);
  if (findings.length > 0) return { ok: false, findings };
  const exported = findExport(program, name);
  if (!exported) {
    const other = program.body.find((each) => each.type === 'ExportNamedDeclaration' && each.declaration);
    if (other && !isType(other)) return refuse(text, other, `The code exports no function ${name}.`, name);
    return skillModule(wrapped(program, code, name, outputType), name, outputType);
  }
  const returning = program.body.find((each) => each.type === 'ReturnStatement');
  if (returning) return refuse(text, returning, 'A skill returns from its function, not from the module.', name);
  const { fn } = exported;
  if (fn.params.length > 1) return refuse(text, fn, `${name} takes ${fn.params.length} parameters.`, name);
  return {
    ok: true,
    skill: { ...signature(program, code, { fn, name, outputType }), code: asDefault(code, name, exported) },
  };
}

const HINT = (name: string): string =>
  `Write it as export async function ${name}(input: { … }): Promise<…> { … }, with one parameter or none.`;

const refuse = (text: SourceText, node: Node, message: string, name: string): SkillModuleResult => ({
  ok: false,
  findings: [
    { stage: 'whole', code: 'not-a-skill', message, hint: HINT(name), ...text.position(node.start), severity: 'error' },
  ],
});

const isType = (statement: Statement): boolean => {
  const declared = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
  return declared?.type === 'TSInterfaceDeclaration' || declared?.type === 'TSTypeAliasDeclaration';
};

const asFunction = (node: Node | null | undefined): AnyFunction | undefined =>
  node?.type === 'FunctionDeclaration' ||
  node?.type === 'FunctionExpression' ||
  node?.type === 'ArrowFunctionExpression'
    ? node
    : undefined;

function findExport(program: Program, name: string): Exported | undefined {
  const declared = new Map<string, AnyFunction>();
  const note = (declaration: Node | null): void => {
    const fn = asFunction(declaration);
    if (fn && fn.type === 'FunctionDeclaration' && fn.id) declared.set(fn.id.name, fn);
    if (declaration?.type !== 'VariableDeclaration') return;
    for (const { id, init } of declaration.declarations) {
      const value = asFunction(init);
      if (id.type === 'Identifier' && value) declared.set(id.name, value);
    }
  };
  for (const statement of program.body)
    note(statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement);
  for (const statement of program.body) {
    if (statement.type === 'ExportDefaultDeclaration') {
      const { declaration } = statement;
      const fn =
        asFunction(declaration) ?? (declaration.type === 'Identifier' ? declared.get(declaration.name) : undefined);
      if (fn) return { fn, isDefault: true };
    }
  }
  const isExported = program.body.some(
    (statement) =>
      statement.type === 'ExportNamedDeclaration' &&
      !statement.source &&
      (namesOf(statement.declaration).includes(name) ||
        statement.specifiers.some(({ exported }) => exported.type === 'Identifier' && exported.name === name)),
  );
  const fn = isExported ? declared.get(name) : undefined;
  return fn && { fn, isDefault: false };
}

function namesOf(declaration: Node | null): string[] {
  if (declaration?.type === 'FunctionDeclaration') return declaration.id ? [declaration.id.name] : [];
  if (declaration?.type !== 'VariableDeclaration') return [];
  return declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []));
}

const asDefault = (code: string, name: string, { isDefault }: Exported): string =>
  isDefault ? code : `${code.trimEnd()}\nexport { ${name} as default };\n`;

/** The code of a run as a function: imports and types stay outside, all else becomes its body. */
function wrapped(program: Program, code: string, name: string, outputType: string): string {
  const outside: string[] = [];
  const inside: string[] = [];
  let from = 0;
  for (const statement of program.body) {
    const source = code.slice(from, statement.end);
    from = statement.end;
    if (statement.type === 'ImportDeclaration' || isType(statement)) outside.push(source.trim());
    else if (statement.type === 'ExportDefaultDeclaration')
      inside.push(
        `${source.slice(0, source.length - (statement.end - statement.start))}return ${code.slice(statement.declaration.start, statement.declaration.end)};`,
      );
    else inside.push(source);
  }
  const body = `${inside.join('')}${code.slice(from)}`.trim();
  const indented = body.includes('`') ? body : body.replace(/^(?=.)/gm, '  ');
  return `${outside.join('\n')}\n\nexport async function ${name}(): Promise<${outputType}> {\n${indented}\n}\n`.trimStart();
}

function signature(
  program: Program,
  code: string,
  { fn, name, outputType }: { fn: AnyFunction; name: string; outputType: string },
): Omit<SkillModule, 'code'> {
  const source = (node: Node): string => code.slice(node.start, node.end).replace(/\s+/g, ' ').trim();
  const [param] = fn.params;
  const inputType = param ? typeOfParam(param, source) : 'void';
  const isOptional = param?.type === 'AssignmentPattern' || (param?.type === 'Identifier' && Boolean(param.optional));
  const returned = fn.returnType ? source(fn.returnType.typeAnnotation) : '';
  const output = /^Promise<([\s\S]*)>$/.exec(returned)?.[1] ?? (returned || outputType);
  const types = reachable(typeDeclarations(program, source), `${inputType} ${output}`);
  const input = param ? `input${isOptional ? '?' : ''}: ${inputType}` : '';
  return {
    declaration: [`export declare function ${name}(${input}): Promise<${output}>;`, ...types].join('\n'),
    inputType,
    outputType: output,
  };
}

function typeOfParam(param: AnyFunction['params'][number], source: (node: Node) => string): string {
  const target = param.type === 'AssignmentPattern' ? param.left : param;
  if (target.type === 'RestElement' || target.type === 'TSParameterProperty') return 'unknown';
  return target.typeAnnotation ? source(target.typeAnnotation.typeAnnotation) : 'unknown';
}

function typeDeclarations(program: Program, source: (node: Node) => string): Map<string, string> {
  const found = new Map<string, string>();
  for (const statement of program.body) {
    if (!isType(statement)) continue;
    const declared = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (declared?.type === 'TSInterfaceDeclaration' || declared?.type === 'TSTypeAliasDeclaration')
      found.set(declared.id.name, `export ${source(declared)}`);
  }
  return found;
}

/** The types that a text names, and those that they name. */
function reachable(types: ReadonlyMap<string, string>, from: string): string[] {
  const wanted = new Set<string>();
  const look = (text: string): void => {
    for (const [name, declaration] of types) {
      if (wanted.has(name) || !new RegExp(String.raw`(?<![\w$])${name.replaceAll('$', '\\$')}(?![\w$])`).test(text))
        continue;
      wanted.add(name);
      look(declaration);
    }
  };
  look(from);
  return [...types].filter(([name]) => wanted.has(name)).map(([, declaration]) => declaration);
}
