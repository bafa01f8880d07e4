import { z } from 'zod';
import { PAGE_OUTCOMES } from './content-error.ts';
import { CRAWL_STATES } from './crawl/crawl.ts';
import { DEFAULT_DEPTH, DEFAULT_PAGES, MOST_DEPTH, MOST_PAGES } from './crawl/crawls.ts';

const count = z.number().int();
const url = z.string().min(1).max(2_000);
const crawlId = z.uuid().describe('As scrapeSite gave it.');
const waitSeconds = z
  .number()
  .min(0)
  .max(25)
  .default(20)
  .describe('How long to wait for the end, 0 to 25; it goes on without anybody waiting.');

export const scrapeInput = z.object({
  url: url.describe('Where to begin: https://host/path. Only this site is read, as its robots.txt allows.'),
  maxPages: z.number().int().min(1).max(MOST_PAGES).default(DEFAULT_PAGES).describe('Addresses at most.'),
  maxDepth: z
    .number()
    .int()
    .min(0)
    .max(MOST_DEPTH)
    .default(DEFAULT_DEPTH)
    .describe('Links from the start; 0: this page alone, and what a sitemap lists is not read.'),
  waitSeconds,
});

export const statusInput = z.object({ crawlId, waitSeconds: waitSeconds.default(0) });
export const cancelInput = z.object({ crawlId });

export const crawlOutput = z.object({
  crawlId: z.string(),
  site: z.string(),
  state: z.enum(CRAWL_STATES).describe('waiting and running: not at its end yet.'),
  known: count.describe('Addresses met so far.'),
  read: count.describe('Of those, looked at.'),
  added: count,
  changed: count,
  unchanged: count,
  removed: count.describe('Pages that were kept, and are gone.'),
  forbidden: count.describe('By robots.txt.'),
  leftOut: count.describe('Links not followed: too many, or too deep.'),
  problems: z
    .array(z.object({ url: z.string(), outcome: z.enum(PAGE_OUTCOMES), detail: z.string().nullable() }))
    .describe('Up to ten pages that could not be read, and why.'),
});

export const searchInput = z.object({
  query: z.string().min(1).max(1_000).describe('Words. "…" for a phrase, - to leave a word out.'),
  site: z.string().max(300).optional().describe('Only of this host, such as docs.example.com.'),
  limit: z.number().int().min(1).max(50).default(10).describe('Passages at most, two of one page.'),
});
export const searchOutput = z.object({
  results: z.array(
    z.object({
      url: z.string(),
      title: z.string(),
      heading: z.string().describe('Title and heading that the passage stands under.'),
      text: z.string(),
      site: z.string(),
      language: z.string().nullable(),
      readAt: z.string().describe('ISO 8601: when the page was read last.'),
      score: z.number().describe('0 to 1: 1 is first by words and by meaning.'),
    }),
  ),
  embedding: z.string().describe('By which the meaning was compared; local-hash-1 knows words alone.'),
});

export const pageInput = z.object({
  url: url.describe('As searchContent gave it.'),
  offset: z.number().int().min(0).default(0).describe('Characters to skip.'),
  limit: z.number().int().min(1).max(100_000).default(20_000).describe('Characters at most.'),
});
export const pageOutput = z.object({
  url: z.string(),
  site: z.string(),
  title: z.string(),
  language: z.string().nullable(),
  text: z.string().describe('The main text of the page, without menus and the like.'),
  chars: count.describe('Of the whole text.'),
  nextOffset: z.number().int().nullable().describe('Where the rest begins; null at its end.'),
  readAt: z.string(),
  changedAt: z.string(),
});
