import OpenAI from 'openai';
import type { FetchLike } from '../../commerce/request.ts';
import { unit, type Embedder } from './embedder.ts';

export interface OpenAiEmbedderOptions {
  readonly apiKey: string;
  /** An OpenAI-compatible endpoint; OpenAI's own if left out. */
  readonly baseUrl?: string | undefined;
  /** Such as text-embedding-3-small; one that can be told how many dimensions to give. */
  readonly model: string;
  readonly fetch?: FetchLike | undefined;
}

const DIMENSIONS = 256;
const TIMEOUT_MS = 30_000;

/** Embeddings of a model, through OpenAI's wire format. */
export function createOpenAiEmbedder({ apiKey, baseUrl, model, fetch }: OpenAiEmbedderOptions): Embedder {
  const client = new OpenAI({
    apiKey,
    baseURL: baseUrl ?? null,
    timeout: TIMEOUT_MS,
    maxRetries: 2,
    ...(fetch
      ? { fetch: (input, init) => (input instanceof Request ? fetch(input.url, init) : fetch(input, init)) }
      : {}),
  });
  return {
    model: `${model}/${DIMENSIONS}`,
    dimensions: DIMENSIONS,
    leastSimilarity: 0.3,
    weight: 1,
    batch: 100,
    async embed(texts, signal) {
      const input = texts.map((text) => text || ' '); // an empty text is refused
      const { data } = await client.embeddings.create(
        { model, input, dimensions: DIMENSIONS, encoding_format: 'float' },
        { signal },
      );
      const found = data.toSorted((a, b) => a.index - b.index).map((one) => unit(Float32Array.from(one.embedding)));
      if (found.length !== texts.length || found.some((vector) => vector.length !== DIMENSIONS))
        throw new Error(
          `the embedding endpoint gave ${found.length} vectors for ${texts.length} texts, or of another size`,
        );
      return found;
    },
  };
}
