import type { Json } from '@switchyard/kernel';

export const FEEDBACK_KINDS = ['complaint', 'praise', 'correction'] as const;
export type FeedbackKind = (typeof FEEDBACK_KINDS)[number];

/** A conversation as lists show it. */
export interface ConversationSummary {
  readonly id: string;
  readonly key: string;
  readonly principalKind: string;
  readonly principalId: string;
  readonly principalName: string;
  readonly arm: string | null;
  readonly band: string | null;
  readonly scripted: boolean;
  readonly answers: number;
  readonly errors: number;
  readonly fallbacks: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Of the answers whose price is known. */
  readonly costMicros: bigint;
  readonly complaints: number;
  readonly praises: number;
  readonly corrections: number;
  readonly startedAt: Date;
  readonly lastAt: Date;
}

/** A message as it is kept: masked and bounded. */
export interface StoredMessage {
  readonly id: string;
  readonly role: string;
  readonly content: string;
  readonly truncated: boolean;
  readonly at: Date;
  readonly traceId: string;
  readonly status: string | null;
  readonly errorCode: string | null;
  readonly arm: string | null;
  readonly servedArm: string | null;
  readonly fallback: string | null;
  readonly exposureId: string | null;
  readonly provider: string | null;
  readonly model: string | null;
  readonly scripted: boolean;
  readonly finishReason: string | null;
  readonly promptVersion: string | null;
  readonly runs: Json;
  readonly calls: Json;
  readonly toolCalls: Json;
  readonly modelCalls: number;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
  readonly reasoningTokens: number;
  readonly usageEstimated: boolean;
  readonly costMicros: bigint | null;
  readonly latencyMs: number | null;
  readonly firstTokenMs: number | null;
}

export interface StoredFeedback {
  readonly id: string;
  readonly runId: string | null;
  readonly kind: string;
  readonly text: string | null;
  readonly principalName: string;
  readonly at: Date;
}

export interface ConversationFilter {
  readonly arm?: string | null;
  /** With at least one of that kind. */
  readonly feedback?: FeedbackKind | null;
  /** Only those with an error, or only those without. */
  readonly errors?: boolean | null;
  readonly fallbacks?: boolean | null;
  readonly scripted?: boolean | null;
  /** In the key or a message as it is kept. */
  readonly text?: string | null;
  readonly from?: Date | null;
  /** Exclusive. */
  readonly to?: Date | null;
}

export interface ConversationPage {
  readonly items: readonly ConversationSummary[];
  /** The `cursor` of what follows; null at the end. */
  readonly next: string | null;
}
