// What of planted private data is replaced before a model sees it, and what is replaced that is none: `npm run bench -- privacy`.
import { openPseudonyms, type Pseudonyms, type PseudonymStore } from '@switchyard/privacy';
import type { Json, TenantId } from '@switchyard/kernel';
import {
  CORPUS_COUNTRY,
  CORPUS_PATTERN,
  corpusMessages,
  corpusResults,
  type Planted,
} from '../support/private-corpus.ts';

const MESSAGES = 200;
const RESULTS = 1_000;
const SEED = 20_261_121;
const TOKEN = /\[([A-Z]{2,20})_\d+\]/g;

interface Tally {
  planted: number;
  found: number;
  hard: number;
  hardFound: number;
  falseHits: number;
}

const nothing = (): Tally => ({ planted: 0, found: 0, hard: 0, hardFound: 0, falseHits: 0 });

function memoryStore(): PseudonymStore {
  let kept: string | undefined;
  return {
    load: async () => kept,
    update: async (_ctx, _key, change) => void (kept = change(kept) ?? kept),
  };
}

const conversation = (): Pseudonyms =>
  openPseudonyms({ tenantId: 'bench' as TenantId }, 'one', {
    store: memoryStore(),
    country: CORPUS_COUNTRY,
    patterns: [CORPUS_PATTERN],
  });

/** Counts what became of one text, by kind. */
function count(tallies: Map<string, Tally>, hidden: string, planted: readonly Planted[], talk: Pseudonyms): void {
  const of = (kind: string): Tally => {
    const tally = tallies.get(kind) ?? nothing();
    tallies.set(kind, tally);
    return tally;
  };
  for (const { kind, value, form } of planted) {
    const isGone = !hidden.includes(value);
    if (form === 'plain') {
      of(kind).planted += 1;
      of(kind).found += Number(isGone);
    } else {
      of(kind).hard += 1;
      of(kind).hardFound += Number(isGone);
    }
  }
  for (const [token, kind = ''] of hidden.matchAll(TOKEN)) {
    const original = talk.putBack(token).toLowerCase();
    if (!planted.some(({ value }) => value.toLowerCase() === original)) of(kind).falseHits += 1;
  }
}

function report(print: (text: string) => void, what: string, tallies: Map<string, Tally>): void {
  print(`\n${what}`);
  print('  kind        planted   replaced   recall    in forms that are not looked for   replaced that was none');
  for (const [kind, { planted, found, hard, hardFound, falseHits }] of [...tallies].sort()) {
    const recall = planted === 0 ? '–' : `${((found / planted) * 100).toFixed(2)}%`;
    print(
      `  ${kind.padEnd(10)} ${String(planted).padStart(8)} ${String(found).padStart(10)} ${recall.padStart(8)} ${`${hardFound} of ${hard}`.padStart(34)} ${String(falseHits).padStart(24)}`,
    );
  }
}

export async function privacy(print: (text: string) => void): Promise<void> {
  const options = { seed: SEED, withHard: true };
  print(
    'Private data of a made-up corpus (seeded; the same each time). Names and postal addresses are not looked for.',
  );
  let broken = 0;
  const inMessages = new Map<string, Tally>();
  for (const { text, planted } of corpusMessages(MESSAGES, options)) {
    const talk = conversation();
    const hidden = await talk.tokeniseText(text);
    count(inMessages, hidden, planted, talk);
    if (talk.putBack(hidden) !== text) broken += 1;
  }
  report(print, `${MESSAGES} messages of customers`, inMessages);

  const inResults = new Map<string, Tally>();
  const results = corpusResults(RESULTS, options);
  for (const { value, planted } of results) {
    const talk = conversation();
    const hidden = await talk.tokenise(value as Json);
    count(inResults, JSON.stringify(hidden), planted, talk);
    if (JSON.stringify(await talk.restore(hidden)) !== JSON.stringify(value)) broken += 1;
  }
  report(print, `${RESULTS} results of tools`, inResults);
  print(`\n  not put back exactly as it was: ${broken} of ${MESSAGES + RESULTS}`);

  const all = results.map(({ value }) => value) as Json;
  const bytes = Buffer.byteLength(JSON.stringify(all));
  const talk = conversation();
  for (const pass of ['all of it new', 'all of it known']) {
    const began = performance.now();
    await talk.tokenise(all);
    const ms = performance.now() - began;
    print(
      `  ${RESULTS} results in one value (${(bytes / 1_024).toFixed(0)} KB), ${pass}: ${ms.toFixed(0)} ms, ${(bytes / 1_048_576 / (ms / 1_000)).toFixed(1)} MB/s`,
    );
  }
}
