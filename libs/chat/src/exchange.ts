import { AppError, newId, type Arm, type Ctx, type Json } from '@switchyard/kernel';
import { decisionStatements } from '@switchyard/policy';
import { createMasker } from '@switchyard/privacy';
import type { Database, Rows } from '@switchyard/database';
import type { PricedModelCall } from '@switchyard/ledger';
import type { AnswerRun, ExecutedCall } from './arms/code-calls.ts';
import type { DirectCall } from './arms/direct-calls.ts';
import type { LoopOutcome } from './arms/loop.ts';
import type { Assignment } from './experiment.ts';
import type { ModelTarget } from './model/model.ts';
import { closingStatements, conversationIdOf, openingStatements, type KeptText } from './store/conversations.store.ts';
import { newsOf, textOf, type ChatMessage, type ChatRequest } from './wire/request.ts';
import { NO_USAGE, type Usage } from './wire/turn.ts';

const KEPT_TEXT_BYTES = 32 * 1024;
const KEPT_ARGS_BYTES = 8 * 1024;
const KEPT_RESULT_BYTES = 16 * 1024;
const MOST_CALLS = 200;

/** What an answer has done so far; what is kept of it also when it fails. */
export interface AnswerTrace {
  readonly runs: AnswerRun[];
  readonly calls: DirectCall[];
  /** Calls that code made. */
  readonly codeCalls: ExecutedCall[];
  modelCalls: number;
  usage: Usage;
  /** Of each call. */
  readonly used: Usage[];
  usageEstimated: boolean;
  /** Null until one call's price is known. */
  costMicros: bigint | null;
  model: string | null;
  firstTokenMs: number | null;
  /** Calls of the model that come on record with the answer. */
  readonly unwritten: Pick<PricedModelCall, 'statements' | 'recorded'>[];
  servedArm: Arm;
  fallback: string | null;
}

export const newTrace = (arm: Arm): AnswerTrace => ({
  runs: [],
  calls: [],
  codeCalls: [],
  modelCalls: 0,
  usage: NO_USAGE,
  used: [],
  usageEstimated: false,
  costMicros: null,
  model: null,
  firstTokenMs: null,
  unwritten: [],
  servedArm: arm,
  fallback: null,
});

export interface ExchangeDeps {
  readonly database: Pick<Database, 'exchange'>;
  readonly now: () => Date;
}

/**
 * One question and its answer on record: a short transaction beside the first call of the model, and one after the last.
 * The first need not wait for the disk: the second does, and takes it along.
 */
export class Exchange {
  readonly answerId = newId();
  readonly #masker = createMasker();
  #opened: Promise<string> | undefined;

  constructor(
    readonly deps: ExchangeDeps,
    readonly ctx: Ctx,
    readonly conversation: string,
    readonly assignment: Assignment,
  ) {}

  /** Resolves when the question is on record. */
  open(request: ChatRequest, scripted: boolean): Promise<unknown> {
    const { arm, band } = this.assignment;
    const asked = this.#keep(newsOf(request.messages).map(textOf).join('\n\n'));
    const opening = { key: this.conversation, arm, band, scripted, at: this.deps.now(), asked };
    const statements = openingStatements(this.ctx, opening);
    this.#opened = this.deps.database.exchange(this.ctx, statements, { durable: false }).then(conversationIdOf);
    this.#opened.catch(() => undefined); // `close` waits for it
    return this.#opened;
  }

  async close(end: {
    readonly trace: AnswerTrace;
    readonly target: ModelTarget | undefined;
    readonly latencyMs: number;
    readonly outcome?: (LoopOutcome & { readonly promptVersion: string }) | undefined;
    readonly thrown?: unknown;
  }): Promise<void> {
    const { trace, target, outcome } = end;
    const conversationId = await this.#opened;
    if (conversationId === undefined) throw new Error('an exchange is closed that was never opened');
    const [first] = outcome?.choices ?? [];
    const cancelled = !outcome && this.ctx.signal.aborted;
    const texts = (outcome?.choices ?? []).map(({ message }) => textOf(message));
    const answer = {
      id: this.answerId,
      conversationId,
      at: this.deps.now(),
      status: outcome ? ('ok' as const) : cancelled ? ('cancelled' as const) : ('error' as const),
      errorCode: outcome || cancelled ? null : end.thrown instanceof AppError ? end.thrown.code : 'internal',
      arm: this.assignment.arm,
      servedArm: trace.servedArm,
      fallback: trace.fallback,
      exposureId: this.assignment.exposureId,
      provider: target?.provider ?? null,
      model: trace.model,
      scripted: target?.scripted ?? false,
      finishReason: first?.finishReason ?? null,
      promptVersion: outcome?.promptVersion ?? null,
      answered: this.#keep(texts.join('\n\n')),
      runs: trace.runs,
      calls: trace.calls.slice(0, MOST_CALLS).map((call) => this.#keptCall(call)),
      toolCalls: first ? this.#appCalls(first.message) : [],
      modelCalls: trace.modelCalls,
      promptTokens: trace.usage.inputTokens,
      cachedTokens: trace.usage.cachedInputTokens,
      completionTokens: trace.usage.outputTokens,
      reasoningTokens: trace.usage.reasoningTokens,
      usageEstimated: trace.usageEstimated,
      costMicros: trace.costMicros,
      latencyMs: Math.round(end.latencyMs),
      firstTokenMs: trace.firstTokenMs === null ? null : Math.round(trace.firstTokenMs),
    };
    const decisions = trace.calls.flatMap(({ decision }) => decision ?? []);
    const mask = (args: unknown): Json => this.#masker.preview(args ?? null, KEPT_ARGS_BYTES).value;
    const ours = [...closingStatements(this.ctx, answer), ...decisionStatements(this.ctx, decisions, mask)];
    // Those of the models last: they lock the month's row, which every answer of the tenant needs.
    const theirs = trace.unwritten.flatMap(({ statements }) => statements);
    const answers = await this.deps.database.exchange(this.ctx, [...ours, ...theirs]);
    await this.#tell(trace, answers.slice(ours.length));
  }

  /** An answer is not refused for want of an alert: the next call that spends tells of it. */
  async #tell({ unwritten }: AnswerTrace, answers: readonly Rows[]): Promise<void> {
    let at = 0;
    for (const { statements, recorded } of unwritten)
      await recorded(answers.slice(at, (at += statements.length))).catch(() => undefined);
  }

  #keep(text: string): KeptText {
    const { value, truncated } = this.#masker.preview(text, KEPT_TEXT_BYTES);
    return { text: typeof value === 'string' ? value : JSON.stringify(value), truncated };
  }

  #keptCall({ args, value, error, decision: _logged, ...call }: DirectCall): object {
    return {
      ...call,
      args: this.#masker.preview(args ?? null, KEPT_ARGS_BYTES).value,
      result: this.#masker.preview(value, KEPT_RESULT_BYTES).value,
      error: error && this.#masker.preview(error, KEPT_ARGS_BYTES).value,
    };
  }

  #appCalls({ tool_calls }: ChatMessage): object[] {
    return (tool_calls ?? []).flatMap(({ function: call }) =>
      call ? [{ name: call.name, arguments: this.#masker.preview(call.arguments, KEPT_ARGS_BYTES).value }] : [],
    );
  }
}
