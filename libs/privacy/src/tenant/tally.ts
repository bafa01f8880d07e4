import { messageOf, type Clock, type TenantId } from '@switchyard/kernel';
import type { Database } from '@switchyard/database';
import { addMasked, type MaskedCount } from './masked.store.ts';

const WRITE_AFTER_MS = 500;
/** Of one tenant, between two writes. */
const MOST_WAITING = 2_000;
const MOST_PLACE_CHARS = 200;
/** A name that could be data itself is not written down. */
const NAME = /^[A-Za-z_][\w.-]{0,59}$/;

export interface Tally {
  add(tenantId: TenantId, place: string, field: string, kind: string): void;
  /** Resolves when all that was added until now is written or given up. */
  settled(): Promise<void>;
}

/** Counts of what was replaced, on their way to the database in batches, off the way of the answer. A help, never a reason to fail. */
export function createTally(options: {
  readonly database: Pick<Database, 'inTenant'>;
  readonly clock: Clock;
  readonly log: (message: string) => void;
}): Tally {
  const waiting = new Map<TenantId, Map<string, MaskedCount>>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    const batch = [...waiting];
    waiting.clear();
    const at = options.clock.now();
    for (const [tenantId, counts] of batch)
      await options.database
        .inTenant({ tenantId }, (tx) => addMasked(tx, { tenantId }, { counts: [...counts.values()], at }))
        .catch((error: unknown) => options.log(`what was masked could not be counted: ${messageOf(error)}`));
  }
  const start = (): void => {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(write);
  };

  return {
    add(tenantId, place, name, kind) {
      const field = NAME.test(name) ? name : '';
      const counts = waiting.get(tenantId) ?? new Map<string, MaskedCount>();
      waiting.set(tenantId, counts);
      const key = `${place}\0${field}\0${kind}`;
      const count = counts.get(key)?.count ?? 0;
      if (count > 0 || counts.size < MOST_WAITING)
        counts.set(key, { place: place.slice(0, MOST_PLACE_CHARS), field, kind, count: count + 1 });
      timer ??= setTimeout(start, WRITE_AFTER_MS).unref();
    },
    async settled() {
      if (timer) start();
      await writing;
    },
  };
}
