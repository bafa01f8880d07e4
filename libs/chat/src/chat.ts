import { AppError, newId, type Arm, type Clock, type Ctx } from '@switchyard/kernel';
import { announceLoosely, type Database } from '@switchyard/database';
import { lossOf } from '@switchyard/ledger';
import { createMasker, type Shield } from '@switchyard/privacy';
import { CodeArmFailure, type AnswerRun } from './arms/code-calls.ts';
import { HiddenTurns } from './arms/hidden-turns.ts';
import { runArm, type ArmDeps, type ArmOutcome } from './arms/run-arm.ts';
import { otherWay } from './other-way.ts';
import { armAnswer, segmentsOf, type ArmAnswer } from './arm-answer.ts';
import { Exchange, newTrace, type AnswerTrace } from './exchange.ts';
import type { Assign, Assignment, ChatFlags, KillSignal, Observe, ReadFlags } from './experiment.ts';
import type { WithModel } from './model/endpoint.ts';
import { heardOnRecord } from './model/heard-on-record.ts';
import type { DeltaSource, Model, ModelTarget, OnDelta } from './model/model.ts';
import { hideRequest, toldOfTokens, type OpenShield } from './private/hide.ts';
import { RestoredDeltas, restoreChoice } from './private/restore.ts';
import { recordedModel, type ModelBooks, type Purpose } from './model/recorded-model.ts';
import {
  insertFeedback,
  listConversations,
  readConversation,
  readFeedback,
  readMessages,
} from './store/conversations.store.ts';
import type {
  ConversationFilter,
  ConversationPage,
  ConversationSummary,
  FeedbackKind,
  StoredFeedback,
  StoredMessage,
} from './store/conversation.ts';
import { SettingsStore, type SettingsStoreOptions, type ShownSettings } from './store/settings.store.ts';
import { type ChatSettings, type ChatSettingsChange } from './store/settings.ts';
import type { AnswerChoice } from './wire/answer.ts';
import { conversationOf, isJson, textOf, type ChatMessage, type ChatRequest } from './wire/request.ts';
import type { Delta, Usage } from './wire/turn.ts';

export interface ChatOptions extends Omit<ArmDeps, 'now'>, ModelBooks {
  readonly database: Pick<Database, 'inTenant' | 'exchange' | 'onChange' | 'host' | 'tell'>;
  readonly settings: Omit<SettingsStoreOptions, 'database'>;
  readonly withModel: WithModel;
  readonly operatorScripted: boolean;
  readonly assign: Assign;
  readonly observe: Observe;
  readonly killSignal: KillSignal;
  readonly flags: ReadFlags;
  /** Hears of complaints. */
  readonly complain: (ctx: Ctx, complaint: { readonly conversation: string }) => Promise<unknown>;
  readonly openShield: OpenShield;
  /** Hears of every answer once it was given; must neither block nor throw. */
  readonly served?: (ctx: Ctx, served: Served) => void;
  readonly clock: Clock;
}

/** What is known before the first word of an answer. */
export interface AnswerStart {
  readonly id: string;
  readonly conversation: string;
  readonly arm: Arm;
  readonly scripted: boolean;
}

/** Hears an answer as it comes. */
export interface ChatSink {
  /** Once, when the request has been taken and the arm is known. */
  begin?(start: AnswerStart): void;
  delta?(delta: Delta, source: DeltaSource & { readonly run: string | undefined }): void;
}

export interface ChatAnswer extends AnswerStart {
  /** `chatcmpl-…` of OpenAI's form. */
  readonly model: string;
  readonly extras: Readonly<Record<string, unknown>>;
  readonly choices: readonly AnswerChoice[];
  /** Of all calls of the model that the answer took. */
  readonly usage: Usage;
  readonly runs: readonly AnswerRun[];
  readonly fallback: string | null;
}

/** An answer that an app got, for those who look at some of them twice. */
export interface Served {
  readonly id: string;
  readonly conversation: string;
  readonly exposureId: string | null;
  readonly servedArm: Arm;
  /** Why another arm than the assigned one answered. */
  readonly fallback: string | null;
  readonly request: ChatRequest;
  readonly answer: ArmAnswer;
}

