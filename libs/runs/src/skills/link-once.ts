import type { ImportCatalog } from '@switchyard/execution';
import { LRUCache } from 'lru-cache';
import { link, type Linked, type LinkOptions } from './link.ts';

const MAX_CODE_CHARS = 8_192;
const MAX_KNOWN = 500;

const numbers = new WeakMap<ImportCatalog, number>();
let next = 0;
const known = new LRUCache<string, Linked>({ max: MAX_KNOWN });

/** A tree belongs to one tenant, so that nobody learns from the time what others run. */
function keyOf(code: string, { imports, mode, limits }: LinkOptions): string {
  let number = numbers.get(imports);
  if (number === undefined) numbers.set(imports, (number = ++next));
  return `${number} ${mode} ${limits.calls} ${code}`;
}

/** As `link`, from memory for code that the same tree was asked about lately: a back end sends the same code again and again. */
export function linkOnce(code: string, options: LinkOptions): Linked {
  if (code.length > MAX_CODE_CHARS) return link(code, options);
  const key = keyOf(code, options);
  const before = known.get(key);
  if (before) return before;
  const linked = link(code, options);
  // What imports skills depends on more than the tree, and what is refused is not sent again.
  if (linked.ok && linked.own.skills.length === 0) known.set(key, linked);
  return linked;
}
