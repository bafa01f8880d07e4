import { parentPort } from 'node:worker_threads';
import { extractPage, extractSitemap, type ReadPage, type ReadSitemap } from './extract.ts';

export type Reading = { readonly kind: 'page' | 'sitemap'; readonly text: string };
export type ReadingResult =
  { readonly page: ReadPage } | { readonly sitemap: ReadSitemap } | { readonly problem: string };

function read({ kind, text }: Reading): ReadingResult {
  try {
    return kind === 'page' ? { page: extractPage(text) } : { sitemap: extractSitemap(text) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', (reading: Reading) => parentPort?.postMessage(read(reading)));
parentPort?.postMessage('ready');
