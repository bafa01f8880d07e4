import { announce, type Database, type Prisma, type Tx } from '@switchyard/database';
import { AppError, isUuid, newId, type Ctx, type Json } from '@switchyard/kernel';
import { auditable, type Approval, type ApprovalStatus, type AuditApprovals, type Risk } from './approval.ts';

/** What somebody is asked to grant. */
export interface Asked {
  readonly server: string;
  readonly tool: string;
  readonly definitionHash: string;
  readonly risk: Risk;
  /** Masked. */
  readonly args: Json;
  readonly argsHash: string;
  readonly reasons: readonly string[];
  readonly persons: number;
  readonly seq: number | null;
  readonly decisionId: string | null;
  readonly policyRevision: number;
  readonly expiresAt: Date;
}

const SHOWN = {
  omit: {
    tenantId: true,
    definitionHash: true,
    argsHash: true,
    traceId: true,
    decisionId: true,
  },
  include: { votes: { omit: { approvalId: true, tenantId: true }, orderBy: { at: 'asc' } } },
} satisfies Prisma.ApprovalDefaultArgs;

type Row = Prisma.ApprovalGetPayload<typeof SHOWN>;
const toApproval = (row: Row): Approval => ({
  ...row,
  risk: row.risk as Risk,
  args: row.args as Json,
  reasons: row.reasons as string[],
});

/** Everybody concerned hears of it: the run that waits, and whoever looks at the queue. */
export const tell = (tx: Tx, ctx: Pick<Ctx, 'tenantId'>, id: string): Promise<void> =>
  announce(tx, ctx.tenantId, 'approvals', id);

export async function insertApproval(
  tx: Tx,
  ctx: Ctx,
  {
    id,
    asked,
    now,
    audit,
  }: { readonly id: string; readonly asked: Asked; readonly now: Date; readonly audit: AuditApprovals },
): Promise<Approval> {
  const { principal } = ctx;
  const row = await tx.approval.create({
    data: {
      ...asked,
      id,
      tenantId: ctx.tenantId,
      args: asked.args as Prisma.InputJsonValue,
      reasons: [...asked.reasons],
      runId: ctx.runId ?? null,
      principalKind: principal.kind,
      principalId: principal.id,
      principalName: principal.name,
      surface: ctx.surface,
      arm: ctx.arm ?? null,
      conversation: ctx.conversation ?? null,
      traceId: ctx.traceId,
      requestedAt: now,
    },
    ...SHOWN,
  });
  const approval = toApproval(row);
  await tell(tx, ctx, id);
  await audit(tx, ctx, {
    action: 'approval.requested',
    target: { kind: 'approval', id },
    after: auditable(approval),
    policyRevision: asked.policyRevision,
  });
  return approval;
}

const noSuch = (): AppError => new AppError('not_found', 'There is no such approval in this tenant.');

export async function readApproval(tx: Tx, id: string): Promise<Approval> {
  const row = isUuid(id) ? await tx.approval.findFirst({ where: { id }, ...SHOWN }) : null;
  if (!row) throw noSuch();
  return toApproval(row);
}

/** As `readApproval`, with everybody else who would change it waiting until this transaction ends. */
export async function lockApproval(tx: Tx, id: string): Promise<Approval> {
  if (isUuid(id)) await tx.$queryRaw`SELECT 1 FROM approval WHERE id = ${id}::uuid FOR UPDATE`;
  return readApproval(tx, id);
}

export async function approvalsOfRun(tx: Tx, runId: string): Promise<(Approval & { argsHash: string })[]> {
  const rows = await tx.approval.findMany({
    where: { runId },
    omit: { ...SHOWN.omit, argsHash: false },
    include: SHOWN.include,
    orderBy: { seq: 'asc' },
  });
  return rows.map((row) => ({ ...toApproval(row), argsHash: row.argsHash }));
}

/** Of a call that no run makes: what was asked for the same call before, and still counts. */
export async function standingApproval(
  tx: Tx,
  ctx: Ctx,
  {
    server,
    tool,
    definitionHash,
    argsHash,
    now,
  }: Pick<Asked, 'server' | 'tool' | 'definitionHash' | 'argsHash'> & { now: Date },
): Promise<Approval | undefined> {
  const row = await tx.approval.findFirst({
    where: {
      runId: null,
      server,
      tool,
      definitionHash,
      argsHash,
      principalKind: ctx.principal.kind,
      principalId: ctx.principal.id,
      conversation: ctx.conversation ?? null,
      OR: [
        { status: 'pending', expiresAt: { gt: now } },
        { status: 'granted', decidedAt: { gt: new Date(now.getTime() - GRANT_KEEPS_MS) } },
      ],
    },
    orderBy: { requestedAt: 'desc' },
    ...SHOWN,
  });
  return row ? toApproval(row) : undefined;
}

