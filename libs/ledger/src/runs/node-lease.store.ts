import { newId, systemCtx, type Clock, type RunId, type TenantId } from '@switchyard/kernel';
import type { Database, Tx } from '@switchyard/database';
import { appendAudit } from '../audit/audit.store.ts';
import { endedLink, readRun } from './runs.store.ts';

const RENEW_MS = 5_000;
/** A process that has not renewed for so long is taken for dead. */
export const EXPIRED_SECONDS = 15;
const BATCH = 100;

/** This process's sign of life. */
export interface NodeLease {
  readonly nodeId: string;
  /** Gives the lease back; runs that this process still holds are then anybody's to close. */
  close(): Promise<void>;
}

/** In the database's time, so that the clocks of several machines need not agree. A renewal that fails is tried again at the next. */
export async function openNodeLease(database: Pick<Database, 'host'>, renewMs: number = RENEW_MS): Promise<NodeLease> {
  const nodeId = newId();
  const renew = (): Promise<unknown> => database.host.$executeRaw`
    INSERT INTO node_lease (id, started_at, renewed_at) VALUES (${nodeId}::uuid, now(), now())
    ON CONFLICT (id) DO UPDATE SET renewed_at = now()`;
  await renew();
  let renewing: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    renewing = renewing.then(renew).catch(() => undefined);
  }, renewMs);
  timer.unref();
  return {
    nodeId,
    async close() {
      clearInterval(timer);
      await renewing;
      await database.host.$executeRaw`DELETE FROM node_lease WHERE id = ${nodeId}::uuid`;
    },
  };
}

async function closeBatch(
  tx: Tx,
  tenantId: TenantId,
  { nodeId, clock }: { nodeId: string; clock: Clock },
): Promise<number> {
  const ctx = systemCtx(tenantId, 'sweep');
  const orphans = await tx.$queryRaw<{ id: RunId }[]>`
    SELECT run.id FROM run LEFT JOIN node_lease lease ON lease.id = run.node_id
    WHERE run.tenant_id = ${tenantId}::uuid AND run.status = 'running' AND run.paused_at IS NULL AND run.node_id <> ${nodeId}::uuid
      AND (lease.id IS NULL OR lease.renewed_at < now() - make_interval(secs => ${EXPIRED_SECONDS}))
    ORDER BY run.id LIMIT ${BATCH} FOR UPDATE OF run SKIP LOCKED`;
  for (const { id } of orphans) {
    const error = { reason: 'the process that held this run is gone', closedBy: 'sweep' };
    await tx.run.updateMany({ where: { id }, data: { status: 'crashed', error, finishedAt: clock.now() } });
    await appendAudit(tx, ctx, endedLink(await readRun(tx, id)), clock);
  }
  return orphans.length;
}

/**
 * Closes, as crashed and with a link in the chain, the runs that other processes began and did not live to end; never
 * this process's own, and none that has waited for a person: those go on elsewhere. Returns how many. May run on every node at once.
 */
export async function closeOrphanedRuns(
  database: Pick<Database, 'inTenant'>,
  { tenants, nodeId, clock }: { tenants: readonly TenantId[]; nodeId: string; clock: Clock },
): Promise<number> {
  let closed = 0;
  for (const tenantId of tenants) {
    let batch: number;
    do {
      batch = await database.inTenant({ tenantId }, (tx) => closeBatch(tx, tenantId, { nodeId, clock }));
      closed += batch;
    } while (batch === BATCH);
  }
  return closed;
}
