import { setTimeout as sleep } from 'node:timers/promises';
import {
  DISCOVERY_SERVER,
  WORKSPACE_SERVER,
  type Executor,
  type Finding,
  type InvokeCall,
  type InvokeReply,
  type Limits,
  type RunOutcome,
} from '@switchyard/execution';
import { AppError, messageOf, newId, type Clock, type Ctx, type Json, type RunId } from '@switchyard/kernel';
import { countTokens, type CallStatus, type Ledger, type RunEnd } from '@switchyard/ledger';
import type { Decision } from '@switchyard/policy';
import type { Gateway, GatewayFlag, ToolDescriptor } from '@switchyard/tools';
import { answerDiscovery } from './discovery-calls.ts';
import { importCatalog, withDeclarations } from './import-catalog.ts';
import { KEPT_RESULT_CAP_BYTES, type LargeResult, type Results } from './keep/results.ts';
import { judge, type Judging } from './judge.ts';
import { otherWayOf } from './other-way.ts';
import { limitsFor, type WantedLimits } from './limits.ts';
import { partyOf } from './party.ts';
import { Recorder } from './recorder.ts';
import { Tape, type Recordings, type RecordedSkill } from './replay/recording.ts';
import { replay, type Replay, type ReplayRequest } from './replay/replay.ts';
import { errorOf, type RunAnswer, type RunError, type RunSink } from './run-answer.ts';
import { withSkills } from './skills/as-tools.ts';
import { link, type Linked } from './skills/link.ts';
import { skillCall, type SkillCall } from './skills/skill-call.ts';
import { asRecorded, type Skills } from './skills/skills.ts';
import type { Workspace } from './workspace/workspace.ts';

export interface RunRequest {
  /** Chosen by the surface when it must name the run before it has ended. */
  readonly id?: RunId | undefined;
  readonly limits?: WantedLimits | undefined;
  /** TypeScript, or a saved skill and its input. */
  readonly code: string | SkillCall;
}

export interface RunsOptions extends Judging {
  readonly executor: Executor;
  readonly gateway: Gateway<Decision>;
  readonly ledger: Pick<Ledger, 'startRun' | 'finishRun' | 'getRun' | 'recordAudit'>;
  readonly skills: Pick<Skills, 'usable' | 'find'>;
  readonly workspace: Pick<Workspace, 'answer'>;
  readonly results: Pick<Results, 'keep' | 'open'>;
  readonly recordings: Pick<Recordings, 'isOn' | 'save' | 'load'>;
  /** Hears what went wrong beside a run and costs it nothing, such as a recording that could not be kept. */
  readonly warn?: (message: string) => void;
  /** The tenant's policy revision, for the record. */
  readonly policyRevision: (ctx: Ctx) => Promise<number>;
  readonly clock: Clock;
}

export interface Runs {
  /**
   * Runs code for a caller and records what it did. Code that is refused, fails or is stopped is an answer, not an
   * error. Throws AppError `rate_limited` when too many runs wait already, `unavailable` when there is no executor.
   */
  execute(ctx: Ctx, request: RunRequest, sink?: RunSink): Promise<RunAnswer>;
  /**
   * Runs a past run again against what its calls gave then; no tool is called. Throws AppError `not_found` when there is
   * no such run, or nothing of its calls is on record (any more).
   */
  replay(ctx: Ctx, request: ReplayRequest): Promise<Replay>;
}

/** A run of a database that is away for a moment must not end without its record. */
const RECORD_RETRIES_MS = [50, 250, 1_000, 3_000, 6_000];

export function createRuns(options: RunsOptions): Runs {
  return {
    async execute(ctx, request, sink = {}) {
      const id = request.id ?? newId<RunId>();
      const run = new OneRun(options, { ...ctx, runId: id }, request, sink);
      return run.execute();
    },
    replay: (ctx, request) => replay(options, ctx, request),
  };
}

/** What was to run, and who could be called. */
interface Ran {
  readonly code: string;
  readonly skills: readonly RecordedSkill[];
  readonly findings: readonly Finding[];
  readonly tools: readonly ToolDescriptor[];
}

