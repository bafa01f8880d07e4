import { AppError, isUuid, type Ctx } from '@switchyard/kernel';
import { storable } from '@switchyard/ledger';
import { lockUntilCommit, type Prisma, type Tx } from '@switchyard/database';
import type { KeptAnswer } from '../answers/kept-answer.ts';
import type { Equivalence, Verdict } from '../equivalence/equivalence.ts';
import { pageOf, placeOf, type Page, type Paging } from '../paging.ts';
import type { SamplingSettings } from './settings.ts';
import { ShadowRun, type ShadowSummary } from './shadow-run.ts';

/** A shadow run that is still running after so long has lost its process. */
const LOST_MS = 15 * 60_000;
const SUMMARY_MS = 30 * 86_400_000;

const dayOf = (now: Date): Date => new Date(`${now.toISOString().slice(0, 10)}T00:00:00Z`);

export interface NewShadowRun {
  readonly id: string;
  readonly conversation: string;
  readonly exposureId: string | null;
  readonly servedArm: string;
  readonly shadowArm: string;
  readonly question: string;
  readonly served: KeptAnswer;
}

async function spentToday(tx: Tx, now: Date): Promise<{ runs: number; costMicros: bigint }> {
  const { _count, _sum } = await tx.shadowRun.aggregate({
    where: { day: dayOf(now) },
    _count: true,
    _sum: { costMicros: true },
  });
  return { runs: _count, costMicros: _sum.costMicros ?? 0n };
}

/** Puts a run on record if the day's budget still allows it; one after the other, on all nodes. */
export async function reserve(
  tx: Tx,
  ctx: Ctx,
  { run, settings, now }: { run: NewShadowRun; settings: SamplingSettings; now: Date },
): Promise<boolean> {
  await lockUntilCommit(tx, `shadow ${ctx.tenantId}`);
  await tx.shadowRun.updateMany({
    where: { status: 'running', startedAt: { lt: new Date(now.getTime() - LOST_MS) } },
    data: { status: 'failed', error: 'The process that worked on it is gone.', finishedAt: now },
  });
  const spent = await spentToday(tx, now);
  if (spent.runs >= settings.shadowRunsPerDay || spent.costMicros >= settings.shadowBudgetMicros) return false;
  const served = storable(run.served) as Prisma.InputJsonObject;
  await tx.shadowRun.create({
    data: { ...run, served, tenantId: ctx.tenantId, status: 'running', day: dayOf(now), startedAt: now },
  });
  return true;
}

export interface ShadowEnd {
  readonly status: 'compared' | 'failed';
  readonly shadow: KeptAnswer | null;
  readonly verdict: Verdict | null;
  readonly equivalence: Equivalence | null;
  readonly error: string | null;
  readonly scripted: boolean;
  readonly costMicros: bigint | null;
  readonly finishedAt: Date;
}

export async function finishShadow(tx: Tx, id: string, { shadow, equivalence, ...end }: ShadowEnd): Promise<void> {
  await tx.shadowRun.update({
    where: { id },
    data: {
      ...end,
      ...(shadow ? { shadow: storable(shadow) as Prisma.InputJsonObject } : {}),
      ...(equivalence ? { equivalence: storable(equivalence) as Prisma.InputJsonObject } : {}),
    },
  });
}

export async function listShadows(
  tx: Tx,
  query: Paging & { readonly verdict?: Verdict | null | undefined },
): Promise<Page<ShadowRun>> {
  const { before, limit } = placeOf(query);
  const rows = await tx.shadowRun.findMany({
    where: { ...(before ? { id: { lt: before } } : {}), ...(query.verdict ? { verdict: query.verdict } : {}) },
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  return pageOf(
    rows.map((row) => ShadowRun.parse(row)),
    limit,
  );
}

/** The latest that both arms answered. */
export async function listCompared(tx: Tx, take: number): Promise<ShadowRun[]> {
  const rows = await tx.shadowRun.findMany({ where: { status: 'compared' }, orderBy: { id: 'desc' }, take });
  return rows.map((row) => ShadowRun.parse(row));
}

/** Throws AppError `not_found`. */
export async function readShadow(tx: Tx, id: string): Promise<ShadowRun> {
  const row = isUuid(id) ? await tx.shadowRun.findUnique({ where: { id } }) : null;
  if (!row) throw new AppError('not_found', 'There is no such shadow run in this tenant.');
  return ShadowRun.parse(row);
}

/** Of the last thirty days. */
export async function summarise(tx: Tx, now: Date): Promise<ShadowSummary> {
  const startedAt = { gte: new Date(now.getTime() - SUMMARY_MS) };
  const groups = await tx.shadowRun.groupBy({
    by: ['status', 'verdict', 'scripted'],
    where: { startedAt },
    _count: true,
  });
  const count = (is: (group: (typeof groups)[number]) => boolean): number =>
    groups.filter(is).reduce((sum, group) => sum + group._count, 0);
  const today = await spentToday(tx, now);
  return {
    equivalent: count(({ verdict }) => verdict === 'equivalent'),
    different: count(({ verdict }) => verdict === 'different'),
    unclear: count(({ verdict }) => verdict === 'unclear'),
    failed: count(({ status }) => status === 'failed'),
    scripted: count(({ scripted }) => scripted),
    runsToday: today.runs,
    costTodayMicros: today.costMicros,
  };
}
