import type { FastifyInstance } from 'fastify';
import type { Metrics } from '@switchyard/telemetry';

/** One hook for all routes: what instruments everything by itself costs a third to three quarters of the throughput. */
export function observeRequests(fastify: FastifyInstance, metrics: Pick<Metrics, 'request'>): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request;
    const { statusCode: status, elapsedTime: durationMs } = reply;
    // `is404` is Fastify's own word for a URL that no route took; such a URL is whatever a stranger wrote.
    metrics.request({ method, route: request.is404 ? undefined : routeOptions.url, status, durationMs });
    done();
  });
}
