import { limitsSchema, type ImportCatalog, type InvokeReply, type RunOutcome } from '@switchyard/execution';
import { AppError, newId, type Ctx, type Json } from '@switchyard/kernel';
import { codeHash, type StoredRun } from '@switchyard/ledger';
import { createMasker } from '@switchyard/privacy';
import { partyOf } from '../party.ts';
import { importCatalog } from '../import-catalog.ts';
import { KEPT_RESULT_CAP_BYTES } from '../keep/results.ts';
import { TENANT_LIMITS } from '../limits.ts';
import { errorOf, type LogLine, type RunAnswer } from '../run-answer.ts';
import { BLOCKED } from '../review/blocks.ts';
import type { RunsOptions } from '../runs.ts';
import { link } from '../skills/link.ts';
import { asRecorded } from '../skills/skills.ts';
import { diffOf, type ReplayDiff, type ReplayedCall } from './diff.ts';
import { Playback } from './playback.ts';
import type { Recording } from './recording.ts';

const SHOWN_RESULT_BYTES = 16 * 1024;
const SHOWN_ARGS_BYTES = 2 * 1024;

export interface ReplayRequest {
  readonly runId: string;
  /** In the place of the run's own, to try a correction. */
  readonly code?: string | undefined;
}

/** How a replay ended, and what was different from the run. */
export interface Replay extends Pick<RunAnswer, 'status' | 'result' | 'error' | 'logs' | 'findings'> {
  /** The run that was replayed. */
  readonly runId: string;
  readonly usage: { readonly durationMs: number; readonly cpuMs: number; readonly peakMemoryBytes: number };
  readonly diff: ReplayDiff;
}

async function recordingOf(options: RunsOptions, ctx: Ctx, run: StoredRun): Promise<Recording> {
  const found = await options.recordings.load(ctx, run.id);
  if (found) return found;
  if (run.callCount === 0) return { code: run.code, skills: [], calls: [], result: undefined };
  throw new AppError(
    'not_found',
    options.recordings.isOn
      ? 'What the calls of this run gave is not on record any more, so that it cannot be replayed.'
      : 'Recording is off here (SWITCHYARD_RECORDING_HOURS=0), so that runs with calls cannot be replayed.',
    { reason: 'not_recorded', calls: run.callCount },
  );
}

/** Tools as the caller sees them now, and those that the run used: they may be gone, and are not called. */
function importsOf(base: ImportCatalog, { calls }: Recording): ImportCatalog {
  const used = calls.filter(({ server }) => !server.startsWith('$'));
  return (path) => {
    const now = base(path);
    const then = used.flatMap(({ server, tool }) =>
      path === 'servers' ? [server] : path === `servers/${server}` ? [tool] : [],
    );
    return now || then.length > 0 ? [...new Set([...(now ?? []), ...then])] : undefined;
  };
}

/** What reviewers blocked does not run again, not against a record either. */
async function requireAllowed(
  { review: { blocks } }: RunsOptions,
  ctx: Ctx,
  { code, skills }: Pick<Recording, 'code' | 'skills'>,
): Promise<void> {
  const [isBlocked, blocked] = [await blocks.blocksCode(ctx, code), await blocks.blockedSkills(ctx, skills)];
  if (isBlocked || blocked.size > 0)
    throw new AppError('forbidden', `${BLOCKED.message} ${BLOCKED.hint}`, { reason: 'blocked' });
}

/** A run that is run again, and how that ended. */
export interface RunAgain {
  readonly outcome: RunOutcome;
  readonly calls: readonly ReplayedCall[];
  readonly notMade: ReplayDiff['notMade'];
  readonly logs: readonly LogLine[];
}

/** What can be run again: the run and what it left. Throws AppError `not_found`, `conflict` while it goes on, `forbidden` for blocked code. */
export async function recorded(
  options: RunsOptions,
  ctx: Ctx,
  { runId, code }: ReplayRequest,
): Promise<{ run: StoredRun; recording: Recording }> {
  const run = await options.ledger.getRun(ctx, runId);
  if (run.status === 'running') throw new AppError('conflict', 'The run goes on still: wait until it has ended.');
  const recording = await recordingOf(options, ctx, run);
  await requireAllowed(options, ctx, { code: code ?? recording.code, skills: recording.skills });
  return { run, recording };
}

