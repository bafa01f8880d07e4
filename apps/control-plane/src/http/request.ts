import { randomBytes } from 'node:crypto';
import type { Ctx, SpanRef } from '@switchyard/kernel';
import type { HeldSpan } from '@switchyard/telemetry';
import type { FastifyInstance, FastifyRequest } from 'fastify';

export interface SwitchyardRequest extends FastifyRequest {
  ctx?: Ctx;
  traceId?: string;
  /** What the request's work is a part of: the span of the request, or its caller's where nothing is traced here. */
  span?: SpanRef | undefined;
  held?: HeldSpan | undefined;
  /** Aborted when the client goes away before its answer is complete. */
  gone?: AbortSignal;
}

/** Lets every request know when its client has gone. */
export function watchClients(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request: SwitchyardRequest, reply, done) => {
    const gone = new AbortController();
    request.gone = gone.signal;
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) gone.abort(new Error('the caller went away'));
    });
    done();
  });
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** A W3C traceparent; undefined where it is none. */
export function parseTraceparent(text: unknown): { readonly traceId: string; readonly span: SpanRef } | undefined {
  const [, traceId, id, flags] = TRACEPARENT.exec(typeof text === 'string' ? text : '') ?? [];
  if (!traceId || !id || !flags) return undefined;
  return { traceId, span: { id, sampled: (parseInt(flags, 16) & 1) === 1 } };
}

/** The caller's trace (W3C traceparent), or one that begins here; the same for the whole request. */
export function traceIdOf(request: Pick<SwitchyardRequest, 'headers' | 'traceId'>): string {
  request.traceId ??= parseTraceparent(request.headers['traceparent'])?.traceId ?? randomBytes(16).toString('hex');
  return request.traceId;
}

/** A refused body up to this size is read to its end and thrown away, so that its sender gets to see the refusal. */
const MAX_DRAINED_BYTES = 64 * 1024 * 1024;

/** Fastify closes the connection of a body that is too large while it is still being sent, which its sender sees as a broken pipe. */
export function answerLargeBodies(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (request, reply, payload, done) => {
    const isSmallEnough = Number(request.headers['content-length']) <= MAX_DRAINED_BYTES;
    if (reply.statusCode === 413 && isSmallEnough) reply.removeHeader('connection');
    done(null, payload);
  });
}

/** Node's headers as the web's. */
export function webHeaders(headers: FastifyRequest['headers']): Headers {
  const result = new Headers();
  for (const [name, value] of Object.entries(headers))
    for (const item of Array.isArray(value) ? value : value === undefined ? [] : [value]) result.append(name, item);
  return result;
}
