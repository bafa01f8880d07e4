/** A request that the control plane refused. The message is safe to show. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;
  readonly status: number;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, status: number, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code.toUpperCase();
    this.status = status;
    this.details = details;
  }

  /** The field that was not acceptable, when the refusal is about one. */
  get path(): string | undefined {
    return typeof this.details.path === 'string' ? this.details.path : undefined;
  }
}

const BY_STATUS: Readonly<Record<number, readonly [code: string, message: string]>> = {
  401: ['UNAUTHENTICATED', 'Your session has ended. Sign in again.'],
  403: ['FORBIDDEN', 'You may not do this. Ask an admin of this tenant.'],
  404: ['NOT_FOUND', 'This is not here any more, or it belongs to another tenant.'],
  413: ['TOO_LARGE', 'That is too large to send.'],
  429: ['RATE_LIMITED', 'Too many requests at the moment. Wait a little and try again.'],
};

export function errorOfStatus(status: number): ApiError {
  const [code, message] = BY_STATUS[status] ?? [
    status >= 500 ? 'UNAVAILABLE' : 'INVALID_REQUEST',
    status >= 500
      ? 'The control plane could not answer. Try again; if it persists, look at its log.'
      : `The request was refused (${status}).`,
  ];
  return new ApiError(code, message, status);
}

export const unreachableError = (): ApiError =>
  new ApiError('UNREACHABLE', 'The control plane cannot be reached. Check that it runs, then try again.', 0);

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : 'Something went wrong. Try again.';
