import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js';
import { replaceCards } from './card.ts';
import { leadingIban } from './iban.ts';
import type { Tokens } from './tokens.ts';

/** Lengths are bounded, so that no text makes it slow. */
const EMAIL =
  /(?<![\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-])[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-][\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]{0,63}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62})\.){1,8}[\p{L}][\p{L}\p{N}-]{1,62}/gu;
const IBAN_START = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?=[ \u00a0-]?[A-Z0-9])/gi;
/** Thirteen digits and more, in groups or not, standing alone. */
const CARD = /(?<![\p{L}\p{N}.+_-])\d(?:[ \u00a0-]?\d){12,40}(?![\p{L}\p{N}_]|[.-]\d)/gu;
/** With a plus, or with the punctuation of a number written for people; bare digits are identifiers. */
const PHONE = /(?<![\p{L}\p{N}.+_/-])(?:\+\d|\(\+?\d|\d)(?:[ \u00a0().\-/]{0,3}\d){6,16}(?![\p{L}\p{N}_]|[.-]\d)/gu;
/** 2026-11-21, 21.11.2026 10:15:00, 10.0.0.1, 1.234.567,00: digits and punctuation, and no phone. */
const DATE_OR_ADDRESS = /^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{1,3}(?:\.\d{1,3}){2,3}$)/;

function isWrittenForPeople(text: string): boolean {
  if (text.startsWith('+') || text.startsWith('(+')) return true;
  return /[ \u00a0().\-/]/.test(text) && !DATE_OR_ADDRESS.test(text);
}

/** The number in E.164, or undefined. Without a country only numbers with a plus can be told. */
export function phoneOf(text: string, country: CountryCode | undefined): string | undefined {
  const parsed = parsePhoneNumberFromString(text.replace(/^\(\+/, '+('), country);
  return parsed?.isValid() ? parsed.number : undefined;
}

function replaceIbans(text: string, tokens: Tokens): string {
  let masked = '';
  let from = 0;
  for (const start of text.matchAll(IBAN_START)) {
    if (start.index < from) continue;
    const found = leadingIban(text.slice(start.index, start.index + 80));
    if (!found) continue;
    masked +=
      text.slice(from, start.index) +
      tokens.tokenFor('IBAN', found.iban, text.slice(start.index, start.index + found.length));
    from = start.index + found.length;
  }
  return masked + text.slice(from);
}

const SEVEN_DIGITS = /\d(?:[^\p{L}\p{N}]{0,3}\d){6}/u;
/** The shortest IBAN has 15 characters, and letters may stand between its digits. */
const MAYBE_IBAN = /[A-Z]{2}\d{2}/i;

export const replaceEmails = (text: string, tokens: Tokens): string =>
  text.includes('@') ? text.replace(EMAIL, (email) => tokens.tokenFor('EMAIL', email.toLowerCase(), email)) : text;

/** Replaces what can be told from free text alone: e-mail, IBAN, card, phone. No names, no addresses. */
export function replaceInText(text: string, tokens: Tokens, country: CountryCode | undefined): string {
  let masked = replaceEmails(text, tokens);
  if (MAYBE_IBAN.test(masked)) masked = replaceIbans(masked, tokens);
  if (!SEVEN_DIGITS.test(masked)) return masked;
  masked = masked.replace(CARD, (run) =>
    replaceCards(run, (digits, written) => tokens.tokenFor('CARD', digits, written)),
  );
  return masked.replace(PHONE, (written) => {
    const number = isWrittenForPeople(written) ? phoneOf(written, country) : undefined;
    return number === undefined ? written : tokens.tokenFor('PHONE', number, written);
  });
}
