const words = (text: string): Set<string> =>
  new Set(
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+(?:[.,-][\p{L}\p{N}]+)*/gu) ?? [],
  );

/** The share of two sets that is in both: 0 to 1, and 1 of two empty ones. */
export function overlap<Item>(a: ReadonlySet<Item>, b: ReadonlySet<Item>): number {
  const shared = [...a].filter((item) => b.has(item)).length;
  const union = a.size + b.size - shared;
  return union === 0 ? 1 : shared / union;
}

/** Jaccard's index of the words of two texts, 0 to 1. */
export const jaccard = (a: string, b: string): number => overlap(words(a), words(b));

/** Of two vectors, −1 to 1; null where they cannot be compared: other lengths, none, or nothing in them. */
export function cosine(a: readonly number[] | undefined, b: readonly number[] | undefined): number | null {
  if (!a || !b || a.length === 0 || a.length !== b.length) return null;
  let dot = 0;
  let squareA = 0;
  let squareB = 0;
  for (const [at, left] of a.entries()) {
    const right = b[at] ?? 0;
    dot += left * right;
    squareA += left * left;
    squareB += right * right;
  }
  const norm = Math.sqrt(squareA) * Math.sqrt(squareB);
  return norm > 0 && Number.isFinite(norm) ? Math.min(1, Math.max(-1, dot / norm)) : null;
}
