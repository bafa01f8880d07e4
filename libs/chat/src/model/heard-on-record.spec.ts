import { describe, expect, it } from '@jest/globals';
import { heardOnRecord } from './heard-on-record.ts';
import type { Model, OnDelta } from './model.ts';

const SOURCE = { model: 'm', extras: {} };
const TURN = { model: 'm' } as Awaited<ReturnType<Model['complete']>>;
const params = { model: 'm', messages: [] };
const signal = new AbortController().signal;

/** Says `words` at once; ends when it is let, or when it is stopped. */
function speaking(words: readonly string[]) {
  const end = Promise.withResolvers<void>();
  const model: Model = {
    target: { provider: 'p', baseUrl: '', defaultModel: 'm', scripted: false, guarded: false },
    list: async () => [],
    async complete(ctx, _params, onDelta) {
      for (const content of words) onDelta?.({ index: 0, delta: { content } }, SOURCE);
      ctx.signal.addEventListener('abort', () => end.reject(ctx.signal.reason));
      await end.promise;
      onDelta?.({ index: 0, delta: { content: 'last' } }, SOURCE);
      return TURN;
    },
  };
  return { model, end };
}

function listening(): { heard: unknown[]; onDelta: OnDelta } {
  const heard: unknown[] = [];
  return { heard, onDelta: ({ delta }) => void heard.push(delta?.['content']) };
}

describe('a model that is asked while the question is put on record', () => {
  it('is heard when it is, in order, and not before', async () => {
    const record = Promise.withResolvers<void>();
    const { model, end } = speaking(['one', 'two']);
    const { heard, onDelta } = listening();
    const turn = heardOnRecord(model, record.promise).complete({ signal }, params, onDelta);
    end.resolve();
    await new Promise(setImmediate);
    expect(heard).toEqual([]);
    record.resolve();
    expect(await turn).toBe(TURN);
    expect(heard).toEqual(['one', 'two', 'last']);
  });

  it('is stopped, and nothing of it is heard, where that fails', async () => {
    const record = Promise.withResolvers<void>();
    const { model, end } = speaking(['one']);
    const { heard, onDelta } = listening();
    const turn = heardOnRecord(model, record.promise).complete({ signal }, params, onDelta);
    const failure = new Error('the database is away');
    record.reject(failure);
    await expect(turn).rejects.toBe(failure);
    await expect(end.promise).rejects.toBe(failure);
    expect(heard).toEqual([]);
  });
});
