import { CANCELLED, EXECUTOR_LOST, type Finding, type RunOutcome } from '@switchyard/execution';
import type { Ctx, RunId } from '@switchyard/kernel';
import type { Approval } from '@switchyard/tools';
import type { Recorder } from '../recorder.ts';
import type { RunAnswer } from '../run-answer.ts';
import type { Diverged } from './history.ts';
import type { WaitingCalls } from './waiting-calls.ts';

/** A run that has waited outlives its sandbox, its caller and its executor; not a kill. */
export function isLetGo(waits: WaitingCalls, outcome: RunOutcome, kill: AbortSignal | undefined): boolean {
  const { pausing, diverged } = waits;
  if (!pausing.isDurable || outcome.status !== 'crashed' || diverged || kill?.aborted) return false;
  return pausing.isParked || outcome.reason === CANCELLED || outcome.reason === EXECUTOR_LOST;
}

/** Code that went another way when it went on elsewhere has failed, however it ended. */
export function asItWent(outcome: RunOutcome, diverged: Diverged | undefined): RunOutcome {
  if (!diverged) return outcome;
  const { name, message } = diverged;
  return { status: 'failed', error: { name, message, stack: `${name}: ${message}` }, usage: outcome.usage };
}

/** Ends a run's sandbox when its caller leaves; once it has waited for people, it goes on whether or not they stay. */
export function signalOf(
  ctx: Ctx,
  waits: WaitingCalls | undefined,
  { stopping, kill }: { readonly stopping: AbortSignal | undefined; readonly kill: AbortSignal | undefined },
): AbortSignal {
  const killed = kill ? [kill] : [];
  if (!waits) return killed.length === 0 ? ctx.signal : AbortSignal.any([ctx.signal, ...killed]);
  const gone = new AbortController();
  const leave = (): void => {
    if (!waits.pausing.isDurable) gone.abort();
  };
  if (ctx.signal.aborted) leave();
  else ctx.signal.addEventListener('abort', leave, { once: true });
  return AbortSignal.any([gone.signal, waits.stop, waits.pausing.park, ...(stopping ? [stopping] : []), ...killed]);
}

/** What a caller is told of a run that waits still. */
export const waitingAnswer = ({
  ctx,
  recorder,
  findings,
  approvals,
  durationMs,
}: {
  readonly ctx: Ctx & { readonly runId: RunId };
  readonly recorder: Recorder;
  readonly findings: readonly Finding[];
  readonly approvals: readonly Approval[];
  readonly durationMs: number;
}): RunAnswer => ({
  id: ctx.runId,
  status: 'awaiting_approval',
  approvals,
  result: null,
  handle: null,
  error: null,
  logs: recorder.logs,
  findings,
  calls: recorder.calls,
  usage: {
    durationMs,
    cpuMs: 0,
    peakMemoryBytes: 0,
    calls: recorder.calls.length,
    tokens: { returned: 0, keptOut: recorder.tokensOfResults },
  },
  traceId: ctx.traceId,
});
