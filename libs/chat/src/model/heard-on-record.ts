import type { Delta } from '../wire/turn.ts';
import type { DeltaSource, Model, OnDelta } from './model.ts';

/**
 * A model that may be asked while the question is being put on record. Nothing of what it says is heard before that is
 * done, and so nothing comes of it: no word to the app, no tool called. Where the question cannot be put on record, the
 * call is stopped and throws that reason.
 */
export function heardOnRecord(model: Model, onRecord: Promise<unknown>): Model {
  return {
    ...model,
    async complete(ctx, params, onDelta) {
      const unrecorded = new AbortController();
      const signal = AbortSignal.any([ctx.signal, unrecorded.signal]);
      const recorded = onRecord.catch((reason: unknown) => {
        unrecorded.abort(reason);
        throw reason;
      });
      const held = onDelta && heldUntil(recorded, onDelta);
      const [turn] = await Promise.all([model.complete({ signal }, params, held), recorded]);
      return turn;
    },
  };
}

function heldUntil(recorded: Promise<unknown>, onDelta: OnDelta): OnDelta {
  let held: [Delta, DeltaSource][] | undefined = [];
  recorded.then(
    () => {
      for (const [delta, source] of held ?? []) onDelta(delta, source);
      held = undefined;
    },
    () => undefined,
  );
  return (delta, source) => (held ? void held.push([delta, source]) : onDelta(delta, source));
}
