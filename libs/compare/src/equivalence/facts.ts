/** What an answer states, apart from its words. Reads English; other languages' "not found" is not recognised. */
export interface Facts {
  /** Part numbers and other codes of letters and digits, in capitals, each once, as they come. */
  readonly codes: readonly string[];
  /** Every number once, prices included, as they come. Positions in a list are none. */
  readonly numbers: readonly number[];
  /** The currency of those numbers that were given with one. */
  readonly currencies: ReadonlyMap<number, string>;
  readonly saysNotFound: boolean;
}

const CURRENCIES: Readonly<Record<string, string>> = { '€': 'EUR', $: 'USD', '£': 'GBP', EURO: 'EUR', EUROS: 'EUR' };
const CODES_OF_MONEY = new Set(['EUR', 'USD', 'GBP', 'CHF']);

const currencyOf = (word: string | undefined): string | undefined => {
  const upper = (word ?? '').toUpperCase();
  return CURRENCIES[upper] ?? (CODES_OF_MONEY.has(upper) ? upper : undefined);
};

/** Emphasis, code marks, table bars, typographic dashes and spaces say nothing; nor do a list's own numbers. */
function plain(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[‐‑‒–—−]/g, '-')
    .replace(/(\d)[\u00a0\u2009\u202f'’](?=\d{3}(?!\d))/g, '$1')
    .replace(/[*_`|#<>"“”„]+/g, ' ')
    .replace(/^\s*(?:[-•+]|\d{1,3}[.)])\s+/gm, '')
    .replace(/([€$£])\s?(?=\d)/g, ' $1') // belongs to the number that follows
    .replace(/(?<=[\d\s])([€$£])(?!\d)/g, ' $1 ')
    .replace(/\s+/g, ' ');
}

const ENGLISH = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/; // 1,474.94
const CONTINENTAL = /^[+-]?\d{1,3}(?:\.\d{3})+,\d+$/; // 1.474,94
const DECIMAL_COMMA = /^[+-]?\d+,\d{1,2}$/; // 97,33
const PLAIN = /^[+-]?\d+(?:\.\d+)?$/;
/** A number with its unit written to it: 250bar, 24V, 15%. */
const MEASURE = /^([+-]?\d+(?:[.,]\d+)*)(%|bar|mm|cm|cc|kg|kw|kn|nm|rpm|v|a|w|m|s|ms|h|l|um|dba|pcs|x)$/i;
const ORDINAL = /^\d+(?:st|nd|rd|th)$/i;
const CODE = /^(?=.*\p{L})(?=.*\d)[\p{L}\d]+(?:[./-][\p{L}\d]+)*$/u;

/** The number that a word is, however it groups its digits; undefined where it is none. */
export function numberOf(word: string): number | undefined {
  const bare = MEASURE.exec(word)?.[1] ?? word;
  if (CONTINENTAL.test(bare)) return Number(bare.replaceAll('.', '').replace(',', '.'));
  if (ENGLISH.test(bare)) return Number(bare.replaceAll(',', ''));
  if (DECIMAL_COMMA.test(bare)) return Number(bare.replace(',', '.'));
  return PLAIN.test(bare) ? Number(bare) : undefined;
}

const STRONG_NOT_FOUND =
  /\b(?:not found|no such|does(?: not|n't) exist|do(?: not|n't) exist|(?:could|can|did)(?: not|n't|not) find|unable to find|unknown (?:sku|part|product|category|article)|found (?:nothing|none|no)|nothing (?:found|matche[sd]))\b/i;
const WEAK_NOT_FOUND =
  /\bthere (?:is|are|were|was) (?:no|none|not any)\b|\bno (?:[\w-]+ ){0,4}(?:match(?:es|ing)?|found|results?|exists?|products? (?:match|with|under|of))\b|\b(?:have|has|carry|list) no (?:such|product|category)\b/i;
const ABOUT_STOCK = /\bstock\b/i;

const sentences = (text: string): string[] => text.split(/(?<=[.!?])\s+|\n+/);

/** "There are none in stock" is about a thing that exists. */
const saysNotFound = (text: string): boolean =>
  sentences(
    text
      .replace(/[’`]/g, "'")
      .replace(/[*_|#]+/g, ' ')
      .replace(/[^\S\n]+/g, ' '),
  ).some((one) => STRONG_NOT_FOUND.test(one) || (WEAK_NOT_FOUND.test(one) && !ABOUT_STOCK.test(one)));

export function factsOf(text: string): Facts {
  const words = plain(text)
    .split(' ')
    .map((word) => word.replace(/^[([{,;:!?'./]+|[)\]},;:!?'./]+$/g, ''))
    .filter((word) => word !== '');
  const codes = new Set<string>();
  const numbers = new Set<number>();
  const currencies = new Map<number, string>();
  for (const [at, written] of words.entries()) {
    const symbol = /^[€$£]/.exec(written)?.[0];
    const word = symbol ? written.slice(1) : written;
    const number = numberOf(word);
    if (number !== undefined) {
      numbers.add(number);
      const before = numberOf(words[at - 2] ?? '') === undefined ? currencyOf(words[at - 1]) : undefined;
      const currency = currencyOf(symbol) ?? currencyOf(words[at + 1]) ?? before;
      if (currency) currencies.set(number, currency);
    } else if (CODE.test(word) && !ORDINAL.test(word)) codes.add(word.toUpperCase());
  }
  return { codes: [...codes], numbers: [...numbers], currencies, saysNotFound: saysNotFound(text) };
}

const ESCAPED = /[.*+?^${}()|[\]\\]/g;

/** Whether a part number stands in a text by itself, in any case: 4WE6 does not stand in 4WE6-R. */
export const mentions = (text: string, code: string): boolean =>
  new RegExp(`(?<![\\p{L}\\d])${code.replace(ESCAPED, '\\$&')}(?![\\p{L}\\d]|[-./][\\p{L}\\d])`, 'iu').test(
    text.normalize('NFKC').replace(/[‐‑‒–—−]/g, '-'),
  );
