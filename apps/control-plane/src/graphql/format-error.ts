import { randomBytes } from 'node:crypto';
import { AppError } from '@switchyard/kernel';
import type { GraphQLFormattedError } from 'graphql';
import type { Services } from '../services.ts';

const causeOf = (thrown: unknown): unknown =>
  (thrown as { originalError?: unknown } | undefined)?.originalError ?? thrown;

/** Codes by which GraphQL itself refuses a request: the client's own doing, and safe to tell. */
const REQUEST_ERRORS = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'PERSISTED_QUERY_NOT_FOUND',
  'OPERATION_RESOLUTION_FAILURE',
]);

/** A refusal keeps its code and words; a bug becomes an opaque sentence with its trace id, and the log has the rest. */
export function formatError(
  formatted: GraphQLFormattedError,
  thrown: unknown,
  services: Pick<Services, 'errorBody'>,
): GraphQLFormattedError {
  const cause = causeOf(thrown);
  if (!(cause instanceof AppError) && REQUEST_ERRORS.has(String(formatted.extensions?.['code'])))
    return {
      message: formatted.message,
      extensions: { code: formatted.extensions?.['code'] },
      ...(formatted.locations ? { locations: formatted.locations } : {}),
    };
  const { error } = services.errorBody(cause, randomBytes(16).toString('hex')); // formatError is not told the request
  const extensions = { code: error.code.toUpperCase(), details: error.details };
  return { message: error.message, extensions, ...(formatted.path ? { path: formatted.path } : {}) };
}
