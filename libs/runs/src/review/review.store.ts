import { AppError, isUuid, newId, type Clock, type Ctx } from '@switchyard/kernel';
import { Prisma, type Statement, type Tx } from '@switchyard/database';
import type { GivenVerdict, NewVerdict, ReviewItem, ReviewStatus, ReviewVerdict } from './item.ts';
import { DEFAULT_RULES, type ReviewReason, type ReviewRules } from './rules.ts';

type OfTenant = Pick<Ctx, 'tenantId'>;

export async function readRules(tx: Tx, { tenantId }: OfTenant): Promise<ReviewRules> {
  const row = await tx.reviewRules.findFirst({ where: { tenantId }, omit: { tenantId: true, updatedAt: true } });
  return row ?? DEFAULT_RULES;
}

/** The row, made where there was none, locked until the transaction ends. */
export async function lockRules(tx: Tx, ctx: OfTenant): Promise<ReviewRules> {
  await tx.reviewRules.createMany({ data: { tenantId: ctx.tenantId, ...DEFAULT_RULES }, skipDuplicates: true });
  await tx.$queryRaw`SELECT 1 FROM review_rules WHERE tenant_id = ${ctx.tenantId}::uuid FOR UPDATE`;
  return readRules(tx, ctx);
}

export async function writeRules(tx: Tx, { tenantId }: OfTenant, rules: ReviewRules): Promise<void> {
  await tx.reviewRules.update({ where: { tenantId }, data: rules });
}

export interface SeenRow {
  readonly kind: 'tool' | 'code';
  readonly value: string;
  readonly shape: string | null;
}

export type NewItem = Omit<ReviewItem, 'id' | 'status' | 'verdict' | 'createdAt' | 'closedAt'>;

export interface Considered {
  readonly item: NewItem;
  /** What this node has not seen yet. */
  readonly unseen: readonly SeenRow[];
  /** Looked at although nothing speaks for it. */
  readonly isSampled: boolean;
  readonly rules: Pick<ReviewRules, 'firstUse' | 'newShape'>;
}

/**
 * One statement, for the transaction that ends the run: notes down what was not seen before, in the order of the values, and
 * puts the run before reviewers where something speaks for it.
 */
export function considering(
  { tenantId }: OfTenant,
  { item, unseen, isSampled, rules }: Considered,
  at: Date,
): Statement {
  const code = unseen.find(({ kind }) => kind === 'code');
  return Prisma.sql`
    WITH known AS (
      SELECT EXISTS (SELECT FROM review_seen WHERE kind = 'code' AND shape = ${code?.shape ?? null}::text) AS shape
    ), fresh AS (
      INSERT INTO review_seen (tenant_id, kind, value, shape, run_id)
      SELECT ${tenantId}::uuid, seen.kind, seen.value, seen.shape, ${item.runId}::uuid
      FROM jsonb_to_recordset(${JSON.stringify(unseen)}::jsonb) AS seen(kind text, value text, shape text)
      ORDER BY seen.kind, seen.value
      ON CONFLICT DO NOTHING RETURNING kind, shape
    ), why AS (
      SELECT ${[...item.reasons]}::text[] || array_remove(ARRAY[
        CASE WHEN ${rules.firstUse}::boolean AND EXISTS (SELECT FROM fresh WHERE kind = 'tool') THEN 'first_use' END,
        CASE WHEN ${rules.newShape}::boolean AND NOT known.shape
               AND EXISTS (SELECT FROM fresh WHERE kind = 'code' AND shape IS NOT NULL) THEN 'new_shape' END], NULL) AS reasons
      FROM known
    )
    INSERT INTO review_item (id, tenant_id, run_id, reasons, status, code_hash, shape, surface, principal_kind, principal_id,
                             principal_name, run_status, calls, denied, skills, created_at)
    SELECT ${newId(at.getTime())}::uuid, ${tenantId}::uuid, ${item.runId}::uuid,
           CASE WHEN cardinality(reasons) = 0 THEN ARRAY['sample'] ELSE reasons END, 'open', ${item.codeHash}, ${item.shape},
           ${item.surface}, ${item.principalKind}, ${item.principalId}, ${item.principalName}, ${item.runStatus},
           ${item.calls}::int, ${item.denied}::int, ${[...item.skills]}::text[], ${at.toISOString()}::timestamptz
    FROM why WHERE cardinality(reasons) > 0 OR ${isSampled}::boolean
    ON CONFLICT DO NOTHING`;
}

