import { AppError, newId, type Ctx } from '@switchyard/kernel';
import type { Counterfactual, ModelCallInput, PricedModelCall, RecordedCost } from '@switchyard/ledger';
import type { AnswerTrace } from '../exchange.ts';
import { addUsage, NO_USAGE } from '../wire/turn.ts';
import type { Model } from './model.ts';

/** Cost null: no price is known. */
export interface ModelBooks {
  readonly recordModelCall: (ctx: Ctx, call: ModelCallInput) => Promise<Pick<RecordedCost, 'costMicros'>>;
  /** For what comes on record with the answer. */
  readonly priceModelCall: (ctx: Ctx, call: ModelCallInput) => Promise<Omit<PricedModelCall, 'priceId'>>;
}
export type Purpose = 'chat' | 'shadow' | 'compare';

interface Books {
  readonly purpose: Purpose;
  readonly trace: AnswerTrace;
  readonly books: ModelBooks;
}

type Told = Pick<
  ModelCallInput,
  'model' | 'usage' | 'usageEstimated' | 'status' | 'errorCode' | 'startedAt' | 'durationMs' | 'firstTokenMs'
>;

/**
 * A model whose every call is on the books. The last one waits for `settled`, which takes the counterfactual of the
 * answer that it finished and resolves when everything is written, but for the last call of a chat: that is left in the
 * trace, to come on record with the answer.
 */
export function recordedModel(model: Model, ctx: Ctx, { purpose, trace, books }: Books) {
  const writing: Promise<void>[] = [];
  const began = performance.now();
  let last: ModelCallInput | undefined;

  const spent = ({ costMicros }: Pick<RecordedCost, 'costMicros'>): void => {
    if (costMicros !== null) trace.costMicros = (trace.costMicros ?? 0n) + costMicros;
  };
  const record = (call: ModelCallInput | undefined): void => {
    if (!call) return;
    const writes = books.recordModelCall(ctx, call).then(spent);
    writes.catch(() => undefined); // awaited in `settled`
    writing.push(writes);
  };
  const write = (told: Told): void => {
    record(last);
    const { provider, scripted } = model.target;
    const { conversation = null, arm = null } = ctx;
    last = { id: newId(), conversation, arm, purpose, provider, scripted, ...told };
  };

  const recorded: Model = {
    target: model.target,
    list: (listCtx) => model.list(listCtx),
    async complete(callCtx, params, onDelta) {
      const startedAt = new Date();
      const called = performance.now();
      trace.modelCalls += 1;
      try {
        const turn = await model.complete(callCtx, params, onDelta);
        const { usage, usageEstimated, durationMs, firstTokenMs } = turn;
        trace.used.push(usage);
        trace.usage = addUsage(trace.usage, usage);
        trace.usageEstimated ||= usageEstimated;
        trace.model = turn.model || params.model;
        if (firstTokenMs !== null) trace.firstTokenMs ??= called - began + firstTokenMs;
        write({
          model: trace.model,
          usage,
          usageEstimated,
          status: 'ok',
          errorCode: null,
          startedAt: turn.startedAt,
          durationMs,
          firstTokenMs,
        });
        return turn;
      } catch (thrown) {
        const errorCode = callCtx.signal.aborted ? 'cancelled' : thrown instanceof AppError ? thrown.code : 'internal';
        const durationMs = performance.now() - called;
        write({
          model: params.model,
          usage: NO_USAGE,
          usageEstimated: true,
          status: 'error',
          errorCode,
          startedAt,
          durationMs,
          firstTokenMs: null,
        });
        throw thrown;
      }
    },
  };
  const settled = async (counterfactual?: Counterfactual): Promise<void> => {
    const call = last && { ...last, ...(counterfactual ? { counterfactual } : {}) };
    last = undefined;
    if (call && purpose === 'chat') {
      const priced = await books.priceModelCall(ctx, call);
      spent(priced);
      trace.unwritten.push(priced);
    } else record(call);
    await Promise.all(writing);
  };
  return { model: recorded, settled };
}
