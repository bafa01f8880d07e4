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

const BEGINS_AS_PHONE = /^\(?[+0]/;
const LEAST_DIGITS = 7;
/** E.164's fifteen, and a zero before them: a longer one need not be parsed, which is dear. */
const MOST_DIGITS = 16;

function isWrittenForPeople(text: string): boolean {
  if (text.startsWith('+') || text.startsWith('(+')) return true;
  if (DATE_OR_ADDRESS.test(text)) return false;
  // Two groups without the zero that national numbers begin with are as well an invoice's (2026-94319).
  const parts = text.match(/\d+/g)?.length ?? 0;
  return parts > (BEGINS_AS_PHONE.test(text) ? 1 : 2);
}

/** The number in E.164, or undefined. Without a country only numbers with a plus can be told. */
export function phoneOf(text: string, country: CountryCode | undefined): string | undefined {
  const parsed = parsePhoneNumberFromString(text.replace(/^\(\+/, '+('), {
    ...(country ? { defaultCountry: country } : {}),
    extract: false, // all of it, or none: a number with something behind it would be put back with that
  });
  return parsed?.isValid() ? parsed.number : undefined;
}

const isClosed = (text: string): boolean => text.split('(').length === text.split(')').length;

interface Found {
  readonly number: string;
  /** In the run. */
  readonly end: number;
}

/** The phone number that a run begins with: all of it, or what stands before another number (`0151 8133 8116 (5.20 EUR)`). */
function leadingPhone(run: string, country: CountryCode | undefined): Found | undefined {
  const ends = [...run.matchAll(/[^\d]{2,}/g)].map(({ index }) => index);
  for (const end of [run.length, ...(BEGINS_AS_PHONE.test(run) ? ends.reverse() : [])]) {
    const written = run.slice(0, end);
    const digits = written.replace(/\D/g, '').length;
    if (digits < LEAST_DIGITS) return undefined;
    const number =
      digits <= MOST_DIGITS && isClosed(written) && isWrittenForPeople(written) ? phoneOf(written, country) : undefined;
    if (number !== undefined) return { number, end };
  }
  return undefined;
}

/** Where in a run another number may begin that is a phone's; undefined where none does. */
function nextBeginning(run: string): number | undefined {
  const found = /[^\d](?=\(?[+0]\d)/.exec(run.slice(1));
  return found ? found.index + 2 : undefined;
}

function replacePhones(text: string, tokens: Tokens, country: CountryCode | undefined): string {
  let masked = '';
  let from = 0;
  PHONE.lastIndex = 0;
  for (let match = PHONE.exec(text); match; match = PHONE.exec(text)) {
    const [run] = match;
    const found = leadingPhone(run, country);
    if (found) {
      const written = run.slice(0, found.end);
      masked += text.slice(from, match.index) + tokens.tokenFor('PHONE', found.number, written);
      from = match.index + found.end;
    }
    // What stands behind is looked at by itself: two numbers beside each other are two.
    PHONE.lastIndex = match.index + (found?.end ?? nextBeginning(run) ?? run.length);
  }
  PHONE.lastIndex = 0;
  return masked + text.slice(from);
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
  return replacePhones(masked, tokens, country);
}