/** How long a grant waits for its call. */
export const GRANT_KEEPS_MS = 24 * 3_600_000;

/** Once, by whoever comes first. False when it is not granted, used already, or not for this call. */
export async function useApproval(
  tx: Tx,
  ctx: Ctx,
  {
    id,
    now,
    ...call
  }: Pick<Asked, 'server' | 'tool' | 'definitionHash' | 'argsHash' | 'persons'> & { id: string; now: Date },
): Promise<boolean> {
  const { server, tool, definitionHash, argsHash, persons } = call;
  const used = await tx.approval.updateMany({
    where: {
      id,
      status: 'granted',
      server,
      tool,
      definitionHash,
      argsHash,
      persons: { gte: persons },
      runId: ctx.runId ?? null,
      decidedAt: { gt: new Date(now.getTime() - GRANT_KEEPS_MS) },
    },
    data: { status: 'used', usedAt: now },
  });
  if (used.count === 1) await tell(tx, ctx, id);
  return used.count === 1;
}

/** Ends those that wait and match, each with its link in the chain. Gives their ids. */
export async function endPending(
  tx: Tx,
  ctx: Ctx,
  {
    where,
    status,
    now,
    audit,
  }: {
    readonly where: Prisma.ApprovalWhereInput;
    readonly status: 'expired' | 'withdrawn';
    readonly now: Date;
    readonly audit: AuditApprovals;
  },
): Promise<string[]> {
  const rows = await tx.approval.updateManyAndReturn({
    where: { ...where, status: 'pending' },
    data: { status, decidedAt: now },
    omit: SHOWN.omit,
  });
  for (const row of rows) {
    await tell(tx, ctx, row.id);
    const after = auditable(toApproval({ ...row, votes: [] }));
    await audit(tx, ctx, { action: `approval.${status}`, target: { kind: 'approval', id: row.id }, after });
  }
  return rows.map(({ id }) => id);
}

export interface ApprovalQuery {
  readonly status?: ApprovalStatus | null;
  readonly runId?: string | null;
  readonly cursor?: string | null;
  readonly limit?: number | null;
}

export interface ApprovalPage {
  readonly items: readonly Approval[];
  /** The `cursor` of what follows; null at the end. */
  readonly next: string | null;
}

/** Newest first. Throws AppError `invalid_request` for a cursor that is none. */
export async function listApprovals(
  database: Pick<Database, 'inTenant'>,
  ctx: Pick<Ctx, 'tenantId'>,
  { status, runId, cursor, limit }: ApprovalQuery,
): Promise<ApprovalPage> {
  if (cursor && !isUuid(cursor))
    throw new AppError('invalid_request', 'This cursor is not one of ours: start again without one.');
  if (runId && !isUuid(runId)) return { items: [], next: null };
  const take = Math.min(Math.max(Math.trunc(limit ?? 50), 1), 200);
  const rows = await database.inTenant(ctx, (tx) =>
    tx.approval.findMany({
      where: {
        ...(status ? { status } : {}),
        ...(runId ? { runId } : {}),
        ...(cursor ? { id: { lt: cursor } } : {}),
      },
      ...SHOWN,
      orderBy: { id: 'desc' },
      take: take + 1,
    }),
  );
  const items = rows.slice(0, take).map(toApproval);
  return { items, next: rows.length > take ? (items.at(-1)?.id ?? null) : null };
}

export const countPending = (tx: Tx, now: Date): Promise<number> =>
  tx.approval.count({ where: { status: 'pending', expiresAt: { gt: now } } });

export async function recordVote(
  tx: Tx,
  ctx: Ctx,
  vote: { readonly approval: Approval; readonly granted: boolean; readonly comment: string | null; readonly now: Date },
): Promise<Approval> {
  const { approval, granted, comment, now } = vote;
  const { principal } = ctx;
  await tx.approvalVote.create({
    data: {
      approvalId: approval.id,
      tenantId: ctx.tenantId,
      voterKind: principal.kind,
      voterId: principal.id,
      voterName: principal.name,
      granted,
      comment,
      at: now,
    },
  });
  const isEnough = !granted || approval.votes.length + 1 >= approval.persons;
  if (isEnough)
    await tx.approval.update({
      where: { id: approval.id },
      data: { status: granted ? 'granted' : 'denied', decidedAt: now, decidedBy: principal.name },
    });
  await tell(tx, ctx, approval.id);
  return readApproval(tx, approval.id);
}

/** What only its own call needs of it: which definition, which arguments. */
export async function readBinding(tx: Tx, id: string): Promise<{ definitionHash: string; argsHash: string }> {
  return tx.approval.findFirstOrThrow({ where: { id }, select: { definitionHash: true, argsHash: true } });
}

export const newApprovalId = (now: Date): string => newId(now.getTime());
