import type { Clock, Ctx, RunId, TenantId } from '@switchyard/kernel';
import { announce, type Database, type Tx } from '@switchyard/database';
import { createAlerts, type Alerts } from './alerts/alerts.ts';
import { createAudit, type Audit } from './audit/audit.ts';
import type { AuditSigner } from './audit/signing.ts';
import type { Page } from './cursor.ts';
import { createAdmission, type Admission } from './limits/admission.ts';
import { readBudget } from './money/budget.store.ts';
import { createBudgets, type AlertSenders, type Budgets } from './money/budgets.ts';
import { createMoney, type Money } from './money/money.ts';
import { PriceBook } from './money/price-book.ts';
import { createPrices, type Prices } from './money/prices.ts';
import { closeOrphanedRuns } from './runs/node-lease.store.ts';
import { claimRun, continueRun, parkRun, pauseRun, resumableRuns } from './runs/pause.store.ts';
import { readReport, type ReportQuery, type ReportRow } from './reports/report.store.ts';
import { recordHash, type RunEnd, type RunStart, type RunSummary, type StoredRun } from './runs/run.ts';
import { readStats, type RunStats } from './runs/run-stats.store.ts';
import { RunEnds } from './runs/run-ends.ts';
import { RunNews } from './runs/run-news.ts';
import { confirmRun, insertRun, listRuns, readRun, type RunFilter } from './runs/runs.store.ts';

export interface LedgerOptions {
  readonly database: Pick<Database, 'inTenant' | 'exchange' | 'host' | 'onChange' | 'tell'>;
  readonly clock: Clock;
  /** Of `openNodeLease`: the process that holds the runs that are started here. */
  readonly nodeId: string;
  readonly senders: AlertSenders;
  /** Hears the kind of each new alert, within its transaction: one that is rolled back was heard all the same. */
  readonly raised?: (kind: string) => void;
  /** Signs checkpoints and cuts of the audit log. Without it none are made, and those that are there are not checked. */
  readonly signer?: AuditSigner;
}

interface Paging {
  readonly cursor?: string | null;
  /** At most 200; 50 unless said. */
  readonly limit?: number | null;
}

export interface Ledger extends Audit, Money, Prices, Budgets, Alerts, Admission {
  /**
   * One insert; `durable: false` does not wait for the disk, which the run's end does. A run that is started and never
   * finished is closed by `closeOrphanedRuns` once its process is gone.
   */
  startRun(ctx: Ctx, run: RunStart, options?: { readonly durable?: boolean }): Promise<void>;
  /** After a start that was not durable: resolves when it is. To be called before the run touches anything. */
  confirmRun(ctx: Ctx, id: RunId): Promise<void>;
  /** One transaction: run, calls, what goes alongside, link of the chain. Throws AppError `conflict` when it has ended already. */
  finishRun(ctx: Ctx, id: RunId, end: RunEnd): Promise<void>;
  /** The run waits for a person from now on: part of the transaction that asks. */
  pauseRun(tx: Tx, ctx: Pick<Ctx, 'tenantId'>, id: RunId): Promise<void>;
  /** It goes on in the process that holds it. */
  continueRun(ctx: Ctx, id: RunId): Promise<void>;
  /** No process holds it any more; whoever comes first when it can go on takes it. */
  parkRun(ctx: Ctx, id: RunId): Promise<void>;
  /** Takes up a run that has paused, that nobody holds and that waits for no decision; undefined where that is not so. */
  claimRun(
    ctx: Pick<Ctx, 'tenantId'>,
    id: string,
  ): Promise<{ readonly run: StoredRun; readonly resumes: number } | undefined>;
  /** Ids of those that `claimRun` would give now. */
  resumableRuns(ctx: Pick<Ctx, 'tenantId'>): Promise<readonly string[]>;
  listRuns(ctx: Ctx, query?: RunFilter & Paging): Promise<Page<RunSummary>>;
  /** Throws AppError `not_found`, also for another tenant's. */
  getRun(ctx: Ctx, id: string): Promise<StoredRun>;
  /** Whether a run that has ended is still what the chain says that it was; false also when the chain knows nothing of it. */
  verifyRun(ctx: Ctx, id: string): Promise<boolean>;
  runStats(ctx: Ctx, span: { readonly from: Date; readonly to: Date }): Promise<RunStats>;
  /** Sums by day, tool and arm. Errors: `unprocessable` for a subject that knows no such key. */
  report(
    ctx: Pick<Ctx, 'tenantId'>,
    query: ReportQuery,
  ): Promise<{ readonly rows: readonly ReportRow[]; readonly total: number }>;
  /** To be called at start and every 15 s. Returns how many were closed. */
  closeOrphanedRuns(tenants: readonly TenantId[]): Promise<number>;
  close(): void;
}