export interface Chat {
  /**
   * Answers one request of an app and records it. Throws AppError; what the signal was aborted with when the caller
   * went away. The record is committed before an answer is given.
   */
  send(ctx: Ctx, request: ChatRequest, sink?: ChatSink): Promise<ChatAnswer>;
  /**
   * Has a chosen arm answer without anybody seeing it: for shadow runs and comparisons. `readOnly` refuses every tool
   * that does not say that it only reads, by the policy. No fallback: an arm that cannot is an outcome.
   */
  answerWith(
    ctx: Ctx,
    arm: Arm,
    messages: readonly ChatMessage[],
    options: { readonly purpose: 'shadow' | 'compare'; readonly readOnly: boolean; readonly model?: string },
  ): Promise<ArmAnswer>;
  /** The names of models, as the endpoint lists them. */
  models(ctx: Ctx): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Throws AppError `not_found` for a conversation or a run of it that there is not, also another tenant's. */
  feedback(
    ctx: Ctx,
    feedback: {
      readonly conversation: string;
      readonly run?: string | undefined;
      readonly kind: FeedbackKind;
      readonly text?: string | undefined;
    },
  ): Promise<{ readonly id: string }>;
  settings(ctx: Ctx): Promise<ShownSettings>;
  changeSettings(ctx: Ctx, change: ChatSettingsChange): Promise<ShownSettings>;
  listConversations(
    ctx: Ctx,
    query?: ConversationFilter & { readonly cursor?: string | null; readonly limit?: number | null },
  ): Promise<ConversationPage>;
  /** Throws AppError `not_found`. */
  getConversation(ctx: Ctx, id: string): Promise<ConversationSummary>;
  messagesOf(ctx: Ctx, conversationId: string): Promise<StoredMessage[]>;
  feedbackOf(ctx: Ctx, conversationId: string): Promise<StoredFeedback[]>;
  close(): void;
}

const FEEDBACK_TEXT_BYTES = 8 * 1024;
const NEVER = new AbortController().signal;

/** Mistakes of the request itself, and people who went away, say nothing of an arm. */
const isArmsFault = (thrown: unknown, ctx: Ctx): boolean =>
  !ctx.signal.aborted &&
  !(thrown instanceof AppError && ['invalid_request', 'not_found', 'forbidden', 'unprocessable'].includes(thrown.code));

