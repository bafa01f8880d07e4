import MiniSearch from 'minisearch';
import type { ToolDescriptor } from '../catalog/descriptor.ts';

/** Words that say nothing about which tool is meant. */
const STOP_WORDS = new Set(
  'a an and any are as at be by can do does for from get how i in is it its me my of on or our please show so some tell that the their them these they this those to up us want was we what when where which who will with you your'.split(
    ' ',
  ),
);

const isWord = (word: string): boolean => word.length > 1 && !STOP_WORDS.has(word);

/** `searchProducts`, `search_products` and `search-products` are all "searchproducts search products". */
function words(text: string): string[] {
  return text.split(/[^\p{L}\p{N}_-]+/u).flatMap((token) => {
    const parts = token
      .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
      .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
      .split(/[\s_-]+/)
      .filter((part) => part !== '');
    return parts.length > 1 ? [parts.join(''), ...parts] : parts;
  });
}

/** Folds plurals, so that "invoices" finds `createInvoice`; nothing finer, since the fuzzy match does the rest. */
const stem = (word: string): string =>
  word.length > 4 && word.endsWith('ies')
    ? `${word.slice(0, -3)}y`
    : word.length > 3 && /[^s]s$/.test(word)
      ? word.slice(0, -1)
      : word;

const processTerm = (term: string): string | null => {
  const word = term.toLowerCase();
  return isWord(word) ? stem(word) : null;
};

interface Entry {
  readonly id: number;
  readonly name: string;
  readonly server: string;
  readonly title: string;
  readonly description: string;
  readonly params: string;
}

const BOOST = { name: 6, title: 4, server: 2, description: 2, params: 1 };

function paramText(schema: Readonly<Record<string, unknown>>): string {
  const properties = schema['properties'];
  if (typeof properties !== 'object' || properties === null) return '';
  return Object.entries(properties as Record<string, { description?: unknown } | null>)
    .map(([name, inner]) => `${name} ${typeof inner?.description === 'string' ? inner.description.slice(0, 200) : ''}`)
    .join(' ');
}

function build(tools: readonly ToolDescriptor[], vocabulary: Set<string>): MiniSearch<Entry> {
  const remember = (term: string): string | null => {
    const word = processTerm(term);
    if (word !== null) vocabulary.add(word);
    return word;
  };
  const index = new MiniSearch<Entry>({
    fields: Object.keys(BOOST),
    tokenize: words,
    processTerm: remember,
    searchOptions: { processTerm },
  });
  index.addAll(
    tools.map((tool, id) => ({
      id,
      name: tool.name,
      server: tool.server,
      title: tool.title ?? '',
      description: tool.description,
      params: paramText(tool.inputSchema),
    })),
  );
  return index;
}

interface Index {
  readonly entries: MiniSearch<Entry>;
  /** The words of each tool's name, by position. */
  readonly nameWords: readonly ReadonlySet<string>[];
  /** Every word of the index: one that stands in it is not misspelt. */
  readonly vocabulary: ReadonlySet<string>;
}

/** One index per list of tools; a list is never changed, so that its identity is its revision. */
const indexes = new WeakMap<readonly ToolDescriptor[], Index>();

function indexOf(tools: readonly ToolDescriptor[]): Index {
  const known = indexes.get(tools);
  if (known) return known;
  const terms = (name: string): string[] => words(name).flatMap((word) => processTerm(word) ?? []);
  const vocabulary = new Set<string>();
  const made = {
    vocabulary,
    entries: build(tools, vocabulary),
    nameWords: tools.map((tool) => new Set(terms(tool.name).slice(-8))),
  };
  indexes.set(tools, made);
  return made;
}

/** A hit far weaker than the best is noise, and would make "10 of 242" of what is "10 of 12". */
const NOISE = 0.04;

/** The tools that fit the words, best first (BM25, prefixes, misspellings). All of them, in order, when there are no words. */
export function rank(tools: readonly ToolDescriptor[], query: string): ToolDescriptor[] {
  const bounded = query.slice(0, 500);
  if (bounded.trim() === '' || bounded.trim() === '*') return [...tools];
  const { entries, nameWords, vocabulary } = indexOf(tools);
  const found = entries.search(bounded, {
    boost: BOOST,
    prefix: (term) => term.length > 2,
    fuzzy: (term) => (term.length > 4 && !vocabulary.has(term) ? 0.2 : false),
    weights: { fuzzy: 0.3, prefix: 0.5 },
  });
  // "create an issue" means create_issue before create_issue_link: how much of the name was asked for counts too.
  const scored = found.map(({ id, score, terms }) => {
    const named = nameWords[id as number] ?? new Set<string>();
    const covered = terms.filter((term) => named.has(term)).length / Math.max(1, named.size);
    return { id: id as number, score: score * (1 + covered) };
  });
  const best = scored.reduce((highest, one) => Math.max(highest, one.score), 0);
  return scored
    .filter((one) => one.score >= best * NOISE)
    .sort((a, b) => b.score - a.score || a.id - b.id)
    .flatMap(({ id }) => tools[id] ?? []);
}
