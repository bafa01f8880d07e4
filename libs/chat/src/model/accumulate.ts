import { z } from 'zod';
import type { ChatMessage } from '../wire/request.ts';
import type { FunctionCall, TurnChoice } from '../wire/turn.ts';

const ToolCallDelta = z.looseObject({
  index: z.number().int().min(0).max(1_000).default(0),
  id: z.string().nullish(),
  type: z.string().nullish(),
  function: z.looseObject({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
});

const Delta = z.looseObject({ tool_calls: z.array(ToolCallDelta).nullish() });

/** What we read of a chunk; whatever else a choice's delta holds is passed on. */
export const Chunk = z.looseObject({
  id: z.string().default(''),
  created: z.number().default(0),
  model: z.string().default(''),
  choices: z
    .array(
      z.looseObject({
        index: z.number().int().min(0).max(128).default(0),
        delta: Delta.nullish(),
        finish_reason: z.string().nullish(),
        logprobs: z.unknown().optional(),
      }),
    )
    .default([]),
  usage: z.unknown().optional(),
});
export type Chunk = z.infer<typeof Chunk>;

interface CallDraft {
  id: string;
  type: string;
  name: string;
  arguments: string;
}

interface ChoiceDraft {
  readonly fields: Record<string, unknown>;
  readonly calls: Map<number, CallDraft>;
  logprobs: Record<string, unknown[]> | null;
  finishReason: string | null;
}

/** Puts the chunks of a stream together to what the same call would have given in one piece. */
export class Accumulator {
  readonly #choices = new Map<number, ChoiceDraft>();

  add({ choices }: Chunk): void {
    for (const choice of choices) {
      const draft = this.#draft(choice.index);
      if (choice.finish_reason) draft.finishReason = choice.finish_reason;
      for (const [name, value] of Object.entries(choice.delta ?? {})) {
        if (name === 'tool_calls' || name === 'role') continue;
        const before = draft.fields[name];
        if (typeof value === 'string') draft.fields[name] = typeof before === 'string' ? before + value : value;
        else if (value !== null && value !== undefined) draft.fields[name] = value;
      }
      for (const call of choice.delta?.tool_calls ?? []) addCall(draft.calls, call);
      draft.logprobs = joinLogprobs(draft.logprobs, choice.logprobs);
    }
  }

  /** Whether every choice has come to its end. */
  get complete(): boolean {
    return this.#choices.size > 0 && [...this.#choices.values()].every(({ finishReason }) => finishReason !== null);
  }

  choices(): TurnChoice[] {
    return [...this.#choices]
      .sort(([a], [b]) => a - b)
      .map(([index, { fields, calls, finishReason, logprobs }]) => {
        const drafts = [...calls].sort(([a], [b]) => a - b).map(([, call]) => call);
        const tool_calls = drafts.map(({ id, type, name, arguments: args }) => ({
          id,
          type,
          function: { name, arguments: args },
        }));
        const content = typeof fields['content'] === 'string' && fields['content'] !== '' ? fields['content'] : null;
        const message: ChatMessage = {
          ...fields,
          role: 'assistant',
          content,
          ...(tool_calls.length > 0 ? { tool_calls } : {}),
        };
        return { index, message, calls: callsOf(message), finishReason: finishReason ?? 'stop', logprobs };
      });
  }

  #draft(index: number): ChoiceDraft {
    const known = this.#choices.get(index);
    if (known) return known;
    const draft: ChoiceDraft = { fields: {}, calls: new Map(), logprobs: null, finishReason: null };
    this.#choices.set(index, draft);
    return draft;
  }
}

function addCall(calls: Map<number, CallDraft>, delta: z.infer<typeof ToolCallDelta>): void {
  const call = calls.get(delta.index) ?? { id: '', type: 'function', name: '', arguments: '' };
  calls.set(delta.index, call);
  if (delta.id) call.id = delta.id;
  if (delta.type) call.type = delta.type;
  call.name += delta.function?.name ?? '';
  call.arguments += delta.function?.arguments ?? '';
}

function joinLogprobs(before: Record<string, unknown[]> | null, more: unknown): Record<string, unknown[]> | null {
  if (more === null || typeof more !== 'object') return before;
  const joined = { ...before };
  for (const [name, value] of Object.entries(more))
    if (Array.isArray(value)) joined[name] = [...(joined[name] ?? []), ...(value as unknown[])];
  return joined;
}

/** The function calls of an assistant's message; calls of other types are the app's own business. */
export const callsOf = (message: ChatMessage): FunctionCall[] =>
  (message.tool_calls ?? []).flatMap((call) =>
    call.function ? [{ id: call.id, name: call.function.name, arguments: call.function.arguments }] : [],
  );
