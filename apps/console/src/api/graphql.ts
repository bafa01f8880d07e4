import type { TypedDocumentString } from '../gql/graphql.ts';
import { sessionState } from '../session/session-state.ts';
import { ApiError, errorOfStatus, unreachableError } from './errors.ts';
import { requestHeaders } from './http.ts';

interface Answer<R> {
  readonly data?: R | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: { readonly code?: string; readonly details?: Record<string, unknown> };
  }[];
}

/** One GraphQL operation as the signed-in person, in the chosen tenant. Throws ApiError. */
export async function query<R, V>(document: TypedDocumentString<R, V>, variables: V, signal?: AbortSignal): Promise<R> {
  let response: Response;
  try {
    response = await fetch('/graphql', {
      method: 'POST',
      credentials: 'same-origin',
      headers: requestHeaders(),
      body: JSON.stringify({ query: document.toString(), variables }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw unreachableError();
  }
  const answer = (await response.json().catch(() => undefined)) as Answer<R> | undefined;
  const error = answer?.errors?.[0];
  const refused =
    error !== undefined
      ? new ApiError(
          error.extensions?.code ?? 'UNAVAILABLE',
          error.message,
          error.extensions?.code?.toUpperCase() === 'UNAUTHENTICATED' ? 401 : response.status,
          error.extensions?.details,
        )
      : answer?.data == null
        ? errorOfStatus(response.status)
        : undefined;
  if (refused) {
    if (refused.code === 'UNAUTHENTICATED') sessionState.lost();
    throw refused;
  }
  return answer?.data as R;
}
