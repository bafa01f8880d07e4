import type { ImportDeclaration, ImportDeclarationSpecifier, Node, Program } from 'oxc-parser';
import type { Finding } from '../outcome.ts';
import { DISCOVERY_FUNCTIONS } from '../program.ts';
import { didYouMean } from './close-match.ts';
import { memberName } from './constants.ts';
import { importForm, type ImportCatalog, type ImportForm } from './import-form.ts';
import { IMPORT_RULES, refusedSpecifier, type ImportCode } from './import-rules.ts';
import type { SourceText } from './source-text.ts';
import type { Visitor } from './walk-scoped.ts';

/** A tool that the code names; `tool` is null where a server is imported whole. */
export type NamedTool = {
  readonly server: string;
  readonly tool: string | null;
  /** Where it is first named; 1-based. */
  readonly line: number;
  readonly column: number;
};
export type Imports = { readonly tools: readonly NamedTool[]; readonly visitor: Visitor | null };

type Report = (code: ImportCode, node: Node, subject: string, hint?: string) => void;
type Name = (node: Node, server: string, tool: string | null) => void;

const importedName = (specifier: ImportDeclarationSpecifier): string => {
  if (specifier.type === 'ImportNamespaceSpecifier') return '*';
  if (specifier.type === 'ImportDefaultSpecifier') return 'default';
  return specifier.imported.type === 'Identifier' ? specifier.imported.name : specifier.imported.value;
};

const isTypeOnly = (specifier: ImportDeclarationSpecifier): boolean =>
  specifier.type === 'ImportSpecifier' && specifier.importKind === 'type';

/** The second stage: only the virtual tree can be imported, and of it only what the catalog lists. */
export function checkImports(program: Program, text: SourceText, catalog: ImportCatalog, findings: Finding[]): Imports {
  const tools: NamedTool[] = [];
  const whole = new Map<string, string>(); // local name → server
  const report: Report = (code, node, subject, hint) => {
    const rule = IMPORT_RULES[code];
    findings.push({
      stage: 'imports',
      code,
      message: rule.message.replace('%', () => subject),
      hint: hint ?? rule.hint,
      ...text.position(node.start),
      severity: 'error',
    });
  };
  const name: Name = (node, server, tool) => tools.push({ server, tool, ...text.position(node.start) });
  for (const statement of program.body) {
    if (
      statement.type === 'ExportAllDeclaration' ||
      (statement.type === 'ExportNamedDeclaration' && statement.source)
    ) {
      report('re-export', statement, '');
    } else if (statement.type === 'ImportDeclaration') {
      const form = checkShape(statement, report);
      if (form && statement.importKind !== 'type') checkNames(statement, form, catalog, report, name, whole);
    }
  }
  return { tools, visitor: whole.size > 0 ? namespaceVisitor(whole, catalog, report, name) : null };
}

function checkShape(statement: ImportDeclaration, report: Report): ImportForm | null {
  const specifier = statement.source.value;
  if (statement.attributes.length > 0) report('import-attributes', statement, specifier);
  if (statement.phase) report('import-phase', statement, specifier);
  const form = importForm(specifier);
  if (!form) report(refusedSpecifier(specifier), statement.source, specifier);
  return form;
}

function checkNames(
  statement: ImportDeclaration,
  form: ImportForm,
  catalog: ImportCatalog,
  report: Report,
  name: Name,
  whole: Map<string, string>,
): void {
  const specifiers = statement.specifiers.filter((specifier) => !isTypeOnly(specifier));
  if (form.kind === 'discovery') return mustBeOneOf(specifiers, DISCOVERY_FUNCTIONS, 'servers', report);
  if (form.kind === 'skill') {
    const skills = catalog('skills') ?? [];
    if (!skills.includes(form.skill))
      return report(
        'unknown-skill',
        statement.source,
        form.skill,
        didYouMean(form.skill, skills, 'There are no skills yet.'),
      );
    return mustBeOneOf(specifiers, [form.skill], `skills/${form.skill}`, report);
  }
  const functions = catalog(`servers/${form.server}`);
  if (!functions) {
    const servers = catalog('servers') ?? [];
    return report(
      'unknown-server',
      statement.source,
      form.server,
      didYouMean(form.server, servers, 'You may use no server yet.'),
    );
  }
  if (form.kind === 'tool') {
    if (!functions.includes(form.tool))
      return report(
        'unknown-function',
        statement.source,
        `servers/${form.server}/${form.tool}`,
        didYouMean(form.tool, functions, 'The server has no tool that you may use.'),
      );
    name(statement.source, form.server, form.tool);
    return mustBeOneOf(specifiers, [form.tool], `servers/${form.server}/${form.tool}`, report);
  }
  const named = specifiers.filter((specifier) => !['*', 'default'].includes(importedName(specifier)));
  mustBeOneOf(named, functions, `servers/${form.server}`, report);
  for (const specifier of named)
    if (functions.includes(importedName(specifier))) name(specifier, form.server, importedName(specifier));
  for (const specifier of specifiers) if (!named.includes(specifier)) whole.set(specifier.local.name, form.server);
}

function mustBeOneOf(
  specifiers: readonly ImportDeclarationSpecifier[],
  names: readonly string[],
  from: string,
  report: Report,
): void {
  for (const specifier of specifiers) {
    const name = importedName(specifier);
    if (name === '*' || name === 'default' || names.includes(name)) continue;
    report(
      'unknown-function',
      specifier,
      `${from}: ${name}`,
      didYouMean(name, names, 'The server has no tool that you may use.'),
    );
  }
}

/** `import * as search from 'servers/search'`: the members that are used are judged like named imports. */
function namespaceVisitor(
  whole: ReadonlyMap<string, string>,
  catalog: ImportCatalog,
  report: Report,
  nameTool: Name,
): Visitor {
  return {
    enter(node, parent, scope) {
      if (node.type !== 'Identifier' || !scope.isReference(node, parent)) return;
      const server = whole.get(node.name);
      if (server === undefined || scope.declaration(node.name)?.type !== 'Import') return;
      const name = parent?.type === 'MemberExpression' && parent.object === node ? memberName(parent, scope) : null;
      if (name === null || name === 'default') {
        nameTool(node, server, null);
        return;
      }
      const functions = catalog(`servers/${server}`) ?? [];
      if (functions.includes(name)) nameTool(node, server, name);
      else
        report(
          'unknown-function',
          node,
          `servers/${server}: ${name}`,
          didYouMean(name, functions, 'The server has no tool that you may use.'),
        );
    },
  };
}
