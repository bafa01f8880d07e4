import type { Ctx, Json } from '@switchyard/kernel';
import type { CountryCode } from 'libphonenumber-js';
import type { CustomPattern } from './custom-pattern.ts';
import { createMasker } from './masker.ts';
import { TOKEN, type Kind, type Tokens } from './tokens.ts';

/**
 * Where the map of a conversation is kept, sealed. `update` gives what is kept now and keeps what comes back; two updates of
 * one key, also of two nodes, follow each other. Undefined from `change` leaves things as they are.
 */
export interface PseudonymStore {
  load(ctx: Ctx, key: string): Promise<string | undefined>;
  update(ctx: Ctx, key: string, change: (kept: string | undefined) => string | undefined): Promise<void>;
}

export interface PseudonymOptions {
  readonly store: PseudonymStore;
  /** Where numbers without a plus are at home, such as `DE`. */
  readonly country?: CountryCode;
  readonly patterns?: readonly CustomPattern[];
}

/**
 * Private data of one conversation and the tokens that stand for it (`[EMAIL_1]`). The same thing has the same token in
 * every message, call and result of the conversation, so that a model and its code can join and compare on tokens.
 */
export interface Pseudonyms {
  /** The value with private data replaced. Kept before it is given, so that whoever meets the token can put it back. */
  tokenise(value: Json): Promise<Json>;
  tokeniseText(text: string): Promise<string>;
  /** The value with this conversation's tokens put back; others are left as they are. */
  restore(value: Json): Promise<Json>;
  restoreText(text: string): Promise<string>;
  /** How many different things of each kind the conversation has. */
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

const keyOf = (kind: string, identity: string): string => `${kind} ${identity}`;

/** Opens the map of a conversation; `key` is what it is kept under. */
export async function openPseudonyms(ctx: Ctx, key: string, options: PseudonymOptions): Promise<Pseudonyms> {
  const known = new Map<string, Entry>();
  const originals = new Map<string, string>();

  function learn(kept: string | undefined): void {
    for (const entry of parse(kept)) {
      known.set(keyOf(entry.kind, entry.identity), entry);
      originals.set(tokenOf(entry), entry.original);
    }
  }

  /** Numbers are given out under the store's lock: two nodes never give one number to two things. */
  async function claim(wanted: readonly Omit<Entry, 'number'>[]): Promise<void> {
    await options.store.update(ctx, key, (kept) => {
      const entries = parse(kept);
      const has = new Set(entries.map(({ kind, identity }) => keyOf(kind, identity)));
      const added = wanted.filter(({ kind, identity }) => !has.has(keyOf(kind, identity)));
      for (const one of added) {
        const number = 1 + Math.max(0, ...entries.filter(({ kind }) => kind === one.kind).map((each) => each.number));
        entries.push({ ...one, number });
      }
      const json = JSON.stringify(entries);
      learn(json);
      return added.length > 0 ? json : undefined;
    });
  }

  /** Twice over the value when it holds something new: once to see what, once to replace it under the numbers given. */
  async function replaceIn<T>(run: (tokens: Tokens) => T): Promise<T> {
    const wanted = new Map<string, Omit<Entry, 'number'>>();
    const tokens: Tokens = {
      tokenFor(kind: Kind, identity, original) {
        const entry = known.get(keyOf(kind, identity));
        if (entry) return tokenOf(entry);
        wanted.set(keyOf(kind, identity), { kind, identity, original });
        return original;
      },
      found,
    };
    const first = run(tokens);
    if (wanted.size === 0) return first;
    await claim([...wanted.values()]);
    return run(tokens);
  }

  const maskerOf = (tokens: Tokens) =>
    createMasker({
      tokens,
      ...(options.country ? { country: options.country } : {}),
      ...(options.patterns ? { patterns: options.patterns } : {}),
    });

  /** Another run of the conversation may have given out tokens since: looked up once before one is called unknown. */
  async function knowAllOf(texts: Iterable<string>): Promise<void> {
    for (const text of texts)
      for (const [token] of text.matchAll(TOKEN))
        if (!originals.has(token)) return void learn(await options.store.load(ctx, key));
  }

  const putBack = (text: string): string => text.replace(TOKEN, (token) => originals.get(token) ?? token);

  function found(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { kind } of known.values()) counts[kind] = (counts[kind] ?? 0) + 1;
    return counts;
  }

  learn(await options.store.load(ctx, key));
  return {
    tokenise: (value) => replaceIn((tokens) => maskerOf(tokens).mask(value)),
    tokeniseText: (text) => replaceIn((tokens) => maskerOf(tokens).maskText(text)),
    async restore(value) {
      await knowAllOf(textsIn(value));
      return mapTexts(value, putBack);
    },
    async restoreText(text) {
      await knowAllOf([text]);
      return putBack(text);
    },
    found,
  };
}

const tokenOf = ({ kind, number }: Entry): string => `[${kind}_${number}]`;

const parse = (kept: string | undefined): Entry[] => (kept === undefined ? [] : (JSON.parse(kept) as Entry[]));

function* textsIn(value: Json): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (Array.isArray(value)) for (const item of value) yield* textsIn(item);
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
