import { Client } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newId, type Ctx, type TenantId } from '@switchyard/kernel';
import { createLedger, type Ledger } from '@switchyard/ledger';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { serveInMemory } from '../in-memory.ts';
import { ReportCache } from './report-cache.ts';
import { createAnalyticsServer } from './server.ts';

const DAY = '2026-11-20';
const clock = { now: () => new Date('2026-11-21T12:00:00Z') };
const ada = testCtx();
const bob = testCtx();
const failures: unknown[] = [];
const clients: Client[] = [];
let db: TestDatabase;
let ledger: Ledger;
let cache: ReportCache;
let nowMs = 0;

async function connect(tenantId: TenantId): Promise<Client> {
  const client = new Client({ name: 'spec', version: '1' });
  const { database } = db;
  const onError = (error: unknown): unknown => failures.push(error);
  await client.connect(
    serveInMemory(() => createAnalyticsServer({ database, ledger, cache, tenantId, version: '1.2.3', clock, onError })),
  );
  clients.push(client);
  return client;
}

let client: Client;
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers of many shapes
const call = async (name: string, input: object, of = client): Promise<any> => {
  const result = await of.callTool({ name, arguments: input as Record<string, unknown> });
  return result.structuredContent ?? result;
};

/** A run with its calls, as the ledger keeps them. */
async function addRun(
  ctx: Ctx,
  of: { at: string; status: string; arm: string; conversation?: string; calls: [string, string, number][] },
) {
  const id = newId();
  const denied = of.calls.filter(([, status]) => status === 'denied').length;
  await db.sql(
    `INSERT INTO run (id, tenant_id, status, surface, arm, principal_kind, principal_id, principal_name, conversation, code, code_hash, limits,
       call_count, denied_count, duration_ms, tokens_returned, tokens_kept_out, trace_id, node_id, started_at, finished_at)
     VALUES ($1, $2, $3::run_status, 'chat', $4, 'key', 'k', 'k', $5, 'x', 'h', '{}', $6, $7, 250, 10, 500, 't', $1, $8, $8)`,
    [id, ctx.tenantId, of.status, of.arm, of.conversation ?? null, of.calls.length, denied, of.at],
  );
  for (const [seq, [tool, status, ms]] of of.calls.entries())
    await db.sql(
      `INSERT INTO run_call (id, tenant_id, run_id, arm, seq, server, tool, status, args, result_tokens, started_at, duration_ms)
       VALUES ($1, $2, $3, $4, $5, 'search', $6, $7, '{}', 100, $8, $9)`,
      [newId(), ctx.tenantId, id, of.arm, seq, tool, status, of.at, ms],
    );
}

async function addConversation(ctx: Ctx, key: string): Promise<void> {
  const id = newId();
  await db.sql(
    `INSERT INTO conversation (id, tenant_id, key, principal_kind, principal_id, principal_name, arm, answers, fallbacks, complaints,
       prompt_tokens, completion_tokens, started_at, last_at)
     VALUES ($1, $2, $3, 'key', 'k', 'k', 'code', 2, 1, 1, 900, 80, '${DAY}T10:00:00Z', '${DAY}T10:05:00Z')`,
    [id, ctx.tenantId, key],
  );
  const messages = [
    ['user', 'my secret wish', null, null],
    ['assistant', 'granted', 'ok', 12_000],
    ['assistant', '', 'error', 100],
  ] as const;
  for (const [role, content, status, latency] of messages)
    await db.sql(
      `INSERT INTO message (id, tenant_id, conversation_id, role, content, at, trace_id, status, latency_ms, cost_micros)
       VALUES ($1, $2, $3, $4, $5, '${DAY}T10:00:00Z', 't', $6, $7, 1500)`,
      [newId(), ctx.tenantId, id, role, content, status, latency],
    );
}

