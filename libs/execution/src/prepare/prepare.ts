import { parseSync, type Node, type Program as Module } from 'oxc-parser';
import { walk } from 'oxc-walker';
import MagicString from 'magic-string';
import { messageOf } from '@switchyard/kernel';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { Finding } from '../outcome.ts';
import { DISCOVERY_FUNCTIONS, DISCOVERY_SERVER, type Program } from '../program.ts';
import { importForm, type ImportCatalog } from '../validate/import-form.ts';
import type { NamedTool } from '../validate/imports.ts';
import { guardSource, parseModule } from '../validate/parse.ts';
import { validateParsed } from '../validate/validate.ts';
import { walkScoped } from '../validate/walk-scoped.ts';
import { editModule, type Names } from './module-edits.ts';
import { stripTypes } from './strip.ts';

export type PrepareOptions = {
  readonly imports: ImportCatalog;
  /** `off` skips all judgement; only for tests of the sandbox. What is not ours is then refused inside, at run time. */
  readonly mode?: 'enforce' | 'off';
  readonly limits?: { readonly calls: number };
};

export type Prepared =
  | {
      readonly ok: true;
      readonly program: Program;
      /** Skills that the code imports: their own programs have to be put beside it. */
      readonly skills: readonly string[];
      /** Warnings. */
      readonly findings: readonly Finding[];
      readonly tools: readonly NamedTool[];
      readonly estimatedCalls: number;
    }
  | {
      readonly ok: false;
      readonly findings: readonly Finding[];
      readonly tools: readonly NamedTool[];
      readonly estimatedCalls: number;
    };

const refused = (findings: readonly Finding[]): Prepared => ({ ok: false, findings, tools: [], estimatedCalls: 0 });

/**
 * Makes the script that a sandbox runs of code as it was sent: judged (unless off), our own imports turned into look-ups,
 * types blanked, wrapped in one async function. Lines keep their numbers. A value comes from `return` or from
 * `export default`; a function exported as default is called. Pure; throws nothing for bad code.
 */
export function prepare(code: string, options: PrepareOptions): Prepared {
  const guarded = guardSource(code);
  if (guarded) return refused([guarded]);
  const parsed = parseModule(code);
  const blocking = parsed.findings.length > 0;
  const judged =
    options.mode === 'off'
      ? { ok: !blocking, findings: parsed.findings, tools: [], estimatedCalls: 0 }
      : validateParsed(parsed, options.imports, (options.limits ?? DEFAULT_LIMITS).calls);
  if (!judged.ok) return { ...judged, ok: false };

  const names = freeNames(code);
  const safe = options.mode === 'off' ? withoutDynamicImport(code, names) : code;
  const program = safe === code ? parsed.program : parseModule(safe).program;
  const { body, head, tail, whole } = editModule(program, safe, names);
  // `void 0` ends a directive prologue of the code's own, and the line break ends a comment on its last line.
  const wrapped = `(async function(${names.modules},${names.result}){"use strict";${head}void 0;\n${body}\n;${tail}})`;
  let stripped;
  try {
    stripped = stripTypes(wrapped);
  } catch (thrown) {
    return refused([syntaxFinding(messageOf(thrown).split('\n')[0] ?? '', 1)]);
  }
  const script = stripped.script.replace(/;\s*$/, '');
  const wrong = checkWrapped(script);
  if (wrong) {
    const at = stripped.lineMap?.[wrong.line - 1] ?? wrong.line - 1;
    return refused([syntaxFinding(wrong.message, Math.min(Math.max(1, at), parsed.text.lines))]);
  }
  const modules = Object.fromEntries(
    whole.map((server) => [
      server,
      [...(server === DISCOVERY_SERVER ? DISCOVERY_FUNCTIONS : (options.imports(`servers/${server}`) ?? []))],
    ]),
  );
  return {
    ok: true,
    program: { script, modules, lineMap: stripped.lineMap ? [...stripped.lineMap] : null },
    skills: importedSkills(program),
    findings: judged.findings,
    tools: judged.tools,
    estimatedCalls: judged.estimatedCalls,
  };
}

function importedSkills(program: Module): string[] {
  const names = program.body.flatMap((statement) => {
    if (statement.type !== 'ImportDeclaration' || statement.importKind === 'type') return [];
    const form = importForm(statement.source.value);
    return form?.kind === 'skill' ? [form.skill] : [];
  });
  return [...new Set(names)];
}

const syntaxFinding = (message: string, line: number): Finding => ({
  stage: 'syntax',
  code: 'syntax',
  message: message.trim(),
  hint: 'Correct the syntax; the code must be one TypeScript module.',
  line,
  column: 1,
  severity: 'error',
});

/** What the parser leaves to the engine: a script with such a literal is none at all. */
function brokenRegex(program: Module): { readonly message: string; readonly start: number } | null {
  let found: { message: string; start: number } | null = null;
  walk(program, {
    enter(node) {
      if (found || node.type !== 'Literal' || !('regex' in node)) return;
      try {
        new RegExp(node.regex.pattern, node.regex.flags);
      } catch (thrown) {
        found = { message: messageOf(thrown), start: node.start };
      }
    },
  });
  return found;
}

/** Two names that do not occur in the code. Spelt with escapes they could; it would only meet its own functions. */
function freeNames(code: string): Names {
  for (let round = 0; ; round++) {
    const names = { modules: `m$${round}`, result: `r$${round}` };
    if (!code.includes(names.modules) && !code.includes(names.result)) return names;
  }
}

/** With judgement off, `import(…)` becomes a call that always rejects. The sandbox could not import anyway. */
function withoutDynamicImport(code: string, names: Names): string {
  const edits = new MagicString(code);
  walkScoped(parseModule(code).program, [
    {
      enter(node: Node) {
        if (node.type === 'ImportExpression')
          edits.overwrite(node.start, node.source.start, `${names.modules}.refuseLater(`);
      },
    },
  ]);
  return edits.toString();
}

/**
 * The second look, at what will really run and in the grammar that it will run in (a script, where `<!--` is a comment):
 * exactly one async function expression, and no `import()` anywhere.
 */
function checkWrapped(script: string): { message: string; line: number } | null {
  const result = parseSync('user.js', script, { sourceType: 'script', lang: 'js', preserveParens: false });
  const [error] = result.errors;
  const lineOf = (offset: number) => script.slice(0, offset).split('\n').length;
  if (error) return { message: error.message, line: lineOf(error.labels[0]?.start ?? 0) };
  const [only, ...rest] = result.program.body;
  const isOne =
    rest.length === 0 &&
    only?.type === 'ExpressionStatement' &&
    only.expression.type === 'FunctionExpression' &&
    only.expression.async;
  if (!isOne) return { message: 'The code does not stay inside its own function.', line: 2 };
  const [dynamic] = result.module.dynamicImports;
  if (dynamic) return { message: 'import() is not available.', line: lineOf(dynamic.start) };
  const wrong = script.includes('/') ? brokenRegex(result.program) : null;
  return wrong && { message: wrong.message, line: lineOf(wrong.start) };
}
