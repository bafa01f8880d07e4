import { createHash } from 'node:crypto';

/** Words that cannot name an export, and names that would turn a module or a plain object into something else. */
const RESERVED = new Set(
  `abstract arguments as async await boolean break case catch class const constructor continue debugger declare default
   delete do else enum eval export extends false finally for from function get if implements import in instanceof
   interface Infinity let NaN new null of package private protected prototype public return set static super switch then
   this throw true try type typeof undefined var void while with yield __proto__`.split(/\s+/),
);
/** Contextual words of TypeScript that are good names all the same. */
for (const word of ['abstract', 'as', 'async', 'boolean', 'declare', 'from', 'get', 'of', 'set', 'type'])
  RESERVED.delete(word);

const MAX_LENGTH = 96;
const key = (name: string): string => name.toLowerCase().replace(/[_$]/g, '');
const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 6);

/** The identifier by which code calls an upstream's tool: `get-sum` is `getSum`, a valid name stays as it is. */
export function functionName(upstreamName: string): string {
  const plain = upstreamName.normalize('NFKD').replace(/\p{M}/gu, '');
  const words = plain.split(/[^A-Za-z0-9_$]+/).filter((word) => word !== '');
  const joined = words
    .map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('');
  // Letters that have no ASCII form are gone; the digest keeps two such names apart.
  const lost = /[^\p{ASCII}]/u.test(plain);
  const named = joined === '' ? `tool_${digest(upstreamName)}` : lost ? `${joined}_${digest(upstreamName)}` : joined;
  const started = /^[0-9]/.test(named) ? `_${named}` : named;
  const short = started.length > MAX_LENGTH ? `${started.slice(0, MAX_LENGTH - 7)}_${digest(upstreamName)}` : started;
  return RESERVED.has(short) ? `${short}_` : short;
}

/**
 * Names for the tools of one server, unique also without regard to case and underscores (they name files and types). Names that are `taken`
 * stay with their owners; of several newcomers for one name the exact or else first one gets it, the others a digest.
 */
export function functionNames(
  upstreamNames: readonly string[],
  taken: ReadonlyMap<string, string>,
): Map<string, string> {
  const names = new Map<string, string>();
  const used = new Set([...taken.values()].map(key));
  const newcomers = upstreamNames.filter((name) => !taken.has(name));
  const inOrder = [...newcomers].sort(
    (a, b) => Number(functionName(b) === b) - Number(functionName(a) === a) || (a < b ? -1 : a > b ? 1 : 0),
  );
  for (const name of upstreamNames) {
    const known = taken.get(name);
    if (known !== undefined) names.set(name, known);
  }
  for (const name of inOrder) {
    const wanted = functionName(name);
    const free = used.has(key(wanted)) ? `${wanted}_${digest(name)}` : wanted;
    used.add(key(free));
    names.set(name, free);
  }
  return names;
}

/** `servers/<name>`: what an admin may call a connection. */
export const SERVER_NAME = /^[a-z][A-Za-z0-9_]{0,47}$/;
/** Would hide the discovery module's own files. */
export const isServerName = (name: string): boolean =>
  SERVER_NAME.test(name) && !RESERVED.has(name) && !['index', 'skills', 'workspace'].includes(name);
