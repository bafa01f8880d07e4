import { AppError, type Ctx, type Json } from '@switchyard/kernel';
import { countTokens, hasEnded, type StoredRun } from '@switchyard/ledger';
import { usageOf, type LogLine, type RunAnswer, type RunError } from '../run-answer.ts';
import type { RunsOptions } from '../runs.ts';

/** Should news be lost. */
const LOOK_AGAIN_MS = 5_000;

/** Waits until the run has ended, and tells how, with its whole result where that is kept. */
export async function settled(
  options: RunsOptions,
  ctx: Ctx,
  { runId, signal }: { readonly runId: string; readonly signal: AbortSignal },
): Promise<RunAnswer> {
  const { waiting, ledger } = options;
  let wake: () => void = () => undefined;
  const stop = waiting?.store.database.onChange(({ topic, id }) => {
    if (topic === 'all' || (topic === 'runs' && id === runId)) wake();
  });
  const onAbort = (): void => wake();
  signal.addEventListener('abort', onAbort);
  try {
    for (;;) {
      signal.throwIfAborted();
      const heard = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_AGAIN_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      const run = await ledger.getRun(ctx, runId);
      if (hasEnded(run.status)) {
        wake();
        return await answerOf(options, ctx, run);
      }
      await heard;
    }
  } finally {
    wake();
    signal.removeEventListener('abort', onAbort);
    stop?.();
  }
}

/** As its caller would have had it, had they stayed; masked for others, and where the whole is not kept. */
async function answerOf({ waiting }: RunsOptions, ctx: Ctx, run: StoredRun): Promise<RunAnswer> {
  if (!hasEnded(run.status)) throw new AppError('conflict', 'The run goes on still.');
  const isOwn = run.principalKind === ctx.principal.kind && run.principalId === ctx.principal.id;
  const whole =
    run.status === 'done' && isOwn ? await waiting?.results.read(ctx, run.id).catch(() => undefined) : undefined;
  const error = run.error as RunError | null;
  return {
    id: run.id,
    status: run.status,
    approvals: [],
    result: whole && whole.length <= MOST_BYTES ? (JSON.parse(whole.toString()) as Json) : run.result,
    handle: null,
    error,
    logs: run.logs as unknown as readonly LogLine[],
    findings: run.findings as unknown as RunAnswer['findings'],
    calls: run.calls.map((call) => ({
      tool: `${call.server}.${call.tool}`,
      status: call.status,
      durationMs: call.durationMs,
      tokens: call.resultTokens,
      argumentTokens: countTokens(JSON.stringify(call.args ?? {})).tokens,
      startedAt: call.startedAt,
    })),
    usage: usageOf(run),
    traceId: run.traceId,
  };
}

/** What is larger is fetched by its handle. */
const MOST_BYTES = 64 * 1024;
