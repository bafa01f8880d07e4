import { AppError } from '@switchyard/kernel';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { traceIdOf } from '../http/request.ts';
import type { Services } from '../services.ts';

/** A product of Shopify with all of its variants has a few megabytes. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** Deliveries that are taken in at the same time: in all, and of one shop. */
const MOST_AT_ONCE = 64;
const MOST_OF_ONE = 8;
const BODY_TIMEOUT_MS = 15_000;

type Hook = NonNullable<Awaited<ReturnType<Services['shopHooks']['find']>>>;
type HookRequest = FastifyRequest<{ Params: { id: string } }> & { hook?: Hook };

/**
 * POST /hooks/shops/:id, where shops tell of changes. Without sign-in: the address is one that nobody guesses, and each body
 * is signed. Nothing of a body is read for an address that is nobody's. The answer comes before the work.
 */
export function mountHooks(fastify: FastifyInstance, services: Pick<Services, 'shopHooks' | 'errorBody'>): void {
  const { shopHooks } = services;
  let held = 0;
  const ofOne = new Map<string, number>();
  const refuse = (request: FastifyRequest, reply: FastifyReply, status: number, error: AppError): FastifyReply =>
    reply.status(status).send(services.errorBody(error, traceIdOf(request)));
  // To the shop it is all one, and whoever tries addresses learns nothing.
  const unknown = new AppError('not_found', 'There is nothing here.');

  const busy = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
    refuse(request, reply.header('retry-after', '5'), 503, new AppError('unavailable', 'Send it again later.'));

  async function find(request: HookRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    if (held >= MOST_AT_ONCE) return busy(request, reply);
    held += 1;
    reply.raw.once('close', () => (held -= 1));
    const hook = await shopHooks.find(request.params.id);
    if (!hook) return refuse(request, reply, 404, unknown);
    const { connectionId } = hook;
    const others = ofOne.get(connectionId) ?? 0;
    if (others >= MOST_OF_ONE) return busy(request, reply);
    ofOne.set(connectionId, others + 1);
    // Whoever sends a byte now and then would keep the place of others.
    const late = setTimeout(() => request.raw.destroy(), BODY_TIMEOUT_MS);
    reply.raw.once('close', () => {
      clearTimeout(late);
      const left = (ofOne.get(connectionId) ?? 1) - 1;
      if (left > 0) ofOne.set(connectionId, left);
      else ofOne.delete(connectionId);
    });
    request.hook = hook;
    return undefined;
  }

  async function receive(request: HookRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { hook, headers } = request;
    if (!hook) throw new Error('a delivery reached its handler without a hook');
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    switch (await shopHooks.receive(hook, headers, body)) {
      case 'accepted':
        return reply.status(202).send({ status: 'accepted' });
      case 'duplicate':
      case 'ping':
        return reply.status(200).send({ status: 'known' });
      case 'refused':
        return refuse(request, reply, 401, new AppError('unauthenticated', 'The signature is not right.'));
      case 'unknown':
        return refuse(request, reply, 404, unknown);
    }
  }

  // Of its own, because the signature is over the bytes as they came.
  void fastify.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES }, (_request, body, done) =>
      done(null, body),
    );
    scope.setErrorHandler(async (error: unknown, request, reply) => {
      if ((error as { code?: unknown }).code === 'FST_ERR_CTP_BODY_TOO_LARGE')
        return refuse(request, reply, 413, new AppError('too_large', 'The body is larger than 4 MB.'));
      const body = services.errorBody(error, traceIdOf(request));
      return reply.status(body.error.code === 'internal' ? 500 : 503).send(body); // a shop sends it again either way
    });
    scope.route({
      method: 'POST',
      url: '/hooks/shops/:id',
      bodyLimit: MAX_BODY_BYTES,
      onRequest: find as never,
      handler: receive as never,
    });
  });
}
