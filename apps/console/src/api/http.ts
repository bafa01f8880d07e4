import { sessionState } from '../session/session-state.ts';
import { ApiError, errorOfStatus, unreachableError } from './errors.ts';
import { chosenTenant } from './tenant.ts';

export const requestHeaders = (): Record<string, string> => {
  const tenant = chosenTenant();
  return {
    'content-type': 'application/json',
    'x-switchyard-csrf': '1',
    ...(tenant === undefined ? {} : { 'x-switchyard-tenant': tenant }),
  };
};

interface HttpOptions {
  readonly method?: 'GET' | 'POST';
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  readonly accept?: string;
  /** Sign-in answers 401 as well, which then does not mean that a session was lost. */
  readonly anonymous?: boolean;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Both forms that are met: `{ error: { code, message, details } }`, and better-auth's `{ code, message }`. */
async function errorOf(response: Response): Promise<ApiError> {
  const fallback = errorOfStatus(response.status);
  const body: unknown = await response.json().catch(() => undefined);
  const error = isRecord(body) && isRecord(body.error) ? body.error : isRecord(body) ? body : {};
  const retryAfter = response.headers.get('retry-after') ?? response.headers.get('x-retry-after');
  return new ApiError(
    typeof error.code === 'string' ? error.code : fallback.code,
    typeof error.message === 'string' && error.message !== '' ? error.message : fallback.message,
    response.status,
    {
      ...(isRecord(error.details) ? error.details : {}),
      ...(retryAfter === null ? {} : { retryAfterSeconds: Number(retryAfter) }),
    },
  );
}

/** Sends a request with the session cookie, the tenant and the CSRF mark; throws ApiError unless it succeeded. */
export async function send(path: string, options: HttpOptions = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      method: options.method ?? 'GET',
      credentials: 'same-origin',
      headers: { ...requestHeaders(), ...(options.accept === undefined ? {} : { accept: options.accept }) },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw unreachableError();
  }
  if (response.ok) return response;
  if (response.status === 401 && options.anonymous !== true) sessionState.lost();
  throw await errorOf(response);
}

export const sendJson = async (path: string, options?: HttpOptions): Promise<unknown> =>
  (await send(path, options)).json();
