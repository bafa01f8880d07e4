import { DISCOVERY_SERVER, WORKSPACE_SERVER, type InvokeCall, type InvokeReply } from '@switchyard/execution';
import { AppError, type Clock, type Ctx, type Json, type RunId } from '@switchyard/kernel';
import type { CallStatus } from '@switchyard/ledger';
import type { Decision } from '@switchyard/policy';
import type { Gateway, GatewayCall, GatewayFlag, ToolDescriptor } from '@switchyard/tools';
import { answerDiscovery } from './discovery-calls.ts';
import type { Results } from './keep/results.ts';
import type { OnRecord } from './on-record.ts';
import type { MadeCall } from './pause/journal.store.ts';
import type { Recorder } from './recorder.ts';
import type { Tape } from './replay/recording.ts';
import type { RunSink } from './run-answer.ts';
import type { Workspace } from './workspace/workspace.ts';

export interface CallsOptions {
  readonly gateway: Pick<Gateway<Decision>, 'call'>;
  readonly workspace: Pick<Workspace, 'answer'>;
  readonly results: Pick<Results, 'open'>;
  readonly clock: Clock;
}

interface OfRun {
  readonly ctx: Ctx & { readonly runId: RunId };
  /** What the caller may see, skills included. */
  readonly tools: readonly ToolDescriptor[];
  readonly recorder: Recorder;
  readonly tape: Tape;
  readonly sink: RunSink;
  /** Nothing touches the world before this is confirmed. */
  readonly record: Pick<OnRecord, 'confirmed'>;
  /** Missing where nobody can be waited for: a call that needs an approval is then refused. */
  readonly waits?: Waits | undefined;
}

/** What lets calls wait for people. */
export interface Waits {
  /** What people granted for this call before. */
  approvalOf(call: InvokeCall): string | undefined;
  /** Asks people, waits, and makes the call `again` when they grant it. */
  ask(
    call: InvokeCall,
    needed: GatewayCall<Decision>,
    more: { readonly signal: AbortSignal; readonly again: (approvalId: string) => Promise<GatewayCall<Decision>> },
  ): Promise<GatewayCall<Decision>>;
  /** How a call is on record. */
  made(seq: number, made: MadeCall): void;
}

interface HowItEnded {
  readonly json?: string;
  readonly value?: Json;
  readonly isOwn?: boolean;
  readonly error?: { readonly code: string; readonly message: string };
  readonly decision?: Decision;
}

/** Lets the calls of one run through, and records each: after its reply, since masking and counting can take longer than the call. */
export class RunCalls {
  readonly #recording = new Set<Promise<void>>();
  /** Which calls were of a tool, by `server.tool`. */
  readonly #ofTool = new Map<string, Set<number>>();

  constructor(
    readonly options: CallsOptions,
    readonly of: OfRun,
  ) {}

  /** Puts a call on record that was made in another process before. */
  replayed(call: InvokeCall, reply: InvokeReply, made: MadeCall): void {
    const { server, tool, seq, args } = call;
    const json = reply.ok ? textOf(reply.json) : '';
    const isShown = made.isOwn !== true || json.length <= SHOWN_FILE_CHARS;
    const value = isShown ? parsed(json) : { bytes: Buffer.byteLength(json) };
    const { status, startedAt, durationMs, error, decision, isOwn } = made;
    this.of.recorder.call({
      seq,
      args,
      server: OWN_SERVERS[server] ?? server,
      tool,
      status,
      json,
      startedAt,
      durationMs,
      ...(reply.ok ? { value } : {}),
      ...(error ? { error } : {}),
      ...(decision ? { decision } : {}),
      ...(isOwn ? { isOwn } : {}),
    });
    if (decision) this.#earlier(seq, `${decision.input.server}.${decision.input.tool}`);
    this.of.tape.add(call, reply);
  }

