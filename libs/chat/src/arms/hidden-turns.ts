import type { TenantId } from '@switchyard/kernel';
import type { ChatMessage } from '../wire/request.ts';

const KEPT_MS = 15 * 60_000;
const MOST_ENTRIES = 1_000;
const MOST_CHARS = 64 * 1024 * 1024;

interface Entry {
  readonly messages: readonly ChatMessage[];
  readonly chars: number;
  readonly until: number;
}

/**
 * What our tools did before the model called a tool of the app's. The app sends its result with the messages that it
 * knows; ours are put back before it, so that the model need not do the same again. Of this process alone: on another
 * node, after a restart or a quarter of an hour the model starts from what the app sent.
 */
export class HiddenTurns {
  readonly #entries = new Map<string, Entry>();
  #chars = 0;

  constructor(readonly now: () => number) {}

  keep(tenantId: TenantId, answer: ChatMessage, messages: readonly ChatMessage[]): void {
    const id = answer.tool_calls?.[0]?.id;
    if (!id || messages.length === 0) return;
    const chars = JSON.stringify(messages).length;
    this.#remove(keyOf(tenantId, id));
    this.#entries.set(keyOf(tenantId, id), { messages, chars, until: this.now() + KEPT_MS });
    this.#chars += chars;
    for (const [key, { until }] of this.#entries) {
      if (this.#entries.size <= MOST_ENTRIES && this.#chars <= MOST_CHARS && until > this.now()) break;
      this.#remove(key);
    }
  }

  restore(tenantId: TenantId, messages: readonly ChatMessage[]): readonly ChatMessage[] {
    return messages.flatMap((message) => {
      const id = message.tool_calls?.[0]?.id;
      const entry = id === undefined ? undefined : this.#entries.get(keyOf(tenantId, id));
      return entry && entry.until > this.now() ? [...entry.messages, message] : [message];
    });
  }

  #remove(key: string): void {
    this.#chars -= this.#entries.get(key)?.chars ?? 0;
    this.#entries.delete(key);
  }
}

const keyOf = (tenantId: TenantId, id: string): string => `${tenantId} ${id}`;
