/** Edit distance with adjacent swaps; gives up above `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        cost = Math.min(cost, (before[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length] ?? limit + 1;
}

const fold = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** Up to three names that the writer may have meant, nearest first. */
export function closeMatches(wanted: string, names: readonly string[]): string[] {
  const folded = fold(wanted);
  const limit = Math.max(2, Math.floor(folded.length / 3));
  return names
    .map((name) => {
      const other = fold(name);
      const inside = folded.length > 2 && (other.includes(folded) || (other.length > 2 && folded.includes(other)));
      return { name, score: inside ? 1.5 : distance(folded, other, limit) };
    })
    .filter(({ score }) => score <= limit)
    .sort((a, b) => a.score - b.score || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map(({ name }) => name);
}

/** `Did you mean …?` or, with no near name, what there is. */
export function didYouMean(wanted: string, names: readonly string[], nothing: string): string {
  const near = closeMatches(wanted, names);
  if (near.length > 0) return `Did you mean ${near.map((name) => `'${name}'`).join(' or ')}?`;
  if (names.length === 0) return nothing;
  const shown = names.slice(0, 8).join(', ');
  return `There are: ${shown}${names.length > 8 ? `, … (${names.length} in all; searchTools from 'servers' finds the rest)` : ''}.`;
}