export function createChat(options: ChatOptions): Chat {
  const { database, clock } = options;
  const now = (): Date => clock.now();
  const store = new SettingsStore({ ...options.settings, database });
  const hidden = new HiddenTurns(() => now().getTime());
  const deps: ArmDeps = {
    gateway: options.gateway,
    execute: options.execute,
    importables: options.importables,
    now,
  };
  const tell = (ctx: Ctx, id: string): void => {
    announceLoosely(database, ctx.tenantId, 'conversations', id).catch(() => undefined);
  };

  interface OneAnswer {
    readonly arm: Arm;
    readonly model: Model;
    readonly request: ChatRequest;
    readonly flags: ChatFlags;
    readonly settings: ChatSettings;
    readonly killed: AbortSignal;
    readonly trace: AnswerTrace;
    readonly purpose: Purpose;
    readonly shield: Shield | undefined;
    readonly sink?: ChatSink;
  }

  const attempt = async (ctx: Ctx, answer: OneAnswer, arm: Arm): Promise<ArmOutcome> => {
    const { trace, sink, purpose, request, shield } = answer;
    const armCtx: Ctx = { ...ctx, arm };
    const deliver: OnDelta | undefined =
      sink?.delta && ((delta, source) => sink.delta?.(delta, { ...source, run: trace.runs.at(-1)?.id }));
    const restored = shield && deliver ? new RestoredDeltas(shield, isJson(request), deliver) : undefined;
    const { model, settled } = recordedModel(answer.model, armCtx, { purpose, trace, books: options });
    const run = runArm(deps, armCtx, {
      ...answer,
      arm,
      model: shield ? toldOfTokens(model) : model,
      messages: hidden.restore(ctx.tenantId, request.messages),
      maxMends: answer.settings.maxMends,
      hide: async (told) => (shield ? shield.tokenise(told, 'run') : told),
      onDelta: restored?.take ?? deliver,
      onRun(done, calls) {
        trace.runs.push(done);
        trace.codeCalls.push(...calls);
      },
      onCall: (call) => void trace.calls.push(call),
    });
    try {
      const outcome = await run;
      restored?.end();
      await settled(arm === 'traditional' ? undefined : otherWay(request, outcome, trace));
      return outcome;
    } catch (thrown) {
      // Nothing came of it: what it used is lost.
      await settled(arm === 'traditional' ? undefined : lossOf(trace.used));
      throw thrown;
    }
  };

  /** The assigned arm, and the traditional one where code cannot answer and the tenant wants it so. */
  async function answerOrFallBack(ctx: Ctx, answer: OneAnswer): Promise<ArmOutcome> {
    const { trace, settings } = answer;
    try {
      return await attempt(ctx, answer, answer.arm);
    } catch (thrown) {
      if (!(thrown instanceof CodeArmFailure)) throw thrown;
      if (thrown.reason !== 'kill_switch' && settings.onCodeFailure === 'answer_error')
        throw new AppError('unavailable', `The code for this answer could not be run: ${thrown.message}`, {
          reason: thrown.reason,
        });
      trace.fallback = thrown.reason;
      trace.servedArm = 'traditional';
      return attempt(ctx, answer, 'traditional');
    }
  }

  async function send(given: Ctx, request: ChatRequest, sink: ChatSink = {}): Promise<ChatAnswer> {
    const began = performance.now();
    const conversation = given.conversation ?? conversationOf(request) ?? newId();
    const ctx: Ctx = { ...given, surface: 'chat', conversation };
    const user = request.user ?? undefined;
    const [settings, shield, flags, killed, assignment] = await Promise.all([
      store.of(ctx),
      options.openShield(ctx),
      options.flags(ctx),
      options.killSignal(ctx),
      options.assign(ctx, { conversation, ...(user ? { user } : {}) }),
    ]);
    const trace = newTrace(assignment.arm);
    const arm = armNow(assignment, flags, trace);
    const exchange = new Exchange({ database, now }, ctx, conversation, assignment);
    const scripted = !settings.endpoint && options.operatorScripted;
    // From here on nothing but the app's own answer knows what the tokens stand for.
    const shown = shield ? await hideRequest(shield, request) : request;
    const onRecord = exchange.open(shown, scripted);
    const start: AnswerStart = {
      id: `chatcmpl-${exchange.answerId.replaceAll('-', '')}`,
      conversation,
      arm: assignment.arm,
      scripted,
    };
    sink.begin?.(start);

    let target: ModelTarget | undefined;
    let outcome: ArmOutcome | undefined;
    let thrown: unknown;
    try {
      outcome = await options.withModel(ctx, settings, (model) => {
        target = model.target;
        const what = { request: shown, trace, shield, sink, purpose: 'chat' as const };
        return answerOrFallBack(ctx, { ...what, arm, model: heardOnRecord(model, onRecord), flags, settings, killed });
      });
      const [first] = outcome.choices;
      if (first) hidden.keep(ctx.tenantId, first.message, outcome.hidden);
    } catch (error) {
      thrown = error;
    }
    const latencyMs = performance.now() - began;
    await exchange.close({ trace, target, latencyMs, outcome, thrown });
    if (!ctx.signal.aborted || outcome)
      options.observe(ctx, {
        exposureId: assignment.exposureId,
        servedArm: trace.servedArm,
        fallback: trace.fallback,
        error: !outcome && isArmsFault(thrown, ctx),
        latencyMs,
        costMicros: trace.costMicros,
        promptTokens: trace.usage.inputTokens,
        completionTokens: trace.usage.outputTokens,
        segments: segmentsOf(request, trace),
      });
    tell(ctx, exchange.answerId);
    if (!outcome) throw thrown;
    const { source } = outcome;
    const choices = shield
      ? outcome.choices.map((choice) => restoreChoice(shield, choice, isJson(request)))
      : outcome.choices;
    const [said] = choices;
    const { exposureId } = assignment;
    const { servedArm, fallback } = trace;
    const ended = { status: 'ok' as const, finishReason: said?.finishReason ?? 'stop' };
    const answer = armAnswer({ text: said ? textOf(said.message) : '', trace, target, latencyMs, outcome: ended });
    options.served?.(ctx, { id: exchange.answerId, conversation, exposureId, servedArm, fallback, request, answer });
    const { model, extras } = source;
    return { ...start, model, extras, choices, usage: trace.usage, runs: trace.runs, fallback: trace.fallback };
  }

  async function answerWith(
    given: Ctx,
    arm: Arm,
    messages: readonly ChatMessage[],
    { purpose, readOnly, model: wanted }: { purpose: 'shadow' | 'compare'; readOnly: boolean; model?: string },
  ): Promise<ArmAnswer> {
    const began = performance.now();
    const ctx: Ctx = { ...given, arm, ...(readOnly ? { surface: 'shadow' as const } : {}) };
    const [settings, shield, flags] = await Promise.all([store.of(ctx), options.openShield(ctx), options.flags(ctx)]);
    const trace = newTrace(arm);
    const asked: ChatRequest = { messages: [...messages], ...(wanted === undefined ? {} : { model: wanted }) };
    const request = shield ? await hideRequest(shield, asked) : asked;
    let target: ModelTarget | undefined;
    const done = (text: string, outcome: ArmAnswer['outcome']): ArmAnswer =>
      armAnswer({ text, trace, target, latencyMs: performance.now() - began, outcome });
    try {
      const { choices } = await options.withModel(ctx, settings, (model) => {
        target = model.target;
        const what = { request, trace, shield, purpose };
        return attempt(ctx, { ...what, arm, model, flags, settings, killed: NEVER }, arm);
      });
      const [first] = choices;
      const said = first ? textOf(first.message) : '';
      return done(shield?.putBack(said) ?? said, { status: 'ok', finishReason: first?.finishReason ?? 'stop' });
    } catch (thrown) {
      ctx.signal.throwIfAborted();
      if (thrown instanceof CodeArmFailure)
        return done('', { status: 'error', code: thrown.reason, message: thrown.message });
      if (thrown instanceof AppError) return done('', { status: 'error', code: thrown.code, message: thrown.message });
      throw thrown;
    }
  }

  return {
    send,
    answerWith,
    models: async (ctx) => options.withModel(ctx, await store.of(ctx), (model) => modelsOf(ctx, model)),
    async feedback(ctx, { conversation, run, kind, text }) {
      const shield = await options.openShield({ ...ctx, conversation });
      const shown = text !== undefined && shield ? await shield.tokeniseText(text, 'feedback') : text;
      const kept = shown === undefined ? null : createMasker().preview(shown, FEEDBACK_TEXT_BYTES).value;
      const stored = { conversation, runId: run ?? null, kind, text: kept === null ? null : String(kept), at: now() };
      const id = await database.inTenant(ctx, (tx) => insertFeedback(tx, ctx, stored));
      if (kind === 'complaint') await options.complain({ ...ctx, conversation }, { conversation });
      tell(ctx, id);
      return { id };
    },
    settings: (ctx) => store.show(ctx),
    changeSettings: (ctx, change) => store.change(ctx, change),
    listConversations: (ctx, query = {}) => listConversations(database, ctx, query),
    getConversation: (ctx, id) => database.inTenant(ctx, (tx) => readConversation(tx, id)),
    messagesOf: (ctx, id) => database.inTenant(ctx, (tx) => readMessages(tx, id)),
    feedbackOf: (ctx, id) => database.inTenant(ctx, (tx) => readFeedback(tx, id)),
    close: () => store.close(),
  };
}

/** The stand-in answers whatever name is asked for, and has one. */
const modelsOf = async (ctx: Ctx, model: Model): ReturnType<Model['list']> =>
  model.target.scripted
    ? [{ id: model.target.defaultModel, object: 'model', created: 0, owned_by: 'switchyard' }]
    : model.list(ctx);

/** The assigned arm, unless code may not be executed at all now. */
function armNow({ arm }: Assignment, flags: ChatFlags, trace: AnswerTrace): Arm {
  if (arm === 'traditional' || flags.executionEnabled) return arm;
  trace.fallback = 'execution_disabled';
  trace.servedArm = 'traditional';
  return 'traditional';
}
