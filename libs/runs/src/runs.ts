import { setTimeout as sleep } from 'node:timers/promises';
import {
  DISCOVERY_SERVER,
  prepare,
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
import { importCatalog } from './import-catalog.ts';
import { limitsFor, type WantedLimits } from './limits.ts';
import { Recorder } from './recorder.ts';
import type { RunAnswer, RunError, RunSink } from './run-answer.ts';

export interface RunRequest {
  /** Chosen by the surface when it must name the run before it has ended. */
  readonly id?: RunId | undefined;
  readonly code: string;
  readonly limits?: WantedLimits | undefined;
}

export interface RunsOptions {
  readonly executor: Executor;
  readonly gateway: Gateway<Decision>;
  readonly ledger: Pick<Ledger, 'startRun' | 'finishRun'>;
  /** The tenant's policy revision, for the record. */
  readonly policyRevision: (ctx: Ctx) => Promise<number>;
  /** `off` only for tests of the sandbox. */
  readonly validation: 'enforce' | 'off';
  readonly clock: Clock;
}

export interface Runs {
  /**
   * Runs code for a caller and records what it did. Code that is refused, fails or is stopped is an answer, not an
   * error. Throws AppError `rate_limited` when too many runs wait already, `unavailable` when there is no executor.
   */
  execute(ctx: Ctx, request: RunRequest, sink?: RunSink): Promise<RunAnswer>;
}

/** A run of a database that is away for a moment must not end without its record. */
const RECORD_RETRIES_MS = [50, 250, 1_000, 3_000, 6_000];

type Prepared = ReturnType<typeof prepare>;

export function createRuns(options: RunsOptions): Runs {
  return {
    async execute(ctx, request, sink = {}) {
      const id = request.id ?? newId<RunId>();
      const run = new OneRun(options, { ...ctx, runId: id }, request, sink);
      return run.execute();
    },
  };
}

/** The way of one run: see what the caller may use → judge → execute → record. */
class OneRun {
  readonly #recorder = new Recorder();
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
  }

  async execute(): Promise<RunAnswer> {
    const { ctx, request, options } = this;
    const [tools, policyRevision] = await Promise.all([options.gateway.toolsFor(ctx), options.policyRevision(ctx)]);
    const prepared = prepare(request.code, {
      imports: importCatalog(tools),
      mode: options.validation,
      limits: this.#limits,
    });
    this.#started = options.ledger.startRun(ctx, {
      id: ctx.runId,
      code: request.code,
      limits: this.#limits,
      policyRevision,
    });
    this.#started.catch(() => undefined); // awaited before the first call and at the end
    const outcome = await this.#outcomeOf(prepared, tools);
    await this.#started;
    return this.#record(outcome, policyRevision);
  }

  async #outcomeOf(prepared: Prepared, tools: readonly ToolDescriptor[]): Promise<RunOutcome> {
    if (!prepared.ok) {
      const usage = { durationMs: performance.now() - this.#startedAt, cpuMs: 0, peakMemoryBytes: 0, calls: 0 };
      return { status: 'rejected', findings: [...prepared.findings], usage };
    }
    const job = { runId: this.ctx.runId, program: prepared.program, limits: this.#limits };
    try {
      return await this.options.executor.run(job, {
        signal: this.ctx.signal,
        log: ({ stream, text, at }) => {
          const line = { stream, text, at };
          this.#recorder.log(line);
          this.sink.log?.(line);
        },
        invoke: (call, signal) => this.#invoke(call, tools, signal),
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
      more: { json?: string; value?: Json; error?: { code: string; message: string }; decision?: Decision },
    ): void => {
      const place =
        call.server === DISCOVERY_SERVER
          ? { server: 'servers', tool: call.tool }
          : { server: call.server, tool: call.tool };
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

    try {
      const ctx: Ctx = { ...this.ctx, signal };
      const outcome = await this.options.gateway.call(ctx, { server: call.server, tool: call.tool }, asArguments(args));
      const decision = outcome.decision ? { decision: outcome.decision } : {};
      if (outcome.status === 'ok') {
        const json = JSON.stringify(outcome.value);
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

  async #record(outcome: RunOutcome, policyRevision: number): Promise<RunAnswer> {
    const recorder = this.#recorder;
    const json = outcome.status === 'done' ? outcome.json : '';
    const result: Json = json ? (JSON.parse(json) as Json) : null;
    const findings = outcome.status === 'rejected' ? outcome.findings : [];
    const error = errorOf(outcome);
    const returned = returnedTokens(json, findings, error, recorder);
    const tokens = { returned, keptOut: Math.max(0, recorder.tokensOfResults - returned) };
    const durationMs = Math.round(performance.now() - this.#startedAt);
    const { cpuMs, peakMemoryBytes } = outcome.usage;
    await this.#finish({
      ...recorder.end(this.ctx, { status: outcome.status, findings, result, json, error }),
      policyRevision,
      durationMs,
      cpuMs: Math.round(cpuMs),
      peakMemoryBytes,
      tokensReturned: tokens.returned,
      tokensKeptOut: tokens.keptOut,
    });
    return {
      id: this.ctx.runId,
      status: outcome.status,
      result,
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

const refusal = (code: string, message: string, data?: Json): InvokeReply => ({
  ok: false,
  error: { name: 'ToolError', message, code, ...(data === undefined ? {} : { data }) },
});

function errorOf(outcome: RunOutcome): RunError | null {
  switch (outcome.status) {
    case 'done':
    case 'rejected':
      return null;
    case 'failed':
      return outcome.error;
    case 'limit':
      return { limit: outcome.limit, message: outcome.message };
    case 'crashed':
      return { reason: outcome.reason };
  }
}

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
