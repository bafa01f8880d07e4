// How long the money pages take over 100,000 conversations of one tenant beside those of another: node libs/ledger/src/testing/money-bench.ts <owner's URL of a migrated, empty database>
import { openDatabase, provisionRoles, roleUrls } from '@switchyard/database';
import { newId, systemClock, systemCtx, type TenantId } from '@switchyard/kernel';
import pg from 'pg';
import { createLedger } from '../ledger.ts';
import type { ModelCallInput } from '../money/model-call.ts';
import { noSenders } from './no-senders.ts';

const [ownerUrl = ''] = process.argv.slice(2);
/** Milliseconds: median, and the worst but one of twenty. */
async function measure(times: number, work: (at: number) => Promise<unknown>): Promise<{ p50: number; p95: number }> {
  const samples: number[] = [];
  for (let at = 0; at < times; at++) {
    const started = performance.now();
    await work(at);
    samples.push(performance.now() - started);
  }
  samples.sort((a, b) => a - b);
  const quantile = (q: number): number => samples[Math.floor(q * samples.length)] ?? NaN;
  return { p50: quantile(0.5), p95: quantile(0.95) };
}

const CONVERSATIONS = 100_000;
const DAYS = 30;

const owner = new pg.Client(ownerUrl);
await owner.connect();
const tenants = [newId<TenantId>(), newId<TenantId>()] as const;
await provisionRoles(ownerUrl);
const database = await openDatabase(roleUrls(ownerUrl), { poolSize: 4 });
const ledger = createLedger({ database, clock: systemClock, nodeId: newId(), senders: noSenders });

for (const tenant of tenants) {
  // Three model calls to a conversation, one counterfactual, two tools.
  await owner.query(
    `INSERT INTO model_call (id, tenant_id, conversation, arm, purpose, provider, model, scripted, input_tokens, cached_input_tokens,
       output_tokens, reasoning_tokens, usage_estimated, status, cost_micros, price_id, trace_id, started_at, duration_ms)
     SELECT gen_random_uuid(), $1, 'c' || n / 3, CASE WHEN n % 6 < 3 THEN 'code' ELSE 'traditional' END, 'chat', 'openai',
       CASE WHEN n % 9 < 7 THEN 'gpt-4o' ELSE 'gpt-4.1' END, false, 1000 + n % 5000, n % 900, 100 + n % 300, 0, false,
       CASE WHEN n % 97 = 0 THEN 'error' ELSE 'ok' END, CASE WHEN n % 53 = 0 THEN NULL ELSE 2500 + n % 9000 END, 'p', '0',
       now() - (n % ($2 * 86400)) * interval '1 second', 800
     FROM generate_series(1, $3::int) n`,
    [tenant, DAYS, CONVERSATIONS * 3],
  );
  await owner.query(
    `INSERT INTO counterfactual (id, tenant_id, at, kind, arm, purpose, conversation, scripted, definition_tokens, result_tokens,
       used_input_tokens, used_output_tokens, used_cost_micros, other_input_tokens, other_output_tokens, other_cost_micros, turns, used)
     SELECT gen_random_uuid(), $1, now() - (n % ($2 * 86400)) * interval '1 second', 'answer', 'code', 'chat', 'c' || n, false, 9000,
       20000, 3000 + n % 9000, 300, 9000, 20000 - n % 15000, 400, 60000, '[[9000,0,100,0],[20000,9000,100,0]]', '[[3000,0,300,0]]'
     FROM generate_series(1, $3::int) n`,
    [tenant, DAYS, CONVERSATIONS],
  );
  await owner.query(
    `INSERT INTO counterfactual_tool (counterfactual_id, tenant_id, tool, at, arm, scripted, calls, result_tokens, other_input_tokens)
     SELECT id, $1, 'server.tool' || t || (abs(hashtext(id::text)) % 50), at, arm, false, 2, 9000, 18000
     FROM counterfactual, generate_series(1, 2) t WHERE tenant_id = $1`,
    [tenant],
  );
}
await owner.query('ANALYZE');
const ctx = systemCtx(tenants[0]);
const to = new Date();
const span = { from: new Date(to.getTime() - DAYS * 86_400_000), to };
const pages = {
  savings: () => ledger.savings(ctx, span),
  'usage by day': () => ledger.usage(ctx, { ...span, by: 'day' }),
  'usage by arm': () => ledger.usage(ctx, { ...span, by: 'arm' }),
  'usage by model': () => ledger.usage(ctx, { ...span, by: 'model' }),
  'usage by conversation': () => ledger.usage(ctx, { ...span, by: 'conversation' }),
  'usage of one conversation': () => ledger.usage(ctx, { ...span, by: 'conversation', conversation: 'c4711' }),
  budget: () => ledger.budget(ctx),
};
for (const [name, work] of Object.entries(pages)) {
  const { p50, p95 } = await measure(20, work);
  console.log(`${name.padEnd(26)} p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms`);
}
const call = (conversation: string): ModelCallInput => ({
  id: newId(),
  conversation,
  arm: 'code',
  purpose: 'chat',
  provider: 'openai',
  model: 'gpt-4o',
  scripted: false,
  usage: { inputTokens: 1_000, cachedInputTokens: 0, outputTokens: 100, reasoningTokens: 0 },
  usageEstimated: false,
  status: 'ok',
  startedAt: new Date(),
  durationMs: 10,
  firstTokenMs: null,
});
const recorded = await measure(300, (at) => ledger.recordModelCall(ctx, call(`new${at}`)));
console.log(`recordModelCall            p50 ${recorded.p50.toFixed(2)} ms`);
const WRITERS = 4;
const EACH = 250;
const began = performance.now();
const write = async (): Promise<void> => {
  for (let n = 0; n < EACH; n++) await ledger.recordModelCall(ctx, call('hot'));
};
await Promise.all(Array.from({ length: WRITERS }, write));
const rate = (WRITERS * EACH * 1_000) / (performance.now() - began);
console.log(`recordModelCall, ${WRITERS} at once ${rate.toFixed(0)} a second for one tenant`);
ledger.close();
await database.close();
await owner.end();
