import type { AppError, ErrorCode } from '@switchyard/kernel';

/** The body of a refusal in OpenAI's form. */
export interface WireError {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
}

const TYPES: Readonly<Record<ErrorCode, string>> = {
  invalid_request: 'invalid_request_error',
  unprocessable: 'invalid_request_error',
  unauthenticated: 'authentication_error',
  forbidden: 'permission_error',
  not_found: 'invalid_request_error',
  conflict: 'invalid_request_error',
  too_large: 'invalid_request_error',
  rate_limited: 'rate_limit_error',
  budget_exceeded: 'insufficient_quota',
  unavailable: 'server_error',
  upstream_failed: 'server_error',
  timeout: 'server_error',
};

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/**
 * A refusal as OpenAI's clients read it. `code` is what the model's endpoint said where it refused the request itself
 * (such as `context_length_exceeded`), else ours.
 */
export function toWireError(error: Pick<AppError, 'code' | 'message' | 'details'>): WireError {
  const { code, message, details } = error;
  return {
    error: {
      message,
      type: text(details['upstreamType']) ?? TYPES[code],
      param: text(details['param']) ?? text(details['path']) ?? null,
      code: text(details['upstreamCode']) ?? code,
    },
  };
}

/** For a bug: nothing of it but the trace id by which the log has it. */
export const opaqueWireError = (message: string): WireError => ({
  error: { message, type: 'server_error', param: null, code: 'internal' },
});