beforeAll(async () => {
  db = await createTestDatabase();
  const never = async () => Promise.reject(new Error('nothing is sent here'));
  const senders = { fetch: never, checkUrl: never, mailer: undefined, withSecrets: never, putSecret: never };
  ledger = createLedger({ database: db.database, clock, nodeId: newId(), senders });
  cache = new ReportCache(db.database, () => nowMs);
  await addRun(ada, {
    at: `${DAY}T10:00:00Z`,
    status: 'done',
    arm: 'code',
    conversation: 'chat-1',
    calls: [
      ['searchProducts', 'ok', 10],
      ['searchProducts', 'ok', 30],
      ['refund', 'denied', 1],
    ],
  });
  await addRun(ada, {
    at: '2026-11-21T09:00:00Z',
    status: 'failed',
    arm: 'hybrid',
    calls: [['searchProducts', 'tool_error', 50]],
  });
  await addRun(bob, { at: `${DAY}T10:00:00Z`, status: 'done', arm: 'code', calls: [['ofBob', 'ok', 10]] });
  await addConversation(ada, 'chat-1');
  await addConversation(bob, 'chat-of-bob');
  client = await connect(ada.tenantId);
}, 60_000);
beforeEach(() => {
  nowMs += 60_000; // nothing of a test before is still cached
});
afterAll(async () => {
  await Promise.all(clients.map((open) => open.close()));
  cache.close();
  ledger.close();
  await db.drop();
  expect(failures).toEqual([]);
});

