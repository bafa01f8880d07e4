import { AppError, isUuid, type Arm, type Clock, type Ctx, type Json, type RunId } from '@switchyard/kernel';
import { Prisma, type Database, type Tx } from '@switchyard/database';
import type { AuditInput } from '../audit/event.ts';
import { containing, decodePlace, encodePlace, pageSize, toPage, type Page } from '../cursor.ts';
import {
  codeHash,
  recordHash,
  type RunStart,
  type RunStatus,
  type RunSummary,
  type StoredCall,
  type StoredRun,
} from './run.ts';
import { storable, storableText } from '../storable.ts';

/** One insert, no link of the chain: the start is on the way of every run, and the row already says that it began. */
export async function insertRun(
  database: Pick<Database, 'exchange'>,
  ctx: Ctx,
  { run, nodeId, clock, durable }: { run: RunStart; nodeId: string; clock: Clock; durable: boolean },
): Promise<void> {
  const { principal } = ctx;
  const conversation = ctx.conversation === undefined ? null : storableText(ctx.conversation);
  const limits = JSON.stringify(storable(run.limits) ?? {});
  const insert = Prisma.sql`
      INSERT INTO run (id, tenant_id, surface, arm, principal_kind, principal_id, principal_name, conversation, code,
                       code_hash, limits, policy_revision, trace_id, node_id, started_at)
      VALUES (${run.id}::uuid, ${ctx.tenantId}::uuid, ${ctx.surface}, ${ctx.arm ?? null}, ${principal.kind},
              ${principal.id}, ${principal.name}, ${conversation}, ${storableText(run.code)}, ${codeHash(run.code)},
              ${limits}::jsonb, ${run.policyRevision}, ${ctx.traceId}, ${nodeId}::uuid, ${clock.now()})`;
  await database.exchange(ctx, [insert], { durable });
}

/** What was committed before is on disk with it. Throws AppError `not_found`. */
export async function confirmRun(database: Pick<Database, 'exchange'>, ctx: Ctx, id: RunId): Promise<void> {
  const touch = Prisma.sql`UPDATE run SET status = status WHERE id = ${id}::uuid RETURNING id`;
  const [rows] = await database.exchange(ctx, [touch]);
  if (rows?.length !== 1) throw notFound();
}

const CALLS = { omit: { tenantId: true, runId: true, arm: true }, orderBy: { seq: 'asc' } } as const;
const PUBLIC = { tenantId: true, nodeId: true, pausedAt: true, parkedAt: true, resumes: true } as const;

type RunRow = Prisma.RunGetPayload<{ omit: typeof PUBLIC }>;
type CallRow = Prisma.RunCallGetPayload<typeof CALLS>;

export const toStoredRun = (row: RunRow, calls: readonly CallRow[]): StoredRun => ({
  ...row,
  id: row.id as RunId,
  arm: row.arm as Arm | null,
  peakMemoryBytes: row.peakMemoryBytes === null ? null : Number(row.peakMemoryBytes),
  limits: row.limits as Json,
  findings: row.findings as Json[],
  logs: row.logs as Json[],
  result: row.result as Json,
  error: row.error as Json,
  calls: calls as unknown as StoredCall[],
});

/** Said of those alone that shared a process with others of their session. */
const tierIn = (limits: Json): unknown =>
  limits !== null && typeof limits === 'object' && 'tier' in limits ? limits.tier : undefined;

/** The link that a run leaves when it is over. */
export const endedLink = (run: StoredRun): AuditInput => ({
  action: 'run.finished',
  target: { kind: 'run', id: run.id },
  after: {
    status: run.status,
    calls: run.callCount,
    denied: run.deniedCount,
    findings: run.findings.length,
    durationMs: run.durationMs,
    ...(tierIn(run.limits) === 'session' ? { tier: 'session' } : {}),
    startedBy: { kind: run.principalKind, id: run.principalId, name: run.principalName },
    recordHash: recordHash(run),
  },
  policyRevision: run.policyRevision,
  codeHash: run.codeHash,
});

const notFound = (): AppError => new AppError('not_found', 'There is no such run in this tenant.');

export async function readRun(tx: Tx, id: string): Promise<StoredRun> {
  const row = isUuid(id) ? await tx.run.findFirst({ where: { id }, omit: PUBLIC, include: { calls: CALLS } }) : null;
  if (!row) throw notFound();
  const { calls, ...run } = row;
  return toStoredRun(run, calls);
}

export interface RunFilter {
  readonly status?: RunStatus | null;
  readonly surface?: string | null;
  /** The id of who started it, or a part of the name. */
  readonly principal?: string | null;
  readonly conversation?: string | null;
  /** Of code with one of these hashes. */
  readonly codeHashes?: readonly string[] | null;
  /** In the code, or the start of the id or of the code's hash. */
  readonly text?: string | null;
  readonly from?: Date | null;
  /** Exclusive. */
  readonly to?: Date | null;
}

function matching(filter: RunFilter): Prisma.RunWhereInput[] {
  const { status, surface, principal, conversation, codeHashes, text, from, to } = filter;
  const contains = (part: string) => ({ contains: containing(part).slice(1, -1), mode: 'insensitive' as const });
  return [
    ...(status ? [{ status }] : []),
    ...(surface ? [{ surface }] : []),
    ...(conversation ? [{ conversation }] : []),
    ...(codeHashes ? [{ codeHash: { in: [...codeHashes] } }] : []),
    ...(principal ? [{ OR: [{ principalId: principal }, { principalName: contains(principal) }] }] : []),
    ...(text ? [{ OR: [{ code: contains(text) }, { codeHash: text }, ...(isUuid(text) ? [{ id: text }] : [])] }] : []),
    ...(from ? [{ startedAt: { gte: from } }] : []),
    ...(to ? [{ startedAt: { lt: to } }] : []),
  ];
}

/** Newest first, without code, logs and results. Throws AppError `invalid_request` for a cursor that is none. */
export async function listRuns(
  database: Pick<Database, 'inTenant'>,
  ctx: Ctx,
  query: RunFilter & { readonly cursor?: string | null; readonly limit?: number | null } = {},
): Promise<Page<RunSummary>> {
  const take = pageSize(query.limit);
  const where = matching(query);
  if (query.cursor) {
    const { at, id } = decodePlace(query.cursor);
    where.push({ OR: [{ startedAt: { lt: at } }, { startedAt: at, id: { lt: id } }] });
  }
  const rows = await database.inTenant(ctx, (tx) =>
    tx.run.findMany({
      where: { AND: where },
      omit: { ...PUBLIC, code: true, findings: true, logs: true, result: true },
      orderBy: [{ startedAt: 'desc' }, { id: 'desc' }],
      take: take + 1,
    }),
  );
  const summaries = rows.map((row) => ({
    ...row,
    id: row.id as RunId,
    arm: row.arm as Arm | null,
    limits: row.limits as Json,
    error: row.error as Json,
    peakMemoryBytes: row.peakMemoryBytes === null ? null : Number(row.peakMemoryBytes),
  }));
  return toPage(summaries, take, ({ startedAt, id }) => encodePlace({ at: startedAt, id }));
}
