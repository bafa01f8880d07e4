/** What is replaced, by the name that its tokens carry. */
export const KINDS = ['EMAIL', 'PHONE', 'CARD', 'IBAN', 'SECRET'] as const;
/** What a tenant may leave as it is. */
export const OPTIONAL_KINDS = ['EMAIL', 'PHONE', 'CARD', 'IBAN'] as const;
export type OptionalKind = (typeof OPTIONAL_KINDS)[number];
/** A tenant's own kinds have names of their own. */
export type Kind = (typeof KINDS)[number] | (string & {});

export const TOKEN = /\[[A-Z]{2,20}_\d{1,9}\]/g;

/** Gives the same thing the same token (`[EMAIL_1]`) for as long as it lives. */
export interface Tokens {
  /** `identity`: the value in the one form in which it is compared; `original`: as it stood there. */
  tokenFor(kind: Kind, identity: string, original: string): string;
  /** Told before each value: the field that it stands in, empty for free text. */
  enter?(field: string): void;
  /** How many different things of each kind were replaced. */
  found(): Readonly<Partial<Record<Kind, number>>>;
}

export function createTokens(): Tokens {
  const known = new Map<string, string>();
  const numbers = new Map<Kind, number>();
  return {
    tokenFor(kind, identity) {
      const key = `${kind} ${identity}`;
      const token = known.get(key);
      if (token !== undefined) return token;
      const number = (numbers.get(kind) ?? 0) + 1;
      numbers.set(kind, number);
      const made = `[${kind}_${number}]`;
      known.set(key, made);
      return made;
    },
    found: () => Object.fromEntries(numbers),
  };
}

const ANY_TOKEN = new RegExp(TOKEN.source);
export const hasToken = (text: string): boolean => ANY_TOKEN.test(text);
