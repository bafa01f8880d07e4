import type { EgressGuard, FetchLike } from '../upstream/egress.ts';

const MAX_BYTES = 1_048_576;
const TIMEOUT_MS = 15_000;

/**
 * For what is said to authorization servers: every connection through the egress guard, every answer bounded in time and
 * size. The SDK follows redirects within one origin alone, so that a code or a secret is never sent on to another host.
 */
export function outbound(egress: Pick<EgressGuard, 'fetch'>, signal: AbortSignal): FetchLike {
  return async (url, init) => {
    const limits = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const response = await egress.fetch(url, { redirect: 'manual', ...init, signal: limits });
    const { status, statusText, headers } = response;
    const body = [204, 205, 304].includes(status) ? null : await bounded(response);
    return new Response(body, { status, statusText, headers });
  };
}

async function bounded(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new Error('the authorization server’s answer is larger than 1 MB');
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
