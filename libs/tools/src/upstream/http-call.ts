import { AsyncLocalStorage } from 'node:async_hooks';
import { StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client';
import type { FetchLike } from './egress.ts';
import { UpstreamFailure } from './failure.ts';

/**
 * What belongs to one call but has to pass through the SDK's transport, which many calls share. Headers hold plaintext
 * credentials, so they travel here, for as long as the call lasts, and are never part of the open connection.
 */
interface HttpCall {
  headers: Readonly<Record<string, string>>;
  readonly refuse: (failure: UpstreamFailure) => void;
}

const calls = new AsyncLocalStorage<HttpCall>();

/** Runs `work` with the headers on its requests, and rejects as soon as one of its answers exceeds the bound. */
export async function asHttpCall<T>(headers: Readonly<Record<string, string>>, work: () => Promise<T>): Promise<T> {
  let refuse: HttpCall['refuse'] = () => undefined;
  const refused = new Promise<never>((_resolve, reject) => {
    refuse = reject;
  });
  const call: HttpCall = { headers, refuse };
  try {
    return await Promise.race([calls.run(call, work), refused]);
  } finally {
    call.headers = {}; // timers of the transport keep this context alive for longer than the call
  }
}

const NO_STREAM = 405;

export function createHttpTransport(url: string, fetch: FetchLike, maxBytes: number): Transport {
  const guarded: FetchLike = async (input, init) => {
    const call = calls.getStore();
    const headers = new Headers(init?.headers);
    for (const [name, value] of Object.entries(call?.headers ?? {})) headers.set(name, value);
    // The stream for unasked messages would outlive the call and its credentials; we listen to none of them.
    if (init?.method === 'GET' && !headers.has('last-event-id')) return new Response(null, { status: NO_STREAM });
    const response = await fetch(input, { ...init, headers });
    return bounded(response, maxBytes, (failure) => call?.refuse(failure));
  };
  return new StreamableHTTPClientTransport(new URL(url), {
    fetch: guarded,
    reconnectionOptions: {
      initialReconnectionDelay: 500,
      maxReconnectionDelay: 5_000,
      reconnectionDelayGrowFactor: 2,
      maxRetries: 2,
    },
  });
}

/** The same response, whose body ends with an error after `maxBytes`. */
function bounded(response: Response, maxBytes: number, refuse: (failure: UpstreamFailure) => void): Response {
  if (!response.body) return response;
  let bytes = 0;
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes <= maxBytes) return controller.enqueue(chunk);
        const failure = tooLarge(maxBytes);
        refuse(failure);
        controller.error(failure);
      },
    }),
  );
  return new Response(counted, { status: response.status, statusText: response.statusText, headers: response.headers });
}

export const tooLarge = (maxBytes: number): UpstreamFailure =>
  new UpstreamFailure(
    'too_large',
    `The answer is larger than ${Math.floor(maxBytes / 1_048_576)} MB: ask for less, for instance with a limit or a filter.`,
  );
