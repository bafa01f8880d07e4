import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { AppError } from '@switchyard/kernel';
import type { FastifyReply } from 'fastify';
import { databaseAway } from './database-away.ts';
import { answerFor, opaqueAnswer, type ErrorAnswer } from './errors.ts';
import { traceIdOf, type SwitchyardRequest } from './request.ts';
import { speaksOpenAi, wireAnswerOf } from '../openai/wire-errors.ts';

const BODY_TOO_LARGE = new AppError('too_large', 'The body is larger than this server takes (4 MB).');

/** Fastify's own refusals that a client can cause. */
const FASTIFY: Readonly<Record<string, AppError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: BODY_TOO_LARGE,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: new AppError('invalid_request', 'Send the body as application/json.'),
  FST_ERR_CTP_EMPTY_JSON_BODY: new AppError('invalid_request', 'The body is empty: send a JSON object.'),
  FST_ERR_CTP_INVALID_JSON_BODY: new AppError('invalid_request', 'The body is not valid JSON.'),
};

const logger = new Logger('http');

function answerOf(thrown: unknown, request: SwitchyardRequest): ErrorAnswer {
  if (thrown instanceof AppError) return answerFor(thrown);
  const code = (thrown as { code?: unknown } | undefined)?.code;
  const known = typeof code === 'string' ? FASTIFY[code] : undefined;
  if (known) return answerFor(known);
  if (thrown instanceof SyntaxError && (thrown as { statusCode?: number }).statusCode === 400)
    return answerFor(new AppError('invalid_request', 'The body is not valid JSON.'));
  if (thrown instanceof HttpException && thrown.getStatus() === 404)
    return answerFor(
      new AppError('not_found', `There is no ${request.method} ${request.url.split('?')[0]}: see /openapi.json.`),
    );
  if (thrown instanceof HttpException && thrown.getStatus() === 413) return answerFor(BODY_TOO_LARGE);
  if (thrown instanceof HttpException && thrown.getStatus() < 500)
    return {
      status: thrown.getStatus(),
      headers: {},
      body: { error: { code: 'invalid_request', message: thrown.message, details: {} } },
    };
  const traceId = traceIdOf(request);
  const away = databaseAway(thrown);
  if (away) {
    logger.warn({ traceId }, 'the database does not answer');
    return answerFor(away);
  }
  logger.error(
    { traceId, method: request.method, path: request.url.split('?')[0] },
    thrown instanceof Error ? thrown.stack : String(thrown),
  );
  return opaqueAnswer(traceId);
}

@Catch()
export class ErrorFilter implements ExceptionFilter {
  catch(thrown: unknown, host: ArgumentsHost): void {
    if (host.getType<string>() === 'graphql') throw thrown; // Apollo's formatError speaks for it
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const request = http.getRequest<SwitchyardRequest>();
    const answer = answerOf(thrown, request);
    if (reply.sent) return;
    if (speaksOpenAi(request.url)) {
      const { status, headers, wire } = wireAnswerOf(answer);
      void reply.status(status).headers(headers).send(wire);
      return;
    }
    void reply.status(answer.status).headers(answer.headers).send(answer.body);
  }
}
