import { AppError, newId, type Ctx, type Json, type RunId } from '@switchyard/kernel';
import { asText, describe, descriptionAsText, DETAIL_LEVELS, search, type ToolDescriptor } from '@switchyard/tools';
import { z } from 'zod';
import type { OfferedTool } from './tools.ts';

/** A call that code made. */
export interface ExecutedCall {
  /** `server.tool` */
  readonly tool: string;
  readonly status: string;
  /** Of the whole result, which stayed out of the model's context. */
  readonly tokens: number;
  readonly argumentTokens: number;
  readonly startedAt: Date;
  readonly durationMs: number;
}

/** What chat reads of a run; libs/runs gives more. */
export interface ExecutedRun {
  readonly id: RunId;
  readonly status: 'done' | 'rejected' | 'failed' | 'limit' | 'crashed' | 'awaiting_approval';
  readonly result: Json;
  readonly error: Readonly<Record<string, unknown>> | null;
  readonly logs: readonly { readonly stream: string; readonly text: string }[];
  readonly findings: readonly {
    readonly code: string;
    readonly message: string;
    readonly line: number;
    readonly column: number;
    readonly hint?: string | undefined;
  }[];
  readonly calls: readonly ExecutedCall[];
  readonly usage: { readonly tokens: { readonly returned: number; readonly keptOut: number } };
  /** Whose decision a run waits for, and waited too long for this answer. */
  readonly approvals?: readonly {
    readonly server: string;
    readonly tool: string;
    readonly reasons: readonly string[];
  }[];
}
/** `kill` ends the run for good; one that waits for a person otherwise goes on without the answer that it was for. */
export type Execute = (
  ctx: Ctx,
  request: { readonly id: RunId; readonly code: string; readonly kill: AbortSignal },
) => Promise<ExecutedRun>;

/** A run that an answer has led to. */
export interface AnswerRun {
  readonly id: RunId;
  readonly status: ExecutedRun['status'];
  readonly calls: number;
  /** Calls that the policy refused. */
  readonly denied: number;
  /** `server.tool` of what it called, each once. */
  readonly tools: readonly string[];
  readonly tokensReturned: number;
  readonly tokensKeptOut: number;
}

