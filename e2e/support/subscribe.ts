import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { Caller } from './people.ts';
import type { Switchyard } from './switchyard.ts';

export interface Listener {
  /** What came, as it came. */
  readonly messages: unknown[];
  /** How it ended, once it has: an error in words, or undefined. */
  readonly ended: Promise<string | undefined>;
  stop(): Promise<void>;
}

const wordsOf = (error: unknown): string => {
  if (error instanceof Error) return error.message;
  const { code, reason } = error as { code?: number; reason?: string };
  return code === undefined ? JSON.stringify(error) : `${code} ${reason ?? ''}`.trim();
};

/** Subscribes as the console does, over graphql-ws; `tenant` is the one that the connection asks for. */
export function subscribe(
  switchyard: Switchyard,
  caller: Caller,
  { query, tenant }: { query: string; tenant?: string },
): Listener {
  const headers = { ...caller.headers, ...(caller.key ? { authorization: `Bearer ${caller.key}` } : {}) };
  class Socket extends WebSocket {
    constructor(url: string, protocols: string | string[]) {
      super(url, protocols, { headers });
    }
  }
  const client = createClient({
    url: `${switchyard.url.replace('http', 'ws')}/graphql/ws`,
    webSocketImpl: Socket,
    retryAttempts: 0,
    ...(tenant ? { connectionParams: { tenant } } : {}),
  });
  const messages: unknown[] = [];
  const ended = new Promise<string | undefined>((resolve) => {
    client.subscribe(
      { query },
      {
        next: (message) => void messages.push(message),
        error: (error) => resolve(wordsOf(error)),
        complete: () => resolve(undefined),
      },
    );
  });
  return {
    messages,
    ended,
    async stop() {
      await client.dispose();
    },
  };
}