/** The way of one run: see what the caller may use → judge → execute → record. */
class OneRun {
  readonly #recorder = new Recorder();
  readonly #tape: Tape;
  readonly #limits: Limits;
  readonly #startedAt = performance.now();
  #started: Promise<void> = Promise.resolve();

  constructor(
    readonly options: RunsOptions,
    readonly ctx: Ctx & { runId: RunId },
    readonly request: RunRequest,
    readonly sink: RunSink,
  ) {
    this.#limits = limitsFor(request.limits);
    this.#tape = new Tape(options.recordings.isOn);
  }

  async execute(): Promise<RunAnswer> {
    const { ctx, request, options } = this;
    const [tools, policyRevision] = await Promise.all([options.gateway.toolsFor(ctx), options.policyRevision(ctx)]);
    const usable = await options.skills.usable(ctx, tools);
    const skills = new Map(usable.map((skill) => [skill.name, asRecorded(skill)]));
    const { code, shown } = await this.#codeOf(request.code, tools, skills);
    const imports = importCatalog(tools);
    const { validation: mode } = options;
    const linked = await judge(options, ctx, {
      code,
      linked: link(code, { imports, mode, limits: this.#limits, skills }),
      imports: withDeclarations(imports, usable),
      tools,
    });
    this.#started = options.ledger.startRun(ctx, {
      id: ctx.runId,
      code: shown,
      limits: this.#limits,
      policyRevision,
    });
    this.#started.catch(() => undefined); // awaited before the first call and at the end
    const outcome = await this.#outcomeOf(linked, withSkills(tools, usable));
    await this.#started;
    return this.#record(outcome, policyRevision, {
      code,
      skills: linked.ok ? linked.skills : [],
      findings: linked.findings,
      tools,
    });
  }

  /** A skill's input may hold private data, so that what runs and what is on record are not the same text. */
  async #codeOf(
    code: RunRequest['code'],
    tools: readonly ToolDescriptor[],
    skills: Map<string, RecordedSkill>,
  ): Promise<{ code: string; shown: string }> {
    if (typeof code === 'string') return { code, shown: code };
    const skill = await this.options.skills.find(this.ctx, code.skill, tools);
    skills.set(skill.name, asRecorded(skill));
    return skillCall(skill.name, code.input);
  }

  async #outcomeOf(linked: Linked, tools: readonly ToolDescriptor[]): Promise<RunOutcome> {
    if (!linked.ok) {
      const usage = { durationMs: performance.now() - this.#startedAt, cpuMs: 0, peakMemoryBytes: 0, calls: 0 };
      return { status: 'rejected', findings: [...linked.findings], usage };
    }
    // What is too large to send comes out all the same, and is kept.
    const limits = { ...this.#limits, resultBytes: Math.max(this.#limits.resultBytes, KEPT_RESULT_CAP_BYTES) };
    const job = { runId: this.ctx.runId, program: linked.program, limits, party: partyOf(this.ctx) };
    try {
      return await this.options.executor.run(job, {
        signal: this.ctx.signal,
        log: ({ stream, text, at }) => {
          const line = { stream, text, at };
          this.#recorder.log(line);
          this.sink.log?.(line);
        },
        invoke: async (call, signal) => {
          try {
            const reply = await this.#invoke(call, tools, signal);
            this.#tape.add(call, reply);
            return reply;
          } catch (error) {
            // As the executor tells it.
            this.#tape.add(call, refusal('internal', `The call of ${call.tool} failed inside.`));
            throw error;
          }
        },
      });
    } catch (error) {
      await this.#recordRefusal(error);
      throw error;
    }
  }

  async #invoke(call: InvokeCall, tools: readonly ToolDescriptor[], signal: AbortSignal): Promise<InvokeReply> {
    await this.#started; // nothing touches the world before the run is on record
    const startedAt = this.options.clock.now();
    const began = performance.now();
    const { seq, args } = call;
    let recorded = false;
    const done = (
      status: CallStatus,
      more: {
        json?: string;
        value?: Json;
        isOwn?: boolean;
        error?: { code: string; message: string };
        decision?: Decision;
      },
    ): void => {
      const place = { server: OWN_SERVERS[call.server] ?? call.server, tool: call.tool };
      const durationMs = performance.now() - began;
      recorded = true;
      const summary = this.#recorder.call({ seq, args, ...place, status, json: '', startedAt, durationMs, ...more });
      this.sink.call?.(summary); // not in one line: arguments of a skipped call are not evaluated
    };

    if (call.server === DISCOVERY_SERVER) {
      try {
        const value = answerDiscovery(tools, call.tool, args);
        const json = JSON.stringify(value);
        done('ok', { json, value });
        return { ok: true, json };
      } catch (thrown) {
        if (!(thrown instanceof AppError)) throw thrown;
        done('invalid_arguments', { error: { code: thrown.code, message: thrown.message } });
        return refusal('invalid_arguments', thrown.message);
      }
    }

    if (call.server === WORKSPACE_SERVER) {
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

    try {
      const ctx: Ctx = { ...this.ctx, signal };
      const outcome = await this.options.gateway.call(ctx, { server: call.server, tool: call.tool }, asArguments(args));
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
      // Whatever broke, the tool may have done its work: nothing that an answer holds keeps the call out of the record.
      if (!recorded) done('upstream_failed', { error: BROKEN });
      throw thrown;
    }
  }

  async #workspace({ tool: method, args }: InvokeCall): Promise<string> {
    const { ctx, options } = this;
    if (method === 'open') return (await options.results.open(ctx, handleOf(args))).toString();
    return options.workspace.answer(ctx, ctx, { method, args });
  }

  /** What is sent of a result: all of it, or a handle where it is too large. */
  async #sendable(outcome: RunOutcome, value: Json): Promise<{ outcome: RunOutcome; large: LargeResult | null }> {
    if (outcome.status !== 'done') return { outcome, large: null };
    const { json, usage } = outcome;
    const bytes = Buffer.byteLength(json);
    const { resultBytes } = this.#limits;
    if (bytes <= resultBytes) return { outcome, large: null };
    try {
      return { outcome, large: await this.options.results.keep(this.ctx, this.ctx.runId, { json, value }) };
    } catch (error) {
      this.options.warn?.(`a large result of run ${this.ctx.runId} could not be kept: ${messageOf(error)}`);
      const message = `The result has ${bytes} bytes; ${resultBytes} are allowed, and it could not be kept. Return less: filter, aggregate, or slice.`;
      return { outcome: { status: 'limit', limit: 'result', message, usage }, large: null };
    }
  }

  /** For a replay. It is a help beside the record, so that a run never fails for want of it. */
  async #saveRecording(outcome: RunOutcome, { code, skills }: Ran): Promise<void> {
    const { calls, isOn } = this.#tape;
    if (!isOn || outcome.status === 'rejected' || (calls.length === 0 && skills.length === 0)) return;
    const result = outcome.status === 'done' ? outcome.json : undefined;
    await this.options.recordings.save(this.ctx, this.ctx.runId, { code, skills, calls, result });
  }

  async #record(ended: RunOutcome, policyRevision: number, ran: Ran): Promise<RunAnswer> {
    const recorder = this.#recorder;
    const value: Json = ended.status === 'done' ? (JSON.parse(ended.json) as Json) : null;
    const { outcome, large } = await this.#sendable(ended, value);
    const json = outcome.status === 'done' ? outcome.json : '';
    const result: Json = outcome.status === 'done' ? ((large as Json | null) ?? value) : null;
    const { findings } = ran;
    const error = errorOf(outcome);
    const returned = returnedTokens(large ? JSON.stringify(large) : json, findings, error, recorder);
    const tokens = { returned, keptOut: Math.max(0, recorder.tokensOfResults - returned) };
    const durationMs = Math.round(performance.now() - this.#startedAt);
    const { cpuMs, peakMemoryBytes } = outcome.usage;
    const record = this.#finish({
      ...recorder.end(this.ctx, { status: outcome.status, findings, result: json ? value : null, json, error }),
      policyRevision,
      durationMs,
      cpuMs: Math.round(cpuMs),
      peakMemoryBytes,
      tokensReturned: tokens.returned,
      tokensKeptOut: tokens.keptOut,
      ...otherWayOf(this.ctx, { status: outcome.status, ...ran, calls: recorder.calls, returned }),
    });
    await Promise.all([record, this.#saveRecording(ended, ran)]);
    return {
      id: this.ctx.runId,
      status: outcome.status,
      result,
      handle: large && handleIn(large),
      error,
      logs: recorder.logs,
      findings,
      calls: recorder.calls,
      usage: { durationMs, cpuMs: Math.round(cpuMs), peakMemoryBytes, calls: recorder.calls.length, tokens },
      traceId: this.ctx.traceId,
    };
  }

  /** A run that no executor took ends on record all the same. */
  async #recordRefusal(thrown: unknown): Promise<void> {
    await this.#started;
    const reason =
      thrown instanceof AppError
        ? thrown.message
        : 'The executor failed; the log of the control plane has the details.';
    const end = this.#recorder.end(this.ctx, {
      status: 'crashed',
      findings: [],
      result: null,
      json: '',
      error: { reason },
    });
    await this.#finish({ ...end, durationMs: Math.round(performance.now() - this.#startedAt) });
  }

  async #finish(end: RunEnd): Promise<void> {
    for (const wait of [...RECORD_RETRIES_MS, undefined]) {
      try {
        await this.options.ledger.finishRun(this.ctx, this.ctx.runId, end);
        return;
      } catch (error) {
        if (error instanceof AppError || wait === undefined)
          throw new AppError(
            'unavailable',
            `The run ended, but could not be recorded: ${messageOf(error)}. Do not rely on its result.`,
            { run: this.ctx.runId },
            { cause: error },
          );
        await sleep(wait);
      }
    }
  }
}