  #earlier(seq: number, address: string): number {
    const calls = this.#ofTool.get(address) ?? new Set();
    this.#ofTool.set(address, calls.add(seq));
    return calls.size - 1;
  }

  /** What it throws the executor tells as an internal error. */
  async invoke(call: InvokeCall, signal: AbortSignal): Promise<InvokeReply> {
    const { tape } = this.of;
    try {
      const reply = await this.#answer(call, signal);
      tape.add(call, reply);
      return reply;
    } catch (error) {
      tape.add(call, refusal('internal', `The call of ${call.tool} failed inside.`)); // as the executor tells it
      throw error;
    }
  }

  /** Resolves when every call that was answered is with the recorder. */
  async settled(): Promise<void> {
    await Promise.all(this.#recording);
  }

  #later(record: () => void): void {
    const recording = new Promise<void>((resolve) =>
      setImmediate(() => {
        record();
        this.#recording.delete(recording);
        resolve();
      }),
    );
    this.#recording.add(recording);
  }

  async #answer(call: InvokeCall, signal: AbortSignal): Promise<InvokeReply> {
    await this.of.record.confirmed();
    const startedAt = this.options.clock.now();
    const began = performance.now();
    const done = (status: CallStatus, how: HowItEnded): void => {
      const { seq, args, tool } = call;
      const place = { server: OWN_SERVERS[call.server] ?? call.server, tool };
      const durationMs = performance.now() - began;
      const { recorder, sink, waits } = this.of;
      const record = (of: HowItEnded): void => {
        const summary = recorder.call({ seq, args, ...place, status, json: '', startedAt, durationMs, ...of });
        sink.call?.(summary); // not in one line: arguments of a skipped call are not evaluated
      };
      const { isOwn, error, decision } = how;
      waits?.made(seq, {
        status,
        startedAt,
        durationMs,
        ...(isOwn ? { isOwn } : {}),
        ...(error ? { error } : {}),
        ...(decision ? { decision } : {}),
      });
      this.#later(() => {
        try {
          record(how);
        } catch {
          // Nothing that an answer holds keeps the call out of the record.
          record({ error: UNREADABLE, ...(how.decision ? { decision: how.decision } : {}) });
        }
      });
    };
    if (call.server === DISCOVERY_SERVER) return this.#discover(call, done);
    if (call.server === WORKSPACE_SERVER) return this.#useWorkspace(call, done);
    return this.#callTool(call, signal, done);
  }

  #discover({ tool, args }: InvokeCall, done: Done): InvokeReply {
    try {
      const value = answerDiscovery(this.of.tools, tool, args);
      const json = JSON.stringify(value);
      done('ok', { json, value });
      return { ok: true, json };
    } catch (thrown) {
      if (!(thrown instanceof AppError)) throw thrown;
      done('invalid_arguments', { error: { code: thrown.code, message: thrown.message } });
      return refusal('invalid_arguments', thrown.message);
    }
  }

  async #useWorkspace(call: InvokeCall, done: Done): Promise<InvokeReply> {
    try {
      const json = await this.#workspace(call);
      const value = json.length <= SHOWN_FILE_CHARS ? (JSON.parse(json) as Json) : { bytes: Buffer.byteLength(json) };
      done('ok', { json, value, isOwn: true });
      return { ok: true, json };
    } catch (thrown) {
      if (!(thrown instanceof AppError)) throw thrown;
      const status = thrown.code === 'not_found' ? 'not_found' : 'invalid_arguments';
      done(status, { error: { code: thrown.code, message: thrown.message } });
      return refusal(thrown.code, thrown.message, undefined, 'WorkspaceError');
    }
  }

  async #workspace({ tool: method, args }: InvokeCall): Promise<string> {
    const { ctx } = this.of;
    if (method === 'open') return (await this.options.results.open(ctx, handleOf(args))).toString();
    return this.options.workspace.answer(ctx, ctx, { method, args });
  }

  /** The call as the gateway lets it through, after people have been waited for where a rule wants that. */
  async #decided(call: InvokeCall, signal: AbortSignal): Promise<GatewayCall<Decision>> {
    const { waits } = this.of;
    const ctx: Ctx = { ...this.of.ctx, signal };
    const earlier = (address: string): number => this.#earlier(call.seq, address);
    const make = (approvalId?: string): Promise<GatewayCall<Decision>> =>
      this.options.gateway.call(ctx, { server: call.server, tool: call.tool }, asArguments(call.args), {
        earlier,
        approvalId,
      });
    const outcome = await make(waits?.approvalOf(call));
    return outcome.status === 'approval_needed' && waits ? waits.ask(call, outcome, { signal, again: make }) : outcome;
  }

  async #callTool(call: InvokeCall, signal: AbortSignal, done: Done): Promise<InvokeReply> {
    try {
      const outcome = await this.#decided(call, signal);
      const decision = outcome.decision ? { decision: outcome.decision } : {};
      if (outcome.status === 'ok') {
        const json = outcome.json ?? JSON.stringify(outcome.value);
        const [flag] = outcome.flags;
        done('ok', { json, value: outcome.value, ...(flag ? { error: NOTES[flag] } : {}), ...decision });
        return { ok: true, json };
      }
      const { code, message, data } = outcome.error;
      done(outcome.status, { error: { code, message }, ...decision });
      return refusal(code, message, data);
    } catch (thrown) {
      done('upstream_failed', { error: BROKEN }); // the tool may have done its work
      throw thrown;
    }
  }
}

const textOf = (json: string | Uint8Array): string => (typeof json === 'string' ? json : Buffer.from(json).toString());
const parsed = (json: string): Json => (json === '' ? null : (JSON.parse(json) as Json));

type Done = (status: CallStatus, how: HowItEnded) => void;

/** What pseudo-servers are called on record. */
const OWN_SERVERS: Readonly<Record<string, string>> = {
  [DISCOVERY_SERVER]: 'servers',
  [WORKSPACE_SERVER]: 'workspace',
};
/** A longer file is on record by its size alone. */
const SHOWN_FILE_CHARS = 256 * 1024;

const handleOf = (args: unknown): string =>
  typeof args === 'object' && args !== null && 'handle' in args ? String(args.handle) : '';

/** What stands beside a result that was passed on as it came. */
const NOTES: Readonly<Record<GatewayFlag, { code: string; message: string }>> = {
  says_error: { code: 'says_error', message: 'Passed on as it came, although it reads like an error.' },
  breaks_output_schema: {
    code: 'breaks_output_schema',
    message: "Passed on as it came, although it breaks the tool's own output schema.",
  },
  fields_masked: { code: 'fields_masked', message: 'Policy has masked fields of it.' },
  rows_capped: { code: 'rows_capped', message: 'Policy has cut its lists.' },
};

const UNREADABLE = { code: 'internal', message: 'What the call gave could not be put on record.' } as const;

const BROKEN = {
  code: 'internal',
  message: 'The call broke inside. The tool may have done what it was asked.',
} as const;

/** Tools take one object; what else code passes is left to the tool's schema to refuse. */
const asArguments = (args: unknown): Readonly<Record<string, Json>> => (args ?? {}) as Readonly<Record<string, Json>>;

export const refusal = (code: string, message: string, data?: Json, name = 'ToolError'): InvokeReply => ({
  ok: false,
  error: { name, message, code, ...(data === undefined ? {} : { data }) },
});
