import { createHash } from 'node:crypto';

/** Makes vectors of length 1 out of texts. Vectors of different models do not compare. */
export interface Embedder {
  /** Kept beside each vector. */
  readonly model: string;
  readonly dimensions: number;
  /** What is less alike counts as not alike at all. */
  readonly leastSimilarity: number;
  /** How much its order counts beside that of words, which is 1. */
  readonly weight: number;
  /** Texts that go well together in one call. */
  readonly batch: number;
  embed(texts: readonly string[], signal: AbortSignal): Promise<readonly Float32Array[]>;
}

const DIMENSIONS = 256;
const WORD = 1;
const TRIGRAM = 0.4;

/** Deterministic, without a key or a network, and no model of language: it knows words and their parts, not what they mean. */
export const localEmbedder: Embedder = {
  model: 'local-hash-1',
  dimensions: DIMENSIONS,
  leastSimilarity: 0.34,
  weight: 0.5,
  batch: 500,
  embed: async (texts) => texts.map(hashed),
};

function hashed(text: string): Float32Array {
  const vector = new Float32Array(DIMENSIONS);
  const add = (feature: string, weight: number): void => {
    const hash = hashOf(feature);
    const at = hash % DIMENSIONS;
    vector[at] = (vector[at] ?? 0) + (hash & 0x1000 ? weight : -weight);
  };
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    const stem = word.length > 3 ? word.replace(/(?:es|s|ing|ed)$/, '') : word;
    add(stem, WORD);
    const padded = `^${stem}$`;
    for (let at = 0; at + 3 <= padded.length; at++) add(padded.slice(at, at + 3), TRIGRAM);
  }
  return unit(vector);
}

/** FNV-1a, mixed once more: its low bits alone are too regular. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** To length 1; a vector of nothing stays nothing. */
export function unit(vector: Float32Array): Float32Array {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const length = Math.sqrt(sum);
  return length === 0 ? vector : vector.map((value) => value / length);
}

/** For caches: texts may be long. */
export const textKey = (text: string): string => createHash('sha256').update(text).digest('base64url');
