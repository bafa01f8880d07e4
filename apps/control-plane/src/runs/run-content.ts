import { can, requirePermission } from '@switchyard/identity';
import type { Ctx } from '@switchyard/kernel';
import type { Ledger, StoredRun } from '@switchyard/ledger';
import type { Kept, Replay, Runs, WorkspaceFile, WorkspaceOwner } from '@switchyard/runs';
import { toStoredAnswer } from './answer.ts';
import type { ExecutionAnswer } from './contract.ts';
import type { RunParts } from './run-parts.ts';

/** What a run left beside its record, as whoever asks for it may see it. */
export interface RunContent {
  /** A run's whole result, as JSON. Throws AppError `not_found` where it was not kept, or not for so long. */
  result(ctx: Ctx, runId: string): Promise<Buffer>;
  /** What is kept of it; both are null when nothing is. */
  kept(ctx: Ctx, runId: string): Promise<{ result: Kept | null; recording: Kept | null }>;
  /** A run as it is on record; with its whole result for whoever started it, where it ended without them and was kept. */
  answer(ctx: Ctx, run: StoredRun): Promise<ExecutionAnswer>;
  /** The workspace that the run could see, as it is now. */
  files(ctx: Ctx, runId: string): Promise<WorkspaceFile[]>;
  /** As JSON: a text is a JSON string. */
  file(ctx: Ctx, runId: string, name: string): Promise<Buffer>;
  removeFile(ctx: Ctx, runId: string, name: string): Promise<void>;
  replay(ctx: Ctx, request: { runId: string; code?: string | undefined }): Promise<Replay>;
}

/** What is larger is fetched by its handle. */
const MOST_BYTES = 64 * 1024;

const ownerOf = ({ id, principalKind, principalId, conversation }: StoredRun): WorkspaceOwner => ({
  runId: id,
  principal: { kind: principalKind, id: principalId },
  conversation,
});

export function createRunContent(
  ledger: Pick<Ledger, 'getRun' | 'recordAudit'>,
  runs: Pick<Runs, 'replay'>,
  { workspace, results, recordings }: Pick<RunParts, 'workspace' | 'results' | 'recordings'>,
): RunContent {
  /** What is not masked is for who started the run; for others by permission. */
  async function open(ctx: Ctx, runId: string): Promise<{ run: StoredRun; isOwn: boolean }> {
    const run = await ledger.getRun(ctx, runId);
    const isOwn = run.principalKind === ctx.principal.kind && run.principalId === ctx.principal.id;
    if (!isOwn) requirePermission(ctx, 'runs.results');
    return { run, isOwn };
  }

  /** Whoever looks at what another's run gave, unmasked, is on record. */
  async function noted(ctx: Ctx, { run, isOwn }: Awaited<ReturnType<typeof open>>, what: object): Promise<void> {
    if (isOwn) return;
    await ledger.recordAudit(ctx, { action: 'run.content_opened', target: { kind: 'run', id: run.id }, after: what });
  }

  return {
    async result(ctx, runId) {
      const opened = await open(ctx, runId);
      const found = await results.read(ctx, opened.run.id);
      await noted(ctx, opened, { what: 'result', bytes: found.length });
      return found;
    },
    async kept(ctx, runId) {
      const [result, recording] = await Promise.all([results.find(ctx, runId), recordings.find(ctx, runId)]);
      return { result: result ?? null, recording: recording ?? null };
    },
    async answer(ctx, run) {
      const kept = await results.find(ctx, run.id);
      const isOwn = run.principalKind === ctx.principal.kind && run.principalId === ctx.principal.id;
      if (!kept || !isOwn || kept.bytes > MOST_BYTES) return toStoredAnswer(run, kept);
      const whole = JSON.parse((await results.read(ctx, run.id)).toString()) as unknown;
      return { ...toStoredAnswer(run), result: whole };
    },
    files: async (ctx, runId) => workspace.list(ctx, ownerOf(await ledger.getRun(ctx, runId))),
    async file(ctx, runId, name) {
      const opened = await open(ctx, runId);
      const found = await workspace.read(ctx, ownerOf(opened.run), name);
      await noted(ctx, opened, { what: 'file', name });
      return found;
    },
    async removeFile(ctx, runId, name) {
      const { run } = await open(ctx, runId);
      await workspace.remove(ctx, ownerOf(run), name);
    },
    async replay(ctx, request) {
      await open(ctx, request.runId);
      return runs.replay(ctx, request);
    },
  };
}

/** Whether `replay`, `result` and `file` would let the caller. */
export const mayOpen = (ctx: Ctx, run: { principalKind: string; principalId: string }): boolean =>
  (run.principalKind === ctx.principal.kind && run.principalId === ctx.principal.id) ||
  can(ctx.principal, 'runs.results');
