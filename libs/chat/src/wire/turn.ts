import type { ChatMessage } from './request.ts';

export interface FunctionCall {
  readonly id: string;
  readonly name: string;
  /** JSON, as the model wrote it: it may not parse. */
  readonly arguments: string;
}

/** One of the model's alternatives for a turn. */
export interface TurnChoice {
  readonly index: number;
  /** The assistant's message as the endpoint gave it. */
  readonly message: ChatMessage;
  readonly calls: readonly FunctionCall[];
  readonly finishReason: string;
  readonly logprobs: unknown;
}

export interface Usage {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

/** What one call of a model gave. */
export interface ModelTurn {
  readonly id: string;
  readonly model: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly choices: readonly TurnChoice[];
  readonly usage: Usage;
  /** True where the endpoint gave no usable figures and a tokenizer counted. */
  readonly usageEstimated: boolean;
  /** `system_fingerprint`, `service_tier`, … as the endpoint gave them. */
  readonly extras: Readonly<Record<string, unknown>>;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly firstTokenMs: number | null;
}

export const NO_USAGE: Usage = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 };

export const addUsage = (a: Usage, b: Usage): Usage => ({
  inputTokens: a.inputTokens + b.inputTokens,
  cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  reasoningTokens: a.reasoningTokens + b.reasoningTokens,
});

/** Usage in OpenAI's form. */
export const wireUsage = (usage: Usage): object => ({
  prompt_tokens: usage.inputTokens,
  completion_tokens: usage.outputTokens,
  total_tokens: usage.inputTokens + usage.outputTokens,
  prompt_tokens_details: { cached_tokens: usage.cachedInputTokens },
  completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
});

/** A piece of a streamed answer: the delta of one choice, in OpenAI's form. */
export interface Delta {
  readonly index: number;
  readonly delta: Readonly<Record<string, unknown>>;
  readonly logprobs?: unknown;
}
