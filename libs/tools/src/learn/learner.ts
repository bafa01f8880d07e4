import type { Database } from '@switchyard/database';
import type { Ctx, Json } from '@switchyard/kernel';
import { LRUCache } from 'lru-cache';
import type { ToolDescriptor } from '../catalog/descriptor.ts';
import { addShape, isSame } from './learned.store.ts';
import { mergeShapes, shapeOf, type Shape } from './shape.ts';

const MAX_TOOLS = 5_000;
/** A tool whose results never settle is not looked at for ever. */
const MAX_CHANGES = 60;
/** After so many results that told nothing new, one in `SELDOM` is looked at. */
const SETTLED_AFTER = 50;
const SELDOM = 20;

interface Known {
  shape: Shape | undefined;
  changes: number;
  unchanged: number;
  seen: number;
  /** One writing at a time for each tool; what comes meanwhile comes again. */
  busy: boolean;
}

export interface Learner {
  /** Looks at a live result, if there is anything to learn from it. Costs the call nothing that it would wait for. */
  observe(ctx: Pick<Ctx, 'tenantId'>, tool: ToolDescriptor, value: Json): void;
  /** Resolves when nothing is being written. */
  settled(): Promise<void>;
}

/** Learns output shapes of tools that declare none: names and types, never values. */
export function createLearner(options: {
  readonly database: Pick<Database, 'inTenant'>;
  /** After this node's own change: others hear of it by announcement. */
  readonly forget: (tenantId: string) => void;
  readonly warn?: (message: string) => void;
}): Learner {
  const known = new LRUCache<string, Known>({ max: MAX_TOOLS });
  const writing = new Set<Promise<unknown>>();

  function stateOf(key: string): Known {
    const found = known.get(key);
    if (found) return found;
    const made = { shape: undefined, changes: 0, unchanged: 0, seen: 0, busy: false };
    known.set(key, made);
    return made;
  }

  return {
    observe(ctx, tool, value) {
      if (tool.outputSchema !== undefined) return;
      const state = stateOf(`${tool.id} ${tool.definitionHash}`);
      state.seen++;
      const isSeldom = state.unchanged >= SETTLED_AFTER && state.seen % SELDOM !== 0;
      if (state.busy || isSeldom || state.changes >= MAX_CHANGES) return;
      const seen = shapeOf(value);
      if (state.shape && isSame(mergeShapes(state.shape, seen), state.shape)) {
        state.unchanged++;
        return;
      }
      state.busy = true;
      const write = addShape(options.database, ctx, tool, seen)
        .then(({ shape, changed }) => {
          state.shape = shape;
          state.unchanged = 0;
          if (!changed) return;
          state.changes++;
          options.forget(ctx.tenantId);
        })
        .catch(() => options.warn?.(`what ${tool.server}.${tool.name} returns could not be learned`))
        .finally(() => {
          state.busy = false;
          writing.delete(write);
        });
      writing.add(write);
    },
    settled: async () => void (await Promise.all(writing)),
  };
}
