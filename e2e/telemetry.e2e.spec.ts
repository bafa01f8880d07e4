import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from './support/processes.ts';
import { Switchyard } from './support/switchyard.ts';

/** Every series of a reading, by `name{labels}`. */
function seriesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

/** The sum of all series of a name whose labels hold all of these. */
const sumOf = (series: ReadonlyMap<string, number>, name: string, ...labels: string[]): number =>
  [...series].reduce(
    (sum, [key, value]) =>
      (key === name || key.startsWith(`${name}{`)) && labels.every((label) => key.includes(label)) ? sum + value : sum,
    0,
  );

describe('operations', () => {
  let switchyard: Switchyard;
  let key: string;

  const read = async (): Promise<Map<string, number>> => {
    const { status, text } = await switchyard.request('GET', '/metrics');
    expect(status).toBe(200);
    return seriesOf(text);
  };

  beforeAll(async () => {
    switchyard = await Switchyard.start({ SWITCHYARD_POOL: '2' });
    key = switchyard.createKey();
    switchyard.cli('rollout', 'set', '--tenant', 'demo', '--percent', '98');
  }, 120_000);
  afterAll(async () => switchyard?.remove());

  it('numbers tell what happened: runs, sandboxes, tools, models, answers, requests', async () => {
    const search = `import { searchProducts } from 'servers/search';
      const first = await searchProducts({ query: 'pump', limit: 2 });
      const second = await searchProducts({ query: 'valve', limit: 2 });
      return [first.results.length, second.results.length];`;
    const codes = [
      'return 1',
      'return 1',
      'throw new Error("no")',
      search,
      'for (;;) Math.sqrt(2)',
      'not typescript (',
    ];
    for (const code of codes) await switchyard.execute(key, code, { limits: { timeMs: 300 } });
    const body = { messages: [{ role: 'user', content: 'Which products are low on stock?' }] };
    const asked = await switchyard.request('POST', '/v1/chat/completions', { key, body });
    expect(asked.status).toBe(200);

    const series = await eventually('the last is recorded', async () => {
      const found = await read();
      return sumOf(found, 'switchyard_chat_answer_duration_count') > 0 ? found : undefined;
    });
    const runs = (status: string): number =>
      sumOf(series, 'switchyard_run_duration_count', `status="${status}"`, 'surface="rest"', 'arm="none"');
    expect([runs('done'), runs('failed'), runs('limit'), runs('rejected')]).toEqual([3, 1, 1, 1]);
    const ends = (end: string): number => sumOf(series, 'switchyard_sandbox_ends_total', `end="${end}"`);
    expect(ends('limit.time')).toBe(1);
    expect(ends('failed')).toBeGreaterThanOrEqual(1);
    for (const name of ['cpu_time', 'own_time', 'queue_wait', 'memory_peak'])
      expect(sumOf(series, `switchyard_sandbox_${name}_count`)).toBeGreaterThanOrEqual(5);
    expect(sumOf(series, 'switchyard_sandbox_memory_peak_sum')).toBeGreaterThan(100_000_000);
    const tool = ['gen_ai_tool_name="searchProducts"', 'server="search"', 'outcome="ok"', 'arm="none"'];
    expect(sumOf(series, 'gen_ai_execute_tool_duration_count', ...tool)).toBe(2);
    expect(sumOf(series, 'mcp_client_operation_duration_count', 'server="search"')).toBeGreaterThanOrEqual(2);
    const pair = ['from="search.searchProducts"', 'to="search.searchProducts"'];
    expect(sumOf(series, 'switchyard_tool_pairs', ...pair)).toBeGreaterThanOrEqual(1);
    expect(
      sumOf(series, 'switchyard_policy_decisions_total', 'effect="allow"', 'purpose="call"'),
    ).toBeGreaterThanOrEqual(2);
    expect(sumOf(series, 'gen_ai_client_operation_duration_count', 'gen_ai_provider_name="scripted"')).toBeGreaterThan(
      0,
    );
    expect(sumOf(series, 'switchyard_model_tokens_total', 'kind="input"', 'purpose="chat"')).toBeGreaterThan(0);
    expect(sumOf(series, 'switchyard_chat_answer_duration_count', 'outcome="ok"')).toBe(1);
    expect(sumOf(series, 'switchyard_chat_conversations_total')).toBe(1);
    const route = ['http_route="/v1/executions"', 'http_request_method="POST"', 'http_response_status_code="200"'];
    expect(sumOf(series, 'http_server_request_duration_count', ...route)).toBe(codes.length);
    expect(sumOf(series, 'switchyard_sandbox_pool', 'state="size"')).toBe(2);
    expect(series.get('switchyard_approvals_waiting')).toBe(0);
    expect(sumOf(series, 'process_memory_usage', 'kind="rss"')).toBeGreaterThan(50_000_000);
  }, 120_000);

  it('a URL that a stranger makes up is no label, and a refusal is counted by its kind', async () => {
    await switchyard.request('GET', '/v1/ann.other@example.com');
    const { status } = await switchyard.request('POST', '/v1/executions', { body: { code: 'return 1' } });
    expect(status).toBe(401);
    const { text } = await switchyard.request('GET', '/metrics');
    expect(text).not.toContain('ann.other');
    const series = seriesOf(text);
    expect(sumOf(series, 'http_server_request_duration_count', 'http_response_status_code="401"')).toBeGreaterThan(0);
    expect(sumOf(series, 'http_server_request_duration_count', 'http_response_status_code="404"')).toBeGreaterThan(0);
  });

  it('over a limit: 429, counted', async () => {
    switchyard.cli('limits', 'set', '--tenant', 'demo', '--executions-per-minute', '1');
    await eventually(
      'it is refused',
      async () => (await switchyard.execute(key, 'return 1')).status === 429 || undefined,
    );
    expect(sumOf(await read(), 'switchyard_requests_refused_total', 'code="rate_limited"')).toBeGreaterThan(0);
  }, 60_000);

  it('a thrown kill switch shows, and so does its alert', async () => {
    const mutation = 'mutation { setKillSwitch(thrown: true, reason: "a drill") { thrown } }';
    const { body } = await switchyard.graphql(key, mutation);
    expect(body.errors).toBeUndefined();
    const series = await eventually(
      'it is seen',
      async () => {
        const found = await read();
        return found.get('switchyard_kill_switch_tenants') === 1 ? found : undefined;
      },
      40_000,
    );
    expect(sumOf(series, 'switchyard_alerts_total', 'kind="kill_switch.thrown"')).toBe(1);
  }, 60_000);

  it('no key of a tenant reads them, nor whoever comes through a proxy', async () => {
    expect((await switchyard.request('GET', '/metrics', { key })).status).toBe(401);
    const headers = { 'x-forwarded-for': '127.0.0.1' };
    expect((await switchyard.request('GET', '/metrics', { headers })).status).toBe(403);
  });
});
