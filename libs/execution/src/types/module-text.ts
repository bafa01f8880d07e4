import { createHash } from 'node:crypto';
import type { ImportDeclaration, ImportDeclarationSpecifier, Program } from 'oxc-parser';
import { DISCOVERY_FUNCTIONS } from '../program.ts';
import { importForm, type ImportCatalog } from '../validate/import-form.ts';
import type { NamedTool } from '../validate/imports.ts';
import { readDeclaration, type Declaration, type DeclaredType } from './declaration.ts';
import { DECLARATIONS, USER_FILE } from './type-server.ts';

export type CheckModule = {
  /** Everything that the compiler may see, `USER_FILE` included. */
  readonly files: ReadonlyMap<string, string>;
  /** Subtract it from an offset in `USER_FILE` to have the offset in the code as sent. */
  readonly shift: number;
  /** Types that the imported tools declare. */
  readonly types: ReadonlyMap<string, DeclaredType>;
  /** Local names under which tools were imported, with their declared names. */
  readonly functions: ReadonlyMap<string, string>;
};

const DISCOVERY = `export declare function searchTools(query?: any): Promise<any>;
export declare function listTools(query?: any): Promise<any>;
export declare function listCategories(): Promise<any>;
export declare function describeTools(names: any): Promise<any>;`;

type Entry = { readonly local: string; readonly imported: string; readonly isType: boolean };

/**
 * The code as the type-check reads it: its imports on one line before it, each from exactly the declarations of the tools
 * that it names; itself, letter by letter where it was, inside an async function, because `return` may stand at the top.
 */
