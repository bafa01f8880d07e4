/** Why an upstream gave no answer. None of these is the tool's own verdict: see `ToolAnswer` for that. */
export const FAILURE_CODES = [
  'unreachable', // could not connect, or the process did not start
  'refused_address', // the egress guard said no
  'unauthorized', // 401 or 403: a credential is missing or wrong
  'not_connected', // it works with an account that nobody has connected yet
  'needs_reconnect', // the account was connected, and its authorization server takes it no more
  'session_expired', // it no longer knows our session; the call did not run
  'connection_lost', // it was there and went away in the middle of a call
  'circuit_open', // it failed so often that it is left alone for a while
  'overloaded', // too many calls wait for it
  'too_large', // its answer exceeded the bound
  'input_required', // it wants to ask a person something, which this gateway does not pass on
  'protocol', // what it sent is not MCP
  'timeout',
  'cancelled',
] as const;
export type FailureCode = (typeof FAILURE_CODES)[number];

/** Safe to show: never carries a header, a variable or what the upstream wrote to its error stream. */
export class UpstreamFailure extends Error {
  override readonly name = 'UpstreamFailure';
  readonly code: FailureCode;
  /** The server's answer, where it was one over HTTP. */
  readonly status?: number;

  constructor(code: FailureCode, message: string, options: ErrorOptions & { readonly status?: number } = {}) {
    super(message, options);
    this.code = code;
    if (options.status !== undefined) this.status = options.status;
  }
}

/** True when the upstream itself is at fault, so that the circuit counts it; a caller who gave up is not. */
export const isOutage = (error: unknown): boolean =>
  error instanceof UpstreamFailure && ['unreachable', 'connection_lost', 'timeout', 'protocol'].includes(error.code);
