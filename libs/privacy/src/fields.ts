import type { Kind } from './tokens.ts';

/** `orderNumber`, `order_number`, `Order-Number` → `order number`. */
const wordsOf = (field: string): string[] =>
  field
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');

/** The last word of fields that hold identifiers, whose digits look like phone or card numbers and are none. */
const ID_WORDS = new Set(
  'id ids uuid guid sku ean gtin upc isbn asin mpn hash sha checksum etag version revision timestamp'.split(' '),
);
/** With one of these the field names a number of a thing: order number, tracking code, invoice no. */
const NUMBERED = new Set(
  'order invoice tracking shipment parcel serial item line product part article batch lot ticket reference ref'.split(
    ' ',
  ),
);
const NUMBER_WORDS = new Set('number no nr num code reference ref key'.split(' '));
const ALONE = new Set(['tracking', 'reference', 'ref', 'slug', 'handle', 'barcode', 'serial', 'awb']);

/** What a field says of itself: its whole value is of a kind, or it is an identifier in which nothing is looked for. */
export type FieldMeaning = Kind | 'identifier' | 'free';

const PHONE_WORDS = new Set('phone phones mobile telephone fax msisdn cellphone tel'.split(' '));

/** From the field's name alone; cheap enough to ask for every field. */
export function meaningOf(field: string): FieldMeaning {
  const words = wordsOf(field);
  const last = words.at(-1) ?? '';
  const before = words.at(-2) ?? '';
  if (/^e?mails?$/.test(last) || (/^e?mail$/.test(before) && /^address(es)?$/.test(last))) return 'EMAIL';
  if (PHONE_WORDS.has(last) || (PHONE_WORDS.has(before) && NUMBER_WORDS.has(last))) return 'PHONE';
  if (last === 'iban' || last === 'ibans') return 'IBAN';
  if ((before === 'card' || before === 'cc') && (last === 'number' || last === 'no')) return 'CARD';
  if (last === 'pan' && words.length > 1) return 'CARD';
  if (ID_WORDS.has(last) || (words.length === 1 && ALONE.has(last))) return 'identifier';
  if (NUMBERED.has(before) && NUMBER_WORDS.has(last)) return 'identifier';
  return 'free';
}
