import type { Ctx, Json } from '@switchyard/kernel';
import type { CountryCode } from 'libphonenumber-js';
import type { CustomPattern } from './custom-pattern.ts';
import { createMasker } from './masker.ts';
import { maskInSlices } from './slices.ts';
import { TOKEN, type Kind, type Tokens } from './tokens.ts';

/**
 * Where the map of a conversation is kept, sealed. `update` gives what is kept now and keeps what comes back; two updates of
 * one key, also of two nodes, follow each other. Undefined from `change` leaves things as they are.
 */
export interface PseudonymStore {
  load(ctx: Pick<Ctx, 'tenantId'>, key: string): Promise<string | undefined>;
  update(
    ctx: Pick<Ctx, 'tenantId'>,
    key: string,
    change: (kept: string | undefined) => string | undefined,
  ): Promise<void>;
}

export interface PseudonymOptions {
  readonly store: PseudonymStore;
  /** Where numbers without a plus are at home, such as `DE`. */
  readonly country?: CountryCode;
  readonly patterns?: readonly CustomPattern[];
  /** Kinds that are left as they are. */
  readonly left?: ReadonlySet<Kind>;
  /** Names of fields in which nothing is looked for. */
  readonly exempt?: readonly string[];
}

/** Hears of each thing that was replaced: what it was, and in which field (empty: free text). Never the thing. */
export type HearReplaced = (kind: Kind, field: string) => void;

/**
 * Private data of one conversation and the tokens that stand for it (`[EMAIL_1]`). The same thing has the same token in
 * every message, call and result of the conversation, so that a model and its code can join and compare on tokens.
 */
export interface Pseudonyms {
  /**
   * The value with private data replaced; the same object where there is none. Kept before it is given, so that whoever
   * meets the token can put it back.
   */
  tokenise(value: Json, heard?: HearReplaced): Promise<Json>;
  tokeniseText(text: string, heard?: HearReplaced): Promise<string>;
  /** The value with this conversation's tokens put back; others are left as they are. */
  restore(value: Json): Promise<Json>;
  restoreText(text: string): Promise<string>;
  /** As `restoreText`, from what this process knows: all that it has tokenised or met. */
  putBack(text: string): string;
  /** As `putBack` within a JSON text, such as a call's arguments: what is put back is escaped as JSON wants it. */
  putBackInJson(text: string): string;
  /** How many different things of each kind the conversation has, as far as this process knows. */
  found(): Readonly<Partial<Record<string, number>>>;
}

interface Entry {
  readonly kind: string;
  /** The value in the one form in which it is compared. */
  readonly identity: string;
  readonly number: number;
  /** As it was first written: what is put back. */
  readonly original: string;
}

/** Further things of a conversation are replaced all the same, by a token that is never put back. */
export const MOST_THINGS = 20_000;

const keyOf = (kind: string, identity: string): string => `${kind} ${identity}`;

