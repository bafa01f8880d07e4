import type { Finding } from '../outcome.ts';
import { byPlace } from '../validate/validate.ts';
import type { TypeChecker, TypeCheckRequest } from './type-checker.ts';

/** What keeps the compiler from being asked: it would only say the same again, or not in time. */
const UNREADABLE = new Set<Finding['stage']>(['syntax', 'whole']);

/**
 * The findings of validation with those of the type-check among them, as part of the syntax stage. All come at once, so
 * that whoever wrote the code mends it once; of two errors at one place that of validation stands, which says why.
 */
export async function typeFindings(
  checker: Pick<TypeChecker, 'check'>,
  { findings, ...request }: TypeCheckRequest & { readonly findings: readonly Finding[] },
): Promise<readonly Finding[]> {
  if (findings.some(({ stage, severity }) => severity === 'error' && UNREADABLE.has(stage))) return findings;
  const found = await checker.check(request);
  const told = new Set(findings.map(({ line, column }) => `${line}:${column}`));
  const added = found.filter(({ line, column, severity }) => severity === 'warning' || !told.has(`${line}:${column}`));
  return [...findings, ...added].sort(byPlace);
}