/** The code arm could not do it; what answers now is the tenant's choice. */
export class CodeArmFailure extends Error {
  override readonly name = 'CodeArmFailure';
  constructor(
    readonly reason: 'kill_switch' | 'unavailable' | 'crashed' | 'not_mended',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const Search = z.object({
  query: z.string().max(1_000).default(''),
  detail_level: z.enum(DETAIL_LEVELS).default('with_description'),
  limit: z.number().int().min(1).max(100).default(10),
});
const Describe = z.object({ names: z.array(z.string()).min(1).max(50) });
const Code = z.object({ code: z.string().min(1) });

const offered = (name: string, description: string, properties: object, required: readonly string[]): OfferedTool => ({
  name,
  definition: {
    type: 'function',
    function: { name, description, parameters: { type: 'object', properties, required } },
  },
});

export const SEARCH_TOOLS = offered(
  'search_tools',
  'Finds the functions that code may call, best match first.',
  {
    query: { type: 'string', description: 'the task in plain words; empty lists all' },
    detail_level: { type: 'string', enum: [...DETAIL_LEVELS], description: 'full shows types' },
    limit: { type: 'integer', minimum: 1, maximum: 100 },
  },
  ['query'],
);
export const DESCRIBE_TOOLS = offered(
  'describe_tools',
  'TypeScript declarations of functions.',
  { names: { type: 'array', items: { type: 'string' }, description: 'such as "search.searchProducts"' } },
  ['names'],
);
export const EXECUTE_CODE = offered(
  'execute_code',
  'Runs TypeScript in a sandbox and gives what it returns and logs.',
  { code: { type: 'string', description: "a module that imports from 'servers/<server>' and returns its result" } },
  ['code'],
);

export interface CodeCaller {
  readonly tools: readonly ToolDescriptor[];
  readonly execute: Execute;
  readonly killed: AbortSignal;
  /** How many unsuccessful runs the model may mend. */
  readonly maxMends: number;
  readonly record: (run: AnswerRun, calls: readonly ExecutedCall[]) => void;
  /** What of a run the model may read: files of the conversation may hold what no tool gave. */
  readonly hide: (told: Json) => Promise<Json>;
}

/** The code arm's own tools, for one answer. Throws CodeArmFailure when the arm cannot go on. */
export function createCodeCalls({ tools, execute, killed, maxMends, record, hide }: CodeCaller) {
  let failures = 0;

  async function run(ctx: Ctx, code: string): Promise<string> {
    if (killed.aborted) throw switchedOff();
    const id = newId<RunId>();
    try {
      const done = await execute({ ...ctx, signal: AbortSignal.any([ctx.signal, killed]) }, { id, code, kill: killed });
      const { returned, keptOut } = done.usage.tokens;
      const tools = [...new Set(done.calls.map((call) => call.tool))];
      const kept = { tokensReturned: returned, tokensKeptOut: keptOut };
      const denied = done.calls.filter((call) => call.status === 'denied').length;
      record({ id, status: done.status, calls: done.calls.length, denied, tools, ...kept }, done.calls);
      ctx.signal.throwIfAborted();
      if (killed.aborted) throw switchedOff();
      if (done.status === 'crashed') throw new CodeArmFailure('crashed', 'The sandbox failed.');
      if (done.status === 'awaiting_approval') return tellWaiting(done);
      if (done.status !== 'done' && ++failures > maxMends)
        throw new CodeArmFailure('not_mended', `The code was ${done.status} ${failures} times.`);
      return JSON.stringify(await hide(tellRun(done)));
    } catch (thrown) {
      if (killed.aborted && !ctx.signal.aborted) throw switchedOff();
      if (thrown instanceof AppError && (thrown.code === 'unavailable' || thrown.code === 'rate_limited'))
        throw new CodeArmFailure('unavailable', thrown.message, { cause: thrown });
      throw thrown;
    }
  }

  return async (ctx: Ctx, call: { readonly name: string; readonly arguments: string }): Promise<string> => {
    try {
      switch (call.name) {
        case SEARCH_TOOLS.name: {
          const { query, detail_level: detailLevel, limit } = parse(Search, call.arguments);
          return asText(search(tools, { query, detailLevel, limit }), detailLevel);
        }
        case DESCRIBE_TOOLS.name:
          return descriptionAsText(describe(tools, parse(Describe, call.arguments).names));
        default:
          return await run(ctx, parse(Code, call.arguments).code);
      }
    } catch (thrown) {
      if (thrown instanceof Unreadable) return thrown.message;
      throw thrown;
    }
  };
}

const switchedOff = (): CodeArmFailure => new CodeArmFailure('kill_switch', 'Code execution was switched off.');

/** Arguments that the model has to write anew. */
class Unreadable extends Error {}

function parse<Schema extends z.ZodType>(schema: Schema, json: string): z.infer<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(json === '' ? '{}' : json);
  } catch {
    throw new Unreadable('invalid_arguments: The arguments are not JSON: write them again.');
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Unreadable(`invalid_arguments: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** The user is not kept waiting longer than an answer may take: the model tells them, and can look again later. */
const tellWaiting = ({ id, approvals = [] }: ExecutedRun): string =>
  JSON.stringify({
    status: 'awaiting_approval',
    waiting_for: approvals.map(({ server, tool, reasons }) => ({ tool: `${server}.${tool}`, reasons })),
    message: `A person has to approve this first; nothing of it has been done yet. Tell the user so, and do not run the code again: it goes on by itself when it is approved. Its result can be read later with: return await workspace.open('${id}')`,
  });

/** What the model reads of a run: no ids and no times, so that the same run reads the same. */
function tellRun({ status, result, error, findings, logs }: ExecutedRun): Json {
  const lines = logs.map(({ text }) => text);
  const found = findings.map(({ code, message, line, column, hint }) => ({
    at: `${line}:${column}`,
    code,
    message,
    ...(hint ? { hint } : {}),
  }));
  return {
    status,
    ...(status === 'done' ? { result } : {}),
    ...(found.length > 0 ? { findings: found } : {}),
    ...(error ? { error: error as { [key: string]: Json } } : {}),
    ...(lines.length > 0 ? { logs: lines } : {}),
  };
}
