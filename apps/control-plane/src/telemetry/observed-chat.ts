import { createHash } from 'node:crypto';
import type { Chat } from '@switchyard/chat';
import { AppError, type Arm, type Ctx } from '@switchyard/kernel';
import type { Metrics } from '@switchyard/telemetry';

const MOST_REMEMBERED = 50_000;

/** Conversations that were seen here, by a digest; the oldest are forgotten first. */
class Seen {
  readonly #keys = new Set<string>();

  isNew({ tenantId }: Pick<Ctx, 'tenantId'>, conversation: string): boolean {
    const key = createHash('sha256').update(`${tenantId}\n${conversation}`).digest('base64url').slice(0, 16);
    const isNew = !this.#keys.delete(key);
    const [oldest] = this.#keys;
    if (this.#keys.size >= MOST_REMEMBERED && oldest !== undefined) this.#keys.delete(oldest);
    this.#keys.add(key);
    return isNew;
  }
}

/** Every answer of chat under the arm that was assigned, whatever answered in the end. */
export function observedChat(chat: Chat, metrics: Pick<Metrics, 'answer'>): Chat {
  const seen = new Seen();
  return {
    ...chat,
    async send(ctx, request, sink = {}) {
      const began = performance.now();
      let arm: Arm | undefined;
      let isNewConversation = false;
      const told = (how: { readonly fallback: string | null; readonly error: string | undefined }): void =>
        metrics.answer({
          ...how,
          tenantId: ctx.tenantId,
          arm,
          isNewConversation,
          durationMs: performance.now() - began,
        });
      try {
        const answer = await chat.send(ctx, request, {
          begin(start) {
            arm = start.arm;
            isNewConversation = seen.isNew(ctx, start.conversation);
            sink.begin?.(start);
          },
          ...(sink.delta ? { delta: sink.delta.bind(sink) } : {}),
        });
        told({ fallback: answer.fallback, error: undefined });
        return answer;
      } catch (thrown) {
        const code = thrown instanceof AppError ? thrown.code : 'internal';
        told({ fallback: null, error: ctx.signal.aborted ? 'cancelled' : code });
        throw thrown;
      }
    },
  };
}
