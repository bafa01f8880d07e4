const MOST = 8;
const SHORTEST = 3;
const LONGEST = 40;

/**
 * The words of a query that may be a SKU: those with a digit, and the whole query without its spaces ("a4vtg 90"). Plain
 * words stay out, because a trigram search for each would cost time and find nothing.
 */
export function partNumbers(query: string): string[] {
  const mayBe = (word: string): boolean => /\d/.test(word) && word.length >= SHORTEST && word.length <= LONGEST;
  const words = query.split(/[\s,;"()]+/).filter(mayBe);
  const whole = query.replace(/\s+/g, '');
  return [...new Set([...(mayBe(whole) ? [whole] : []), ...words])].slice(0, MOST);
}
