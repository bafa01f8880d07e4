import type { Approval } from './approval.ts';

/** A timer of the platform takes no more. */
const LONGEST_MS = 2_147_483_647;

/**
 * Resolves when the approval is not pending any more: when that is announced, or when its time is over. Rejects when the
 * signal aborts, with its reason.
 */
export async function waitUntilDecided(source: {
  readonly signal: AbortSignal;
  readonly read: () => Promise<Approval>;
  readonly expire: () => Promise<unknown>;
  /** Gives the way to stop. */
  readonly onChange: (listener: () => void) => () => void;
  readonly now: () => Date;
}): Promise<Approval> {
  const { signal, read, expire, now } = source;
  let wake: () => void = () => undefined;
  let news = 0;
  const hear = (): void => {
    news += 1;
    wake();
  };
  const stop = source.onChange(hear);
  signal.addEventListener('abort', hear);
  try {
    for (;;) {
      signal.throwIfAborted();
      const seen = news;
      const approval = await read();
      if (approval.status !== 'pending') return approval;
      const left = approval.expiresAt.getTime() - now().getTime();
      if (left <= 0) {
        await expire();
        continue;
      }
      if (news !== seen) continue; // something was announced while it was read
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left + 10, LONGEST_MS));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    signal.removeEventListener('abort', hear);
    stop();
  }
}
