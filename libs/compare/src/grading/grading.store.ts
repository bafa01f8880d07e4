import { AppError, ARMS, isUuid, newId, type Ctx } from '@switchyard/kernel';
import type { Tx } from '@switchyard/database';
import type { ServedAnswer } from '../answers/arm-answer.ts';
import type { AuditCompare } from '../audited.ts';
import { pageOf, placeOf, type Page, type Paging } from '../paging.ts';
import { GradedAnswer, type Grade, type GradeCount } from './graded-answer.ts';

/** A queue that nobody works on does not grow for ever. */
const MOST_WAITING = 1_000;

export async function insertForGrading(
  tx: Tx,
  ctx: Ctx,
  { served, question, answer }: { served: ServedAnswer; question: string; answer: string },
): Promise<void> {
  if ((await tx.gradedAnswer.count({ where: { grade: null }, take: MOST_WAITING })) >= MOST_WAITING) return;
  await tx.gradedAnswer.create({
    data: {
      id: newId(served.at.getTime()),
      tenantId: ctx.tenantId,
      conversation: served.conversation,
      exposureId: served.exposureId,
      arm: served.arm,
      scripted: served.answer.scripted,
      question,
      answer,
      answeredAt: served.at,
    },
  });
}

/** The newest first. */
export async function listAnswers(
  tx: Tx,
  query: Paging & { readonly graded?: boolean | null | undefined },
): Promise<Page<GradedAnswer>> {
  const { before, limit } = placeOf(query);
  const graded = query.graded ?? null;
  const rows = await tx.gradedAnswer.findMany({
    where: {
      ...(before ? { id: { lt: before } } : {}),
      ...(graded === null ? {} : { grade: graded ? { not: null } : null }),
    },
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  return pageOf(
    rows.map((row) => GradedAnswer.parse(row)),
    limit,
  );
}

/** Throws AppError `not_found`, and `conflict` where somebody else was quicker. */
export async function writeGrade(
  tx: Tx,
  ctx: Ctx,
  input: { id: string; grade: Grade; comment: string | null; now: Date; audit: AuditCompare },
): Promise<GradedAnswer> {
  const { id, grade, comment, now, audit } = input;
  const { principal } = ctx;
  const by = { gradedByKind: principal.kind, gradedById: principal.id, gradedByName: principal.name, gradedAt: now };
  const found = isUuid(id) ? await tx.gradedAnswer.findUnique({ where: { id } }) : null;
  if (!found) throw new AppError('not_found', 'There is no such answer to grade in this tenant.');
  const { count } = await tx.gradedAnswer.updateMany({
    where: { id, grade: null },
    data: { ...by, grade, comment },
  });
  if (count === 0) throw new AppError('conflict', 'Somebody has graded this answer already.');
  await audit(tx, ctx, { action: 'answer.graded', target: { kind: 'answer', id: id }, after: { grade, comment } });
  return GradedAnswer.parse(await tx.gradedAnswer.findUnique({ where: { id } }));
}

export async function countGrades(tx: Tx): Promise<GradeCount[]> {
  const groups = await tx.gradedAnswer.groupBy({ by: ['arm', 'grade', 'scripted'], _count: true });
  return ARMS.map((arm) => {
    const count = (is: (group: (typeof groups)[number]) => boolean): number =>
      groups.filter((group) => group.arm === arm && is(group)).reduce((sum, group) => sum + group._count, 0);
    return {
      arm,
      waiting: count(({ grade }) => grade === null),
      correct: count(({ grade }) => grade === 'correct'),
      partly: count(({ grade }) => grade === 'partly'),
      wrong: count(({ grade }) => grade === 'wrong'),
      scripted: count(({ scripted }) => scripted),
    };
  });
}
