/** A name as people give to programs: no spaces, no `@` within, no number alone. */
export const NAME = /^@?[A-Za-z_][\w.:/-]{0,99}$/;
/** A host, by name or number. */
export const HOST = /^[A-Za-z0-9](?!\d{8})[\w.-]{0,99}$/;
/** A route as it was declared. */
export const ROUTE = /^\/[\w\-.:/*]{0,99}$/;
export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const OTHER = 'other';

/**
 * Words that may become labels: each is a name in form, and only so many are taken; what comes later is `other`. So
 * neither free text nor a flood of names gets into a metric.
 */
export class Words {
  readonly #known = new Set<string>();

  constructor(
    readonly most: number,
    readonly form: RegExp = NAME,
  ) {}

  /** For words of our own configuration: catalogues, routes, ids. */
  admit(word: string): string {
    if (this.#known.has(word)) return word;
    if (this.#known.size >= this.most || !this.form.test(word)) return OTHER;
    this.#known.add(word);
    return word;
  }

  /** For words that a caller wrote: itself when it was admitted on better grounds before. */
  known(word: string): string {
    return this.#known.has(word) ? word : OTHER;
  }
}

/** The value when it is of a closed list. */
export const among = <Item extends string>(list: readonly Item[], value: string): Item | typeof OTHER =>
  list.find((item) => item === value) ?? OTHER;