export function createLedger({ database, clock, nodeId, senders, signer, raised }: LedgerOptions): Ledger {
  const prices = new PriceBook(database, clock);
  const budgets = createBudgets({ database, clock, senders, raised });
  const alerts = createAlerts({ database, clock, senders, raised, targetsOf: readBudget });
  const audit = createAudit({
    database,
    clock,
    senders,
    signer,
    alert: alerts.alert,
  });
  const admission = createAdmission({ database, clock, nodeId, requireBudget: (ctx) => budgets.requireBudget(ctx) });
  const stop = database.onChange(({ topic, tenantId }) => {
    if (topic === 'money' || topic === 'all') for (const memory of [prices, budgets]) memory.forget(tenantId);
    if (topic === 'limits' || topic === 'all') admission.forget(tenantId);
  });
  const ends = new RunEnds(database, clock);
  const news = new RunNews(database);
  return {
    ...audit,
    ...budgets,
    ...alerts,
    ...admission,
    ...createPrices({ database, clock, forget: (tenantId) => prices.forget(tenantId) }),
    ...createMoney({ database, prices, budgets }),
    close: () => void stop(),
    async startRun(ctx, run, { durable = true } = {}) {
      await insertRun(database, ctx, { run, nodeId, clock, durable });
      news.tell(ctx.tenantId, run.id);
    },
    confirmRun: (ctx, id) => confirmRun(database, ctx, id),
    async finishRun(ctx, id, end) {
      await ends.finish(ctx, id, end);
      news.tell(ctx.tenantId, id);
    },
    async pauseRun(tx, { tenantId }, id) {
      await pauseRun(tx, { id, clock });
      await announce(tx, tenantId, 'runs', id);
    },
    async continueRun(ctx, id) {
      await database.inTenant(ctx, (tx) => continueRun(tx, { id, nodeId }));
      news.tell(ctx.tenantId, id);
    },
    async parkRun(ctx, id) {
      await database.inTenant(ctx, (tx) => parkRun(tx, { id, nodeId, clock }));
      news.tell(ctx.tenantId, id);
    },
    async claimRun(ctx, id) {
      const claimed = await database.inTenant(ctx, (tx) => claimRun(tx, { id, nodeId }));
      if (claimed) news.tell(ctx.tenantId, claimed.run.id);
      return claimed;
    },
    resumableRuns: (ctx) => resumableRuns(database, ctx, nodeId),
    listRuns: (ctx, query) => listRuns(database, ctx, query),
    getRun: (ctx, id) => database.inTenant(ctx, (tx) => readRun(tx, id)),
    async verifyRun(ctx, id) {
      const run = await database.inTenant(ctx, (tx) => readRun(tx, id));
      const query = { action: 'run.finished', targetKind: 'run', targetId: id, limit: 1 };
      const [last] = (await audit.listAudit(ctx, query)).items;
      return isRecordOf(last?.after, run);
    },
    runStats: (ctx, span) => readStats(database, ctx, span),
    report: (ctx, query) => readReport(database, ctx, query),
    closeOrphanedRuns: (tenants) => closeOrphanedRuns(database, { tenants, nodeId, clock }),
  };
}

const isRecordOf = (after: unknown, run: StoredRun): boolean =>
  after !== null && typeof after === 'object' && 'recordHash' in after && after.recordHash === recordHash(run);
