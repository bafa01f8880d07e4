import { createHash } from 'node:crypto';
import { countTokens } from '@switchyard/ledger';
import type { FetchLike } from '../../commerce/request.ts';
import { PageRefusal } from '../content-error.ts';
import { chunksOf } from '../reading/chunks.ts';
import { decodePage, unpacked } from '../reading/decode.ts';
import type { ReadPage } from '../reading/extract.ts';
import type { Reader } from '../reading/reader.ts';
import { pageAddress, siteOf } from './address.ts';
import type { FoundAddress, ReadAddress, WaitingAddress } from './crawl.ts';
import { fetchBounded, type Fetched } from './fetch-bounded.ts';

const PAGE_BYTES = 3 * 1_048_576;
const SITEMAP_BYTES = 20 * 1_048_576;
const PAGE_TYPES = /^\s*(?:text\/html|application\/xhtml\+xml|text\/plain|text\/markdown)/;
const MOST_LINKS = 1_000;
/** Part of the hash, so that passages are made anew when they are made in another way. */
const MADE = 'passages 1';

export interface ReadOptions {
  readonly fetch: FetchLike;
  readonly reader: Reader;
  readonly version: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly site: string;
  /** Reads robots.txt where it is not known yet. */
  readonly allows: (address: string) => Promise<boolean>;
  /** By what is known so far. */
  readonly mayAllow: (address: string) => boolean;
}

/** Reads a page or a sitemap. Throws PageRefusal. */
export async function readAddress(address: WaitingAddress, options: ReadOptions): Promise<ReadAddress> {
  return address.kind === 'sitemap' ? readSitemap(address, options) : readOnePage(address, options);
}

async function readSitemap(address: WaitingAddress, options: ReadOptions): Promise<ReadAddress> {
  const fetched = await fetchBounded(address.url, { ...options, mostBytes: SITEMAP_BYTES });
  if (fetched.status !== 200) return { address, outcome: 'sitemap', detail: `HTTP ${fetched.status}`, found: [] };
  const text = decodePage(unpacked(fetched.body, SITEMAP_BYTES), fetched.contentType);
  const { pages, sitemaps } = await options.reader.sitemap(text);
  const found = foundOf(pages, { ...options, base: address.url, depth: 1 });
  const more = sitemaps
    .filter((url) => URL.canParse(url) && /^https?:/.test(url) && siteOf(url) === options.site)
    .map((url) => ({ url: new URL(url).href, kind: 'sitemap' as const, depth: 0, isForbidden: false }));
  return { address, outcome: 'sitemap', found: [...more, ...found] };
}

async function readOnePage(address: WaitingAddress, options: ReadOptions): Promise<ReadAddress> {
  const { url, etag, lastModified, depth } = address;
  if (!(await options.allows(url)))
    return { address, outcome: 'robots_forbidden', detail: 'robots.txt forbids it.', found: [] };
  const fetched = await fetchBounded(url, {
    ...options,
    mostBytes: PAGE_BYTES,
    types: PAGE_TYPES,
    headers: {
      ...(etag === null ? {} : { 'if-none-match': etag }),
      ...(lastModified === null ? {} : { 'if-modified-since': lastModified }),
    },
  });
  if (fetched.status === 304) {
    const found = foundOf(address.links ?? [], { ...options, base: url, depth: depth + 1 });
    return { address, outcome: 'unchanged', found };
  }
  if (fetched.status >= 300 && fetched.status < 400) return movedTo(address, fetched, options);
  if (fetched.status !== 200) return refusedWith(address, fetched);
  const text = decodePage(fetched.body, fetched.contentType);
  const isPlain = /^\s*text\/(?:plain|markdown)/.test(fetched.contentType);
  const page = isPlain ? plainPage(text, url) : await options.reader.page(text);
  return contentOf(address, fetched, page, options);
}

