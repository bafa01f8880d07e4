import { AppError } from '@switchyard/kernel';
import { tenantOfState } from '@switchyard/tools';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Services } from '../services.ts';
import { answerFor } from './errors.ts';
import type { SwitchyardRequest } from './request.ts';

const text = z.string().max(4_000).optional().catch(undefined);
const Returned = z.object({ state: z.string().max(200).catch(''), code: text, error: text, iss: text });

/** Reasons that the console has words for; nothing that came with the address is repeated to the page. */
const REASONS = ['oauth_state', 'oauth_issuer', 'oauth_refused', 'oauth_exchange', 'client_needed'];

function reasonOf(error: unknown): string {
  if (!(error instanceof AppError)) return 'failed';
  const reason = String(error.details['reason']);
  if (REASONS.includes(reason)) return reason;
  return error.code === 'unauthenticated' ? 'signed_out' : error.code === 'conflict' ? 'changed' : 'failed';
}

/** Where browsers come back to from authorization servers of upstreams, and what Switchyard tells those of itself. */
export function mountOAuth(fastify: FastifyInstance, services: Services): void {
  const { accounts } = services;

  /** State, user and session are compared by the library; all that a page of another site can do is to fail. */
  async function end(request: SwitchyardRequest): Promise<string> {
    const returned = Returned.parse(request.query);
    const returningTo = tenantOfState(returned.state);
    if (returningTo === undefined) throw new AppError('forbidden', 'No state of ours.', { reason: 'oauth_state' });
    const options = { accept: ['session'] as const, returningTo };
    const ctx = await services.openCtx(request, options);
    await services.ledger.admitRequest(ctx);
    const session = await services.sessionOf(request, options);
    const { connectionId, own } = await accounts.finish(ctx, { ...returned, session });
    return own ? `accounts?connected=${connectionId}` : `connections/${connectionId}/show?connected=yes`;
  }

  fastify.get('/oauth/callback', async (request: SwitchyardRequest, reply: FastifyReply) => {
    const page = await end(request).catch((error: unknown) => {
      services.errorBody(error); // a bug goes to the log, without the address that holds the code
      return `accounts?refused=${reasonOf(error)}`;
    });
    return reply
      .headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
      .redirect(`${services.publicUrl}/#/${page}`, 303);
  });

  fastify.get('/oauth/client.json', async (_request, reply: FastifyReply) => {
    const document = accounts.clientDocument();
    if (document) return reply.header('cache-control', 'public, max-age=300').send(document);
    const missing = answerFor(
      new AppError('not_found', 'Without TLS at its public address Switchyard has no client id.'),
    );
    return reply.status(missing.status).send(missing.body);
  });
}
