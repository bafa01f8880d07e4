import { AppError, type Ctx } from '@switchyard/kernel';
import type { Counterfactual, Ledger, ModelCallInput, RecordedCost, RunEnd } from '@switchyard/ledger';
import { GEN_AI, type Metrics, type SpanStart, type Tracing } from '@switchyard/telemetry';
import { callerOf } from './observed-gateway.ts';

interface LedgerTelemetry {
  readonly metrics: Pick<Metrics, 'code' | 'run' | 'modelCall' | 'refused'>;
  readonly tracing: Pick<Tracing, 'past'>;
}

/** What comes on record is what is counted, once it is. */
export function observedLedger(ledger: Ledger, { metrics, tracing }: LedgerTelemetry): Ledger {
  const admitted = async <Place>(ctx: Pick<Ctx, 'tenantId'>, admit: () => Promise<Place>): Promise<Place> => {
    try {
      return await admit();
    } catch (error) {
      if (error instanceof AppError) metrics.refused(ctx, error.code);
      throw error;
    }
  };
  const heard = (ctx: Ctx, call: ModelCallInput, cost: RecordedCost): void => {
    const { arm, purpose, provider, model, scripted, status, errorCode, durationMs, usage, counterfactual } = call;
    metrics.modelCall({
      tenantId: ctx.tenantId,
      arm,
      purpose,
      provider,
      model,
      scripted,
      error: status === 'ok' ? null : (errorCode ?? 'internal'),
      durationMs,
      tokens: {
        input: usage.inputTokens,
        cachedInput: usage.cachedInputTokens,
        output: usage.outputTokens,
        reasoning: usage.reasoningTokens,
      },
      costMicros: cost.costMicros,
      // As the page of savings: shadow answers and comparisons are experiments, and saved no traffic.
      tokensSaved: purpose === 'chat' ? savedBy(counterfactual) : null,
    });
    tracing.past(ctx, modelSpan(call, cost), pastOf(call));
  };

  return {
    ...ledger,
    async startRun(ctx, run, options) {
      metrics.code(run.code.length);
      await ledger.startRun(ctx, run, options);
    },
    async finishRun(ctx, id, end) {
      await ledger.finishRun(ctx, id, end);
      const { status, durationMs, tokensKeptOut = 0, calls = [], counterfactual } = end;
      const saved = savedBy(counterfactual);
      const of = { ...callerOf(ctx), status, durationMs, tokensKeptOut, calls: calls.length, tools: toolsOf(calls) };
      metrics.run({ ...of, tokensSaved: saved });
    },
    async recordModelCall(ctx, call) {
      const cost = await ledger.recordModelCall(ctx, call);
      heard(ctx, call, cost);
      return cost;
    },
    async priceModelCall(ctx, call) {
      const priced = await ledger.priceModelCall(ctx, call);
      return {
        ...priced,
        async recorded(answers) {
          heard(ctx, call, priced);
          await priced.recorded(answers);
        },
      };
    },
    admitRequest: (ctx) => admitted(ctx, () => ledger.admitRequest(ctx)),
    admitExecution: (ctx) => admitted(ctx, () => ledger.admitExecution(ctx)),
    admitChat: (ctx) => admitted(ctx, () => ledger.admitChat(ctx)),
  };
}

/** The name of a model that did not answer is whatever a caller wrote. */
function modelSpan(
  { status, model, provider, usage, arm, purpose }: ModelCallInput,
  { costMicros }: RecordedCost,
): SpanStart {
  const operation = purpose === 'embedding' ? 'embeddings' : 'chat';
  const isOk = status === 'ok';
  const facts = {
    [GEN_AI.operation]: operation,
    [GEN_AI.provider]: provider,
    'switchyard.arm': arm ?? undefined,
    ...(isOk
      ? {
          [GEN_AI.requestModel]: model,
          [GEN_AI.responseModel]: model,
          [GEN_AI.inputTokens]: usage.inputTokens,
          [GEN_AI.cachedTokens]: usage.cachedInputTokens,
          [GEN_AI.outputTokens]: usage.outputTokens,
          [GEN_AI.reasoningTokens]: usage.reasoningTokens,
          'switchyard.cost.micro_dollars': costMicros === null ? undefined : Number(costMicros),
        }
      : {}),
  };
  return { name: isOk ? [operation, model] : [operation], kind: 'client', facts };
}

const pastOf = ({ startedAt, durationMs, status, errorCode }: ModelCallInput) => ({
  startedAt,
  durationMs,
  ...(status === 'ok' ? {} : { error: errorCode ?? 'internal' }),
});

/** What code does without a tool of anybody's. */
const OURS: ReadonlySet<string> = new Set(['servers', 'workspace']);

/** Of calls that answered: those names are the catalogue's. */
const toolsOf = (calls: NonNullable<RunEnd['calls']>): string[] =>
  calls.flatMap(({ server, tool, status }) => (status === 'ok' && !OURS.has(server) ? [`${server}.${tool}`] : []));

function savedBy(found: Counterfactual | undefined): number | null {
  if (!found) return null;
  const tokensOf = (calls: Counterfactual['turns']): number =>
    calls.reduce((sum, { inputTokens, outputTokens }) => sum + inputTokens + outputTokens, 0);
  return tokensOf(found.turns) - tokensOf(found.used);
}
