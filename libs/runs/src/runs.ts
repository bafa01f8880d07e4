import type { Executor, Finding, Limits, RunOutcome } from '@switchyard/execution';
import {
  AppError,
  messageOf,
  newId,
  type Clock,
  type Ctx,
  type Json,
  type RunId,
  type TenantId,
} from '@switchyard/kernel';
import type { Ledger } from '@switchyard/ledger';
import type { Decision } from '@switchyard/policy';
import type { Gateway, ToolDescriptor } from '@switchyard/tools';
import { RunCalls } from './calls.ts';
import { importCatalog, withDeclarations } from './import-catalog.ts';
import { KEPT_RESULT_CAP_BYTES, type LargeResult, type Results } from './keep/results.ts';
import { judge, type Judging } from './judge.ts';
import { otherWayOf } from './other-way.ts';
import { OnRecord } from './on-record.ts';
import { limitsFor, type WantedLimits } from './limits.ts';
import { partyOf } from './party.ts';
import { asItWent, isLetGo, signalOf, waitingAnswer } from './pause/let-go.ts';
import { Pausing } from './pause/pausing.ts';
import { resumeRuns, withUsed, type TakenRun, type WaitingOptions } from './pause/resume.ts';
import { settled } from './pause/settled.ts';
import { WaitingCalls } from './pause/waiting-calls.ts';
import { Recorder } from './recorder.ts';
import { executedLines, type ExecutedLines } from './replay/lines.ts';
import { Tape, type Recordings, type RecordedSkill } from './replay/recording.ts';
import { replay, type Replay, type ReplayRequest } from './replay/replay.ts';
import { returnedTokens } from './returned-tokens.ts';
import { errorOf, type RunAnswer, type RunSink } from './run-answer.ts';
import { withSkills } from './skills/as-tools.ts';
import { BLOCKED } from './review/blocks.ts';
import { endedRun } from './review/ended-run.ts';
import type { RunReview } from './review/review.ts';
import type { EndedRun } from './review/sampling.ts';
import type { Linked } from './skills/link.ts';
import { linkOnce } from './skills/link-once.ts';
import { skillCall, type SkillCall } from './skills/skill-call.ts';
import { asRecorded, type Skills } from './skills/skills.ts';
import { sessionOf, tierOf, type MayShare, type Tier } from './tier.ts';
import type { Workspace } from './workspace/workspace.ts';

export interface RunRequest {
  /** Ends the run for good when it aborts, also one that has waited for people; otherwise such a run goes on without its caller. */
  readonly kill?: AbortSignal | undefined;
  /** Chosen by the surface when it must name the run before it has ended. */
  readonly id?: RunId | undefined;
  readonly limits?: WantedLimits | undefined;
  /** What the tenant has chosen unless said: `strict` always may be asked for. */
  readonly tier?: Tier | undefined;
  /** TypeScript, or a saved skill and its input. */
  readonly code: string | SkillCall;
}

export interface RunsOptions extends Judging {
  readonly executor: Executor;
  readonly gateway: Gateway<Decision>;
  readonly ledger: Pick<Ledger, 'startRun' | 'confirmRun' | 'finishRun' | 'getRun' | 'recordAudit'>;
  readonly skills: Pick<Skills, 'usable' | 'find'>;
  readonly workspace: Pick<Workspace, 'answer'>;
  readonly results: Pick<Results, 'keep' | 'open'>;
  readonly recordings: Pick<Recordings, 'isOn' | 'save' | 'load'>;
  /** What reviewers blocked, and which runs they look at. */
  readonly review: RunReview;
  /** Hears what went wrong beside a run and costs it nothing, such as a recording that could not be kept. */
  readonly warn?: (message: string) => void;
  /** Calls that need an approval are refused where it is missing. */
  readonly waiting?: WaitingOptions;
  /** Nothing is shared where it is missing. */
  readonly mayShare?: MayShare;
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
  /** Which lines of a run's code run, by a replay that counts. Throws AppError as `replay`, `unprocessable` where it cannot tell. */
  executedLines(ctx: Ctx, request: { runId: string }): Promise<ExecutedLines>;
  /**
   * How a run ended that may have waited for people, once it has; at once where it has ended. Rejects when the signal
   * aborts before. Throws AppError `not_found`.
   */
  settled(ctx: Ctx, runId: string, signal: AbortSignal): Promise<RunAnswer>;
  /** Goes on with runs of a tenant that wait for nobody and that no process holds (any more). Gives how many. */
  resume(tenantId: TenantId, runId?: string): Promise<number>;
}

