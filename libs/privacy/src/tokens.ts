/** What is replaced, by the name that its tokens carry. */
export const KINDS = ['EMAIL', 'PHONE', 'CARD', 'IBAN', 'SECRET'] as const;
/** A tenant's own kinds have names of their own. */
export type Kind = (typeof KINDS)[number] | (string & {});

export const TOKEN = /\[[A-Z]{2,20}_\d{1,9}\]/g;

/** Gives the same thing the same token (`[EMAIL_1]`) for as long as it lives. */
export interface Tokens {
  /** `identity`: the value in the one form in which it is compared; `original`: as it stood there. */
  tokenFor(kind: Kind, identity: string, original: string): string;
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
