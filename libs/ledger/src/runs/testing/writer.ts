// For runs.db.spec.ts, which kills it: starts and ends runs, eight at a time, until it is gone.
import { openDatabase, roleUrls } from '@switchyard/database';
import { newId, systemClock, systemCtx, type RunId, type TenantId } from '@switchyard/kernel';
import { createLedger } from '../../ledger.ts';
import { noSenders } from '../../testing/no-senders.ts';
import { openNodeLease } from '../node-lease.store.ts';

const [ownerUrl = '', tenantId = ''] = process.argv.slice(2);
const database = await openDatabase(roleUrls(ownerUrl), { poolSize: 8 });
const { nodeId } = await openNodeLease(database);
const ledger = createLedger({ database, clock: systemClock, nodeId, senders: noSenders });
const ctx = systemCtx(tenantId as TenantId);

async function write(): Promise<void> {
  for (;;) {
    const id = newId<RunId>();
    await ledger.startRun(ctx, { id, code: 'return 1', limits: {}, policyRevision: 0 });
    const startedAt = new Date();
    const call = { seq: 1, server: 's', tool: 't', status: 'ok' as const, args: {}, startedAt, durationMs: 1 };
    await ledger.finishRun(ctx, id, { status: 'done', durationMs: 1, calls: [call] });
    process.stdout.write('.');
  }
}

await Promise.all(Array.from({ length: 8 }, write));
