import { randomUUID } from 'node:crypto';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, type AuthInfo, type McpHttpHandler } from '@modelcontextprotocol/server';
import { AppError, type Ctx } from '@switchyard/kernel';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { answerFor } from '../http/errors.ts';
import { traceIdOf, type SwitchyardRequest } from '../http/request.ts';
import type { Services } from '../services.ts';
import { Cancellations, isInitialize } from './cancellations.ts';
import { createMcpServer } from './mcp-server.ts';
import { adoptTrace, askedOf, spanOf } from './traced.ts';

const SESSION = 'mcp-session-id';

function ctxOf(authInfo: AuthInfo | undefined): Ctx {
  const ctx = authInfo?.extra?.['ctx'] as Ctx | undefined;
  if (!ctx) throw new Error('an MCP request reached its server without a context');
  return ctx;
}

/** Serves /mcp in both protocol eras: every request carries its own credentials and gets a server of its own. */
export function mountMcp(fastify: FastifyInstance, services: Services): McpHttpHandler {
  const handler = createMcpHandler((request) => createMcpServer(services, ctxOf(request.authInfo)));
  const serve = toNodeHandler(handler);
  const cancellations = new Cancellations();

  const refuse = (reply: FastifyReply, error: AppError): FastifyReply => {
    const answer = answerFor(error);
    const challenge = error.code === 'unauthenticated' ? { 'www-authenticate': services.identity.challenge() } : {};
    return reply
      .status(answer.status)
      .headers({ ...answer.headers, ...challenge })
      .send(answer.body);
  };

  fastify.all('/mcp', async (request: SwitchyardRequest, reply: FastifyReply) => {
    if (!services.isOwnOrigin(request.headers.origin))
      return refuse(
        reply,
        new AppError('forbidden', "This Origin may not call /mcp: MCP clients send none, or this server's own."),
      );
    try {
      const remote = adoptTrace(request);
      const opened = await services.openCtx(request, { surface: 'mcp', accept: ['key', 'token'] });
      await services.ledger.admitRequest(opened);
      const session = request.headers[SESSION];
      const call = cancellations.see(opened, typeof session === 'string' ? session : undefined, request.body);
      const ctx: Ctx = call ? { ...opened, signal: AbortSignal.any([opened.signal, call.signal]) } : opened;
      if (call) reply.raw.once('close', call.done);
      const scopes = ctx.principal.kind === 'key' ? [...ctx.principal.scopes] : [];
      reply.hijack();
      reply.raw.setHeader('x-switchyard-trace', traceIdOf(request));
      if (isInitialize(request.body)) reply.raw.setHeader(SESSION, randomUUID());
      const asked = askedOf(request.body);
      const began = performance.now();
      await services.tracing.span(ctx, spanOf(asked, remote), (inner) => {
        const auth: AuthInfo = { token: '', clientId: ctx.principal.id, scopes, extra: { ctx: inner } };
        return serve(Object.assign(request.raw, { auth }), reply.raw, request.body);
      });
      services.metrics.served({ ...asked, durationMs: performance.now() - began });
    } catch (error) {
      if (error instanceof AppError && !reply.raw.headersSent) return refuse(reply, error);
      throw error;
    }
    return reply;
  });
  return handler;
}
