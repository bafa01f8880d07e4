import { AppError } from '@switchyard/kernel';
import { ShopError } from './shop-error.ts';

/** As `fetch`; the house's egress guard in the product. */
export type FetchLike = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** The connection's credentials by name, for the length of `use`. */
export type WithSecrets = <T>(use: (secrets: Readonly<Record<string, string>>) => Promise<T>) => Promise<T>;

export interface Time {
  now(): Date;
  /** Rejects when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface Reaching {
  readonly fetch: FetchLike;
  readonly time: Time;
  /** For one request. */
  readonly timeoutMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const TIMEOUT_MS = 20_000;
const MAX_BYTES = 32 * 1_048_576;
const FIRST_RETRY_MS = 250;
const TRIES = 3;
/** What is waited for a shop's rate limit in one call, before the caller is told to come again. */
export const MAX_WAIT_MS = 15_000;

/**
 * One request, tried again where that is safe: `make` is called for each try, because a signature is good for one.
 * Waits as long as the shop says (429, 503 with Retry-After), within bounds. Redirects are not followed: they would
 * carry a signed address elsewhere. Throws ShopError; gives every answer below 500 but 429 to the caller.
 */
export async function request(
  { fetch, time, timeoutMs = TIMEOUT_MS }: Reaching,
  make: () => Promise<{ readonly url: URL; readonly init: RequestInit }>,
  { signal, repeatable }: { readonly signal: AbortSignal; readonly repeatable: boolean },
): Promise<Answer> {
  let waitedMs = 0;
  for (let attempt = 1; ; attempt++) {
    let failure: ShopError;
    try {
      const { url, init } = await make();
      const answer = await once(fetch, url, init, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
      const waitMs = askedToWait(answer, time.now());
      if (waitMs !== undefined) {
        // A request that was throttled was not carried out, so that it may be sent again, whatever it is.
        if (waitedMs + waitMs > MAX_WAIT_MS) throw throttled(waitMs);
        waitedMs += waitMs;
        attempt--;
        await time.sleep(waitMs, signal);
        continue;
      }
      if (answer.status < 300 || (answer.status >= 400 && answer.status < 500)) return answer;
      if (answer.status < 400)
        throw new ShopError(
          'refused_by_shop',
          'The shop answers with a redirect: use the address that it redirects to.',
        );
      failure = new ShopError('shop_down', `The shop answered HTTP ${answer.status}: try again later.`, {
        status: answer.status,
      });
    } catch (error) {
      signal.throwIfAborted();
      failure = asShopError(error);
    }
    const again = repeatable && attempt < TRIES && (failure.code === 'shop_down' || failure.code === 'shop_timeout');
    if (!again) throw failure;
    await time.sleep(FIRST_RETRY_MS * 2 ** (attempt - 1), signal);
  }
}

export const throttled = (retryAfterMs: number): ShopError =>
  new ShopError('throttled', `The shop’s rate limit is reached: try again in ${Math.ceil(retryAfterMs / 1_000)} s.`, {
    retryAfterMs,
  });

async function once(fetch: FetchLike, url: URL, init: RequestInit, signal: AbortSignal): Promise<Answer> {
  const response = await fetch(url, { ...init, redirect: 'manual', signal });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new ShopError('bad_answer', 'The shop’s answer is larger than 32 MB.');
    chunks.push(chunk);
  }
  return { status: response.status, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') };
}

const LEAST_WAIT_MS = 100;

function askedToWait({ status, headers }: Answer, now: Date): number | undefined {
  const asked = headers.get('retry-after');
  if (status !== 429 && !(status === 503 && asked !== null)) return undefined;
  if (asked === null) return 1_000;
  const seconds = Number(asked);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : new Date(asked).getTime() - now.getTime();
  return Number.isFinite(ms) ? Math.max(LEAST_WAIT_MS, ms) : 1_000;
}

/** What the caller reads is ours; the cause stays for the log. */
function asShopError(error: unknown): ShopError {
  if (error instanceof ShopError) return error;
  for (let inner: unknown = error; inner instanceof Error; inner = inner.cause)
    if (inner instanceof AppError) {
      if (inner.code === 'forbidden') return new ShopError('address_refused', inner.message, {}, { cause: error });
      if (inner.code === 'unprocessable')
        return new ShopError('credential_missing', inner.message, {}, { cause: error });
    }
  const name = typeof error === 'object' && error !== null && 'name' in error ? error.name : '';
  if (name === 'TimeoutError' || name === 'AbortError')
    return new ShopError('shop_timeout', 'The shop did not answer in time: try again later.', {}, { cause: error });
  return new ShopError(
    'shop_down',
    'The shop cannot be reached: check its address, or try again later.',
    {},
    {
      cause: error,
    },
  );
}

/** The JSON of an answer. Throws `bad_answer`: a shop behind a broken plug-in answers with a page. */
export function parseJson(answer: Answer): unknown {
  try {
    return JSON.parse(answer.text);
  } catch (cause) {
    throw new ShopError(
      'bad_answer',
      `The shop answered HTTP ${answer.status} with something that is not JSON.`,
      {},
      {
        cause,
      },
    );
  }
}
