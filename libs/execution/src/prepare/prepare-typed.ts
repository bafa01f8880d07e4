import type { Finding } from '../outcome.ts';
import type { TypeChecker } from '../types/type-checker.ts';
import { byPlace } from '../validate/validate.ts';
import { prepare, type Prepared, type PrepareOptions } from './prepare.ts';

/** What keeps the type-check from saying more than the parser did, or from saying it in time. */
const UNREADABLE = new Set<Finding['stage']>(['syntax', 'whole']);

/**
 * `prepare`, and the type-check against the tools' declarations beside it, as part of the syntax stage. All findings come
 * at once, so that whoever wrote the code mends it once. With judgement off, or without a checker, it is `prepare` alone.
 */
export async function prepareTyped(
  code: string,
  options: PrepareOptions & {
    readonly types?: { readonly checker: Pick<TypeChecker, 'check'>; readonly tenant: string } | undefined;
  },
): Promise<Prepared> {
  const prepared = prepare(code, options);
  const { types, imports } = options;
  if (!types || options.mode === 'off') return prepared;
  if (!prepared.ok && prepared.findings.some(({ stage }) => UNREADABLE.has(stage))) return prepared;
  const found = await types.checker.check({ code, imports, tenant: types.tenant });
  const told = new Set(prepared.findings.map(({ line, column }) => `${line}:${column}`));
  const findings = [
    ...prepared.findings,
    ...found.filter(({ line, column, severity }) => severity === 'warning' || !told.has(`${line}:${column}`)),
  ].sort(byPlace);
  if (prepared.ok && !found.some(({ severity }) => severity === 'error')) return { ...prepared, findings };
  return { ok: false, findings, tools: prepared.tools, estimatedCalls: prepared.estimatedCalls };
}
