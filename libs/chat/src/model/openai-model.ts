import { AppError, type Clock } from '@switchyard/kernel';
import OpenAI from 'openai';
import { z } from 'zod';
import { ChatMessage } from '../wire/request.ts';
import type { ModelTurn, TurnChoice } from '../wire/turn.ts';
import { Accumulator, callsOf, Chunk } from './accumulate.ts';
import { modelFailure, silent } from './failure.ts';
import {
  MODEL_LIMITS,
  type Model,
  type ModelLimits,
  type ModelParams,
  type ModelTarget,
  type OnDelta,
} from './model.ts';
import { usageOf } from './usage.ts';

export type Fetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

export interface OpenAiModelOptions {
  readonly target: ModelTarget;
  /** Plaintext for as long as the model lives, which is one answer. */
  readonly apiKey: string;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly limits?: Partial<ModelLimits>;
}

const Completion = z.looseObject({
  id: z.string().default(''),
  created: z.number().default(0),
  model: z.string().default(''),
  choices: z
    .array(
      z.looseObject({
        index: z.number().int().default(0),
        message: ChatMessage.extend({ role: z.literal('assistant').default('assistant') }),
        finish_reason: z.string().nullish(),
        logprobs: z.unknown().optional(),
      }),
    )
    .min(1),
  usage: z.unknown().optional(),
});

const ENVELOPE = new Set(['id', 'object', 'created', 'model', 'choices', 'usage', 'obfuscation']);
const extrasOf = (answer: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(answer).filter(([name, value]) => !ENVELOPE.has(name) && value !== undefined));

/** An OpenAI-compatible endpoint through the openai package, with bounds on its silence, its length and its lies. */
export function createOpenAiModel(options: OpenAiModelOptions): Model {
  const { target, apiKey, clock } = options;
  const limits = { ...MODEL_LIMITS, ...options.limits };
  const client = new OpenAI({
    apiKey,
    baseURL: target.baseUrl,
    maxRetries: limits.retries,
    timeout: limits.totalMs, // `bounded` is stricter, and says which error it is
    fetch: bounded(options.fetch, limits),
    logLevel: 'off',
    organization: null,
    project: null,
  });

  /** The caller's patience and the total time bound every call, its retries included. */
  async function within<T>(caller: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const tooLong = new AbortController();
    const total = setTimeout(() => tooLong.abort(silent()), limits.totalMs);
    try {
      caller.throwIfAborted();
      return await work(AbortSignal.any([caller, tooLong.signal]));
    } catch (thrown) {
      if (caller.aborted) throw caller.reason;
      if (tooLong.signal.aborted) throw tooLong.signal.reason;
      throw modelFailure(thrown, apiKey);
    } finally {
      clearTimeout(total);
    }
  }

  return {
    target,
    async list(ctx) {
      const page = await within(ctx.signal, (signal) => client.models.list({ signal }));
      return page.data.map((model) => ({ ...model }));
    },
    async complete(ctx, params, onDelta) {
      const startedAt = clock.now();
      const began = performance.now();
      const found = await within(ctx.signal, (signal) =>
        onDelta ? stream(client, params, { signal, onDelta, began }) : whole(client, params, signal),
      );
      const { choices, reported, firstTokenMs, ...rest } = found;
      return {
        ...rest,
        choices,
        ...usageOf(reported, params, choices),
        startedAt,
        durationMs: performance.now() - began,
        firstTokenMs,
      };
    },
  };
}

type Found = Pick<ModelTurn, 'id' | 'created' | 'model' | 'extras' | 'choices' | 'firstTokenMs'> & {
  readonly reported: unknown;
};

async function whole(client: OpenAI, params: ModelParams, signal: AbortSignal): Promise<Found> {
  const answer: unknown = await client.chat.completions.create(params as never, { signal });
  const completion = Completion.parse(answer);
  const { id, created, model, usage } = completion;
  const choices = completion.choices.map(({ index, message, finish_reason, logprobs }): TurnChoice => ({
    index,
    message,
    calls: callsOf(message),
    finishReason: finish_reason ?? 'stop',
    logprobs: logprobs ?? null,
  }));
  return { id, created, model, extras: extrasOf(completion), choices, reported: usage, firstTokenMs: null };
}

interface Streaming {
  readonly signal: AbortSignal;
  readonly onDelta: OnDelta;
  readonly began: number;
}

async function stream(client: OpenAI, params: ModelParams, { signal, onDelta, began }: Streaming): Promise<Found> {
  const chunks = (await client.chat.completions.create(
    { ...params, stream: true, stream_options: { include_usage: true } } as never,
    { signal },
  )) as unknown as AsyncIterable<unknown>;
  const accumulator = new Accumulator();
  let first: Chunk | undefined;
  let reported: unknown;
  let firstTokenMs: number | null = null;
  for await (const raw of chunks) {
    signal.throwIfAborted();
    const chunk = Chunk.parse(raw);
    first ??= chunk;
    accumulator.add(chunk);
    if (chunk.usage !== null && chunk.usage !== undefined) reported = chunk.usage;
    const source = { model: first.model, extras: extrasOf(first) };
    for (const { index, delta, logprobs } of chunk.choices) {
      const { role: _role, ...rest } = delta ?? {};
      if (Object.values(rest).every((value) => value === null || value === undefined || value === '')) continue;
      firstTokenMs ??= performance.now() - began;
      onDelta({ index, delta: rest, logprobs }, source);
    }
  }
  signal.throwIfAborted(); // the package ends the iteration quietly when it is aborted
  if (!first || !accumulator.complete)
    throw new AppError('upstream_failed', "The model's endpoint broke off in the middle of its answer: try again.");
  const { id, created, model } = first;
  return { id, created, model, extras: extrasOf(first), choices: accumulator.choices(), reported, firstTokenMs };
}

/** The same fetch, whose answers end with an error when they are too long, or silent for too long in the middle. */
function bounded(fetch: Fetch, { answerBytes, silenceMs }: ModelLimits): Fetch {
  return async (url, init) => {
    const response = await firstWordOf(fetch, silenceMs, url, init);
    if (!response.body) return response;
    let bytes = 0;
    let timer: NodeJS.Timeout | undefined;
    const listen = (controller: TransformStreamDefaultController<Uint8Array>): void => {
      clearTimeout(timer);
      timer = setTimeout(() => controller.error(silent()), silenceMs);
    };
    const transformer = {
      start: listen,
      transform(chunk: Uint8Array, controller: TransformStreamDefaultController<Uint8Array>) {
        listen(controller);
        bytes += chunk.byteLength;
        if (bytes <= answerBytes) return controller.enqueue(chunk);
        clearTimeout(timer);
        controller.error(new AppError('upstream_failed', "The model's endpoint sends more than an answer can have."));
      },
      flush: () => clearTimeout(timer),
      cancel: () => clearTimeout(timer),
    };
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(new TransformStream(transformer)), { status, statusText, headers });
  };
}

async function firstWordOf(
  fetch: Fetch,
  silenceMs: number,
  url: string | URL | Request,
  init: RequestInit | undefined,
): Promise<Response> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(silent()), silenceMs);
  const signal = init?.signal ? AbortSignal.any([init.signal, silence.signal]) : silence.signal;
  try {
    return await fetch(url, { ...init, signal });
  } catch (thrown) {
    throw silence.signal.aborted ? silence.signal.reason : thrown;
  } finally {
    clearTimeout(timer);
  }
}
