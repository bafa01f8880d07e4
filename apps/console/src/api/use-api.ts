import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNotify } from 'react-admin';
import type { TypedDocumentString } from '../gql/graphql.ts';
import { messageOf } from './errors.ts';
import { query } from './graphql.ts';

const operationName = (document: { toString(): string }): string =>
  /\b(?:query|mutation)\s+(\w+)/.exec(document.toString())?.[1] ?? 'anonymous';

interface Options {
  readonly enabled?: boolean;
  /** Shows the former answer while one for other variables is on its way. */
  readonly keepPrevious?: boolean;
  readonly refetchEveryMs?: number;
}

/** A typed query, cached under `['api', <operation>, variables]`. */
export function useApi<R, V>(document: TypedDocumentString<R, V>, variables: V, options: Options = {}) {
  return useQuery({
    queryKey: ['api', operationName(document), variables],
    queryFn: ({ signal }) => query(document, variables, signal),
    ...(options.enabled === undefined ? {} : { enabled: options.enabled }),
    ...(options.keepPrevious === true ? { placeholderData: keepPreviousData } : {}),
    ...(options.refetchEveryMs === undefined ? {} : { refetchInterval: options.refetchEveryMs }),
  });
}

interface ChangeOptions<R> {
  readonly done?: (answer: R) => void;
  /** Said in a notification; none where the page itself shows the outcome. */
  readonly say?: string;
  /** The page shows the error itself. */
  readonly quiet?: boolean;
}

/** A typed mutation: afterwards everything on screen is read again. */
export function useChange<R, V>(document: TypedDocumentString<R, V>, options: ChangeOptions<R> = {}) {
  const client = useQueryClient();
  const notify = useNotify();
  return useMutation({
    mutationFn: (variables: V) => query(document, variables),
    onSuccess: (answer: R) => {
      void refreshAll(client);
      if (options.say !== undefined) notify(options.say, { type: 'success' });
      options.done?.(answer);
    },
    onError: (error: unknown) => {
      if (options.quiet !== true) notify(messageOf(error), { type: 'error', autoHideDuration: 8000 });
    },
  });
}

type Client = ReturnType<typeof useQueryClient>;

/** Reads again all that is on screen, but does not ask anew whether there is a session. */
export const refreshAll = (client: Client): Promise<void> =>
  client.invalidateQueries({ predicate: (cached) => cached.queryKey[0] !== 'auth' });
