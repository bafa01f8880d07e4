import {
  Client,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  type CallToolRequestOptions,
  type Tool,
  type Transport,
} from '@modelcontextprotocol/client';
import { AppError, type Json } from '@switchyard/kernel';
import { z } from 'zod';
import { UpstreamFailure } from './failure.ts';
import { tooLarge } from './http-call.ts';
import { listTools, type Listing } from './list-tools.ts';
import { TOO_LARGE } from './stdio-transport.ts';

/** What the upstream says of itself. */
export interface ServerFacts {
  readonly protocolVersion: string;
  readonly serverName?: string;
  readonly serverVersion?: string;
  readonly instructions?: string;
}

/** A tool's own answer, whichever of the first two error channels it used; the third looks like success. */
export type ToolAnswer =
  | { readonly kind: 'result'; readonly content: readonly Json[]; readonly structured?: Json }
  | {
      readonly kind: 'error';
      readonly channel: 'is_error';
      readonly content: readonly Json[];
      readonly structured?: Json;
    }
  | {
      readonly kind: 'error';
      readonly channel: 'json_rpc';
      readonly code: number;
      readonly message: string;
      readonly data?: Json;
    };

export interface CallOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

export interface ToolCallInput {
  readonly name: string;
  readonly args: Readonly<Record<string, Json>>;
  readonly inputSchema?: Readonly<Record<string, unknown>>;
  /** W3C traceparent. */
  readonly traceparent?: string;
}

/** An open MCP connection, of either protocol era. Every method throws UpstreamFailure and nothing else. */
export interface UpstreamSession {
  readonly facts: ServerFacts;
  readonly open: boolean;
  listTools(options: CallOptions): Promise<Listing>;
  callTool(input: ToolCallInput, options: CallOptions): Promise<ToolAnswer>;
  /** Cheap proof that it still answers. */
  ping(options: CallOptions): Promise<void>;
  close(): Promise<void>;
}

export interface OpenOptions extends CallOptions {
  readonly client: { readonly name: string; readonly version: string };
  readonly maxBytes: number;
}

/** A slow start, such as npx's first download, must not be taken for an old server too late. */
const PROBE_TIMEOUT_MS = 10_000;
const MAX_MESSAGE = 2_000;

const json: z.ZodType<Json> = z.json() as z.ZodType<Json>;
const callResult = z.looseObject({
  content: z.array(z.unknown()).optional().catch(undefined),
  structuredContent: z.unknown().optional(),
  isError: z.boolean().optional().catch(undefined),
});

/**
 * Asks `server/discover` (2026-07-28) first and falls back to `initialize` (2025-11-25). A stdio program that leaves on
 * the first unknown request is started once more in the old way, hence a factory.
 */
export async function openSession(makeTransport: () => Transport, options: OpenOptions): Promise<UpstreamSession> {
  const first = makeTransport();
  try {
    return await connect(first, options);
  } catch (error) {
    const failure = asFailure(error, options.maxBytes, 'open');
    const mayBeOld = 'pid' in first && failure.code !== 'timeout' && failure.code !== 'cancelled';
    if (!mayBeOld) throw failure;
    try {
      return await connect(makeTransport(), options, 'legacy');
    } catch (second) {
      throw asFailure(second, options.maxBytes, 'open');
    }
  }
}

async function connect(transport: Transport, options: OpenOptions, prior?: 'legacy'): Promise<UpstreamSession> {
  const probe = { timeoutMs: Math.min(PROBE_TIMEOUT_MS, options.timeoutMs) };
  const client = new Client(options.client, {
    capabilities: {},
    versionNegotiation: { mode: 'auto', probe },
    inputRequired: { autoFulfill: false },
  });
  client.onerror = () => undefined; // what matters also rejects a call
  let open = true;
  client.onclose = () => {
    open = false;
  };
  try {
    const limits = { timeout: options.timeoutMs, signal: options.signal };
    await client.connect(transport, prior ? { ...limits, prior: { kind: prior } } : limits);
  } catch (error) {
    await client.close().catch(() => undefined);
    await transport.close().catch(() => undefined);
    throw error;
  }
  const server = client.getServerVersion();
  const instructions = client.getInstructions();
  const facts: ServerFacts = {
    protocolVersion: client.getNegotiatedProtocolVersion() ?? 'unknown',
    ...(server ? { serverName: server.name.slice(0, 200), serverVersion: server.version.slice(0, 100) } : {}),
    ...(instructions ? { instructions: instructions.slice(0, 8_000) } : {}),
  };
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw asFailure(error, options.maxBytes, 'call');
    }
  };
  return {
    facts,
    get open() {
      return open;
    },
    listTools: ({ signal, timeoutMs }) => guard(() => listTools(client, { signal, timeout: timeoutMs })),
    callTool: (input, limits) => guard(() => callTool(client, input, limits)),
    async ping({ signal, timeoutMs }) {
      const limits = { signal, timeout: timeoutMs };
      await guard(async () => {
        if (client.getProtocolEra() === 'modern') await client.discover(limits);
        else await client.ping(limits);
      });
    },
    async close() {
      open = false;
      await client.close().catch(() => undefined);
    },
  };
}