export function createRuns(options: RunsOptions): Runs {
  return {
    async execute(ctx, request, sink = {}) {
      const id = request.id ?? newId<RunId>();
      const run = new OneRun(options, { ...ctx, runId: id }, request, sink);
      return run.execute();
    },
    replay: (ctx, request) => replay(options, ctx, request),
    executedLines: (ctx, request) => executedLines(options, ctx, request),
    settled: (ctx, runId, signal) => settled(options, ctx, { runId, signal }),
    resume: (tenantId, runId) =>
      resumeRuns(options, { tenantId, runId }, (ctx, taken) => new OneRun(options, ctx, taken, {}, taken).execute()),
  };
}

interface ToRun {
  readonly code: string;
  readonly tools: readonly ToolDescriptor[];
  readonly usable: Awaited<ReturnType<Skills['usable']>>;
  readonly skills: ReadonlyMap<string, RecordedSkill>;
  readonly tier: Tier;
  readonly record: OnRecord;
}

/** What was to run, and who could be called. */
interface Ran {
  readonly code: string;
  readonly skills: readonly RecordedSkill[];
  readonly findings: readonly Finding[];
  readonly tools: readonly ToolDescriptor[];
  readonly record: OnRecord;
}

/** The way of one run: see what the caller may use → judge → execute → record. */
class OneRun {
  readonly #recorder = new Recorder();
  readonly #tape: Tape;
  readonly #limits: Limits;
  readonly #startedAt = performance.now();
  #isBlocked = false;
  /** The code as it is on record. */
  #shown = '';
  readonly #waits: WaitingCalls | undefined;
  /** What it is that runs, as it was when it first waited. */
  #source: { code: string; skills: readonly RecordedSkill[] } = { code: '', skills: [] };