/** What pseudo-servers are called on record. */
const OWN_SERVERS: Readonly<Record<string, string>> = {
  [DISCOVERY_SERVER]: 'servers',
  [WORKSPACE_SERVER]: 'workspace',
};
/** A longer file is on record by its size alone. */
const SHOWN_FILE_CHARS = 256 * 1024;

const handleOf = (args: unknown): string =>
  typeof args === 'object' && args !== null && 'handle' in args ? String(args.handle) : '';

const handleIn = ({ handle, bytes, rows, expiresAt }: LargeResult): RunAnswer['handle'] => ({
  handle,
  bytes,
  rows,
  expiresAt,
});

/** What stands beside a result that was passed on as it came. */
const NOTES: Readonly<Record<GatewayFlag, { code: string; message: string }>> = {
  says_error: { code: 'says_error', message: 'Passed on as it came, although it reads like an error.' },
  breaks_output_schema: {
    code: 'breaks_output_schema',
    message: "Passed on as it came, although it breaks the tool's own output schema.",
  },
};

const BROKEN = {
  code: 'internal',
  message: 'The call broke inside. The tool may have done what it was asked.',
} as const;

/** Tools take one object; what else code passes is left to the tool's schema to refuse. */
const asArguments = (args: unknown): Readonly<Record<string, Json>> => (args ?? {}) as Readonly<Record<string, Json>>;

const refusal = (code: string, message: string, data?: Json, name = 'ToolError'): InvokeReply => ({
  ok: false,
  error: { name, message, code, ...(data === undefined ? {} : { data }) },
});

/** What the model reads of a run: its result or what went wrong, and its logs. */
function returnedTokens(
  json: string,
  findings: readonly Finding[],
  error: RunError | null,
  recorder: Recorder,
): number {
  const wrong = [...(findings.length > 0 ? [findings] : []), ...(error ? [error] : [])].map((part) =>
    JSON.stringify(part),
  );
  const text = [json, ...wrong, ...recorder.logs.map((line) => line.text)].filter(Boolean).join('\n');
  return text ? countTokens(text).tokens : 0;
}
