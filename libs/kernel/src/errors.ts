/** The closed list of refusals. Surfaces map each to their own status; libraries know no HTTP. */
export const ERROR_CODES = [
  'invalid_request', // the request itself is malformed
  'unprocessable', // well-formed, but a field is not acceptable: details.path
  'unauthenticated',
  'forbidden',
  'not_found', // also for another tenant's things
  'conflict', // somebody else changed it first, or it exists already
  'too_large',
  'rate_limited', // details.retryAfterSeconds
  'budget_exceeded', // details.retryAfterSeconds: until the month ends
  'unavailable', // a part of the product is not there now
  'upstream_failed', // a tool's server answered with an error or not at all
  'timeout',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export type ErrorDetails = Readonly<Record<string, unknown>>;

/** A refused request. The message is safe to show and says what to do next; details never carry secrets. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.details = details;
  }
}

/** For the end of an exhaustive `switch`: does not compile while a case is missing. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}

/** The message of whatever was thrown. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
