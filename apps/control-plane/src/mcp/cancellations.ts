import type { Ctx } from '@switchyard/kernel';
import { z } from 'zod';

const RequestId = z.union([z.string(), z.number()]);
const Call = z.looseObject({ method: z.literal('tools/call'), id: RequestId });
const Cancelled = z.looseObject({
  method: z.literal('notifications/cancelled'),
  params: z.looseObject({ requestId: RequestId }),
});

/**
 * Calls of clients of 2025-11-25, which cancel by a notification of its own instead of hanging up. Requests are served
 * one by one, without sessions; the session id that `initialize` hands out is here for this alone, because request ids
 * count from zero in every client. Known to this process only: where several serve /mcp, a run whose cancellation
 * reaches another one goes on until its limits.
 */
export class Cancellations {
  readonly #calls = new Map<string, AbortController>();

  /** Takes note of a call, or of the cancellation of one. Gives the signal of a call that can be cancelled so. */
  see(ctx: Ctx, session: string | undefined, body: unknown): { signal: AbortSignal; done: () => void } | undefined {
    if (session === undefined) return undefined;
    const method = methodOf(body);
    if (method !== 'tools/call' && method !== 'notifications/cancelled') return undefined;
    const keyOf = (id: string | number): string => JSON.stringify([ctx.tenantId, ctx.principal.id, session, id]);
    if (method === 'notifications/cancelled') {
      const cancelled = Cancelled.safeParse(body);
      if (cancelled.success)
        this.#calls.get(keyOf(cancelled.data.params.requestId))?.abort(new Error('the client cancelled the call'));
      return undefined;
    }
    const call = Call.safeParse(body);
    if (!call.success) return undefined;
    const key = keyOf(call.data.id);
    const controller = new AbortController();
    this.#calls.set(key, controller);
    const done = (): void => {
      if (this.#calls.get(key) === controller) this.#calls.delete(key);
    };
    return { signal: controller.signal, done };
  }
}

/** Looked at before anything is parsed: this is on the way of every request. */
const methodOf = (body: unknown): unknown =>
  typeof body === 'object' && body !== null && 'method' in body ? body.method : undefined;

/** True of the request to which a session id is answered. */
export const isInitialize = (body: unknown): boolean => methodOf(body) === 'initialize';