export function checkModule(
  code: string,
  program: Program,
  imports: ImportCatalog,
  named: readonly NamedTool[],
): CheckModule {
  const builder = new Builder(imports, named);
  const edits: [start: number, end: number, text: string][] = [];
  for (const statement of program.body) {
    switch (statement.type) {
      case 'ImportDeclaration':
        builder.import(statement);
        edits.push([statement.start, statement.end, ';']);
        break;
      case 'ExportDefaultDeclaration': {
        const { declaration } = statement;
        const stays =
          declaration.type === 'TSInterfaceDeclaration' ||
          ((declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration') && declaration.id);
        edits.push([statement.start, declaration.start, stays ? ';' : ';void ']);
        break;
      }
      case 'ExportNamedDeclaration':
        edits.push([statement.start, statement.declaration?.start ?? statement.end, ';']);
        break;
      case 'ExportAllDeclaration':
        edits.push([statement.start, statement.end, ';']);
        break;
      default:
    }
  }
  const head = `${builder.head.join('')}export default async function(){\n`;
  let body = '';
  let at = 0;
  for (const [start, end, text] of edits) {
    body += code.slice(at, start) + blank(code.slice(start, end), text);
    at = end;
  }
  body += code.slice(at);
  const files = new Map([...builder.files, [USER_FILE, `${head}${body}\n}`]]);
  return { files, shift: head.length, types: builder.types, functions: builder.functions };
}

/** The same length and the same lines, with `instead` in front. */
function blank(text: string, instead: string): string {
  const spaces = text.replace(/[^\r\n\u2028\u2029]/g, ' ');
  return instead + spaces.slice(instead.length);
}

class Builder {
  readonly head: string[] = [];
  readonly files = new Map<string, string>();
  readonly types = new Map<string, DeclaredType>();
  readonly functions = new Map<string, string>();
  readonly #imports: ImportCatalog;
  readonly #named: readonly NamedTool[];

  constructor(imports: ImportCatalog, named: readonly NamedTool[]) {
    this.#imports = imports;
    this.#named = named;
  }

  import(statement: ImportDeclaration): void {
    const form = importForm(statement.source.value);
    for (const specifier of statement.specifiers) {
      const entry = entryOf(specifier, statement.importKind === 'type');
      if (form?.kind === 'discovery') this.#discovery(entry);
      else if (form?.kind === 'tool') this.#tool(entry, form.server, form.tool);
      else if (form?.kind === 'server') this.#server(entry, form.server);
      else if (form?.kind === 'skill') this.#skill(entry, form.skill);
      else this.#any(entry);
    }
  }

  #discovery(entry: Entry): void {
    const file = `${DECLARATIONS}discovery.ts`;
    const known: readonly string[] = DISCOVERY_FUNCTIONS;
    if (entry.imported !== '*' && entry.imported !== 'default' && !known.includes(entry.imported))
      return this.#any(entry);
    this.files.set(file, DISCOVERY);
    this.#from(file, { ...entry, imported: entry.imported === 'default' ? '*' : entry.imported });
  }

  #tool(entry: Entry, server: string, tool: string): void {
    const declaration = this.#declaration(`servers/${server}/${tool}`);
    if (!declaration) return this.#any(entry);
    this.#one({ ...entry, imported: entry.imported === 'default' ? tool : entry.imported }, declaration);
  }

  #skill(entry: Entry, skill: string): void {
    const declaration = this.#declaration(`skills/${skill}`);
    if (!declaration) return this.#any(entry);
    this.#one({ ...entry, imported: entry.imported === 'default' ? skill : entry.imported }, declaration);
  }

  #server(entry: Entry, server: string): void {
    if (entry.imported === '*' || entry.imported === 'default') return this.#whole(entry, server);
    const own = this.#declaration(`servers/${server}/${entry.imported}`);
    if (own) return this.#one(entry, own);
    // The name of a type: whichever tool of the server declares it.
    for (const tool of entry.isType ? (this.#imports(`servers/${server}`) ?? []) : []) {
      if (!this.#imports.declaration?.(`servers/${server}/${tool}`)?.includes(entry.imported)) continue;
      const declaration = this.#declaration(`servers/${server}/${tool}`);
      if (declaration?.types.has(entry.imported)) return this.#one(entry, declaration);
    }
    this.#any(entry);
  }

  /** Only the members in use are declared; where the server is passed on as a value, nothing is known of it. */
  #whole(entry: Entry, server: string): void {
    const used = this.#named.filter((tool) => tool.server === server);
    const tools = [...new Set(used.flatMap(({ tool }) => tool ?? []))].sort();
    const declarations = tools.map((tool) => this.#declaration(`servers/${server}/${tool}`));
    if (used.some(({ tool }) => tool === null) || declarations.includes(null)) return this.#any(entry);
    const lines = declarations.flatMap((declaration) =>
      declaration ? [`export * from "${fileOf(declaration)}";`] : [],
    );
    const text = ['export {};', ...lines].join('\n');
    const file = `${DECLARATIONS}all_${createHash('sha256').update(text).digest('hex').slice(0, 24)}.ts`;
    this.files.set(file, text);
    this.#from(file, { ...entry, imported: '*' });
  }

  #one(entry: Entry, declaration: Declaration): void {
    const file = fileOf(declaration);
    const { imported } = entry;
    const isThere = declaration.types.has(imported) || declaration.text.includes(`function ${imported}(`);
    if (imported !== '*' && !isThere) return this.#any(entry);
    this.functions.set(entry.local, entry.imported);
    this.#from(file, entry);
  }

  #declaration(path: string): Declaration | null {
    const text = this.#imports.declaration?.(path);
    const declaration = text === undefined ? null : readDeclaration(text);
    if (!declaration) return null;
    this.files.set(fileOf(declaration), declaration.text);
    for (const [name, type] of declaration.types) this.types.set(name, type);
    return declaration;
  }

  #from(file: string, { local, imported, isType }: Entry): void {
    const names = imported === '*' ? `* as ${local}` : `{${imported} as ${local}}`;
    this.head.push(`import ${isType ? 'type ' : ''}${names} from "${file}";`);
  }

  #any({ local, isType }: Entry): void {
    this.head.push(isType ? `type ${local}=any;` : `declare const ${local}:any;type ${local}=any;`);
  }
}

const fileOf = ({ hash }: Declaration): string => `${DECLARATIONS}${hash}.ts`;

function entryOf(specifier: ImportDeclarationSpecifier, allTypes: boolean): Entry {
  const local = specifier.local.name;
  if (specifier.type === 'ImportNamespaceSpecifier') return { local, imported: '*', isType: allTypes };
  if (specifier.type === 'ImportDefaultSpecifier') return { local, imported: 'default', isType: allTypes };
  const { imported } = specifier;
  const isType = allTypes || specifier.importKind === 'type';
  return { local, imported: imported.type === 'Identifier' ? imported.name : imported.value, isType };
}
