import type { Ctx } from '@switchyard/kernel';
import type { ChatMessage } from '../wire/request.ts';
import type { Delta, ModelTurn } from '../wire/turn.ts';

/** The endpoint that answers a tenant, without its key. */
export interface ModelTarget {
  readonly provider: string;
  readonly baseUrl: string;
  /** For requests that name no model. */
  readonly defaultModel: string;
  /** True of the scripted model: nothing that it says is a model's result. */
  readonly scripted: boolean;
  /** True of a URL that a tenant gave: it goes through the egress guard. */
  readonly guarded: boolean;
}

/** A request in OpenAI's form, without `stream`. */
export interface ModelParams {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly [name: string]: unknown;
}

export interface DeltaSource {
  readonly model: string;
  readonly extras: Readonly<Record<string, unknown>>;
}

export type OnDelta = (delta: Delta, source: DeltaSource) => void;

/** An endpoint with its key, for the length of one answer. */
export interface Model {
  readonly target: ModelTarget;
  /**
   * One call. With `onDelta` it is streamed. Throws AppError: `invalid_request` where the endpoint refuses the request
   * itself (its own words and code in the details), `rate_limited`, `upstream_failed`, `timeout`, `too_large`;
   * what the signal was aborted with when it was.
   */
  complete(ctx: Pick<Ctx, 'signal'>, params: ModelParams, onDelta?: OnDelta): Promise<ModelTurn>;
  /** The endpoint's own list of models; throws as `complete` does. */
  list(ctx: Pick<Ctx, 'signal'>): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

export interface ModelLimits {
  /** Until the first byte of an answer, and between two pieces of one. */
  readonly silenceMs: number;
  /** Of one call, its retries included. */
  readonly totalMs: number;
  /** Of one answer as it comes. */
  readonly answerBytes: number;
  /** By the openai package: after 408, 409, 429, 5xx and lost connections. */
  readonly retries: number;
}

export const MODEL_LIMITS: ModelLimits = {
  silenceMs: 60_000,
  totalMs: 300_000,
  answerBytes: 8 * 1024 * 1024,
  retries: 2,
};
