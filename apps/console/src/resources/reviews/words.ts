import type { ReviewRow, Reviewed } from './queries.ts';

/** Why somebody looks at a run. */
export const REASONS = [
  { value: 'destructive', label: 'May destroy' },
  { value: 'denied', label: 'Denied by policy' },
  { value: 'blocked', label: 'Blocked' },
  { value: 'first_use', label: 'First use of a tool' },
  { value: 'new_shape', label: 'New kind of code' },
  { value: 'sample', label: 'Sample' },
  { value: 'asked', label: 'Asked for' },
] as const;

export const reasonLabel = (reason: string): string => REASONS.find(({ value }) => value === reason)?.label ?? reason;

export const STATUSES = [
  { value: 'open', label: 'Waits for a verdict' },
  { value: 'second', label: 'Waits for a second reviewer' },
  { value: 'closed', label: 'Closed' },
] as const;

/** Where it stands, as the chip's word. */
export const stateOf = ({ status, verdict }: Pick<ReviewRow, 'status' | 'verdict'>): string =>
  status === 'closed' ? (verdict ?? 'closed') : status;

const TOKEN = /\[([A-Z][A-Z0-9_]*)_\d+\]/g;

/** Private data that was replaced, by kind and place, counted once for each token. */
export function maskedIn(
  run: Reviewed['run'],
): { readonly kind: string; readonly count: number; readonly where: string }[] {
  const places: readonly (readonly [string, unknown])[] = [
    ['arguments', run.calls.map(({ args }) => args)],
    ['tool results', run.calls.map(({ result }) => result)],
    ['result', run.result],
    ['logs', run.logs.map(({ text }) => text)],
  ];
  const found = new Map<string, { tokens: Set<string>; where: Set<string> }>();
  for (const [where, value] of places)
    for (const [token, kind = ''] of (JSON.stringify(value) ?? '').matchAll(TOKEN)) {
      const of = found.get(kind) ?? { tokens: new Set(), where: new Set() };
      of.tokens.add(token);
      of.where.add(where);
      found.set(kind, of);
    }
  return [...found].map(([kind, { tokens, where }]) => ({ kind, count: tokens.size, where: [...where].join(', ') }));
}
