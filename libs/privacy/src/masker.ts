import type { Json } from '@switchyard/kernel';
import type { CountryCode } from 'libphonenumber-js';
import { isCard } from './card.ts';
import { compilePattern, type CustomPattern } from './custom-pattern.ts';
import { phoneOf, replaceEmails, replaceInText } from './detect.ts';
import { meaningOf, type FieldMeaning } from './fields.ts';
import { createSecretFinder } from './secrets.ts';
import { shape, type Leaves } from './shape.ts';
import { createTokens, type Kind, type Tokens } from './tokens.ts';

export interface MaskerOptions {
  /** Replaced wherever they appear, names of fields included; those under four characters are not looked for. */
  readonly secrets?: readonly string[];
  /** Where numbers without a plus are at home, such as `DE`; without it only numbers with a plus are found in free text. */
  readonly country?: CountryCode;
  /** The tenant's own kinds, looked for before all others. */
  readonly patterns?: readonly CustomPattern[];
  /** Those of a conversation; unset, tokens that live as long as the masker. */
  readonly tokens?: Tokens;
  /** Names of fields in which nothing but secrets is looked for, such as a tenant's own order numbers. */
  readonly exempt?: readonly string[];
}

export interface Bounded {
  readonly value: Json;
  /** Something was left out; the value says what. */
  readonly truncated: boolean;
}

/** Replaces private data by tokens, the same thing by the same token for as long as the masker lives: one for each run. */
export interface Masker {
  /** All of the value; takes time by its size. */
  mask(value: unknown): Json;
  /** As `mask`; `truncated` where something was nested deeper than can be looked at, and was left out. */
  maskAll(value: unknown): Bounded;
  maskText(text: string): string;
  /** What is stored: masked, at most `maxBytes` (at least 128) of JSON. Takes time by `maxBytes`, however large the value. */
  preview(value: unknown, maxBytes: number): Bounded;
  /** How many different things of each kind were replaced so far. */
  found(): Readonly<Partial<Record<Kind, number>>>;
}

/** Longer than any e-mail address, card, IBAN or phone number. */
const LOOKAHEAD_CHARS = 640;
const LEAST_BYTES = 128;
const MAX_KNOWN_FIELDS = 2_000;

export function createMasker(options: MaskerOptions = {}): Masker {
  const { secrets = [], country, tokens = createTokens() } = options;
  const custom = (options.patterns ?? []).map(compilePattern);
  const finder = createSecretFinder(secrets);
  const exempt = new Set(options.exempt ?? []);
  const meanings = new Map<string, FieldMeaning>();
  const meaning = (field: string): FieldMeaning | 'exempt' => {
    if (exempt.has(field)) return 'exempt';
    const known = meanings.get(field);
    if (known !== undefined) return known;
    const found = meaningOf(field.slice(0, 200));
    if (meanings.size < MAX_KNOWN_FIELDS) meanings.set(field, found);
    return found;
  };

  /** A field that says what it holds is believed, so that numbers in national or odd forms are replaced too. */
  function maskText(given: string, field: string): string {
    tokens.enter?.(field);
    const kind = meaning(field);
    const withoutSecrets = finder.replace(given, tokens);
    if (kind === 'exempt') return withoutSecrets;
    const text = custom.reduce(
      (replaced, { kind, expression }) => replaced.replace(expression, (found) => tokens.tokenFor(kind, found, found)),
      withoutSecrets,
    );
    switch (kind) {
      case 'identifier':
        return replaceEmails(text, tokens);
      case 'PHONE':
        return /\d(?:\D{0,3}\d){3}/.test(text) && text.length <= 64
          ? tokens.tokenFor('PHONE', phoneOf(text, country) ?? text.replace(/\D/g, ''), text)
          : replaceInText(text, tokens, country);
      case 'CARD':
      case 'IBAN': {
        const bare = text.replace(/[^A-Za-z0-9]/g, '').toUpperCase();
        return bare.length >= 12 && bare.length <= 40 && /\d{4}/.test(bare)
          ? tokens.tokenFor(kind, bare, text)
          : replaceInText(text, tokens, country);
      }
      case 'EMAIL': {
        const masked = replaceEmails(text, tokens);
        return masked.includes('@') && text.length <= 400
          ? tokens.tokenFor('EMAIL', text.toLowerCase(), text)
          : replaceInText(masked, tokens, country);
      }
      default:
        return replaceInText(text, tokens, country);
    }
  }

  function maskNumber(value: number, field: string): number | string {
    const text = String(value);
    if (text.length < 4) return value;
    if (finder.replace(text, tokens) !== text) return maskText(text, field);
    const kind = meaning(field);
    if (kind === 'PHONE' || kind === 'CARD') return maskText(text, field);
    tokens.enter?.(field);
    return kind !== 'identifier' && kind !== 'exempt' && Number.isSafeInteger(value) && isCard(text)
      ? tokens.tokenFor('CARD', text, text)
      : value;
  }

  /** Objects whose names are data (a customer's address as a key) hold private data in them; words do not. */
  function maskName(field: string): string {
    if (!/@|\d(?:\D{0,3}\d){6}/.test(field) || exempt.has(field)) return field;
    tokens.enter?.('');
    return replaceInText(field, tokens, country);
  }

  const leaves: Leaves = {
    text: maskText,
    number: maskNumber,
    name: (field) => maskName(finder.replace(field, tokens)),
    lookahead: Math.max(LOOKAHEAD_CHARS, finder.longest),
  };
  return {
    mask: (value) => shape(value, Infinity, leaves).json,
    maskAll(value) {
      const { json, cut } = shape(value, Infinity, leaves);
      return { value: json, truncated: cut };
    },
    maskText: (text) => maskText(text, ''),
    preview(value, maxBytes) {
      const { json, cut } = shape(value, atLeast(maxBytes), leaves);
      return { value: json, truncated: cut };
    },
    found: () => tokens.found(),
  };
}

function atLeast(maxBytes: number): number {
  if (!(maxBytes >= LEAST_BYTES))
    throw new RangeError(`a preview needs at least ${LEAST_BYTES} bytes, not ${maxBytes}`);
  return maxBytes;
}

const AS_IT_IS: Leaves = { text: (text) => text, number: (value) => value, name: (field) => field, lookahead: 0 };

/** A preview without masking. */
export function bound(value: unknown, maxBytes: number): Bounded {
  const { json, cut } = shape(value, atLeast(maxBytes), AS_IT_IS);
  return { value: json, truncated: cut };
}