async function callTool(client: Client, input: ToolCallInput, limits: CallOptions): Promise<ToolAnswer> {
  const params = {
    name: input.name,
    arguments: { ...input.args },
    ...(input.traceparent === undefined ? {} : { _meta: { traceparent: input.traceparent } }),
  };
  const options: CallToolRequestOptions = { signal: limits.signal, timeout: limits.timeoutMs };
  // The definition without its output schema: 2026-07-28 copies marked arguments into headers by it, and an upstream
  // that breaks its own output schema must not cost us the call.
  if (input.inputSchema !== undefined)
    options.toolDefinition = { name: input.name, inputSchema: { ...input.inputSchema, type: 'object' } } as Tool;
  let raw: unknown;
  try {
    raw = await client.callTool(params, options);
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code === TOO_LARGE) throw error;
    const data = json.safeParse(error.data);
    return {
      kind: 'error',
      channel: 'json_rpc',
      code: error.code,
      message: error.message.slice(0, MAX_MESSAGE),
      ...(data.success ? { data: data.data } : {}),
    };
  }
  const answer = callResult.parse(raw);
  const content = (answer.content ?? []) as Json[];
  const structured = answer.structuredContent === undefined ? {} : { structured: answer.structuredContent as Json };
  return answer.isError === true
    ? { kind: 'error', channel: 'is_error', content, ...structured }
    : { kind: 'result', content, ...structured };
}

/** Whatever the SDK, fetch or the process threw, as one of our codes; its text stays in `cause`, away from answers. */
export function asFailure(error: unknown, maxBytes: number, phase: 'open' | 'call'): UpstreamFailure {
  for (let inner: unknown = error; inner instanceof Error; inner = inner.cause) {
    if (inner instanceof UpstreamFailure) return inner;
    if (inner instanceof AppError)
      return new UpstreamFailure(inner.code === 'forbidden' ? 'refused_address' : 'unreachable', inner.message, {
        cause: error,
      });
  }
  const wrap = (code: UpstreamFailure['code'], message: string): UpstreamFailure =>
    new UpstreamFailure(code, message, { cause: error });
  if (error instanceof SdkHttpError && (error.status === 401 || error.status === 403))
    return new UpstreamFailure(
      'unauthorized',
      `The server refused the credential (HTTP ${error.status}): check it on the connection.`,
      { cause: error, status: error.status },
    );
  // A server that was started anew answers 404, or 400, to a session of before; either way before the tool runs.
  if (error instanceof SdkHttpError && (error.status === 404 || error.status === 400) && phase === 'call')
    return wrap(
      'session_expired',
      `The server refused the request (HTTP ${error.status}), perhaps for an old session.`,
    );
  if (error instanceof SdkHttpError)
    return wrap('unreachable', `The server answered HTTP ${error.status}: check the URL.`);
  if (error instanceof ProtocolError)
    return error.code === TOO_LARGE
      ? tooLarge(maxBytes)
      : wrap('protocol', `The server answered with JSON-RPC error ${error.code}.`);
  if (error instanceof SdkError)
    switch (error.code) {
      case SdkErrorCode.RequestTimeout:
        return wrap('timeout', 'The server did not answer in time.');
      case SdkErrorCode.ConnectionClosed:
      case SdkErrorCode.NotConnected:
      case SdkErrorCode.SendFailed:
        return wrap('connection_lost', 'The server went away.');
      case SdkErrorCode.UnsupportedResultType:
        return wrap('input_required', 'The tool asks for a person’s input, which cannot be given here.');
      case SdkErrorCode.InvalidResult:
        return wrap('protocol', 'The server’s answer is not what MCP prescribes.');
      default:
        return wrap('unreachable', `Could not speak MCP with the server (${error.code}).`);
    }
  if (error instanceof Error && error.name === 'UnauthorizedError')
    return new UpstreamFailure('unauthorized', 'The server asks for a credential: set it on the connection.', {
      cause: error,
      status: 401,
    });
  return wrap('unreachable', 'The server could not be reached.');
}
