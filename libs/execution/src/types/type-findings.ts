import type { Finding } from '../outcome.ts';
import { checkImports } from '../validate/imports.ts';
import type { ImportCatalog } from '../validate/import-form.ts';
import { guardSource, parseModule } from '../validate/parse.ts';
import { walkScoped } from '../validate/walk-scoped.ts';
import { codeFacts } from './code-facts.ts';
import { judge } from './judge.ts';
import { checkModule, type CheckModule } from './module-text.ts';
import type { Diagnostic } from './type-server.ts';

const ERROR_CAP = 30;
const WARNING_CAP = 10;

export type TypeQuestion = {
  readonly module: CheckModule;
  /** The findings among what the compiler said. */
  readonly findings: (diagnostics: readonly Diagnostic[]) => Finding[];
};

/** What to ask the compiler about a piece of code, or null where it cannot be parsed, and syntax findings say so. */
export function typeQuestion(code: string, imports: ImportCatalog): TypeQuestion | null {
  if (guardSource(code)) return null;
  const { program, text, findings: wrong } = parseModule(code);
  if (wrong.length > 0) return null;
  const { tools, visitor } = checkImports(program, text, imports, []);
  if (visitor) walkScoped(program, [visitor]); // finds the members of servers imported whole
  const module = checkModule(code, program, imports, tools);
  return {
    module,
    findings(diagnostics) {
      if (diagnostics.length === 0) return [];
      const context = { facts: codeFacts(program), types: module.types, functions: module.functions, imports };
      const errors: Finding[] = [];
      const warnings: Finding[] = [];
      for (const diagnostic of diagnostics) {
        const at = diagnostic.pos - module.shift;
        if (at < 0 || at >= code.length) continue;
        const judged = judge(diagnostic, at, context);
        if (!judged) continue;
        const [list, cap] = judged.severity === 'error' ? [errors, ERROR_CAP] : [warnings, WARNING_CAP];
        if (list.length < cap) list.push({ stage: 'syntax', ...judged, ...text.position(at) });
      }
      return [...errors, ...warnings];
    },
  };
}
