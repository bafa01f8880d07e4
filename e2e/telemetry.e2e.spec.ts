import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from './support/otlp-receiver.ts';
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
  let collector: OtlpReceiver;

  const read = async (): Promise<Map<string, number>> => {
    const { status, text } = await switchyard.request('GET', '/metrics');
    expect(status).toBe(200);
    return seriesOf(text);
  };

  beforeAll(async () => {
    collector = await startOtlpReceiver();
    switchyard = await Switchyard.start({
      SWITCHYARD_POOL: '2',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-of-the-collector=a%20secret',
    });
    key = switchyard.createKey();
    switchyard.cli('rollout', 'set', '--tenant', 'demo', '--percent', '98');
  }, 120_000);
  afterAll(async () => {
    await switchyard?.remove();
    await collector?.close();
  });

  it('numbers tell what happened: runs, sandboxes, tools, models, answers, requests', async () => {
    const busy = 'const end = Date.now() + 60_000; let n = 0; while (Date.now() < end) n += 1; return n';
    const search = `import { searchProducts } from 'servers/search';
      const first = await searchProducts({ query: 'pump', limit: 2 });
      const second = await searchProducts({ query: 'valve', limit: 2 });
      return [first.results.length, second.results.length];`;
    const codes = ['return 1', 'return 1', 'throw new Error("no")', search, busy, 'not typescript ('];
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

  describe('traces', () => {
    const CALLER = 'aaaaaaaaaaaaaaaa';
    const code = `import { searchProducts } from 'servers/search';
      return (await searchProducts({ query: 'pump', limit: 1 })).results.length;`;
    const spansOf = (traceId: string, last: RegExp): Promise<readonly ReceivedSpan[]> =>
      eventually('the whole trace arrived', () => {
        const spans = collector.spans.filter((span) => span.traceId === traceId);
        return spans.some(({ name }) => last.test(name)) ? spans : undefined;
      });
    /** The names from a span up to the first that has no parent here. */
    const wayUp = (spans: readonly ReceivedSpan[], name: string): string[] => {
      const way: string[] = [];
      for (
        let at = spans.find((span) => span.name === name);
        at;
        at = spans.find(({ spanId }) => spanId === at?.parentSpanId)
      )
        way.push(at.name);
      return way;
    };

    it('a run is one trace with its caller, down to the call at the upstream', async () => {
      const traceId = 'b'.repeat(31) + '1';
      const headers = { traceparent: `00-${traceId}-${CALLER}-01` };
      const { body } = await switchyard.request('POST', '/v1/executions', { key, body: { code }, headers });
      expect(body.traceId).toBe(traceId);
      const spans = await spansOf(traceId, /^POST/);
      expect(wayUp(spans, 'tools/call searchProducts')).toEqual([
        'tools/call searchProducts',
        'execute_tool searchProducts',
        'run',
        'POST /v1/executions',
      ]);
      expect(wayUp(spans, 'policy').length).toBeGreaterThan(1);
      expect(spans.find(({ name }) => name.startsWith('POST'))?.parentSpanId).toBe(CALLER);
      const run = spans.find(({ name }) => name === 'run');
      expect(run?.attributes).toMatchObject({ 'switchyard.run.id': body.id, 'switchyard.run.status': 'done' });
      expect(collector.headers['x-of-the-collector']).toBe('a secret');
    }, 60_000);

    it('an answer of chat has its arm, its model and its tokens, and the conversation only by what stands for it', async () => {
      const traceId = 'b'.repeat(31) + '2';
      const conversation = 'of ann.other@example.com';
      const body = { messages: [{ role: 'user', content: 'Which products are low on stock?' }] };
      const headers = { traceparent: `00-${traceId}-${CALLER}-01`, 'x-switchyard-conversation': conversation };
      expect((await switchyard.request('POST', '/v1/chat/completions', { key, body, headers })).status).toBe(200);
      const spans = await spansOf(traceId, /^POST/);
      const answer = spans.find(({ name }) => name === 'invoke_agent switchyard');
      expect(answer?.attributes['gen_ai.conversation.id']).toMatch(/^[0-9a-f]{32}$/);
      expect(answer?.events).toEqual([
        {
          name: 'feature_flag.evaluation',
          attributes: expect.objectContaining({
            'feature_flag.result.variant': expect.stringMatching(/^(code|traditional)$/),
            'feature_flag.context.id': answer?.attributes['gen_ai.conversation.id'],
          }),
        },
      ]);
      const model = spans.filter(({ name }) => name.startsWith('chat '));
      expect(model.length).toBeGreaterThan(0);
      expect(model[0]?.attributes).toMatchObject({
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'scripted',
      });
      expect(Number(model[0]?.attributes['gen_ai.usage.input_tokens'])).toBeGreaterThan(0);
      expect(collector.text).not.toMatch(/ann\.other|low on stock|a secret/);
    }, 60_000);

    it('a client of /mcp is joined by the trace that its message names, before that of the request', async () => {
      const traceId = 'b'.repeat(31) + '3';
      const _meta = { traceparent: `00-${traceId}-${CALLER}-01` };
      const params = { name: 'execute_code', arguments: { code }, _meta };
      const headers = {
        accept: 'application/json, text/event-stream',
        traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`,
        'mcp-protocol-version': '2025-11-25',
      };
      const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
      const { headers: told, text } = await switchyard.request('POST', '/mcp', { key, body: message, headers });
      expect(text).toContain('"status');
      expect(told.get('x-switchyard-trace')).toBe(traceId);
      const served = ['mcp_method_name="tools/call"', 'gen_ai_tool_name="execute_code"'];
      expect(sumOf(await read(), 'mcp_server_operation_duration_count', ...served)).toBe(1);
      const spans = await spansOf(traceId, /^tools\/call execute_code/);
      expect(wayUp(spans, 'execute_tool searchProducts')).toEqual([
        'execute_tool searchProducts',
        'run',
        'tools/call execute_code',
      ]);
      expect(spans.find(({ name }) => name === 'tools/call execute_code')?.parentSpanId).toBe(CALLER);
    }, 60_000);

    it('what its caller does not record is not recorded here, and an error is told by its code alone', async () => {
      const [silent, failing] = ['b'.repeat(31) + '4', 'b'.repeat(31) + '5'];
      const send = (traceId: string, flags: string, text: string) =>
        switchyard.request('POST', '/v1/executions', {
          key,
          body: { code: text },
          headers: { traceparent: `00-${traceId}-${CALLER}-${flags}` },
        });
      await send(silent, '00', code);
      await send(failing, '01', "throw new Error('the card is 4111 1111 1111 1111')");
      const run = (await spansOf(failing, /^POST/)).find(({ name }) => name === 'run');
      expect(run?.status).toEqual({ code: 2 });
      expect(run?.attributes['error.type']).toBe('failed');
      expect(collector.spans.filter(({ traceId }) => traceId === silent)).toEqual([]);
      expect(collector.text).not.toMatch(/the card is/);
    }, 60_000);
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
