import type { Json } from '@switchyard/kernel';

/** What becomes of strings, numbers and field names on the way; leaves are told the field that they stand in. */
export interface Leaves {
  text(text: string, field: string): string;
  number(value: number, field: string): number | string;
  name(field: string): string;
  /** How many characters behind a cut must be seen, so that what straddles the cut is still recognised. */
  readonly lookahead: number;
}

export interface Shaped {
  readonly json: Json;
  readonly bytes: number;
  /** Something was left out. */
  readonly cut: boolean;
}

const MAX_DEPTH = 100;
/** Room for the words that say what was left out. */
const NOTE_BYTES = 56;
/** Below this nothing worth having fits. */
const LEAST_BYTES = 72;
const MAX_KEY_BYTES = 256;
export const MARK = '…';

const count = (n: number): string => n.toLocaleString('en-US');
/** Bytes of the value as JSON in UTF-8. */
const sizeOf = (leaf: string | number | boolean | null): number => Buffer.byteLength(JSON.stringify(leaf));
const wellFormed = (text: string): string =>
  text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');

/**
 * Copies a value as JSON of at most `budget` bytes (at least 128 of them; Infinity: all of it). What does not fit is left
 * out with words that say how much: never a cut through the JSON. Takes time by the budget, not by the value. One large
 * part takes at most half of what is left, so that its neighbours still show.
 */
export function shape(value: unknown, budget: number, leaves: Leaves): Shaped {
  return shapeAny(value, { budget, field: '', depth: 0, leaves });
}

interface Place {
  readonly budget: number;
  readonly field: string;
  readonly depth: number;
  readonly leaves: Leaves;
}

function shapeAny(value: unknown, place: Place): Shaped {
  if (value !== null && typeof value === 'object') {
    if ('toJSON' in value && typeof value.toJSON === 'function') return shapeAny(value.toJSON(), place);
    if (place.depth >= MAX_DEPTH) return leaf(`${MARK} nested deeper than ${MAX_DEPTH} levels`, true);
    if (place.budget !== Infinity && bytesUpTo(value, place.budget, place.depth) <= place.budget) {
      const whole = shapeAny(value, { ...place, budget: Infinity });
      if (whole.bytes <= place.budget) return whole; // tokens may be longer than what they stand for
    }
    return Array.isArray(value) ? shapeArray(value, place) : shapeObject(value, place);
  }
  switch (typeof value) {
    case 'string':
      return shapeText(value, place);
    case 'number':
      return leaf(Number.isFinite(value) ? place.leaves.number(value + 0, place.field) : null);
    case 'bigint':
      return shapeText(String(value), place);
    case 'boolean':
      return leaf(value);
    default:
      return leaf(null);
  }
}

/** The size of the value as JSON; something above `limit`, found without looking at the rest, when it is larger. */
function bytesUpTo(value: unknown, limit: number, depth: number): number {
  if (typeof value === 'string') return value.length > limit ? Infinity : sizeOf(wellFormed(value));
  if (value === null || typeof value !== 'object')
    return value === null || Number.isNaN(value) ? 4 : String(value).length + (typeof value === 'bigint' ? 2 : 0);
  if (depth >= MAX_DEPTH || 'toJSON' in value) return Infinity;
  let bytes = 1; // the brackets, without the comma that is not behind the last
  if (Array.isArray(value)) {
    for (const item of value) {
      bytes += bytesUpTo(item, limit - bytes, depth + 1) + 1;
      if (bytes > limit) return bytes;
    }
    return Math.max(bytes, 2);
  }
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    bytes += sizeOf(key) + 2 + bytesUpTo((value as Record<string, unknown>)[key], limit - bytes, depth + 1);
    if (bytes > limit) return bytes;
  }
  return Math.max(bytes, 2);
}

const leaf = (json: string | number | boolean | null, cut = false): Shaped => ({ json, bytes: sizeOf(json), cut });

function shapeText(text: string, { budget, field, leaves }: Place): Shaped {
  if (text.length + 2 <= budget) {
    const whole = wellFormed(leaves.text(text, field));
    const bytes = sizeOf(whole);
    if (bytes <= budget) return { json: whole, bytes, cut: false };
  }
  // Masked with what follows the cut in sight, then cut: half an address or secret would not be recognised.
  const seen = leaves.text(text.slice(0, Math.ceil(budget) + leaves.lookahead), field);
  const note = `${MARK} [${count(text.length)} characters in all]`;
  const room = Math.max(budget - Buffer.byteLength(note) - 2, 0);
  let kept = seen.slice(0, room);
  for (let bytes = sizeOf(kept) - 2; bytes > room; bytes = sizeOf(kept) - 2)
    kept = kept.slice(0, Math.min(kept.length - 1, Math.floor((kept.length * room) / bytes)));
  return leaf(wellFormed(kept) + note, true);
}

/** What one part may take: half of what is left while others follow, but all of it if that is little. */
const shareOf = (left: number, last: boolean): number => (last ? left : Math.max(left / 2, Math.min(left, 256)));

function shapeArray(items: readonly unknown[], place: Place): Shaped {
  const json: Json[] = [];
  let bytes = 2;
  let cut = false;
  for (const [position, item] of items.entries()) {
    const last = position === items.length - 1;
    const left = place.budget - bytes - 1 - (last ? 0 : NOTE_BYTES);
    if (left < LEAST_BYTES && !fits(item, left)) {
      const note = { [MARK]: `${count(items.length - position)} more items left out` };
      return { json: [...json, note], bytes: bytes + Buffer.byteLength(JSON.stringify(note)) + 1, cut: true };
    }
    const part = shapeAny(item, { ...place, budget: shareOf(left, last), depth: place.depth + 1 });
    json.push(part.json);
    bytes += part.bytes + 1;
    cut ||= part.cut;
  }
  return { json, bytes: json.length > 0 ? bytes - 1 : bytes, cut };
}

function shapeObject(value: object, place: Place): Shaped {
  const json: Record<string, Json> = Object.create(null);
  const keys = Object.keys(value);
  let bytes = 2;
  let cut = false;
  for (const [position, key] of keys.entries()) {
    const inner: unknown = (value as Record<string, unknown>)[key];
    if (inner === undefined || typeof inner === 'function' || typeof inner === 'symbol') continue;
    const last = position === keys.length - 1;
    const name = wellFormed(place.leaves.name(key));
    const bounded = place.budget !== Infinity;
    const nameBytes = bounded && key.length > MAX_KEY_BYTES ? Infinity : sizeOf(name) + 2;
    const left = place.budget - bytes - nameBytes - (last ? 0 : NOTE_BYTES);
    if (bounded && left < LEAST_BYTES && !fits(inner, left)) {
      const note = `${count(keys.length - position)} more fields left out`;
      return { json: { ...json, [MARK]: note }, bytes: bytes + sizeOf(note) + sizeOf(MARK) + 2, cut: true };
    }
    const part = shapeAny(inner, {
      ...place,
      budget: bounded ? shareOf(left, last) : Infinity,
      field: key,
      depth: place.depth + 1,
    });
    json[name] = part.json;
    bytes += nameBytes + part.bytes;
    cut ||= part.cut;
  }
  return { json: { ...json }, bytes: bytes > 2 ? bytes - 1 : bytes, cut };
}

/** A small leaf that still finds room where nothing larger would. */
const fits = (value: unknown, left: number): boolean =>
  value === null || typeof value === 'boolean'
    ? left >= 5
    : typeof value === 'number'
      ? left >= 25
      : typeof value === 'string' && value.length <= 8 && left >= 50;
