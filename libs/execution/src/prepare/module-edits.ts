import MagicString from 'magic-string';
import type { ExportDefaultDeclaration, ImportDeclaration, Program, Statement } from 'oxc-parser';
import { DISCOVERY_SERVER, SKILLS_SERVER } from '../program.ts';
import { importForm, type ImportForm } from '../validate/import-form.ts';

/** Names in the script that the code itself cannot be using. */
export type Names = { readonly modules: string; readonly result: string };

export type Edited = {
  readonly body: string;
  /** Statements before the code, on a line of their own. */
  readonly head: string;
  readonly tail: string;
  /** Servers imported whole. */
  readonly whole: readonly string[];
};

/** Blanks a stretch and keeps its line breaks, so that every later line keeps its number. */
function blank(edits: MagicString, source: string, start: number, end: number, instead = ''): void {
  const spaces = source.slice(start, end).replace(/[^\r\n\u2028\u2029]/g, ' ');
  const first = spaces.search(/[^ ]|$/);
  edits.overwrite(start, end, instead.padEnd(first) + spaces.slice(first));
}

/** Module syntax becomes statements that a function's body may hold; everything else is left as it stands. */
export function editModule(program: Program, source: string, names: Names): Edited {
  const edits = new MagicString(source);
  const head: string[] = [];
  const tail: string[] = [];
  const whole = new Set<string>();
  for (const statement of program.body) {
    switch (statement.type) {
      case 'ImportDeclaration':
        blank(edits, source, statement.start, statement.end, ';');
        if (statement.importKind !== 'type') head.push(...bindings(statement, names, whole));
        break;
      case 'ExportDefaultDeclaration':
        editDefault(statement, edits, source, names, head);
        break;
      case 'ExportAllDeclaration':
        blank(edits, source, statement.start, statement.end, ';');
        head.push(`${names.modules}.refuse(${JSON.stringify(statement.source.value)});`);
        break;
      case 'ExportNamedDeclaration':
        if (statement.declaration) blank(edits, source, statement.start, statement.declaration.start);
        else {
          blank(edits, source, statement.start, statement.end, ';');
          if (statement.source) head.push(`${names.modules}.refuse(${JSON.stringify(statement.source.value)});`);
          else tail.push(...namedDefault(statement, names));
        }
        break;
      default:
    }
  }
  return { body: edits.toString(), head: head.join(''), tail: tail.join(''), whole: [...whole] };
}

function namedDefault(statement: Extract<Statement, { type: 'ExportNamedDeclaration' }>, names: Names): string[] {
  return statement.specifiers.flatMap(({ local, exported }) => {
    const name = exported.type === 'Identifier' ? exported.name : exported.value;
    return name === 'default' && local.type === 'Identifier' ? [`${names.result}.value=${local.name};`] : [];
  });
}

function editDefault(
  statement: ExportDefaultDeclaration,
  edits: MagicString,
  source: string,
  names: Names,
  head: string[],
): void {
  const { declaration } = statement;
  if (declaration.type === 'TSInterfaceDeclaration') return blank(edits, source, statement.start, declaration.start);
  const named =
    (declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration') && declaration.id;
  if (!named) {
    blank(edits, source, statement.start, declaration.start, `;${names.result}.value=`);
    edits.appendLeft(statement.end, ';');
    return;
  }
  blank(edits, source, statement.start, declaration.start);
  if (declaration.type === 'FunctionDeclaration') head.push(`${names.result}.value=${named.name};`);
  else edits.appendLeft(statement.end, `;${names.result}.value=${named.name};`);
}

/** One import as `const` statements that ask the sandbox's module table, and nothing else, for functions. */
function bindings(statement: ImportDeclaration, names: Names, whole: Set<string>): string[] {
  const specifier = statement.source.value;
  const form = importForm(specifier);
  if (!form || statement.attributes.length > 0 || statement.phase)
    return [`${names.modules}.refuse(${JSON.stringify(specifier)});`];
  return statement.specifiers.flatMap((each) => {
    if (each.type === 'ImportSpecifier' && each.importKind === 'type') return [];
    const name =
      each.type === 'ImportSpecifier'
        ? each.imported.type === 'Identifier'
          ? each.imported.name
          : each.imported.value
        : each.type === 'ImportDefaultSpecifier'
          ? 'default'
          : '*';
    return [`const ${each.local.name}=${bound(form, name, names, whole)};`];
  });
}

function bound(form: ImportForm, name: string, names: Names, whole: Set<string>): string {
  const call = (server: string, tool: string) =>
    `${names.modules}.call(${JSON.stringify(server)},${JSON.stringify(tool)})`;
  const all = (server: string) => {
    whole.add(server);
    return `${names.modules}.all(${JSON.stringify(server)})`;
  };
  switch (form.kind) {
    case 'discovery':
      return name === '*' || name === 'default' ? all(DISCOVERY_SERVER) : call(DISCOVERY_SERVER, name);
    case 'server':
      return name === '*' || name === 'default' ? all(form.server) : call(form.server, name);
    case 'tool':
      return name === '*'
        ? `({__proto__:null,${JSON.stringify(form.tool)}:${call(form.server, form.tool)}})`
        : call(form.server, name === 'default' ? form.tool : name);
    case 'skill':
      return name === '*'
        ? `({__proto__:null,${JSON.stringify(form.skill)}:${call(SKILLS_SERVER, form.skill)}})`
        : call(SKILLS_SERVER, form.skill);
  }
}