/** One that is there already stays as it is. */
export async function insertItem(tx: Tx, { tenantId }: OfTenant, item: NewItem, clock: Clock): Promise<void> {
  const createdAt = clock.now();
  await tx.reviewItem.createMany({
    data: {
      ...item,
      reasons: [...item.reasons],
      skills: [...item.skills],
      id: newId(createdAt.getTime()),
      tenantId,
      status: 'open',
      createdAt,
    },
    skipDuplicates: true,
  });
}

const itemOf = ({ tenantId: _tenant, ...row }: Prisma.ReviewItemGetPayload<object>): ReviewItem => ({
  ...row,
  reasons: row.reasons as ReviewReason[],
  status: row.status as ReviewStatus,
  verdict: row.verdict as ReviewVerdict | null,
});

export async function readItem(
  tx: Tx,
  where: { readonly id: string } | { readonly runId: string },
): Promise<ReviewItem | undefined> {
  if (!Object.values(where).every((id) => isUuid(id))) return undefined;
  const row = await tx.reviewItem.findFirst({ where });
  return row ? itemOf(row) : undefined;
}

/** Locked until the transaction ends: of two verdicts at once one comes after the other. Throws AppError `not_found`. */
export async function lockItem(tx: Tx, id: string): Promise<ReviewItem> {
  if (isUuid(id)) await tx.$queryRaw`SELECT 1 FROM review_item WHERE id = ${id}::uuid FOR UPDATE`;
  const item = await readItem(tx, { id });
  if (!item) throw new AppError('not_found', 'There is no such review in this tenant.');
  return item;
}

export interface ReviewFilter {
  readonly status?: ReviewStatus | null;
  readonly reason?: ReviewReason | null;
  readonly verdict?: ReviewVerdict | null;
}

/** Newest first, behind `before`. */
export async function readItems(
  tx: Tx,
  { status, reason, verdict, before, take }: ReviewFilter & { before?: { at: Date; id: string }; take: number },
): Promise<ReviewItem[]> {
  const rows = await tx.reviewItem.findMany({
    where: {
      ...(status ? { status } : {}),
      ...(verdict ? { verdict } : {}),
      ...(reason ? { reasons: { has: reason } } : {}),
      ...(before ? { OR: [{ createdAt: { lt: before.at } }, { createdAt: before.at, id: { lt: before.id } }] } : {}),
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take,
  });
  return rows.map(itemOf);
}

export async function countItems(tx: Tx): Promise<Record<ReviewStatus, number>> {
  const rows = await tx.reviewItem.groupBy({ by: ['status'], _count: true });
  const of = (status: ReviewStatus): number => rows.find((row) => row.status === status)?._count ?? 0;
  return { open: of('open'), second: of('second'), closed: of('closed') };
}

export async function readVerdicts(tx: Tx, itemId: string): Promise<GivenVerdict[]> {
  const rows = await tx.reviewVerdict.findMany({
    where: { itemId },
    select: { verdict: true, comment: true, reviewerId: true, reviewerName: true, at: true },
    orderBy: [{ at: 'asc' }, { id: 'asc' }],
  });
  return rows as GivenVerdict[];
}

export async function insertVerdict(
  tx: Tx,
  ctx: Ctx,
  { itemId, verdict, comment, at }: Pick<NewVerdict, 'itemId' | 'verdict' | 'comment'> & { at: Date },
): Promise<void> {
  const { principal, tenantId } = ctx;
  const reviewer = { reviewerId: principal.id, reviewerName: principal.name };
  await tx.reviewVerdict.create({
    data: { id: newId(at.getTime()), tenantId, itemId, verdict, comment, ...reviewer, at },
  });
}

export async function moveItem(
  tx: Tx,
  { id, status, verdict, at }: { id: string; status: ReviewStatus; verdict: ReviewVerdict; at: Date },
): Promise<void> {
  await tx.reviewItem.updateMany({
    where: { id },
    data: { status, verdict, closedAt: status === 'closed' ? at : null },
  });
}

/** Other reviews of the same code, or of code that is built the same; the newest first. */
export async function readSimilar(tx: Tx, item: ReviewItem, take: number): Promise<ReviewItem[]> {
  const { codeHash, shape } = item;
  const rows = await tx.reviewItem.findMany({
    where: { id: { not: item.id }, OR: [{ codeHash }, ...(shape === null ? [] : [{ shape }])] },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take,
  });
  return rows.map(itemOf);
}

/** Hashes of code that is built as this is, its own among them. */
export async function hashesOfShape(tx: Tx, item: ReviewItem, take: number): Promise<string[]> {
  if (item.shape === null) return [item.codeHash];
  const rows = await tx.reviewSeen.findMany({
    where: { kind: 'code', shape: item.shape },
    select: { value: true },
    take,
  });
  return [...new Set([item.codeHash, ...rows.map(({ value }) => value)])];
}
