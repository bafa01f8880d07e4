import { createHmac, createSecretKey } from 'node:crypto';
import type { Assign, Chat } from '@switchyard/chat';
import { AppError, type Arm, type Ctx } from '@switchyard/kernel';
import { EVENTS, GEN_AI, type Metrics, type Tracing } from '@switchyard/telemetry';

const INVOKE = {
  name: ['invoke_agent', 'switchyard'],
  kind: 'internal',
  facts: { [GEN_AI.operation]: 'invoke_agent' },
} as const;
const MOST_REMEMBERED = 50_000;

/** Conversations that were seen here, by what stands for them; the oldest are forgotten first. */
class Seen {
  readonly #keys = new Set<string>();

  isNew(key: string): boolean {
    const isNew = !this.#keys.delete(key);
    const [oldest] = this.#keys;
    if (this.#keys.size >= MOST_REMEMBERED && oldest !== undefined) this.#keys.delete(oldest);
    this.#keys.add(key);
    return isNew;
  }
}

/**
 * What stands for a conversation outside: apps name them as they like, so that the name may be a person's. The same on
 * every node, and nobody without the key finds the name by trying.
 */
export function pseudonyms(key: Uint8Array) {
  const secret = createSecretKey(key); // bytes would be made a key anew for each
  return ({ tenantId }: Pick<Ctx, 'tenantId'>, conversation: string): string =>
    createHmac('sha256', secret).update(`${tenantId}\n${conversation}`).digest('hex').slice(0, 32);
}

interface ChatTelemetry {
  readonly metrics: Pick<Metrics, 'answer'>;
  readonly tracing: Pick<Tracing, 'span' | 'event'>;
  readonly pseudonymOf: ReturnType<typeof pseudonyms>;
}

/** Which arm a conversation was dealt, as an event of its answer. */
export const observedAssign =
  (assign: Assign, { tracing, pseudonymOf }: Pick<ChatTelemetry, 'tracing' | 'pseudonymOf'>): Assign =>
  async (ctx, unit) => {
    const assignment = await assign(ctx, unit);
    const { arm, reason, flag, epoch } = assignment;
    tracing.event(ctx, EVENTS.flag, {
      'feature_flag.key': flag,
      'feature_flag.result.variant': arm,
      'feature_flag.result.reason': reason,
      'feature_flag.context.id': pseudonymOf(ctx, unit.conversation),
      'feature_flag.set.id': ctx.tenantId,
      'feature_flag.version': epoch,
    });
    return assignment;
  };

/** Every answer of chat under the arm that was assigned, whatever answered in the end. */
export function observedChat(chat: Chat, { metrics, tracing, pseudonymOf }: ChatTelemetry): Chat {
  const seen = new Seen();
  return {
    ...chat,
    send: (ctx, request, sink = {}) =>
      tracing.span(ctx, INVOKE, async (inner, span) => {
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
          const answer = await chat.send(inner, request, {
            begin(start) {
              arm = start.arm;
              const conversation = pseudonymOf(ctx, start.conversation);
              isNewConversation = seen.isNew(conversation);
              span.set({ [GEN_AI.conversation]: conversation, 'switchyard.arm': arm });
              sink.begin?.(start);
            },
            ...(sink.delta ? { delta: sink.delta.bind(sink) } : {}),
          });
          told({ fallback: answer.fallback, error: undefined });
          span.set({ 'switchyard.fallback': answer.fallback ?? undefined });
          return answer;
        } catch (thrown) {
          const code = thrown instanceof AppError ? thrown.code : 'internal';
          told({ fallback: null, error: ctx.signal.aborted ? 'cancelled' : code });
          throw thrown;
        }
      }),
  };
}
