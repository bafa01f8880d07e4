import { createClient, type Client } from 'graphql-ws';
import { useSyncExternalStore } from 'react';
import { chosenTenant } from './tenant.ts';

export type LiveState = 'connecting' | 'live' | 'waiting';

let state: LiveState = 'connecting';
const listeners = new Set<() => void>();
const become = (next: LiveState): void => {
  state = next;
  for (const listener of listeners) listener();
};

const client: Client = createClient({
  url: () => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql/ws`,
  connectionParams: () => ({ tenant: chosenTenant() }),
  retryAttempts: Number.POSITIVE_INFINITY,
  shouldRetry: () => true,
  retryWait: (retries) => new Promise((resolve) => setTimeout(resolve, Math.min(1000 * 2 ** retries, 15_000))),
  on: { connected: () => become('live'), closed: () => become('waiting') },
});

/** Follows a subscription until the returned function is called; `again` is called after each break. */
export function follow<T>(text: string, next: (data: T) => void): () => void {
  return client.subscribe<T>(
    { query: text },
    {
      next: (answer) => {
        if (answer.data) next(answer.data);
      },
      error: () => become('waiting'),
      complete: () => undefined,
    },
  );
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useLiveState = (): LiveState => useSyncExternalStore(subscribe, () => state);
