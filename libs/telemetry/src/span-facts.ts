import type { Attributes } from '@opentelemetry/api';
import { EVENTS, GEN_AI, MCP } from './conventions.ts';
import { SPAN_ATTRIBUTES } from './names.ts';
import { NAME, OTHER, ROUTE } from './words.ts';

/** The parts of a span's name: what it is, and of what: `chat {model}`, `tools/call {name}`, `POST {route}`. */
export type SpanName = readonly [what: string, of?: string];
export type EventName = (typeof EVENTS)[keyof typeof EVENTS];

/** Every attribute that a span or an event may have. */
export type SpanAttribute =
  | Exclude<(typeof GEN_AI)[keyof typeof GEN_AI], object>
  | Exclude<(typeof MCP)[keyof typeof MCP], object>
  | (typeof SPAN_ATTRIBUTES)[number];
export type SpanFacts = Readonly<Partial<Record<SpanAttribute, string | number | boolean | undefined>>>;

const ALLOWED: ReadonlySet<string> = new Set<string>([
  ...SPAN_ATTRIBUTES,
  ...Object.values(GEN_AI).filter((name) => typeof name === 'string'),
  ...Object.values(MCP).filter((name) => typeof name === 'string'),
]);
/** An id that we made: a UUID, or a digest. Sixteen hex digits would be the number of a card, too. */
const ID = /^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const STATUS = /^[1-5]\d\d$/;
const FORMS = [NAME, ROUTE, ID, STATUS] as const;
/** Long runs of digits are numbers of cards and telephones sooner than names. */
const DIGITS = /\d{9,}/;

const isWord = (text: string): boolean =>
  ID.test(text) || (FORMS.some((form) => form.test(text)) && !DIGITS.test(text));

/**
 * What leaves as attributes: of the closed list, and numbers, ids or names in form. Everything else that somebody might
 * put there, such as a message or an argument, leaves as `other`.
 */
export function clean(facts: SpanFacts): Attributes {
  const kept: Attributes = {};
  for (const [name, value] of Object.entries(facts))
    if (value !== undefined && ALLOWED.has(name))
      kept[name] = typeof value !== 'string' || isWord(value) ? value : OTHER;
  return kept;
}

export const nameOf = ([what, of]: SpanName): string =>
  [what, of].flatMap((part) => (part === undefined ? [] : isWord(part) ? part : OTHER)).join(' ');
