import { usageOf, type Kept, type Replay, type RunAnswer } from '@switchyard/runs';
import type { RunSummary, StoredRun } from '@switchyard/ledger';
import type { Approval } from '@switchyard/tools';
import type { ExecutionAnswer, ReplayAnswer } from './contract.ts';

type Finding = ExecutionAnswer['findings'][number];

/** Exactly the fields that are documented: clients that validate refuse others. */
const toFinding = ({ stage, code, message, line, column, hint, severity }: Finding): Finding => ({
  stage,
  code,
  message,
  line,
  column,
  hint,
  ...(severity === undefined ? {} : { severity }),
});

type Call = ExecutionAnswer['calls'][number];
export const toCall = ({ tool, status, durationMs, tokens }: Call): Call => ({ tool, status, durationMs, tokens });

type Notice = NonNullable<ExecutionAnswer['approvals']>[number];
export const toNotice = ({ id, server, tool, risk, reasons, persons, expiresAt }: Approval): Notice => ({
  id,
  tool: `${server}.${tool}`,
  risk,
  reasons: [...reasons],
  persons,
  expiresAt: expiresAt.toISOString(),
});

const noticesOf = (approvals: readonly Approval[]): Pick<ExecutionAnswer, 'approvals'> =>
  approvals.length === 0 ? {} : { approvals: approvals.map(toNotice) };

/** What a caller gets back from a run that has just ended. */
export function toAnswer(run: RunAnswer): ExecutionAnswer {
  return {
    id: run.id,
    status: run.status,
    result: run.result,
    handle: run.handle,
    error: run.error,
    logs: [...run.logs],
    findings: run.findings.map(toFinding),
    calls: run.calls.map(toCall),
    usage: run.usage,
    traceId: run.traceId,
    ...(run.status === 'awaiting_approval' ? noticesOf(run.approvals) : {}),
  };
}

/** What is kept of a run, in the same form; masked and bounded, unlike the answer its caller got. */
export function toStoredAnswer(
  run: RunSummary | StoredRun,
  kept?: Kept | null,
  approvals: readonly Approval[] = [],
): ExecutionAnswer {
  const stored = 'code' in run ? run : { ...run, findings: [], logs: [], result: null, calls: [] };
  return {
    id: run.id,
    status: run.status,
    result: stored.result,
    handle: kept
      ? { handle: run.id, bytes: kept.bytes, rows: kept.rows, expiresAt: kept.expiresAt.toISOString() }
      : null,
    error: run.error as ExecutionAnswer['error'],
    logs: stored.logs as ExecutionAnswer['logs'],
    findings: (stored.findings as ExecutionAnswer['findings']).map(toFinding),
    calls: stored.calls.map((call) => ({
      tool: `${call.server}.${call.tool}`,
      status: call.status,
      durationMs: call.durationMs,
      tokens: call.resultTokens,
    })),
    usage: usageOf(run),
    traceId: run.traceId,
    ...noticesOf(approvals),
  };
}

export const toReplayAnswer = ({
  runId,
  status,
  result,
  error,
  logs,
  findings,
  usage,
  diff,
}: Replay): ReplayAnswer => ({
  id: runId,
  status,
  result,
  error,
  logs: [...logs],
  findings: findings.map(toFinding),
  usage,
  diff: {
    ...diff,
    logs: { ...diff.logs, before: [...diff.logs.before], after: [...diff.logs.after] },
    calls: [...diff.calls],
    notMade: [...diff.notMade],
  },
});
