import { countStatements, linesThatRan } from '@switchyard/execution';
import { AppError, type Ctx } from '@switchyard/kernel';
import { codeHash } from '@switchyard/ledger';
import type { RunsOptions } from '../runs.ts';
import { recorded, runAgain } from './replay.ts';

/** Which lines of a run's code run, found by running it again with each statement counted. */
export interface ExecutedLines {
  readonly runId: string;
  /** From 1. Lines in neither list hold no statement of their own. */
  readonly executed: readonly number[];
  readonly missed: readonly number[];
  /** False when it made other calls than the run did, so that it may have gone another way. */
  readonly faithful: boolean;
}

/**
 * Counts in a replay and not in the run itself, which pays nothing for it. It calls no tool and leaves an audit event.
 * Throws AppError as a replay does, and `unprocessable` where the code cannot be counted or did not come to an end.
 */
export async function executedLines(
  options: RunsOptions,
  ctx: Ctx,
  { runId }: { readonly runId: string },
): Promise<ExecutedLines> {
  const { run, recording } = await recorded(options, ctx, { runId });
  const counted = countStatements(recording.code);
  if (!counted)
    throw new AppError('unprocessable', 'The lines of this code cannot be counted: it cannot be read, or it exports.');
  const { outcome, calls, notMade } = await runAgain(options, ctx, { run, recording, code: counted.code });
  const found = outcome.status === 'done' ? linesThatRan(counted, JSON.parse(outcome.json)) : undefined;
  await options.ledger.recordAudit(ctx, {
    action: 'run.lines_counted',
    target: { kind: 'run', id: run.id },
    after: { status: outcome.status, calls: calls.length },
    codeHash: codeHash(recording.code),
  });
  if (!found)
    throw new AppError(
      'unprocessable',
      `Run again against its record, the code did not come to its end (${outcome.status}), so nothing is known of its lines.`,
    );
  const faithful = notMade.length === 0 && calls.every((call) => call.outcome === 'recorded');
  return { runId: run.id, ...found, faithful };
}
