import { AppError, isUuid, type Ctx, type Json } from '@switchyard/kernel';
import type { Ledger, StoredRun } from '@switchyard/ledger';
import { bound } from '@switchyard/privacy';
import { findKept, keep, recallKept, sweepKept, type Kept, type KeepStore } from './keep.store.ts';

const MiB = 1024 * 1024;
const DAY_MS = 86_400_000;
const PREVIEW_BYTES = 4 * 1024;

/** The largest result that is kept, in bytes of JSON; beyond it a run ends as `limit`. */
export const KEPT_RESULT_CAP_BYTES = 20 * MiB;

/** A result that was too large to send. */
export interface ResultHandle {
  /** For `workspace.open(handle)` and `GET /v1/executions/<handle>/result`: the id of the run that gave it. */
  readonly handle: string;
  readonly bytes: number;
  /** Of a list; null for anything else. */
  readonly rows: number | null;
  readonly expiresAt: string;
}

/** What a caller gets in the result's place. */
export type LargeResult = ResultHandle & { readonly preview: Json; readonly note: string };

export interface Results {
  /** Keeps a result and gives what stands in its place. */
  keep(ctx: Pick<Ctx, 'tenantId'>, runId: string, result: { json: string; value: Json }): Promise<LargeResult>;
  /** The whole result, for code of the same caller (and the same conversation, where it was made in one). */
  open(ctx: Ctx, handle: string): Promise<Buffer>;
  /** The whole result, for whoever may see it; the surface has asked for the permission. */
  read(ctx: Pick<Ctx, 'tenantId'>, runId: string): Promise<Buffer>;
  find(ctx: Pick<Ctx, 'tenantId'>, runId: string): Promise<Kept | undefined>;
  /** Forgets what runs of a tenant left that has expired, recordings too. */
  sweep(ctx: Pick<Ctx, 'tenantId'>): Promise<void>;
}

export interface ResultsOptions extends KeepStore {
  readonly getRun: Ledger['getRun'];
  readonly keptMs?: number;
  /** Of all results of a tenant; the oldest go first. */
  readonly tenantBytes?: number;
}

const gone = (handle: string): AppError =>
  new AppError(
    'not_found',
    `There is no result "${handle.slice(0, 60)}" that you may open: results expire, and open for the caller and the conversation that made them. Run the code again.`,
  );

/** True of whoever started the run, in the conversation that it belongs to. */
const isOwn = (ctx: Ctx, run: StoredRun): boolean =>
  run.principalKind === ctx.principal.kind &&
  run.principalId === ctx.principal.id &&
  (run.conversation === null || run.conversation === ctx.conversation);

export function createResults({
  getRun,
  keptMs = 3 * DAY_MS,
  tenantBytes = 1024 * MiB,
  ...store
}: ResultsOptions): Results {
  async function read(ctx: Pick<Ctx, 'tenantId'>, runId: string): Promise<Buffer> {
    const found = isUuid(runId) ? await recallKept(store, ctx, runId, 'result') : undefined;
    if (!found) throw gone(runId);
    return found;
  }
  return {
    async keep(ctx, runId, { json, value }) {
      const content = Buffer.from(json);
      const expiresAt = new Date(store.clock.now().getTime() + keptMs);
      const rows = Array.isArray(value) ? value.length : null;
      const bytes = content.length;
      await keep(store, ctx, { runId, kind: 'result', content, bytes, rows, expiresAt, tenantBytes });
      return {
        handle: runId,
        bytes,
        rows,
        expiresAt: expiresAt.toISOString(),
        preview: bound(value, PREVIEW_BYTES).value,
        note: `The result is too large to send (${bytes} bytes) and is kept. Work on it in another run: const all = await workspace.open('${runId}'); or return less: filter, aggregate, slice.`,
      };
    },
    async open(ctx, handle) {
      if (!isUuid(handle)) throw gone(handle);
      const run = await getRun(ctx, handle).catch((error: unknown) => {
        if (error instanceof AppError && error.code === 'not_found') throw gone(handle);
        throw error;
      });
      if (!isOwn(ctx, run)) throw gone(handle);
      return read(ctx, handle);
    },
    read,
    sweep: async (ctx) => void (await sweepKept(store, ctx)),
    find: async (ctx, runId) => (isUuid(runId) ? findKept(store, ctx, runId, 'result') : undefined),
  };
}
