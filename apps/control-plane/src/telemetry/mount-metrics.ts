import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError } from '@switchyard/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { answerFor } from '../http/errors.ts';

export interface MetricsAccess {
  /** Asked for as a bearer token; unset, only whoever is on this machine reads, and through no proxy. */
  readonly token: string | undefined;
  /** Every request comes through a proxy, so that nobody's address says that they are on this machine. */
  readonly trustProxy: boolean;
}

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;
const OF_PROXIES = ['x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'forwarded', 'via'] as const;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Throws AppError. The numbers are of all tenants, so no credential of a tenant opens them: neither a session nor a key,
 * whoever holds it.
 */
export function requireReader(
  {
    headers,
    socket,
  }: Pick<FastifyRequest, 'headers'> & { readonly socket: { readonly remoteAddress?: string | undefined } },
  { token, trustProxy }: MetricsAccess,
): void {
  const given = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  if (token !== undefined) {
    if (given !== undefined && timingSafeEqual(digest(given), digest(token))) return;
    throw new AppError('unauthenticated', 'Send the value of SWITCHYARD_METRICS_TOKEN as a bearer token.');
  }
  if (given !== undefined)
    throw new AppError(
      'unauthenticated',
      'No key of a tenant reads metrics: the operator sets SWITCHYARD_METRICS_TOKEN.',
    );
  const isHere = LOOPBACK.test(socket.remoteAddress ?? '') && !trustProxy;
  if (!isHere || OF_PROXIES.some((name) => headers[name] !== undefined))
    throw new AppError('forbidden', 'Metrics are read on this machine alone until SWITCHYARD_METRICS_TOKEN is set.');
}

export function mountMetrics(fastify: FastifyInstance, text: () => Promise<string>, access: MetricsAccess): void {
  fastify.get('/metrics', async (request, reply) => {
    try {
      requireReader(request, access);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const { status, headers, body } = answerFor(error);
      return reply.status(status).headers(headers).send(body);
    }
    return reply
      .type('text/plain; version=0.0.4; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(await text());
  });
}
