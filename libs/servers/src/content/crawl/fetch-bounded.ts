import { AppError } from '@switchyard/kernel';
import type { FetchLike } from '../../commerce/request.ts';
import { PageRefusal } from '../content-error.ts';
import { AGENT } from './robots.ts';

export interface Fetched {
  readonly status: number;
  readonly contentType: string;
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** Where a redirect points to, absolute. */
  readonly location: string | undefined;
  readonly robotsTag: string;
  readonly retryAfterMs: number | undefined;
  /** Empty unless the status is 200. */
  readonly body: Uint8Array;
}

export interface FetchBounds {
  readonly fetch: FetchLike;
  readonly signal: AbortSignal;
  readonly version: string;
  readonly mostBytes: number;
  readonly timeoutMs: number;
  /** Media types that are read; all where it is left out. */
  readonly types?: RegExp;
  readonly headers?: Readonly<Record<string, string>>;
}

const DEFAULT_RETRY_MS = 5_000;

/**
 * One request, no redirect followed, through the guard that is passed in. Whatever the other end does, it takes at most
 * `timeoutMs` and holds `mostBytes`. Throws PageRefusal.
 */
export async function fetchBounded(address: string, bounds: FetchBounds): Promise<Fetched> {
  const timeout = AbortSignal.timeout(bounds.timeoutMs);
  const signal = AbortSignal.any([bounds.signal, timeout]);
  try {
    const response = await bounds.fetch(address, {
      redirect: 'manual',
      signal,
      headers: {
        'user-agent': `${AGENT}/${bounds.version}`,
        accept: 'text/html,application/xhtml+xml,text/plain;q=0.9,application/xml;q=0.8,*/*;q=0.1',
        ...bounds.headers,
      },
    });
    const contentType = response.headers.get('content-type')?.toLowerCase() ?? '';
    const wanted = response.status === 200 && isWanted(contentType, bounds.types);
    const body = wanted ? await readBounded(response, bounds.mostBytes) : new Uint8Array();
    if (!wanted) await response.body?.cancel();
    if (response.status === 200 && !wanted)
      throw new PageRefusal('not_text', `It is ${contentType.split(';')[0] ?? 'something else'}, not a page.`);
    const location = response.headers.get('location');
    return {
      status: response.status,
      contentType,
      etag: response.headers.get('etag'),
      lastModified: response.headers.get('last-modified'),
      location: location === null ? undefined : (URL.parse(location, address)?.href ?? undefined),
      robotsTag: response.headers.get('x-robots-tag')?.toLowerCase() ?? '',
      retryAfterMs: retryAfterOf(response.headers.get('retry-after')),
      body,
    };
  } catch (error) {
    bounds.signal.throwIfAborted();
    if (error instanceof PageRefusal) throw error;
    if (error instanceof AppError && error.code === 'forbidden')
      throw new PageRefusal('private_address', 'It is not a public address: the operator has not allowed it.');
    if (timeout.aborted)
      throw new PageRefusal('too_slow', `It took longer than ${bounds.timeoutMs / 1_000} seconds.`, DEFAULT_RETRY_MS);
    throw new PageRefusal('unreachable', 'The server cannot be reached, or broke off.', DEFAULT_RETRY_MS);
  }
}

const isWanted = (contentType: string, types: RegExp | undefined): boolean =>
  types === undefined || contentType === '' || types.test(contentType);

async function readBounded(response: Response, mostBytes: number): Promise<Uint8Array> {
  const tooLarge = () => new PageRefusal('too_large', `It is larger than ${Math.round(mostBytes / 1_048_576)} MB.`);
  if (Number(response.headers.get('content-length') ?? 0) > mostBytes) {
    await response.body?.cancel();
    throw tooLarge();
  }
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > mostBytes) throw tooLarge(); // leaving the loop ends the stream, packed or not
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function retryAfterOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
