import { isUuid, type Clock, type Ctx, type RunId } from '@switchyard/kernel';
import { Prisma, type Database, type Tx } from '@switchyard/database';
import { EXPIRED_SECONDS } from './node-lease.store.ts';
import type { StoredRun } from './run.ts';
import { readRun } from './runs.store.ts';

/** A run that is taken up so often ends no more; something in it breaks whoever holds it. */
export const MOST_RESUMES = 100;

/** The run waits for a person from now on. Part of the transaction that asks. */
export async function pauseRun(tx: Tx, { id, clock }: { readonly id: RunId; readonly clock: Clock }): Promise<void> {
  await tx.$executeRaw`
    UPDATE run SET status = 'awaiting_approval', paused_at = coalesce(paused_at, ${clock.now()})
    WHERE id = ${id}::uuid AND status IN ('running', 'awaiting_approval')`;
}

/** It waits for nobody any more, and the process that holds it goes on. */
export async function continueRun(
  tx: Tx,
  { id, nodeId }: { readonly id: RunId; readonly nodeId: string },
): Promise<void> {
  await tx.$executeRaw`
    UPDATE run SET status = 'running' WHERE id = ${id}::uuid AND status = 'awaiting_approval' AND node_id = ${nodeId}::uuid`;
}

/** No process holds it any more; whoever comes first when it can go on takes it. */
export async function parkRun(
  tx: Tx,
  { id, nodeId, clock }: { readonly id: RunId; readonly nodeId: string; readonly clock: Clock },
): Promise<void> {
  await tx.$executeRaw`
    UPDATE run SET status = 'awaiting_approval', parked_at = ${clock.now()}
    WHERE id = ${id}::uuid AND node_id = ${nodeId}::uuid AND status IN ('running', 'awaiting_approval')`;
}

/** A run that has paused, that nobody holds (any more), and that waits for no decision. */
const mayGoOn = (nodeId: string): Prisma.Sql => Prisma.sql`
  status IN ('running', 'awaiting_approval') AND paused_at IS NOT NULL
    AND (parked_at IS NOT NULL OR (node_id <> ${nodeId}::uuid AND NOT EXISTS (
      SELECT FROM node_lease lease WHERE lease.id = run.node_id
        AND lease.renewed_at >= now() - make_interval(secs => ${EXPIRED_SECONDS}))))
    AND NOT EXISTS (SELECT FROM approval WHERE run_id = run.id AND status = 'pending')`;

/**
 * Takes up a run that has paused, that nobody holds (any more), and that waits for no decision. Undefined when it is not
 * so, or another process was first.
 */
export async function claimRun(
  tx: Tx,
  { id, nodeId }: { readonly id: string; readonly nodeId: string },
): Promise<{ readonly run: StoredRun; readonly resumes: number } | undefined> {
  if (!isUuid(id)) return undefined;
  const claimed = await tx.$queryRaw<{ resumes: number }[]>`
    UPDATE run SET status = 'running', parked_at = NULL, node_id = ${nodeId}::uuid, resumes = resumes + 1
    WHERE id = ${id}::uuid AND ${mayGoOn(nodeId)} RETURNING resumes`;
  const [row] = claimed;
  return row && { run: await readRun(tx, id), resumes: row.resumes };
}

/** Those of a tenant that `claimRun` would give now, oldest first. */
export async function resumableRuns(
  database: Pick<Database, 'inTenant'>,
  ctx: Pick<Ctx, 'tenantId'>,
  nodeId: string,
): Promise<string[]> {
  const rows = await database.inTenant(
    ctx,
    (tx) => tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM run
      WHERE tenant_id = ${ctx.tenantId}::uuid AND ${mayGoOn(nodeId)}
      ORDER BY id LIMIT 100`,
  );
  return rows.map(({ id }) => id);
}