function contentOf(address: WaitingAddress, fetched: Fetched, page: ReadPage, options: ReadOptions): ReadAddress {
  const { url, depth } = address;
  const base = (page.base === null ? undefined : URL.parse(page.base, url)?.href) ?? url;
  const canFollow = !/nofollow|none/.test(fetched.robotsTag);
  const found = foundOf(canFollow ? page.links : [], { ...options, base, depth: depth + 1 });
  if (page.noIndex || /noindex|none/.test(fetched.robotsTag))
    return { address, outcome: 'no_index', detail: 'The page asks not to be kept.', found };
  const own = page.canonical === null ? undefined : pageAddress(page.canonical, base);
  if (own !== undefined && own !== url && siteOf(own) === options.site)
    return {
      address,
      outcome: 'duplicate',
      detail: `It calls itself ${own}.`,
      found: [...foundOf([own], { ...options, base, depth }), ...found],
    };
  const chunks = chunksOf(page.title, page.sections, (text) => countTokens(text).tokens);
  if (chunks.length === 0) return { address, outcome: 'no_text', detail: 'There is no text on it.', found };
  const text = page.sections
    .map(({ heading, paragraphs }) => [heading, ...paragraphs].filter(Boolean).join('\n'))
    .join('\n\n');
  const title = asText(page.title) || url;
  const hash = createHash('sha256').update([MADE, title, text].join('\0')).digest('base64url');
  const kept = {
    title,
    language: page.language,
    text: asText(text),
    hash,
    etag: fetched.etag,
    lastModified: fetched.lastModified,
    links: found.map((one) => one.url),
    chunks: chunks.map((chunk) => ({ ...chunk, heading: asText(chunk.heading), text: asText(chunk.text) })),
  };
  return { address, outcome: 'content', page: kept, found };
}

function movedTo(address: WaitingAddress, { location }: Fetched, options: ReadOptions): ReadAddress {
  const target = location === undefined ? undefined : pageAddress(location);
  if (target === undefined)
    throw new PageRefusal('http_error', 'It points to another address, and to none that is one.');
  if (siteOf(target) !== options.site)
    return { address, outcome: 'other_site', detail: `It leads to ${siteOf(target)}.`, found: [] };
  const found = foundOf([target], { ...options, base: address.url, depth: address.depth });
  return { address, outcome: 'moved', detail: target, found };
}

function refusedWith(address: WaitingAddress, { status, retryAfterMs }: Fetched): ReadAddress {
  const detail = `HTTP ${status}`;
  if (status === 404 || status === 410) return { address, outcome: 'gone', detail, found: [] };
  if (status === 401 || status === 403) throw new PageRefusal('refused', `${detail}: it is not for everybody.`);
  if (status === 429 || status === 503)
    throw new PageRefusal('throttled', `${detail}: the site asks for time.`, retryAfterMs ?? 10_000);
  throw new PageRefusal('http_error', detail, status >= 500 ? 5_000 : undefined);
}

interface Finding {
  readonly site: string;
  readonly base: string;
  readonly depth: number;
  readonly mayAllow: (address: string) => boolean;
}

/** Links of the site itself, each once. */
function foundOf(links: readonly string[], { site, base, depth, mayAllow }: Finding): FoundAddress[] {
  const urls = new Set<string>();
  for (const link of links) {
    const url = pageAddress(link, base);
    if (url !== undefined && siteOf(url) === site) urls.add(url);
    if (urls.size === MOST_LINKS && depth > 1) break; // a sitemap may list more
  }
  return [...urls].map((url) => ({ url, kind: 'page' as const, depth, isForbidden: !mayAllow(url) }));
}

function plainPage(text: string, url: string): ReadPage {
  const paragraphs = text
    .slice(0, 400_000)
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s+/g, ' ').trim())
    .filter(Boolean);
  const title = (paragraphs[0] ?? '').slice(0, 200) || url;
  const nothing = { language: null, canonical: null, noIndex: false, links: [], base: null };
  return { ...nothing, title, sections: [{ heading: '', paragraphs }] };
}

/** Postgres takes neither NUL nor half a surrogate pair. */
const asText = (text: string): string => text.replaceAll('\0', '').toWellFormed();
