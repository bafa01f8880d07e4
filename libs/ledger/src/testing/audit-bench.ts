// How long a million links take to verify, search and export: node libs/ledger/src/testing/audit-bench.ts <owner's URL of a migrated, empty database> [links]
import { randomBytes } from 'node:crypto';
import { openDatabase, provisionRoles, roleUrls } from '@switchyard/database';
import { newId, systemClock, systemCtx, type TenantId } from '@switchyard/kernel';
import pg from 'pg';
import { auditHash, FIRST_HASH, toContent } from '../audit/event.ts';
import { createAuditSigner } from '../audit/signing.ts';
import { createLedger } from '../ledger.ts';
import { noSenders } from './no-senders.ts';

const [ownerUrl = '', wanted = '1000000'] = process.argv.slice(2);
const LINKS = Number(wanted);
const BATCH = 5_000;

const owner = new pg.Client(ownerUrl);
await owner.connect();
await provisionRoles(ownerUrl);
const database = await openDatabase(roleUrls(ownerUrl), { poolSize: 4 });
const signer = createAuditSigner(randomBytes(32).toString('base64'), 'the bench');
const ledger = createLedger({ database, clock: systemClock, nodeId: newId(), senders: noSenders, signer });
const ctx = systemCtx(newId<TenantId>());

const megabytes = (): number => Math.round(process.memoryUsage.rss() / 1024 / 1024);
async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const [began, before] = [performance.now(), megabytes()];
  let highest = before;
  const watch = setInterval(() => (highest = Math.max(highest, megabytes())), 50);
  const result = await work();
  clearInterval(watch);
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  console.log(`${name.padEnd(44)} ${seconds} s, memory ${before} MB before, ${highest} MB at most`);
  return result;
}

// As the product writes them, but many at a time.
let previousHash = FIRST_HASH;
await timed(`${LINKS} links written by SQL`, async () => {
  for (let seq = 1; seq <= LINKS;) {
    const rows: string[] = [];
    for (; rows.length < BATCH && seq <= LINKS; seq++) {
      const id = newId();
      const after = {
        status: 'done',
        calls: seq % 7,
        denied: 0,
        durationMs: seq % 900,
        recordHash: `${seq}`.padStart(64, '0'),
      };
      const event = {
        action: 'run.finished',
        target: { kind: 'run', id },
        after,
        codeHash: `${seq % 1_000}`.padStart(64, 'c'),
      };
      const at = new Date(Date.now() - (LINKS - seq) * 1_000);
      const content = toContent(ctx, event, { seq, at, previousHash });
      const hash = auditHash(content);
      rows.push(JSON.stringify({ ...content, hash }));
      previousHash = hash;
    }
    await owner.query(
      `INSERT INTO audit_event (tenant_id, seq, at, actor_kind, actor_id, actor_name, surface, action, target_kind, target_id, after,
         trace_id, policy_revision, code_hash, previous_hash, hash)
       SELECT (r->>'tenantId')::uuid, (r->>'seq')::bigint, (r->>'at')::timestamptz, r->>'actorKind', r->>'actorId', r->>'actorName',
         r->>'surface', r->>'action', r->>'targetKind', r->>'targetId', r->'after', r->>'traceId', (r->>'policyRevision')::int,
         r->>'codeHash', decode(r->>'previousHash', 'hex'), decode(r->>'hash', 'hex')
       FROM unnest($1::jsonb[]) r`,
      [rows],
    );
  }
  await owner.query(`INSERT INTO audit_head (tenant_id, seq, hash) VALUES ($1, $2, decode($3, 'hex'))`, [
    ctx.tenantId,
    LINKS,
    previousHash,
  ]);
  await owner.query('ANALYZE audit_event');
});
await ledger.signAuditCheckpoint(ctx);

/** The longest time in which this process heard nothing else. */
let longestMs = 0;
let heard = performance.now();
const pulse = setInterval(() => {
  longestMs = Math.max(longestMs, performance.now() - heard - 5);
  heard = performance.now();
}, 5);
const whole = await timed('verified', () => ledger.verifyAudit(ctx));
clearInterval(pulse);
console.log(
  `  ${whole.ok ? 'whole' : `NOT whole: ${whole.problem}`}, ${whole.events} links; others waited ${longestMs.toFixed(0)} ms at most`,
);

const middle = Math.floor(LINKS / 2);
await owner.query(`UPDATE audit_event SET actor_name = 'eve' WHERE tenant_id = $1 AND seq = $2`, [
  ctx.tenantId,
  middle,
]);
await owner.query(`DELETE FROM audit_event WHERE tenant_id = $1 AND seq = $2`, [ctx.tenantId, middle + 10]);
const broken = await timed('verified, one changed and one deleted', () => ledger.verifyAudit(ctx));
for (const { message } of broken.problems) console.log(`  ${message}`);

await timed('searched for what is nowhere', () => ledger.listAudit(ctx, { text: 'nowhere to be found' }));
await timed('searched for what is in the newest', () => ledger.listAudit(ctx, { text: 'run.finished' }));
let bytes = 0;
await timed('exported as JSON Lines', async () => {
  for await (const line of ledger.exportAudit(ctx, { format: 'jsonl' })) bytes += line.length;
});
console.log(`  ${(bytes / 1e6).toFixed(0)} MB`);
ledger.close();
await database.close();
await owner.end();
