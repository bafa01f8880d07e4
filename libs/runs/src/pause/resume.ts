import { limitsSchema, type ImportCatalog, type Limits, type RunOutcome } from '@switchyard/execution';
import {
  AppError,
  type Arm,
  type Ctx,
  type Principal,
  type RunId,
  type Surface,
  type TenantId,
} from '@switchyard/kernel';
import { MOST_RESUMES, type Ledger, type StoredRun } from '@switchyard/ledger';
import type { Approval, Approvals } from '@switchyard/tools';
import type { Database } from '@switchyard/database';
import type { KeepStore } from '../keep/keep.store.ts';
import type { Results } from '../keep/results.ts';
import { TENANT_LIMITS } from '../limits.ts';
import type { RunRequest, RunsOptions } from '../runs.ts';
import { Diverged, History } from './history.ts';
import { readJournal } from './journal.store.ts';

export interface WaitingOptions {
  readonly approvals: Approvals;
  readonly ledger: Pick<Ledger, 'pauseRun' | 'continueRun' | 'parkRun' | 'claimRun' | 'resumableRuns'>;
  readonly results: Pick<Results, 'read'>;
  readonly store: KeepStore & { readonly database: Pick<Database, 'inTenant' | 'onChange'> };
  /** How long a sandbox is held for an answer that comes at once, in milliseconds; then it is let go. */
  readonly graceMs: number;
  /** Aborts when this process stops: runs that have waited are left to others. */
  readonly stopping: AbortSignal;
  /** Who started a run, with today's rights; undefined when they have none any more. */
  readonly principalOf: (
    tenantId: TenantId,
    run: Pick<StoredRun, 'principalKind' | 'principalId' | 'principalName'>,
  ) => Promise<Principal | undefined>;
  /** Why a run must not go on although it was granted, such as a kill switch; undefined when it may. */
  readonly mayNotGoOn?: (ctx: Ctx) => Promise<string | undefined>;
  /** Hears of a run that nobody holds from now on. */
  readonly letGo: (tenantId: TenantId, runId: RunId) => void;
}

/** A run that goes on here. */
export interface TakenRun extends RunRequest {
  readonly history: History;
  readonly asked: ReadonlyMap<number, Approval & { readonly argsHash: string }>;
  /** The journal's free place. */
  readonly place: number;
  readonly runLimits: Limits;
  /** The code as it is on record. */
  readonly shown: string;
  /** Why it has not gone the same way, where it ended with calls of its record left out. */
  leftOut(outcome: RunOutcome): Diverged | undefined;
}

/** The tree of imports with the tools that the run has used: they may be gone. */
export function withUsed(
  base: ImportCatalog,
  used: readonly { readonly server: string; readonly tool: string }[],
): ImportCatalog {
  return (path) => {
    const now = base(path);
    const then = used.flatMap(({ server, tool }) =>
      path === 'servers' ? [server] : path === `servers/${server}` ? [tool] : [],
    );
    return now || then.length > 0 ? [...new Set([...(now ?? []), ...then])] : undefined;
  };
}

type GoOn = (ctx: Ctx & { readonly runId: RunId }, taken: TakenRun) => Promise<unknown>;

/** One, or all that can go on. Those that others take first are theirs. */
export async function resumeRuns(
  options: RunsOptions,
  { tenantId, runId }: { readonly tenantId: TenantId; readonly runId?: string | undefined },
  goOn: GoOn,
): Promise<number> {
  const { waiting } = options;
  if (!waiting || waiting.stopping.aborted) return 0;
  const ids = runId === undefined ? await waiting.ledger.resumableRuns({ tenantId }) : [runId];
  const taken = await Promise.all(ids.map((id) => resumeOne(options, waiting, { tenantId, runId: id, goOn })));
  return taken.filter(Boolean).length;
}

async function resumeOne(
  options: RunsOptions,
  waiting: WaitingOptions,
  { tenantId, runId, goOn }: { readonly tenantId: TenantId; readonly runId: string; readonly goOn: GoOn },
): Promise<boolean> {
  const claimed = await waiting.ledger.claimRun({ tenantId }, runId);
  if (!claimed) return false;
  const { run, resumes } = claimed;
  try {
    const principal = await waiting.principalOf(tenantId, run);
    const ctx = ctxOf(tenantId, { run, principal, stopping: waiting.stopping });
    const journal = await readJournal(waiting.store, ctx, run.id);
    const why = principal
      ? ((await waiting.mayNotGoOn?.(ctx)) ?? lostOf(journal, resumes))
      : 'Who started this run has no rights here any more.';
    if (why !== undefined || !journal) {
      await giveUp(options, waiting, { ctx, reason: why ?? LOST });
      return true;
    }
    const history = new History(journal.entries);
    const asked = new Map((await waiting.approvals.ofRun(ctx, run.id)).map((one) => [one.seq ?? 0, one]));
    await goOn(ctx, {
      code: history.code,
      tier: 'strict',
      history,
      asked,
      place: journal.place,
      shown: run.code,
      runLimits: limitsSchema.safeParse(run.limits).data ?? TENANT_LIMITS,
      leftOut: (outcome) =>
        outcome.status === 'done' && history.left().length > 0
          ? new Diverged(
              'The code went on differently than before it waited: calls that it made then did not come again.',
            )
          : undefined,
    });
  } catch (error) {
    // No executor for now, a database that is away: whoever tries next finds it as it was.
    await waiting.ledger.parkRun(ctxOf(tenantId, { run, principal: undefined, stopping: waiting.stopping }), run.id);
    if (!(error instanceof AppError)) throw error;
  }
  return true;
}

const LOST = 'What this run had done before it waited is not on record any more.';

function lostOf(journal: object | undefined, resumes: number): string | undefined {
  if (!journal) return LOST;
  return resumes > MOST_RESUMES ? `It was taken up ${MOST_RESUMES} times and did not end.` : undefined;
}

function ctxOf(
  tenantId: TenantId,
  {
    run,
    principal,
    stopping,
  }: { readonly run: StoredRun; readonly principal: Principal | undefined; readonly stopping: AbortSignal },
): Ctx & { readonly runId: RunId } {
  return {
    tenantId,
    principal: principal ?? { kind: 'system', id: 'system', name: 'switchyard' },
    surface: run.surface as Surface,
    traceId: run.traceId,
    signal: stopping,
    runId: run.id,
    ...(run.conversation === null ? {} : { conversation: run.conversation }),
    ...(run.arm === null ? {} : { arm: run.arm satisfies Arm }),
  };
}

async function giveUp(
  options: RunsOptions,
  { approvals, store }: WaitingOptions,
  { ctx, reason }: { readonly ctx: Ctx & { readonly runId: RunId }; readonly reason: string },
): Promise<void> {
  await options.ledger.finishRun(ctx, ctx.runId, { status: 'crashed', error: { reason }, durationMs: 0 });
  await store.database.inTenant(ctx, (tx) => approvals.withdraw(tx, ctx, ctx.runId));
}
