/** How reading one page of a site ended, for people and code to tell apart. */
export const PAGE_OUTCOMES = [
  'added',
  'changed',
  'unchanged',
  'duplicate', // the same text stands under another address
  'moved', // it points to another address of the site, which is read instead
  'gone', // and removed here
  'no_index', // the page asks not to be kept
  'no_text',
  'robots_forbidden',
  'other_site',
  'private_address',
  'not_text',
  'too_large',
  'too_slow',
  'too_complex',
  'bad_encoding',
  'refused', // 401 or 403
  'throttled',
  'http_error',
  'unreachable',
] as const;
export type PageOutcome = (typeof PAGE_OUTCOMES)[number];

const READ = ['added', 'changed', 'unchanged', 'duplicate', 'moved', 'gone', 'no_index'] as const;
export type PageProblem = Exclude<PageOutcome, (typeof READ)[number]>;

/** Whether something kept a page from being read. */
export const isProblem = (outcome: PageOutcome): outcome is PageProblem =>
  !(READ as readonly PageOutcome[]).includes(outcome);

const PROBLEMS = PAGE_OUTCOMES.filter(isProblem);

/** What can go wrong with content: of the start address all that can go wrong with a page, too. */
export const CONTENT_ERRORS = [
  ...PROBLEMS,
  'bad_url',
  'site_down',
  'robots_too_slow',
  'too_many_crawls',
  'too_many_pages',
  'crawl_not_found',
  'page_not_found',
  'internal',
] as const;
export type ContentErrorCode = (typeof CONTENT_ERRORS)[number];

/** The message is for whoever asked, and carries nothing of ours. */
export class ContentError extends Error {
  override readonly name = 'ContentError';
  readonly code: ContentErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ContentErrorCode, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** Why one page was not read; with `retryAfterMs`, asking again may help. */
export class PageRefusal extends Error {
  override readonly name = 'PageRefusal';
  readonly outcome: PageProblem;
  readonly retryAfterMs: number | undefined;

  constructor(outcome: PageProblem, message: string, retryAfterMs?: number) {
    super(message);
    this.outcome = outcome;
    this.retryAfterMs = retryAfterMs;
  }
}