describe('the analytics server', () => {
  it('describes four tools with schemas, examples and annotations', async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name, annotations }) => [name, annotations?.readOnlyHint])).toEqual([
      ['getMetrics', true],
      ['generateReport', true],
      ['analyzeConversation', true],
      ['logAnalytics', false],
    ]);
    for (const tool of tools) {
      expect(tool.description).toContain('Example: ');
      expect(tool.outputSchema).toBeDefined();
    }
  });

  it('gives the key figures of a span, of the own tenant alone', async () => {
    const metrics = await call('getMetrics', { from: DAY, to: '2026-11-21' });
    expect(metrics).toMatchObject({
      from: DAY,
      to: '2026-11-21',
      runs: { ended: 2, failedShare: 0.5, p50Ms: 250, deniedCalls: 1 },
      tokens: { returned: 20, keptOut: 1_000 },
      models: [],
      tools: [
        { tool: 'search.searchProducts', calls: 3, failed: 1, p50Ms: 30 },
        { tool: 'search.refund', calls: 1, failed: 0 },
      ],
    });
    expect(JSON.stringify(metrics)).not.toContain('ofBob');
    const ofBob = await call('getMetrics', {}, await connect(bob.tenantId));
    expect(ofBob).toMatchObject({
      from: '2026-11-15',
      runs: { ended: 1 },
      tools: [{ tool: 'search.ofBob', calls: 1 }],
    });
  });

  it('reports by day, tool and arm', async () => {
    const report = await call('generateReport', {
      of: 'calls',
      by: ['arm', 'day', 'tool'],
      from: DAY,
      to: '2026-11-21',
    });
    expect(
      report.rows.map(({ day, tool, arm, measures }: Record<string, { calls: number }>) => [
        day,
        tool,
        arm,
        measures?.calls,
      ]),
    ).toEqual([
      [DAY, 'search.refund', 'code', 1],
      [DAY, 'search.searchProducts', 'code', 2],
      ['2026-11-21', 'search.searchProducts', 'hybrid', 1],
    ]);
    expect(report).toMatchObject({ total: 3, cached: false });
    const runs = await call('generateReport', { of: 'runs', by: [], from: DAY, to: DAY, limit: 1 });
    expect(runs.rows).toEqual([{ measures: expect.objectContaining({ runs: 1, done: 1, tokensKeptOut: 500 }) }]);
    expect((await call('generateReport', { of: 'models', by: ['day', 'arm'] })).rows).toEqual([]);
    expect((await call('generateReport', { of: 'savings', by: ['tool'] })).rows).toEqual([]);
  });

  it('puts model calls in dollars, the scripted model’s apart', async () => {
    const insert = (scripted: boolean, micros: number | null) =>
      db.sql(
        `INSERT INTO model_call (id, tenant_id, arm, purpose, provider, model, scripted, input_tokens, cached_input_tokens, output_tokens,
           reasoning_tokens, usage_estimated, status, cost_micros, trace_id, started_at, duration_ms)
         VALUES ($1, $2, 'code', 'chat', 'p', 'm', $3, 100, 0, 10, 0, false, 'ok', $4, 't', '2026-10-05T10:00:00Z', 5)`,
        [newId(), ada.tenantId, scripted, micros],
      );
    await Promise.all([insert(false, 2_500_000), insert(true, null)]);
    const report = await call('generateReport', { of: 'models', by: ['arm'], from: '2026-10-05', to: '2026-10-05' });
    expect(report.rows).toMatchObject([
      { arm: 'code', scripted: false, measures: { calls: 1, costUsd: 2.5, unpricedCalls: 0 } },
      { arm: 'code', scripted: true, measures: { calls: 1, costUsd: null } },
    ]);
  });

  it('keeps a report until the tenant’s figures change, on whichever node', async () => {
    const ask = () => call('generateReport', { of: 'runs', by: ['day'] });
    const [first, beside] = await Promise.all([ask(), ask()]);
    expect([first.cached, beside.cached].sort()).toEqual([false, true]);
    nowMs += 10_000;
    expect(await ask()).toMatchObject({ cached: true, asOf: first.asOf });
    await db.database.tell([{ tenantId: bob.tenantId, topic: 'runs' }]);
    await db.database.tell([{ tenantId: ada.tenantId, topic: 'runs' }]);
    const until = Date.now() + 10_000;
    let again = await ask();
    while (again.cached && Date.now() < until) again = await ask();
    expect(again.cached).toBe(false);
    nowMs += 31_000;
    expect(await ask()).toMatchObject({ cached: false });
  });

  it('analyses a conversation without a word of it', async () => {
    const analysis = await call('analyzeConversation', { conversation: 'chat-1' });
    expect(analysis).toMatchObject({
      conversation: 'chat-1',
      arm: 'code',
      messages: { user: 1, assistant: 2 },
      answers: { ok: 1, error: 1, cancelled: 0, fallbacks: 1, maxMs: 12_000 },
      costUsd: 0.0045,
      runs: { ended: 1, done: 1, calls: 3, deniedCalls: 1 },
      feedback: { complaints: 1 },
      findings: ['complained', 'answer_failed', 'fell_back', 'slow_answer', 'call_denied'],
    });
    expect(analysis.tools[0]).toMatchObject({ tool: 'search.searchProducts', calls: 2, failed: 0 });
    expect(JSON.stringify(analysis)).not.toMatch(/secret|granted/);
  });

  it.each([
    ['another tenant’s', 'chat-of-bob'],
    ['one that is not', 'chat-0'],
    ['an id that is not', '00000000-0000-7000-8000-000000000000'],
  ])('does not know %s', async (_what, conversation) => {
    const { error } = await call('analyzeConversation', { conversation });
    expect(error).toMatchObject({ code: 'conversation_not_found' });
  });

  it('counts events, each key once, and keeps nothing private of them', async () => {
    const events = [
      {
        name: 'cart.recovered',
        value: 10,
        at: `${DAY}T01:00:00Z`,
        key: 'ada@example.com',
        properties: { by: 'ada@example.com' },
      },
      { name: 'cart.recovered', value: 20, at: `${DAY}T02:00:00+02:00` },
    ];
    expect(await call('logAnalytics', { events })).toEqual({ stored: 2, alreadyKnown: 0 });
    expect(await call('logAnalytics', { events: events.slice(0, 1) })).toEqual({ stored: 0, alreadyKnown: 1 });
    const report = await call('generateReport', { of: 'events', by: ['name', 'day'], from: DAY, to: DAY });
    expect(report.rows).toEqual([
      { day: DAY, name: 'cart.recovered', measures: { events: 2, valueSum: 30, valueAverage: 15 } },
    ]);
    expect((await call('getMetrics', { from: DAY })).events).toEqual([{ name: 'cart.recovered', events: 2 }]);
    expect((await call('getMetrics', { from: DAY }, await connect(bob.tenantId))).events).toEqual([]);
    expect(JSON.stringify(await db.sql('SELECT properties, key FROM analytics_event'))).not.toContain('ada@');
  });

  it('takes no more than a day’s worth', async () => {
    await db.sql(
      `INSERT INTO analytics_event (id, tenant_id, name, at) SELECT gen_random_uuid(), $1, 'flood', now() FROM generate_series(1, 99998)`,
      [ada.tenantId],
    );
    const events = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];
    expect((await call('logAnalytics', { events })).error).toMatchObject({ code: 'too_many_events' });
    expect(await call('logAnalytics', { events: events.slice(0, 1) }, await connect(bob.tenantId))).toMatchObject({
      stored: 1,
    });
  });

  it.each([
    ['getMetrics', { from: '2026-11-21', to: '2026-11-20' }, 'bad_span'],
    ['getMetrics', { from: '2020-01-01', to: '2026-11-20' }, 'bad_span'],
    ['generateReport', { of: 'runs', by: ['tool'] }, 'bad_grouping'],
    ['generateReport', { of: 'events', by: ['arm'] }, 'bad_grouping'],
  ])('%s refuses %j', async (tool, input, code) => {
    expect((await call(tool, input)).error).toMatchObject({ code });
  });
});
