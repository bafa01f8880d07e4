import type { Tokens } from './tokens.ts';

/** Shorter ones would blank half of every text. */
export const LEAST_SECRET_CHARS = 4;

export interface SecretFinder {
  replace(text: string, tokens: Tokens): string;
  /** Characters of the longest form. */
  readonly longest: number;
}

/** The forms in which a secret is echoed: as it is, URL-encoded, base64. */
const formsOf = (secret: string): string[] => [
  secret,
  encodeURIComponent(Buffer.from(secret).toString()),
  Buffer.from(secret).toString('base64'),
  Buffer.from(secret).toString('base64url'),
];

/** A secret is never put back: what it was is not told. */
const MASKED = '[SECRET]';

/** Finds secrets that are known, in any text. */
export function createSecretFinder(secrets: readonly string[]): SecretFinder {
  const forms = new Map<string, string>();
  secrets
    .filter((secret) => secret.length >= LEAST_SECRET_CHARS)
    .forEach((secret, number) => {
      for (const form of formsOf(secret)) if (!forms.has(form)) forms.set(form, String(number));
    });
  // The longest first: one secret may be the beginning of another.
  const ordered = [...forms].sort(([a], [b]) => b.length - a.length);
  return {
    longest: ordered[0]?.[0].length ?? 0,
    replace: (text, tokens) =>
      ordered.reduce(
        (masked, [form, number]) =>
          masked.includes(form) ? masked.replaceAll(form, () => tokens.tokenFor('SECRET', number, MASKED)) : masked,
        text,
      ),
  };
}
