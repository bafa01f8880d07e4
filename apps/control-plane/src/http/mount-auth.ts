import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Services } from '../services.ts';
import { webHeaders } from './request.ts';

/** The parsed body in the form it came in: identity's own handler reads web requests. */
function rawBody(request: FastifyRequest): string | undefined {
  if (request.method === 'GET' || request.method === 'HEAD' || request.body === undefined || request.body === null)
    return undefined;
  const type = request.headers['content-type'] ?? '';
  if (type.includes('application/x-www-form-urlencoded'))
    return new URLSearchParams(request.body as Record<string, string>).toString();
  return JSON.stringify(request.body);
}

/** Identity's own routes: sign-in, sessions, OAuth 2.1 for /mcp and its metadata. */
export function mountAuth(fastify: FastifyInstance, services: Services): void {
  const forward = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const headers = webHeaders(request.headers);
    headers.delete('content-length');
    const body = rawBody(request);
    const url = new URL(request.url, services.publicUrl);
    const inner = new Request(url, { method: request.method, headers, ...(body === undefined ? {} : { body }) });
    const response = await services.identity.handler(inner, { ip: request.ip });
    reply.status(response.status);
    response.headers.forEach((value, name) => name !== 'set-cookie' && reply.header(name, value));
    const cookies = response.headers.getSetCookie();
    if (cookies.length > 0) reply.header('set-cookie', cookies);
    return reply.send(response.body ? Readable.fromWeb(response.body as never) : null);
  };
  fastify.all('/api/auth/*', forward);
  fastify.get('/.well-known/oauth-authorization-server/*', forward);
  const resource = async (_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    reply.header('access-control-allow-origin', '*').send(services.identity.protectedResourceMetadata());
  fastify.get('/.well-known/oauth-protected-resource', resource);
  fastify.get('/.well-known/oauth-protected-resource/mcp', resource);
}
