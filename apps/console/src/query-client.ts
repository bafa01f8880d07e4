import { QueryClient } from '@tanstack/react-query';
import { ApiError } from './api/errors.ts';

/** A refusal stays one; only a control plane that could not answer is asked again, twice. */
const isPassing = (error: unknown): boolean =>
  !(error instanceof ApiError) || error.code === 'UNREACHABLE' || error.status === 502 || error.status === 503;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => failures < 2 && isPassing(error),
      retryDelay: (attempt) => 400 * 2 ** attempt,
      staleTime: 2000,
    },
  },
});
