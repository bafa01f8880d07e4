import type { Arm, Ctx } from '@switchyard/kernel';

export interface ChatTurn {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface AnswerUsage {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  /** A tokenizer counted, because the endpoint told nothing. */
  readonly estimated: boolean;
}

/** What one arm said, and what it took. */
export interface ArmAnswer {
  /** Empty where the arm could not answer. */
  readonly text: string;
  /** `server.tool` of the calls that the model made itself, in order, and of each tool that its code called. */
  readonly tools: readonly string[];
  /** Calls of tools, those of its code included. */
  readonly calls: number;
  /** A tool was refused to it: with `readOnly` it may have wanted to change something. */
  readonly denied: boolean;
  /** Ids of the runs of its code. */
  readonly runs: readonly string[];
  readonly modelCalls: number;
  readonly usage: AnswerUsage;
  readonly latencyMs: number;
  /** Null where no price is known. */
  readonly costMicros: bigint | null;
  /** Null where no model was reached. */
  readonly model: string | null;
  /** The scripted model answered: nothing of this is a model's quality. */
  readonly scripted: boolean;
  /** Null of an arm that answered. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface AnswerOptions {
  readonly purpose: 'shadow' | 'compare';
  /** True: only tools that say they change nothing. */
  readonly readOnly: boolean;
}

/** Has messages answered by a chosen arm, with no user seeing it. Given by whoever wires the product. */
export type AnswerWith = (
  ctx: Ctx,
  arm: Arm,
  messages: readonly ChatTurn[],
  options: AnswerOptions,
) => Promise<ArmAnswer>;

/** Whether all of these tools (`server.tool`) say that they change nothing. */
export type OnlyReads = (ctx: Ctx, tools: readonly string[]) => Promise<boolean>;

/** The embeddings of texts by the tenant's model, in their order; null where it gives none. */
export type Embed = (ctx: Ctx, texts: readonly string[]) => Promise<readonly (readonly number[])[] | null>;

/** An answer that a user got. */
export interface ServedAnswer {
  /** Names this answer and no other. */
  readonly id: string;
  readonly conversation: string;
  readonly exposureId: string | null;
  readonly arm: Arm;
  /** All that the model was told, the question last. */
  readonly messages: readonly ChatTurn[];
  readonly answer: ArmAnswer;
  readonly at: Date;
}

/**
 * Tells the experiments how accurate an answer was. `delta` is of a pair: what the code way scored less what the
 * traditional way did, −1 to 1. `score` is of one answer, 0 to 1.
 */
export type RecordAccuracy = (
  ctx: Ctx,
  accuracy: { readonly conversation: string; readonly exposureId: string | null } & (
    { readonly source: 'shadow'; readonly delta: number } | { readonly source: 'grade'; readonly score: number }
  ),
) => Promise<unknown>;
