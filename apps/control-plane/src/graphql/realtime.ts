import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { INestApplication } from '@nestjs/common';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { messageOf } from '@switchyard/kernel';
import {
  execute,
  GraphQLError,
  parse,
  specifiedRules,
  subscribe,
  validate,
  type ExecutionArgs,
  type GraphQLFormattedError,
  type ValidationRule,
} from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import type { SwitchyardRequest } from '../http/request.ts';
import type { Services } from '../services.ts';
import { formatError } from './format-error.ts';

const PATH = '/graphql/ws';
const MAX_MESSAGE_BYTES = 256 * 1024;

export interface Realtime {
  close(): Promise<void>;
}

/**
 * Subscriptions on an upgrade handler of our own: the one of @nestjs/graphql 14.0.3 has an open advisory (mended in
 * 14.2). Only this server's own pages may open a socket: a cookie alone must not let another site listen.
 */
export function mountRealtime(app: INestApplication, services: Services, rules: readonly ValidationRule[]): Realtime {
  const { schema } = app.get(GraphQLSchemaHost, { strict: false });
  const allRules = [...specifiedRules, ...rules];
  const formatted = (errors: readonly GraphQLError[]): GraphQLFormattedError[] =>
    errors.map((error) => formatError(error.toJSON(), error, services));
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  const server = useServer<{ tenant?: string }, { request: IncomingMessage }>(
    {
      onConnect: async (connection) => {
        const request = requestFor(connection.extra.request, connection.connectionParams?.tenant);
        try {
          await services.openCtx(request);
          return true;
        } catch {
          return false;
        }
      },
      onSubscribe: async (connection, _id, payload): Promise<ExecutionArgs | readonly GraphQLError[]> => {
        const request = requestFor(connection.extra.request, connection.connectionParams?.tenant);
        try {
          const document = parse(payload.query);
          const errors = validate(schema, document, allRules);
          if (errors.length > 0) return errors.map((error) => refusedRequest(error, 'GRAPHQL_VALIDATION_FAILED'));
          request.ctx = await services.openCtx(request); // anew for each: a session may have ended since
          const { operationName, variables: variableValues } = payload;
          return { schema, document, operationName, variableValues, contextValue: { request } };
        } catch (error) {
          if (error instanceof GraphQLError) return [refusedRequest(error, 'GRAPHQL_PARSE_FAILED')];
          return [new GraphQLError(messageOf(error), { originalError: error instanceof Error ? error : undefined })];
        }
      },
      execute,
      subscribe,
      onError: (_connection, _id, _payload, errors) => formatted(errors),
      onNext: (_connection, _id, _payload, _args, result) =>
        result.errors ? { data: result.data, errors: formatted(result.errors) } : undefined,
    },
    sockets,
  );

  const http = app.getHttpServer() as Server;
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const allowed = request.url?.split('?')[0] === PATH && services.isOwnOrigin(request.headers.origin);
    if (!allowed) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('error', () => client.terminate());
      sockets.emit('connection', client, request);
    });
  });
  return {
    async close() {
      await server.dispose();
      sockets.close();
    },
  };
}

const refusedRequest = ({ message, nodes }: GraphQLError, code: string): GraphQLError =>
  new GraphQLError(message, { nodes, extensions: { code } });

/** The upgrade request as identity reads one; the tenant comes in the connection's parameters, browsers can set no header. */
function requestFor(request: IncomingMessage, tenant: string | undefined): SwitchyardRequest {
  const gone = new AbortController();
  request.socket.once('close', () => gone.abort());
  const headers = { ...request.headers, ...(tenant ? { 'x-switchyard-tenant': tenant } : {}) };
  return {
    headers,
    method: 'GET',
    raw: request,
    gone: gone.signal,
    ip: request.socket.remoteAddress ?? '',
  } as unknown as SwitchyardRequest;
}
