import type { Json } from '@switchyard/kernel';

/** What the policy obliges a call to, besides whether it may be made. */
export interface GateObligations {
  /** Names of fields whose values must not reach the caller, wherever in the result they stand; `a.b` is b within an a. */
  readonly maskFields: readonly string[];
  /** Of each list in the result. */
  readonly rowCap: number | null;
  /** Of one tool, in one run or one chat answer. */
  readonly callCap: number | null;
  readonly approval: { readonly persons: number; readonly minutes: number; readonly reasons: readonly string[] } | null;
}

export const NO_OBLIGATIONS: GateObligations = { maskFields: [], rowCap: null, callCap: null, approval: null };

/** What stands in the place of a value that is masked. */
export const MASKED = '[masked by policy]';

const keyed = (value: Json): value is { readonly [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The result without what must not reach the caller. The same object where nothing of it changes. */
export function fulfil(
  value: Json,
  { maskFields, rowCap }: GateObligations,
): { value: Json; masked: boolean; capped: boolean } {
  if (maskFields.length === 0 && rowCap === null) return { value, masked: false, capped: false };
  const paths = maskFields.map((field) => field.toLowerCase().split('.'));
  let masked = false;
  let capped = false;
  const isMasked = (place: readonly string[]): boolean =>
    paths.some((path) => path.every((name, at) => place[place.length - path.length + at] === name));
  const visit = (inner: Json, place: readonly string[]): Json => {
    if (Array.isArray(inner)) {
      const rows = rowCap !== null && inner.length > rowCap ? inner.slice(0, rowCap) : inner;
      if (rows !== inner) capped = true;
      return rows.map((row) => visit(row, place));
    }
    if (!keyed(inner)) return inner;
    return Object.fromEntries(
      Object.entries(inner).map(([name, member]) => {
        const here = [...place, name.toLowerCase()];
        if (!isMasked(here)) return [name, visit(member, here)];
        if (member !== null) masked = true;
        return [name, member === null ? null : MASKED];
      }),
    );
  };
  const fulfilled = visit(value, []);
  return masked || capped ? { value: fulfilled, masked, capped } : { value, masked, capped };
}
