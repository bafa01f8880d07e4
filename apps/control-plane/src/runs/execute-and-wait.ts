import type { Ctx } from '@switchyard/kernel';
import type { RunAnswer, RunRequest, Runs, RunSink } from '@switchyard/runs';

/** Waits for the end of a run that waits for people, and no longer than `waitMs`; then it is answered as waiting still. */
export async function waitForEnd(
  runs: Pick<Runs, 'settled'>,
  ctx: Ctx,
  { answer, waitMs }: { readonly answer: RunAnswer; readonly waitMs: number },
): Promise<RunAnswer> {
  if (answer.status !== 'awaiting_approval') return answer;
  const enough = AbortSignal.timeout(waitMs);
  return runs.settled(ctx, answer.id, AbortSignal.any([ctx.signal, enough])).catch((error: unknown) => {
    if (ctx.signal.aborted || !enough.aborted) throw error;
    return answer;
  });
}

export const executeAndWait = async (
  runs: Pick<Runs, 'execute' | 'settled'>,
  ctx: Ctx,
  { waitMs, ...request }: RunRequest & { readonly waitMs: number },
  sink?: RunSink,
): Promise<RunAnswer> => waitForEnd(runs, ctx, { answer: await runs.execute(ctx, request, sink), waitMs });
