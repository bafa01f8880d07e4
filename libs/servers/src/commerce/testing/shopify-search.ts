/** Shopify's search syntax, as far as our adapter uses it: `field:"value"`, `field:>'value'`, AND, OR. */
export type Matches = (field: string, operator: ':' | '>' | '<', value: string) => boolean;

const TERM = /^(\w+):([<>]?)(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(\S+))/;

export function searches(query: string | null | undefined, matches: Matches): boolean {
  let rest = (query ?? '').trim();
  if (rest === '') return true;
  let any = false;
  let all = true;
  for (;;) {
    const term = TERM.exec(rest);
    if (!term) throw new Error(`the test shop does not understand ${rest}`);
    const [whole, field = '', sign, double, single, bare] = term;
    const value = (double ?? single ?? bare ?? '').replace(/\\(.)/g, '$1');
    all &&= matches(field, sign === '<' || sign === '>' ? sign : ':', value);
    rest = rest.slice(whole.length).trim();
    const join = /^(AND|OR)\s+/.exec(rest);
    if (join?.[1] !== 'AND') {
      any ||= all;
      all = true;
    }
    if (!join) return any;
    rest = rest.slice(join[0].length);
  }
}