/** Runs code against a record: no tool is called. */
export async function runAgain(
  options: RunsOptions,
  ctx: Ctx,
  { run, recording, code }: { readonly run: StoredRun; readonly recording: Recording; readonly code: string },
): Promise<RunAgain> {
  const tools = await options.gateway.toolsFor(ctx);
  const skills = new Map((await options.skills.usable(ctx, tools)).map((skill) => [skill.name, asRecorded(skill)]));
  for (const skill of recording.skills) skills.set(skill.name, skill);
  const limits = { ...(limitsSchema.safeParse(run.limits).data ?? TENANT_LIMITS), resultBytes: KEPT_RESULT_CAP_BYTES };
  const imports = importsOf(importCatalog(tools), recording);
  const linked = link(code, { imports, mode: options.validation, limits, skills });

  const masker = createMasker();
  const playback = new Playback(recording.calls);
  const calls: ReplayedCall[] = [];
  const logs: LogLine[] = [];
  const outcome: RunOutcome = linked.ok
    ? await options.executor.run(
        { runId: newId(), program: linked.program, limits, party: partyOf(ctx) },
        {
          signal: ctx.signal,
          log: ({ stream, text, at }) => void logs.push({ stream, text, at }),
          invoke: async (call): Promise<InvokeReply> => {
            const { reply, outcome: how, seq } = playback.play(call);
            const args = masker.preview((call.args ?? null) as Json, SHOWN_ARGS_BYTES).value;
            calls.push({ tool: nameOf(call), outcome: how, seq, args });
            return reply;
          },
        },
      )
    : {
        status: 'rejected',
        findings: [...linked.findings],
        usage: { durationMs: 0, cpuMs: 0, peakMemoryBytes: 0, calls: 0 },
      };
  const notMade = playback.rest().map((call) => ({ tool: nameOf(call), seq: call.seq }));
  return { outcome, calls, notMade, logs };
}

/** Runs again what ran, answered from the record. It leaves an audit event and no run: nothing of the world is touched. */
export async function replay(options: RunsOptions, ctx: Ctx, request: ReplayRequest): Promise<Replay> {
  const { code } = request;
  const { run, recording } = await recorded(options, ctx, request);
  const again = await runAgain(options, ctx, { run, recording, code: code ?? recording.code });
  const { outcome, calls, notMade, logs } = again;
  const masker = createMasker();
  const json = outcome.status === 'done' ? outcome.json : undefined;
  const value: Json = json === undefined ? null : (JSON.parse(json) as Json);
  const diff = diffOf({
    status: { before: run.status, after: outcome.status },
    result: { before: run.result, after: createMasker().preview(value, SHOWN_RESULT_BYTES).value },
    whole: { before: recording.result, after: json },
    logs: {
      before: run.logs.map(textOf),
      after: logs.map(({ text }) => masker.maskText(text)),
    },
    calls,
    notMade,
  });
  await options.ledger.recordAudit(ctx, {
    action: 'run.replayed',
    target: { kind: 'run', id: run.id },
    after: {
      status: outcome.status,
      same: diff.same,
      diverged: calls.filter((call) => call.outcome !== 'recorded').length,
      otherCode: code !== undefined && code !== recording.code,
    },
    codeHash: codeHash(code ?? recording.code),
  });
  const { durationMs, cpuMs, peakMemoryBytes } = outcome.usage;
  return {
    runId: run.id,
    status: outcome.status,
    result: value,
    error: errorOf(outcome),
    logs,
    findings: outcome.status === 'rejected' ? outcome.findings : [],
    usage: { durationMs: Math.round(durationMs), cpuMs: Math.round(cpuMs), peakMemoryBytes },
    diff,
  };
}

const nameOf = ({ server, tool }: { server: string; tool: string }): string => `${server.replace('$', '')}.${tool}`;

const textOf = (line: Json): string =>
  typeof line === 'object' && line !== null && !Array.isArray(line) ? String(line['text']) : '';
