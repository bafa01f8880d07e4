import type { FetchLike } from '../../commerce/request.ts';
import { PageRefusal } from '../content-error.ts';
import { siteOf } from './address.ts';
import { fetchBounded } from './fetch-bounded.ts';

const MOST_BYTES = 512 * 1024;
const MOST_REDIRECTS = 5;
/** Larger than anybody reads: then nothing is allowed. */
const FORBIDS_ALL = 'User-agent: *\nDisallow: /';

export interface RobotsFetch {
  readonly fetch: FetchLike;
  readonly signal: AbortSignal;
  readonly version: string;
  readonly timeoutMs: number;
}

/**
 * The text of an origin's robots.txt by RFC 9309: none where the site says that there is none (4xx). Throws PageRefusal where
 * it cannot be read: then nothing of the site may be.
 */
export async function fetchRobots(origin: string, options: RobotsFetch): Promise<string> {
  let address = `${origin}/robots.txt`;
  for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
    try {
      const fetched = await fetchBounded(address, { ...options, mostBytes: MOST_BYTES });
      if (fetched.status === 200) return new TextDecoder().decode(fetched.body).replaceAll('\0', '');
      if (fetched.status >= 500 || fetched.status === 429)
        throw new PageRefusal('unreachable', `robots.txt: HTTP ${fetched.status}.`, fetched.retryAfterMs ?? 2_000);
      const { location } = fetched;
      if (fetched.status < 300 || fetched.status >= 400 || location === undefined) return '';
      if (!/^https?:/.test(location) || siteOf(location) !== siteOf(origin)) return '';
      address = location;
    } catch (error) {
      if (error instanceof PageRefusal && error.outcome === 'too_large') return FORBIDS_ALL;
      throw error;
    }
  }
  return '';
}
