import { AppError, newId, type Ctx } from '@switchyard/kernel';
import type { Tx } from '@switchyard/database';
import { z } from 'zod';
import type { KeptAnswer } from '../answers/kept-answer.ts';
import type { AuditCompare } from '../audited.ts';
import { readCases, readComparison } from '../comparison/comparisons.store.ts';
import { listCompared } from '../sampling/shadow.store.ts';
import {
  PAIR_KINDS,
  pairId,
  preferenceOf,
  PREFERENCES,
  type Choice,
  type Pair,
  type PairAnswer,
  type PairGrade,
  type PairSource,
} from './pair.ts';

/** Of shadow runs the latest; comparisons are short. */
const MOST_SHADOWS = 50;

const Row = z.object({
  kind: z.enum(PAIR_KINDS),
  sourceId: z.string(),
  caseId: z.string(),
  preferred: z.enum(PREFERENCES),
  graderId: z.string(),
  graderName: z.string(),
});

const answer = (arm: PairAnswer['arm'], { text, error }: KeptAnswer): PairAnswer => ({
  arm,
  text: error === null ? text : `(There was no answer: ${error.message})`,
});

/** The pairs of a comparison, or without one of the latest shadow runs. Throws AppError `not_found`. */
export async function readPairs(
  tx: Tx,
  { comparison, now }: { comparison: string | null; now: Date },
): Promise<Pair[]> {
  if (comparison === null) {
    const shadows = await listCompared(tx, MOST_SHADOWS);
    return shadows.flatMap(({ id, question, servedArm, shadowArm, served, shadow, verdict, scripted }) =>
      shadow === null || verdict === null
        ? []
        : [
            {
              kind: 'shadow' as const,
              sourceId: id,
              caseId: '',
              question,
              answers: [answer(servedArm, served), answer(shadowArm, shadow)] as const,
              verdict,
              scripted,
            },
          ],
    );
  }
  const { id, baselineArm, candidateArm } = await readComparison(tx, comparison, now);
  return (await readCases(tx, id)).map(({ caseId, question, baseline, candidate, verdict }) => ({
    kind: 'comparison',
    sourceId: id,
    caseId,
    question,
    answers: [answer(baselineArm, baseline), answer(candidateArm, candidate)],
    verdict,
    scripted: baseline.scripted || candidate.scripted,
  }));
}

export async function readGrades(tx: Tx, pairs: readonly Pair[]): Promise<PairGrade[]> {
  const sourceId = { in: [...new Set(pairs.map((pair) => pair.sourceId))] };
  const rows = await tx.pairGrade.findMany({ where: { sourceId }, orderBy: { gradedAt: 'asc' } });
  return rows.map((row) => Row.parse(row));
}

/** Throws AppError `not_found`. A person may think again: the last word counts, and the log has both. */
export async function writePairGrade(
  tx: Tx,
  ctx: Ctx,
  input: { source: PairSource; choice: Choice; now: Date; audit: AuditCompare },
): Promise<Pair> {
  const { source, choice, now, audit } = input;
  const { principal, tenantId } = ctx;
  const { kind, sourceId, caseId } = source;
  const among = await readPairs(tx, { comparison: kind === 'comparison' ? sourceId : null, now });
  const pair = among.find((one) => pairId(one) === pairId(source));
  if (!pair)
    throw new AppError('not_found', 'There is no such pair of answers in this tenant, or it has left the queue.');
  const preferred = preferenceOf(pair, principal.id, choice);
  const key = { tenantId, kind, sourceId, caseId, graderId: principal.id };
  const where = { tenantId_kind_sourceId_caseId_graderId: key };
  const before = await tx.pairGrade.findUnique({ where });
  await tx.pairGrade.upsert({
    where,
    create: {
      ...key,
      id: newId(now.getTime()),
      preferred,
      graderKind: principal.kind,
      graderName: principal.name,
      gradedAt: now,
    },
    update: { preferred, graderName: principal.name, gradedAt: now },
  });
  await audit(tx, ctx, {
    action: 'pair.graded',
    target: { kind: 'pair', id: pairId(source) },
    ...(before ? { before: { preferred: before.preferred } } : {}),
    after: { preferred },
  });
  return pair;
}
