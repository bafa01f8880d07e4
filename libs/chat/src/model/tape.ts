import { createHash } from 'node:crypto';
import { appendFileSync, closeSync, openSync, readFileSync } from 'node:fs';
import { AppError, canonicalJson, messageOf } from '@switchyard/kernel';
import { createMasker } from '@switchyard/privacy';
import { z } from 'zod';
import type { Fetch } from './openai-model.ts';

const Line = z.object({
  /** SHA-256 over the request's method, path and body: the request itself may hold private data and is not kept. */
  request: z.string(),
  status: z.number().int(),
  contentType: z.string(),
  body: z.string(),
});
type Line = z.infer<typeof Line>;

const hashOf = (url: string | URL | Request, init: RequestInit | undefined): string => {
  const { pathname } = new URL(url instanceof Request ? url.url : url);
  const body = typeof init?.body === 'string' ? canonicalJson(JSON.parse(init.body)) : '';
  return createHash('sha256')
    .update(`${init?.method ?? 'GET'} ${pathname}\n${body}`)
    .digest('hex');
};

/**
 * The same fetch, which writes each answer of the endpoint to a file (mode 0600, one JSON line each). Of requests only
 * a hash is kept, headers not at all; the key, e-mail addresses and the like are masked in answers.
 */
export function recordingFetch(fetch: Fetch, file: string, secrets: readonly string[]): Fetch {
  closeSync(openSync(file, 'a', 0o600));
  const masker = createMasker({ secrets });
  return async (url, init) => {
    const response = await fetch(url, init);
    if (!response.body) return response;
    const [mine, kept] = response.body.tee();
    void new Response(kept).text().then(
      (body) => {
        const contentType = response.headers.get('content-type') ?? '';
        const line: Line = {
          request: hashOf(url, init),
          status: response.status,
          contentType,
          body: masker.maskText(body),
        };
        appendFileSync(file, `${JSON.stringify(line)}\n`);
      },
      () => undefined, // broken off: there is nothing whole to keep
    );
    const { status, statusText, headers } = response;
    return new Response(mine, { status, statusText, headers });
  };
}

/** A fetch that answers from such a file and reaches nothing. What was recorded twice for one request is played in turn. */
export function replayingFetch(file: string): Fetch {
  const tape = new Map<string, Line[]>();
  for (const text of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    const line = readLine(text, file);
    tape.set(line.request, [...(tape.get(line.request) ?? []), line]);
  }
  return async (url, init) => {
    const lines = tape.get(hashOf(url, init)) ?? [];
    const line = lines.length > 1 ? lines.shift() : lines[0];
    if (!line)
      throw new AppError(
        'unavailable',
        'This request is not on the recording: record the conversation again, or unset SWITCHYARD_MODEL_REPLAY.',
      );
    return new Response(line.body, { status: line.status, headers: { 'content-type': line.contentType } });
  };
}

function readLine(text: string, file: string): Line {
  try {
    return Line.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${file} is not a recording of model calls: ${messageOf(cause)}`, { cause });
  }
}
