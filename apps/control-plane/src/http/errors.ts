import type { AppError, ErrorCode } from '@switchyard/kernel';

/** The one place where a refusal becomes an HTTP status. */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid_request: 400,
  unprocessable: 422,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  rate_limited: 429,
  budget_exceeded: 429,
  unavailable: 503,
  upstream_failed: 502,
  timeout: 504,
};

export interface ErrorBody {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly details: Readonly<Record<string, unknown>>;
  };
}

export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorBody;
}

export function answerFor(error: AppError): ErrorAnswer {
  const retryAfter = error.details['retryAfterSeconds'];
  return {
    status: STATUS[error.code],
    headers: typeof retryAfter === 'number' ? { 'retry-after': String(Math.ceil(retryAfter)) } : {},
    body: { error: { code: error.code, message: error.message, details: error.details } },
  };
}

/** For a bug: nothing of it but the trace id by which the log has it. */
export const opaqueAnswer = (traceId: string): ErrorAnswer => ({
  status: 500,
  headers: {},
  body: {
    error: {
      code: 'internal',
      message: `Something went wrong on our side. The operator finds it in the log under trace ${traceId}.`,
      details: { traceId },
    },
  },
});
