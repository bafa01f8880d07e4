import { AppError, ARMS, isUuid, type Ctx } from '@switchyard/kernel';
import { storable } from '@switchyard/ledger';
import { lockUntilCommit, type Prisma, type Tx } from '@switchyard/database';
import { z } from 'zod';
import { KeptAnswer } from '../answers/kept-answer.ts';
import { VERDICTS } from '../equivalence/equivalence.ts';
import { pageOf, placeOf, type Page, type Paging } from '../paging.ts';
import { KeptJudgement, type ComparedCase, type Comparison, type ComparisonStatus } from './comparison.ts';

/** A comparison without a beat for so long is worked on by nobody. */
export const SILENCE_MS = 30_000;

export interface NewComparison extends Omit<Comparison, 'status' | 'doneCount' | 'finishedAt' | 'startedByName'> {
  readonly holder: string;
}

const Row = z.object({
  id: z.string(),
  suite: z.string(),
  suiteVersion: z.number(),
  suiteHash: z.string(),
  baselineArm: z.enum(ARMS),
  candidateArm: z.enum(ARMS),
  status: z.enum(['running', 'done', 'cancelled']),
  caseCount: z.number(),
  concurrency: z.number(),
  withWrites: z.boolean(),
  startedByName: z.string(),
  startedAt: z.date(),
  finishedAt: z.date().nullable(),
  beatAt: z.date(),
  _count: z.object({ cases: z.number() }),
});

function toComparison(row: unknown, now: Date): Comparison {
  const { beatAt, _count, ...comparison } = Row.parse(row);
  const isSilent = comparison.status === 'running' && now.getTime() - beatAt.getTime() > SILENCE_MS;
  const status: ComparisonStatus = isSilent ? 'interrupted' : comparison.status;
  return { ...comparison, status, doneCount: _count.cases };
}

const WITH_COUNT = { include: { _count: { select: { cases: true } } } } as const;

const missing = (): never => {
  throw new AppError('not_found', 'There is no such comparison in this tenant.');
};

/** Comparisons of the tenant that somebody works on now; holds back other starts until the transaction ends. */
export async function countRunning(tx: Tx, ctx: Ctx, now: Date): Promise<number> {
  await lockUntilCommit(tx, `start comparison ${ctx.tenantId}`);
  const beatAt = { gt: new Date(now.getTime() - SILENCE_MS) };
  return tx.comparison.count({ where: { status: 'running', beatAt } });
}

export async function insertComparison(tx: Tx, ctx: Ctx, comparison: NewComparison): Promise<void> {
  const { principal, tenantId, traceId } = ctx;
  const by = { startedByKind: principal.kind, startedById: principal.id, startedByName: principal.name };
  const beatAt = comparison.startedAt;
  await tx.comparison.create({ data: { ...comparison, ...by, tenantId, traceId, beatAt, status: 'running' } });
}

/** Throws AppError `not_found`, also for another tenant's. */
export async function readComparison(tx: Tx, id: string, now: Date): Promise<Comparison> {
  const row = isUuid(id) ? await tx.comparison.findUnique({ where: { id }, ...WITH_COUNT }) : null;
  return row === null ? missing() : toComparison(row, now);
}

export async function listComparisons(
  tx: Tx,
  query: Paging & { readonly suite?: string | null | undefined },
  now: Date,
): Promise<Page<Comparison>> {
  const { before, limit } = placeOf(query);
  const rows = await tx.comparison.findMany({
    where: { ...(before ? { id: { lt: before } } : {}), ...(query.suite ? { suite: query.suite } : {}) },
    orderBy: { id: 'desc' },
    take: limit + 1,
    ...WITH_COUNT,
  });
  return pageOf(
    rows.map((row) => toComparison(row, now)),
    limit,
  );
}

const mine = ({ id, holder }: { id: string; holder: string }) => ({ id, holder, status: 'running' });

/** Takes over what was interrupted or cancelled. False where another was quicker, or it runs or is done. */
export async function claim(tx: Tx, comparison: { id: string; holder: string; now: Date }): Promise<boolean> {
  const { id, holder, now } = comparison;
  const silent = { status: 'running', beatAt: { lte: new Date(now.getTime() - SILENCE_MS) } };
  const { count } = await tx.comparison.updateMany({
    where: { id, OR: [{ status: 'cancelled' }, silent] },
    data: { status: 'running', holder, beatAt: now, finishedAt: null },
  });
  return count === 1;
}

/** False: it is no longer this holder's. */
export async function beat(tx: Tx, comparison: { id: string; holder: string; now: Date }): Promise<boolean> {
  const { count } = await tx.comparison.updateMany({ where: mine(comparison), data: { beatAt: comparison.now } });
  return count === 1;
}

/** False where it is not running any more. */
export async function end(
  tx: Tx,
  comparison: { id: string; holder?: string; status: 'done' | 'cancelled'; now: Date },
): Promise<boolean> {
  const { id, holder, status, now } = comparison;
  const { count } = await tx.comparison.updateMany({
    where: { id, status: 'running', ...(holder ? { holder } : {}) },
    data: { status, finishedAt: now, beatAt: now },
  });
  return count === 1;
}

/** False: the comparison is no longer this holder's, and nothing was written. */
export async function saveCase(
  tx: Tx,
  ctx: Ctx,
  { comparison, seq, compared }: { comparison: { id: string; holder: string }; seq: number; compared: ComparedCase },
): Promise<boolean> {
  if (!(await beat(tx, { ...comparison, now: compared.finishedAt }))) return false;
  const { judgement, baseline, candidate, ...rest } = compared;
  await tx.comparisonCase.create({
    data: {
      ...rest,
      tenantId: ctx.tenantId,
      comparisonId: comparison.id,
      seq,
      baseline: storable(baseline) as Prisma.InputJsonObject,
      candidate: storable(candidate) as Prisma.InputJsonObject,
      equivalence: storable(judgement) as Prisma.InputJsonObject,
    },
  });
  return true;
}

const CaseRow = z
  .object({
    caseId: z.string(),
    category: z.string(),
    question: z.string(),
    baseline: KeptAnswer,
    candidate: KeptAnswer,
    verdict: z.enum(VERDICTS),
    equivalence: KeptJudgement,
    finishedAt: z.date(),
  })
  .transform(({ equivalence, ...rest }): ComparedCase => ({ ...rest, judgement: equivalence }));

/** In the order of the suite. */
export const readCases = async (tx: Tx, comparisonId: string): Promise<ComparedCase[]> =>
  (await tx.comparisonCase.findMany({ where: { comparisonId }, orderBy: { seq: 'asc' } })).map((row) =>
    CaseRow.parse(row),
  );
