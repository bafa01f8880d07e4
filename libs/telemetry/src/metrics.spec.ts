import { afterEach, describe, expect, it } from '@jest/globals';
import type { TenantId } from '@switchyard/kernel';
import type { ModelFact } from './facts.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { ToolPairs } from './pairs.ts';

const TENANT = '0197a000-0000-7000-8000-000000000001' as TenantId;
const caller = { tenantId: TENANT, surface: 'rest' as const };
const modelCall = (more: Partial<ModelFact> = {}): ModelFact => ({
  tenantId: TENANT,
  arm: 'code',
  purpose: 'chat',
  provider: 'openai',
  model: 'gpt-4o-mini',
  scripted: false,
  error: null,
  durationMs: 1_200,
  tokens: { input: 100, cachedInput: 40, output: 20, reasoning: 5 },
  costMicros: 1_250n,
  tokensSaved: 900,
  ...more,
});

describe('metrics', () => {
  let metrics: Metrics;
  const open = (tenants = 0): Metrics => (metrics = createMetrics({ version: '1.2.3', tenants }));
  const lines = async (name: string): Promise<string[]> =>
    (await metrics.text()).split('\n').filter((line) => line.startsWith(name));
  afterEach(() => metrics.close());

  it('tells requests by route, method and status, and nothing of what a stranger wrote', async () => {
    open();
    metrics.request({ method: 'POST', route: '/v1/executions', status: 200, durationMs: 30 });
    metrics.request({ method: 'BREW', route: undefined, status: 404, durationMs: 1 });
    metrics.request({ method: 'GET', route: '/ann@example.com', status: 200, durationMs: 1 });
    expect(await lines('http_server_request_duration_count')).toEqual([
      'http_server_request_duration_count{http_request_method="POST",http_route="/v1/executions",http_response_status_code="200"} 1',
      'http_server_request_duration_count{http_request_method="other",http_route="other",http_response_status_code="404"} 1',
      'http_server_request_duration_count{http_request_method="GET",http_route="other",http_response_status_code="200"} 1',
    ]);
  });

  it('counts what took longer than a threshold apart, to the millisecond', async () => {
    open();
    for (const durationMs of [9_999, 10_000, 10_001])
      metrics.request({ method: 'GET', route: '/x', status: 200, durationMs });
    expect(await lines('switchyard_duration_exceeded_total{operation="http",threshold="10"}')).toEqual([
      'switchyard_duration_exceeded_total{operation="http",threshold="10"} 1',
    ]);
  });

  it('money is a counter of whole micro-dollars, and what was saved may fall', async () => {
    open();
    metrics.modelCall(modelCall());
    metrics.modelCall(modelCall({ tokensSaved: -2_000, costMicros: null }));
    const of = 'gen_ai_provider_name="openai",gen_ai_request_model="gpt-4o-mini"';
    expect(await lines('switchyard_cost')).toEqual([`switchyard_cost_total{${of},purpose="chat",arm="code"} 1250`]);
    expect(await lines('switchyard_model_calls_unpriced')).toEqual([`switchyard_model_calls_unpriced_total{${of}} 1`]);
    expect(await lines('switchyard_tokens_saved')).toEqual([
      'switchyard_tokens_saved{source="answer",scripted="false"} -1100',
    ]);
    expect(await lines(`switchyard_model_tokens_total{${of},kind="cached_input"`)).toEqual([
      `switchyard_model_tokens_total{${of},kind="cached_input",purpose="chat"} 80`,
    ]);
    expect(
      await lines(`gen_ai_client_token_usage_sum{${of},gen_ai_operation_name="chat",gen_ai_token_type="input"}`),
    ).toEqual([`gen_ai_client_token_usage_sum{${of},gen_ai_operation_name="chat",gen_ai_token_type="input"} 200`]);
  });

  it('a model that never answered is a word of the caller, and is not told', async () => {
    open();
    metrics.modelCall(modelCall({ model: 'my-secret-name', error: 'upstream_failed' }));
    metrics.modelCall(modelCall({ model: 'ann other, 030 901820' }));
    metrics.modelCall(modelCall({ error: 'ann@example.com is not allowed' }));
    const text = await metrics.text();
    expect(text).not.toMatch(/my-secret-name|ann/);
    expect(text).toContain('error_type="upstream_failed"');
    expect(text).toContain('error_type="other"');
  });

  it('names of tools and tenants are bounded, however many come', async () => {
    open(2);
    for (let at = 0; at < 1_000; at++)
      metrics.toolCall({
        ...caller,
        tenantId: `0197a000-0000-7000-8000-${String(at).padStart(12, '0')}` as TenantId,
        tool: { server: `server${at}`, name: `tool${at}` },
        outcome: 'ok',
        durationMs: 1,
      });
    const counts = await lines('gen_ai_execute_tool_duration_count');
    expect(counts.length).toBeLessThanOrEqual(302);
    expect(counts.at(-1)).toContain('server="other",gen_ai_tool_name="other",arm="none",tenant="other"');
    expect(new Set(counts.map((line) => /tenant="([^"]*)"/.exec(line)?.[1])).size).toBe(3);
  });

  it('tells no tenant apart unless it was asked to', async () => {
    open();
    metrics.modelCall(modelCall());
    metrics.refused(caller, 'rate_limited');
    expect(await metrics.text()).not.toContain(TENANT);
  });

  it('rare things stand at nought from the start, so that their first is seen', async () => {
    open();
    expect(await lines('switchyard_alerts_total{kind="rollout.rolled_back"}')).toEqual([
      'switchyard_alerts_total{kind="rollout.rolled_back"} 0',
    ]);
    expect(await lines('switchyard_sandbox_ends_total{end="limit.memory"}')).toHaveLength(1);
    metrics.alert('rollout.rolled_back');
    expect(await lines('switchyard_alerts_total{kind="rollout.rolled_back"}')).toEqual([
      'switchyard_alerts_total{kind="rollout.rolled_back"} 1',
    ]);
  });

  it('a part that does not answer is missing, and the rest is told in time', async () => {
    open();
    metrics.watch({
      pool: () => new Promise(() => undefined),
      tenants: async () => ({ approvalsWaiting: 3, killed: 1 }),
    });
    const began = performance.now();
    expect(await lines('switchyard_approvals_waiting')).toEqual(['switchyard_approvals_waiting 3']);
    expect(await lines('switchyard_sandbox_pool{')).toEqual([]);
    expect(performance.now() - began).toBeLessThan(9_000);
  });

  it('takes microseconds', () => {
    open();
    const turns = 20_000;
    const tool = { server: 'shop', name: 'getOrder' };
    const cost = (work: () => void): number => {
      for (let at = 0; at < 2_000; at++) work();
      const began = performance.now();
      for (let at = 0; at < turns; at++) work();
      return ((performance.now() - began) * 1_000) / turns;
    };
    const run = { ...caller, status: 'done', durationMs: 20, calls: 2, tokensKeptOut: 10, tokensSaved: 5 };
    const used = { queuedMs: 1, ownTimeMs: 5, cpuMs: 4, peakMemoryBytes: 60_000_000 };
    const figures = {
      request: cost(() => metrics.request({ method: 'POST', route: '/v1/executions', status: 200, durationMs: 20 })),
      run: cost(() => metrics.run({ ...run, tools: ['shop.a', 'shop.b'] })),
      sandbox: cost(() => metrics.sandbox({ end: 'done', ...used })),
      toolCall: cost(() => metrics.toolCall({ ...caller, tool, outcome: 'ok', durationMs: 3 })),
      modelCall: cost(() => metrics.modelCall(modelCall())),
    };
    process.stdout.write(
      `microseconds a record: ${Object.entries(figures)
        .map(([name, us]) => `${name} ${us.toFixed(2)}`)
        .join(', ')}\n`,
    );
    for (const us of Object.values(figures)) expect(us).toBeLessThan(5_000); // generous: the machine may be busy, and only a slip of orders of magnitude is meant
  });
});

describe('tool pairs', () => {
  it('the popular ones are found among a flood of others, in a table that does not grow', () => {
    const pairs = new ToolPairs();
    for (let at = 0; at < 5_000; at++) {
      pairs.add([`rare${at}`, `rarer${at}`]);
      if (at % 10 === 0) pairs.add(['search', 'order', 'refund']);
    }
    const [first, second] = pairs.top();
    expect([first, second].map((pair) => `${pair?.from} ${pair?.to}`).sort()).toEqual(['order refund', 'search order']);
    expect(first?.count).toBeGreaterThanOrEqual(500);
    expect(pairs.top()).toHaveLength(20);
  });
});
