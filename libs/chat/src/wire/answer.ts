import type { ChatMessage } from './request.ts';
import { wireUsage, type Delta, type Usage } from './turn.ts';

export interface AnswerChoice {
  readonly message: ChatMessage;
  readonly finishReason: string;
  readonly logprobs: unknown;
}

/** What every chunk and the whole answer have in common. */
export interface Envelope {
  /** `chatcmpl-…` */
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
  readonly extras: Readonly<Record<string, unknown>>;
}

/** An answer in one piece, as `chat.completion`. */
export const toCompletion = (
  { id, created, model, extras }: Envelope,
  choices: readonly AnswerChoice[],
  usage: Usage,
): object => ({
  id,
  object: 'chat.completion',
  created,
  model,
  choices: choices.map(({ message, finishReason, logprobs }, index) => ({
    index,
    message: { ...message, role: 'assistant', content: message.content ?? null, refusal: message['refusal'] ?? null },
    logprobs: logprobs ?? null,
    finish_reason: finishReason,
  })),
  usage: wireUsage(usage),
  ...extras,
});

/** Makes the chunks of a streamed answer. With `includeUsage` all but the last carry `usage: null`, as OpenAI's do. */
export function createChunks(envelope: Envelope, includeUsage: boolean) {
  const { id, created, model, extras } = envelope;
  const nothing = includeUsage ? { usage: null } : {};
  const chunk = (choices: readonly object[], more: object): object => ({
    id,
    object: 'chat.completion.chunk',
    created,
    model,
    ...extras,
    choices,
    ...more,
  });
  return {
    role: (index: number) =>
      chunk(
        [{ index, delta: { role: 'assistant', content: '', refusal: null }, logprobs: null, finish_reason: null }],
        nothing,
      ),
    delta: ({ index, delta, logprobs }: Delta) =>
      chunk([{ index, delta, logprobs: logprobs ?? null, finish_reason: null }], nothing),
    finish: (index: number, finishReason: string) =>
      chunk([{ index, delta: {}, logprobs: null, finish_reason: finishReason }], nothing),
    usage: (usage: Usage) => chunk([], { usage: wireUsage(usage) }),
  };
}
export type Chunks = ReturnType<typeof createChunks>;
