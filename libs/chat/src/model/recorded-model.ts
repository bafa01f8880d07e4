import { AppError, newId, type Ctx } from '@switchyard/kernel';
import type { Counterfactual, ModelCallInput, RecordedCost } from '@switchyard/ledger';
import type { AnswerTrace } from '../exchange.ts';
import { addUsage, NO_USAGE } from '../wire/turn.ts';
import type { Model } from './model.ts';

/** Gives what the call cost; null where no price is known. */
export type RecordModelCall = (ctx: Ctx, call: ModelCallInput) => Promise<Pick<RecordedCost, 'costMicros'>>;
export type Purpose = 'chat' | 'shadow' | 'compare';

interface Books {
  readonly purpose: Purpose;
  readonly trace: AnswerTrace;
  readonly record: RecordModelCall;
}

type Told = Pick<
  ModelCallInput,
  'model' | 'usage' | 'usageEstimated' | 'status' | 'errorCode' | 'startedAt' | 'durationMs' | 'firstTokenMs'
>;

/**
 * A model whose every call is on the books. The last one waits for `settled`, which takes the counterfactual of the
 * answer that it finished and resolves when everything is written.
 */
export function recordedModel(model: Model, ctx: Ctx, { purpose, trace, record }: Books) {
  const writing: Promise<void>[] = [];
  const began = performance.now();
  let last: ModelCallInput | undefined;

  const flush = (more: { readonly counterfactual?: Counterfactual } = {}): void => {
    if (!last) return;
    const writes = record(ctx, { ...last, ...more }).then(({ costMicros }) => {
      if (costMicros !== null) trace.costMicros = (trace.costMicros ?? 0n) + costMicros;
    });
    writes.catch(() => undefined); // awaited in `settled`
    writing.push(writes);
    last = undefined;
  };
  const write = (told: Told): void => {
    flush();
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
    flush(counterfactual ? { counterfactual } : {});
    await Promise.all(writing);
  };
  return { model: recorded, settled };
}