  constructor(
    readonly options: RunsOptions,
    readonly ctx: Ctx & { runId: RunId },
    readonly request: RunRequest,
    readonly sink: RunSink,
    readonly taken?: TakenRun,
  ) {
    this.#limits = taken?.runLimits ?? limitsFor(request.limits);
    this.#tape = new Tape(options.recordings.isOn);
    const { waiting, clock } = options;
    if (!waiting) return;
    const pausing = new Pausing({ ...waiting, clock }, ctx, () => this.#source, taken);
    this.#waits = new WaitingCalls(pausing, { sink, history: taken?.history, asked: taken?.asked });
  }

  async execute(): Promise<RunAnswer> {
    const { ctx, request, options } = this;
    const [tools, policyRevision, tier] = await Promise.all([
      options.gateway.toolsFor(ctx),
      options.policyRevision(ctx),
      tierOf(options.mayShare, ctx, { tier: request.tier, memoryBytes: this.#limits.memoryBytes }),
    ]);
    const usable = await options.skills.usable(ctx, tools);
    const skills = new Map(usable.map((skill) => [skill.name, asRecorded(skill)]));
    for (const skill of this.taken?.history.skills ?? []) skills.set(skill.name, skill);
    const { code, shown } = await this.#codeOf(request.code, tools, skills);
    this.#shown = this.taken?.shown ?? shown;
    const limits = { ...this.#limits, tier };
    const start = { id: ctx.runId, code: this.#shown, limits, policyRevision };
    const record = new OnRecord(options.ledger, ctx, start, this.taken !== undefined);
    const toRun = { code, tools, usable, skills, tier, record };
    const { linked, outcome } = await this.#run(toRun).catch(async (error: unknown) => {
      this.#waits?.pausing.end();
      // One that goes on here is left to whoever can go on with it.
      if (!this.taken) await this.#recordRefusal(error, record);
      throw error;
    });
    const { findings } = linked;
    if (this.#waits && isLetGo(this.#waits, outcome, request.kill)) return this.#letGo(this.#waits.pausing, findings);
    this.#waits?.recordLeft();
    const went = asItWent(outcome, this.#waits?.diverged ?? this.taken?.leftOut(outcome));
    return this.#record(went, policyRevision, {
      code,
      skills: linked.ok ? linked.skills : [],
      findings,
      tools,
      record,
    });
  }

  /** Nobody holds it from now on: whoever comes first when people have decided goes on with it. */
  async #letGo(pausing: Pausing, findings: readonly Finding[]): Promise<RunAnswer> {
    const { options, ctx } = this;
    await pausing.release(this.#durationMs());
    options.waiting?.letGo(ctx.tenantId, ctx.runId);
    const durationMs = this.#durationMs();
    return waitingAnswer({ ctx, recorder: this.#recorder, findings, approvals: pausing.asked, durationMs });
  }

  #durationMs = (): number => Math.round((this.taken?.history.activeMs ?? 0) + performance.now() - this.#startedAt);

  async #run({ code, tools, usable, skills, tier, record }: ToRun): Promise<{ linked: Linked; outcome: RunOutcome }> {
    this.#isBlocked = await this.options.review.blocks.blocksCode(this.ctx, this.#shown);
    const linked: Linked = this.#isBlocked
      ? { ok: false, findings: [BLOCKED] }
      : await this.#linked({ code, tools, usable, skills });
    if (linked.ok) this.#source = { code, skills: linked.skills };
    return { linked, outcome: await this.#outcomeOf(linked, { tools: withSkills(tools, usable), tier, record }) };
  }

  async #linked({ code, tools, usable, skills }: Pick<ToRun, 'code' | 'tools' | 'usable' | 'skills'>): Promise<Linked> {
    const limits = this.#limits;
    const imports = importCatalog(tools);
    // What has begun was judged then: tools may have gone since, and what calls them is told so.
    if (this.taken)
      return linkOnce(code, { imports: withUsed(imports, this.taken.history.used), mode: 'off', limits, skills });
    const { validation: mode } = this.options;
    return judge(this.options, this.ctx, {
      code,
      linked: linkOnce(code, { imports, mode, limits, skills }),
      imports: withDeclarations(imports, usable),
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

  async #outcomeOf(
    linked: Linked,
    { tools, tier, record }: Pick<ToRun, 'tools' | 'tier' | 'record'>,
  ): Promise<RunOutcome> {
    if (!linked.ok) {
      const usage = { durationMs: performance.now() - this.#startedAt, cpuMs: 0, peakMemoryBytes: 0, calls: 0 };
      return { status: 'rejected', findings: [...linked.findings], usage };
    }
    const { ctx, options, sink } = this;
    const waits = this.#waits;
    const calls = new RunCalls(options, {
      ctx,
      tools,
      recorder: this.#recorder,
      tape: this.#tape,
      sink,
      record,
      waits,
    });
    waits?.carry(calls);
    // What is too large to send comes out all the same, and is kept.
    const limits = { ...this.#limits, resultBytes: Math.max(this.#limits.resultBytes, KEPT_RESULT_CAP_BYTES) };
    const session = tier === 'session' ? sessionOf(ctx) : undefined;
    const job = { runId: ctx.runId, program: linked.program, limits, party: partyOf(ctx), session };
    const running = options.executor.run(job, {
      signal: signalOf(ctx, waits, { stopping: options.waiting?.stopping, kill: this.request.kill }),
      log: ({ stream, text, at }) => {
        const line = { stream, text, at };
        this.#recorder.log(line);
        sink.log?.(line);
      },
      invoke: (call, signal) => (waits ?? calls).invoke(call, signal),
    });
    return running.finally(() => calls.settled());
  }

  /** What is sent of a result: all of it, or a handle where it is too large. */
  async #sendable(outcome: RunOutcome, value: Json): Promise<{ outcome: RunOutcome; large: LargeResult | null }> {
    if (outcome.status !== 'done') return { outcome, large: null };
    const { json, usage } = outcome;
    const bytes = Buffer.byteLength(json);
    const { resultBytes } = this.#limits;
    if (bytes <= resultBytes) {
      // Nobody holds the line any more: whoever started it fetches it.
      if (this.#waits?.pausing.isDurable) await this.#keepForLater(json, value);
      return { outcome, large: null };
    }
    try {
      return { outcome, large: await this.options.results.keep(this.ctx, this.ctx.runId, { json, value }) };
    } catch (error) {
      this.options.warn?.(`a large result of run ${this.ctx.runId} could not be kept: ${messageOf(error)}`);
      const message = `The result has ${bytes} bytes; ${resultBytes} are allowed, and it could not be kept. Return less: filter, aggregate, or slice.`;
      return { outcome: { status: 'limit', limit: 'result', message, usage }, large: null };
    }
  }

  async #keepForLater(json: string, value: Json): Promise<void> {
    await this.options.results.keep(this.ctx, this.ctx.runId, { json, value }).catch((error: unknown) => {
      this.options.warn?.(`the result of run ${this.ctx.runId} could not be kept: ${messageOf(error)}`);
    });
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
    const durationMs = this.#durationMs();
    const { cpuMs, peakMemoryBytes } = outcome.usage;
    const end = recorder.end(this.ctx, { status: outcome.status, findings, result: json ? value : null, json, error });
    const considered = await this.options.review.consider(this.ctx, this.#ended(outcome.status, ran));
    const finished = ran.record.finish({
      ...end,
      alongside: [...(end.alongside ?? []), ...considered.statements],
      policyRevision,
      durationMs,
      cpuMs: Math.round(cpuMs),
      peakMemoryBytes,
      tokensReturned: tokens.returned,
      tokensKeptOut: tokens.keptOut,
      ...otherWayOf(this.ctx, { status: outcome.status, ...ran, calls: recorder.calls, returned }),
    });
    await Promise.all([finished, this.#saveRecording(ended, ran)]);
    considered.settled();
    await this.#closeWaiting();
    return {
      id: this.ctx.runId,
      status: outcome.status,
      approvals: [],
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

  #ended(status: RunOutcome['status'], { skills, tools }: Ran): EndedRun {
    const [{ calls }, code, isBlocked] = [this.#recorder, this.#shown, this.#isBlocked];
    return endedRun({ id: this.ctx.runId, code, status, isBlocked, skills, calls, tools });
  }

  /** Nobody has to decide any more for a run that has ended. */
  async #closeWaiting(): Promise<void> {
    const pausing = this.#waits?.pausing;
    if (!pausing) return;
    pausing.end();
    await pausing.close().catch((error: unknown) => {
      this.options.warn?.(`what run ${this.ctx.runId} waited for could not be withdrawn: ${messageOf(error)}`);
    });
  }

  /** A run that no executor took ends on record all the same. */
  async #recordRefusal(thrown: unknown, record: OnRecord): Promise<void> {
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
    await record.finish({ ...end, durationMs: Math.round(performance.now() - this.#startedAt) });
  }
}

const handleIn = ({ handle, bytes, rows, expiresAt }: LargeResult): RunAnswer['handle'] => ({
  handle,
  bytes,
  rows,
  expiresAt,
});
