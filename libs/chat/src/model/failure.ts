import { AppError } from '@switchyard/kernel';
import OpenAI from 'openai';

const REQUEST_AT_FAULT = new Set([400, 404, 413, 415, 422]);
const LONGEST_MESSAGE = 500;

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value.slice(0, LONGEST_MESSAGE) : undefined;

const retryAfterOf = (headers: Headers | undefined): number => {
  const seconds = Number(headers?.get('retry-after'));
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 3_600) : 5;
};

/** What fetch and the package wrap: ours comes out as it went in. */
function ownCause(thrown: unknown): AppError | undefined {
  for (let inner: unknown = thrown; inner instanceof Error; inner = inner.cause)
    if (inner instanceof AppError) return inner;
  return undefined;
}

/**
 * Whatever a call of the endpoint threw, as a refusal that can be shown. The endpoint's own words are passed on only
 * where it found fault with the request itself, and never with the key in them; its 401 tells a part of the key.
 */
export function modelFailure(thrown: unknown, apiKey: string): AppError {
  const own = ownCause(thrown);
  if (own) return own;
  const cause = { cause: thrown };
  if (thrown instanceof OpenAI.APIConnectionError)
    return new AppError(
      'upstream_failed',
      "The model's endpoint cannot be reached: try again, or check its URL.",
      {},
      cause,
    );
  if (thrown instanceof OpenAI.APIError) {
    const { status, code, type, param } = thrown;
    const upstream = {
      ...(status === undefined ? {} : { upstreamStatus: status }),
      ...(text(code) ? { upstreamCode: text(code) } : {}),
      ...(text(type) ? { upstreamType: text(type) } : {}),
      ...(text(param) ? { param: text(param) } : {}),
    };
    if (status === 401 || status === 403)
      return new AppError(
        'upstream_failed',
        "The model's endpoint does not accept the key that is set for it: an admin sets another one.",
        { upstreamStatus: status },
        cause,
      );
    if (status === 429)
      return new AppError(
        'rate_limited',
        "The model's endpoint takes no more requests now: try again later.",
        { ...upstream, retryAfterSeconds: retryAfterOf(thrown.headers) },
        cause,
      );
    const said = text((thrown.error as { message?: unknown } | undefined)?.message);
    if (status !== undefined && REQUEST_AT_FAULT.has(status)) {
      const message = said ? withoutKey(said, apiKey) : `The model's endpoint refuses the request (${status}).`;
      return new AppError(status === 404 ? 'not_found' : 'invalid_request', message, upstream, cause);
    }
    const what = status === undefined ? 'broke off with an error' : `answered with status ${status}`;
    return new AppError('upstream_failed', `The model's endpoint ${what}: try again.`, { ...upstream }, cause);
  }
  return new AppError(
    'upstream_failed',
    "The model's endpoint gave an answer that is not of OpenAI's form: check that its URL is that of an OpenAI-compatible API.",
    {},
    cause,
  );
}

export const silent = (): AppError =>
  new AppError('timeout', "The model's endpoint has been silent for too long: try again.");

const withoutKey = (said: string, apiKey: string): string => (apiKey.length < 4 ? said : said.replaceAll(apiKey, '…'));
