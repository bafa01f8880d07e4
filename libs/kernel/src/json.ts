export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Deterministic JSON (keys sorted by code unit at every depth), the form that hashes are taken over. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}