/** The map of a conversation; `key` is what it is kept under. Nothing is read before there is something private. */
export function openPseudonyms(ctx: Pick<Ctx, 'tenantId'>, key: string, options: PseudonymOptions): Pseudonyms {
  const known = new Map<string, Entry>();
  const originals = new Map<string, string>();
  const { store, left, exempt, country, patterns } = options;

  function learn(kept: string | undefined): void {
    for (const entry of parse(kept)) {
      known.set(keyOf(entry.kind, entry.identity), entry);
      originals.set(tokenOf(entry), entry.original);
    }
  }

  /** Numbers are given out under the store's lock: two nodes never give one number to two things. */
  async function claim(wanted: readonly Omit<Entry, 'number'>[]): Promise<void> {
    await store.update(ctx, key, (kept) => {
      const entries = parse(kept);
      const has = new Set(entries.map(({ kind, identity }) => keyOf(kind, identity)));
      const last = new Map<string, number>();
      for (const { kind, number } of entries) last.set(kind, Math.max(last.get(kind) ?? 0, number));
      const added = wanted.filter(({ kind, identity }) => !has.has(keyOf(kind, identity)));
      for (const one of added.slice(0, Math.max(0, MOST_THINGS - entries.length))) {
        const number = (last.get(one.kind) ?? 0) + 1;
        last.set(one.kind, number);
        entries.push({ ...one, number });
      }
      const json = JSON.stringify(entries);
      learn(json);
      return entries.length > has.size ? json : undefined;
    });
  }

  /** Twice over the value when it holds something new: once to see what, once to replace it under the numbers given. */
  async function replaceIn<T>(
    run: (tokens: Tokens) => T | Promise<T>,
    heard?: HearReplaced,
  ): Promise<{ done: T; replaced: number }> {
    const wanted = new Map<string, Omit<Entry, 'number'>>();
    let replaced: [Kind, string][] = [];
    let field = '';
    let isFull = false;
    const tokens: Tokens = {
      enter: (entered) => void (field = entered),
      tokenFor(kind, identity, original) {
        if (left?.has(kind)) return original;
        replaced.push([kind, field]);
        const entry = known.get(keyOf(kind, identity));
        if (entry) return tokenOf(entry);
        if (isFull) return `[${kind}_0]`;
        wanted.set(keyOf(kind, identity), { kind, identity, original });
        return original;
      },
      found,
    };
    let done = await run(tokens);
    if (wanted.size > 0) {
      await claim([...wanted.values()]);
      isFull = true;
      replaced = [];
      done = await run(tokens);
    }
    if (heard) for (const [kind, where] of replaced) heard(kind, where);
    return { done, replaced: replaced.length };
  }

  const maskerOf = (tokens: Tokens) =>
    createMasker({
      tokens,
      ...(country ? { country } : {}),
      ...(patterns ? { patterns } : {}),
      ...(exempt ? { exempt } : {}),
    });

  /** Another run of the conversation may have given out tokens since: looked up once before one is called unknown. */
  async function knowAllOf(texts: Iterable<string>): Promise<void> {
    for (const text of texts)
      for (const [token] of text.matchAll(TOKEN))
        if (!originals.has(token)) return void learn(await store.load(ctx, key));
  }

  const putBack = (text: string): string =>
    text.includes('[') ? text.replace(TOKEN, (token) => originals.get(token) ?? token) : text;
  const putBackInJson = (text: string): string =>
    text.replace(TOKEN, (token) => JSON.stringify(originals.get(token) ?? token).slice(1, -1));

  function found(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { kind } of known.values()) counts[kind] = (counts[kind] ?? 0) + 1;
    return counts;
  }

  return {
    async tokenise(value, heard) {
      await knowAllOf(textsIn(value));
      const { done, replaced } = await replaceIn((tokens) => maskInSlices(maskerOf(tokens), value), heard);
      return replaced > 0 || done.truncated ? done.value : value;
    },
    async tokeniseText(text, heard) {
      await knowAllOf([text]);
      return (await replaceIn((tokens) => maskerOf(tokens).maskText(text), heard)).done;
    },
    async restore(value) {
      await knowAllOf(textsIn(value));
      return mapTexts(value, putBack);
    },
    async restoreText(text) {
      await knowAllOf([text]);
      return putBack(text);
    },
    putBack,
    putBackInJson,
    found,
  };
}

const tokenOf = ({ kind, number }: Entry): string => `[${kind}_${number}]`;

const parse = (kept: string | undefined): Entry[] => (kept === undefined ? [] : (JSON.parse(kept) as Entry[]));

function* textsIn(value: Json): Generator<string> {
  if (typeof value === 'string') {
    if (value.includes('[')) yield value;
  } else if (Array.isArray(value)) for (const item of value) yield* textsIn(item);
  else if (value !== null && typeof value === 'object')
    for (const [key, item] of Object.entries(value)) {
      yield key;
      yield* textsIn(item as Json);
    }
}

function mapTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [change(key), mapTexts(item as Json, change)]));
}
