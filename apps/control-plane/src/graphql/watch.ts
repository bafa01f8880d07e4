import type { Change, ChangeTopic, Database } from '@switchyard/database';
import type { Ctx } from '@switchyard/kernel';

/** More than this many unread changes are not kept: whoever is so late reloads. */
const MAX_UNREAD = 200;

async function* changesOf(
  database: Pick<Database, 'onChange'>,
  ctx: Pick<Ctx, 'tenantId' | 'signal'>,
  topics: readonly ChangeTopic[],
): AsyncGenerator<Change, void, void> {
  const { tenantId, signal } = ctx;
  const unread: Change[] = [];
  let wake: () => void = () => undefined;
  const stop = database.onChange((change) => {
    const concerns = change.topic === 'all' || (change.tenantId === tenantId && topics.includes(change.topic));
    if (!concerns || unread.length >= MAX_UNREAD) return;
    unread.push(change);
    wake();
  });
  const onAbort = (): void => wake();
  signal.addEventListener('abort', onAbort);
  try {
    while (!signal.aborted) {
      const next = unread.shift();
      if (next) yield next;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    stop();
  }
}

/** The tenant's changes of some topics, as they are announced, each turned into what is shown (undefined: nothing). */
export function watchChanges<Item>(
  database: Pick<Database, 'onChange'>,
  ctx: Ctx,
  topics: readonly ChangeTopic[],
  show: (change: Change) => Promise<Item | undefined>,
): AsyncIterableIterator<Item> {
  const left = new AbortController();
  const changes = changesOf(
    database,
    { tenantId: ctx.tenantId, signal: AbortSignal.any([ctx.signal, left.signal]) },
    topics,
  );
  const end = { done: true as const, value: undefined };
  return {
    async next() {
      for (;;) {
        const { done, value } = await changes.next();
        if (done) return end;
        const item = await show(value);
        if (item !== undefined) return { done: false, value: item };
      }
    },
    // A generator that waits would not hear its own return(): wake it first.
    async return() {
      left.abort();
      await changes.return();
      return end;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
