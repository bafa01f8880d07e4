import { Client } from '@modelcontextprotocol/client';
import type { Database } from '@switchyard/database';
import { AppError, type TenantId } from '@switchyard/kernel';
import { serveInMemory } from '../in-memory.ts';
import { localEmbedder, type Embedder } from '../search/vectors/embedder.ts';
import { Crawls, type CrawlsOptions } from './crawl/crawls.ts';
import { PassageVectors } from './passages/passage-vectors.ts';
import { Reader } from './reading/reader.ts';
import { createContentServer } from './server.ts';

/** All that the content server stands on, with a guard that refuses one host alone. */
export function openContent(database: Database, options: Partial<CrawlsOptions> = {}) {
  const failures: unknown[] = [];
  const embedded: string[] = [];
  const clients: Client[] = [];
  const onError = (error: unknown): unknown => failures.push(error);
  const embedder: Embedder = {
    ...localEmbedder,
    embed(texts, signal) {
      embedded.push(...texts);
      return localEmbedder.embed(texts, signal);
    },
  };
  const passages = new PassageVectors({ database, embedder, onError });
  const reader = new Reader({ timeoutMs: 5_000 });
  const guard = (url: string | URL): void => {
    if (new URL(url).hostname === '10.0.0.1') throw new AppError('forbidden', '10.0.0.1 is not a public address.');
  };
  const crawls = new Crawls({
    database,
    reader,
    version: '1.2.3',
    fetch: async (url, init) => {
      guard(url);
      return fetch(url, init);
    },
    checkUrl: async (url) => guard(url),
    embed: (ctx) => passages.settle(ctx),
    onError,
    delayMs: 0,
    timeoutMs: 2_000,
    ...options,
  });
  return {
    crawls,
    passages,
    failures,
    /** What was embedded since it was emptied last. */
    embedded,
    async connect(tenantId: TenantId) {
      const client = new Client({ name: 'spec', version: '1' });
      await client.connect(
        serveInMemory(() => createContentServer({ database, crawls, passages, tenantId, version: '1.2.3', onError })),
      );
      clients.push(client);
      // eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers of many shapes
      return async (name: string, input: object): Promise<any> => {
        const result = await client.callTool({ name, arguments: input as Record<string, unknown> });
        return result.structuredContent ?? result;
      };
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()));
      await passages.close();
      await reader.close();
    },
  };
}
