import { DEFAULT_LIMITS } from '../limits.ts';
import { STAGES, type Finding } from '../outcome.ts';
import { checkImports, type NamedTool } from './imports.ts';
import type { ImportCatalog } from './import-form.ts';
import { guardSource, parseModule, type Parsed } from './parse.ts';
import { patternVisitor } from './patterns.ts';
import { walkScoped } from './walk-scoped.ts';
import { wholeVisitor } from './whole.ts';

export type Validated = {
  /** No error among the findings. */
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  /** Tools that the code names, for a look at policy before the run. A server imported whole has `tool: null`. */
  readonly tools: readonly NamedTool[];
  /** Tool calls that the code makes at the least. */
  readonly estimatedCalls: number;
};

const isError = (finding: Finding): boolean => finding.severity === 'error';

/** By stage, then by place. */
export const byPlace = (a: Finding, b: Finding): number =>
  STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage) || a.line - b.line || a.column - b.column;

/**
 * Judges code in four stages (syntax, imports, patterns, whole) and says what to write instead. Pure. It is a help to
 * whoever wrote the code and to reviewers, never the wall: the sandbox holds without it.
 */
export function validate(
  code: string,
  imports: ImportCatalog,
  limits: { readonly calls: number } = DEFAULT_LIMITS,
): Validated {
  const guarded = guardSource(code);
  return guarded ? refused([guarded]) : validateParsed(parseModule(code), imports, limits.calls);
}

const refused = (findings: readonly Finding[]): Validated => ({ ok: false, findings, tools: [], estimatedCalls: 0 });

export function validateParsed(parsed: Parsed, imports: ImportCatalog, callLimit: number): Validated {
  const { program, text } = parsed;
  const findings = [...parsed.findings];
  // What did not parse has an empty tree, and what is too deep is not walked.
  if (findings.some(({ stage }) => stage === 'whole') || (findings.length > 0 && program.body.length === 0))
    return refused(findings);
  const found = checkImports(program, text, imports, findings);
  const whole = wholeVisitor(program, text, findings, callLimit);
  walkScoped(program, [patternVisitor(text, findings), whole.visitor, ...(found.visitor ? [found.visitor] : [])]);
  return {
    ok: !findings.some(isError),
    findings: findings.sort(byPlace),
    tools: found.tools,
    estimatedCalls: whole.estimatedCalls(),
  };
}
