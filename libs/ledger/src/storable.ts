import type { Json } from '@switchyard/kernel';

/** NUL and lone surrogates as JSON.stringify escapes them; an escaped backslash is passed over. */
const UNSTORABLE = /\\(u0000|ud[89a-f][0-9a-f]{2}|.)/g;

const MAX_DEPTH = 200;
const deeperThan = (value: unknown, levels: number): boolean =>
  value !== null &&
  typeof value === 'object' &&
  (levels === 0 || Object.values(value).some((inner) => deeperThan(inner, levels - 1)));

/**
 * The JSON that comes back from Postgres as it went in: what JSON cannot say is dropped as JSON.stringify does, bigints
 * become text, NUL and lone surrogates, which Postgres refuses, become U+FFFD, and what is nested deeper than 200 levels
 * (a cycle too) is left out with a word. Code decides what its own run returns; it must not be able to keep the run out
 * of the ledger by returning what cannot be stored.
 */
export function storable(value: unknown): Json {
  if (deeperThan(value, MAX_DEPTH)) return { '…': `left out: nested deeper than ${MAX_DEPTH} levels` };
  const text = JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner));
  if (text === undefined) return null;
  return JSON.parse(text.replace(UNSTORABLE, (escape) => (escape.length === 6 ? '\\ufffd' : escape)));
}

export const storableText = (text: string): string => String(storable(text));
