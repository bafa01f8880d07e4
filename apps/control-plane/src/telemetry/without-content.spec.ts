import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Chat } from '@switchyard/chat';
import { AppError, newId, type Ctx, type RunId, type TenantId } from '@switchyard/kernel';
import type { Ledger, ModelCallInput } from '@switchyard/ledger';
import type { Runs } from '@switchyard/runs';
import { createMetrics, createTracing, type Metrics, type Tracing } from '@switchyard/telemetry';
import type { GateDecision, Gateway, GatewayCall } from '@switchyard/tools';
import { observedAssign, observedChat, pseudonyms } from './observed-chat.ts';
import { observedGateway } from './observed-gateway.ts';
import { observedLedger } from './observed-ledger.ts';
import { observedRuns } from './observed-runs.ts';

/** Stands wherever a caller, a tool, code or a model can put something. */
const SECRET = 'ann.other@example.com';
const ctx: Ctx = {
  tenantId: newId<TenantId>(),
  principal: { kind: 'operator', id: 'operator', name: SECRET },
  surface: 'chat',
  traceId: 'ab'.repeat(16),
  signal: new AbortController().signal,
  conversation: SECRET,
  arm: 'code',
  ip: SECRET,
};
const never = async (): Promise<never> => {
  throw new Error(SECRET);
};

describe('what decorators tell of content: nothing', () => {
  let metrics: Metrics;
  let tracing: Tracing;
  let traces = '';
  const server = http.createServer((request, response) => {
    request.on('data', (part: Buffer) => (traces += part.toString()));
    request.on('end', () => response.end('{}'));
  });

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    metrics = createMetrics({ version: '1', tenants: 5 });
    tracing = createTracing({ version: '1', exporter: { endpoint, headers: {}, ratio: 1, serviceName: 'spec' } });
  });
  afterAll(async () => {
    await metrics.close();
    server.closeAllConnections();
    server.close();
  });

  it('neither of a tool, its arguments and its answers', async () => {
    const tool = { server: 'people', name: 'getRecord' };
    const answers = [
      { status: 'ok', value: { email: SECRET }, bytes: 1, flags: [], durationMs: 1, tool },
      { status: 'tool_error', error: { code: 'is_error', message: SECRET }, durationMs: 1, tool },
      { status: 'not_found', error: { code: 'not_found', message: SECRET }, durationMs: 1 },
    ] as unknown as GatewayCall[];
    for (const answer of answers) {
      const gateway: Gateway = { call: async () => answer, toolsFor: async () => [] };
      await observedGateway<GateDecision>(gateway, { metrics, tracing }).call(
        ctx,
        { server: SECRET, tool: SECRET },
        { x: SECRET },
      );
    }
    const broken = observedGateway<GateDecision>({ call: never, toolsFor: async () => [] }, { metrics, tracing });
    await expect(broken.call(ctx, { server: SECRET, tool: SECRET }, { x: SECRET })).rejects.toThrow();
  });

  it('nor of a run and its calls, nor of a model and its words', async () => {
    const model: ModelCallInput = {
      id: newId(),
      conversation: SECRET,
      arm: 'code',
      purpose: 'chat',
      provider: 'openai',
      model: SECRET,
      scripted: false,
      usage: { inputTokens: 1, cachedInputTokens: 0, outputTokens: 1, reasoningTokens: 0 },
      usageEstimated: false,
      status: 'ok',
      errorCode: null,
      startedAt: new Date(),
      durationMs: 1,
      firstTokenMs: null,
    };
    const ledger = {
      startRun: async () => undefined,
      finishRun: async () => undefined,
      recordModelCall: async () => ({ costMicros: 1n, priceId: null }),
      admitChat: async () => {
        throw new AppError('rate_limited', SECRET);
      },
    } as unknown as Ledger;
    const observed = observedLedger(ledger, { metrics, tracing });
    const [id, startedAt] = [newId<RunId>(), new Date()];
    await observed.startRun(ctx, { id, code: SECRET, limits: {}, policyRevision: 1 });
    const call = { seq: 1, server: SECRET, tool: SECRET, args: SECRET, startedAt, durationMs: 1 };
    const calls = [
      { ...call, status: 'ok' as const },
      { ...call, seq: 2, status: 'not_found' as const },
    ];
    await observed.finishRun(ctx, id, { status: 'failed', durationMs: 1, calls, error: SECRET, result: SECRET });
    await observed.recordModelCall(ctx, model);
    await observed.recordModelCall(ctx, {
      ...model,
      status: 'error',
      errorCode: SECRET,
      model: 'a-word-of-the-caller',
    });
    await expect(observed.admitChat(ctx)).rejects.toThrow();
    const runs = observedRuns({ execute: never } as unknown as Runs, tracing);
    await expect(runs.execute(ctx, { code: SECRET })).rejects.toThrow();
  });

  it('nor of a conversation, but by what stands for it', async () => {
    const pseudonymOf = pseudonyms(Buffer.alloc(32, 1));
    const chat = {
      send: (async (_ctx, _request, sink) => {
        sink?.begin?.({ id: SECRET, conversation: SECRET, arm: 'code', scripted: false });
        throw new AppError('upstream_failed', SECRET);
      }) satisfies Chat['send'],
    } as unknown as Chat;
    const observed = observedChat(chat, { metrics, tracing, pseudonymOf });
    await expect(observed.send(ctx, { messages: [{ role: 'user', content: SECRET }] })).rejects.toThrow();
    const dealt = {
      arm: 'code',
      band: 'x',
      reason: 'sticky',
      flag: 'code_execution',
      epoch: 3,
      exposureId: null,
    } as const;
    await observedAssign(async () => dealt, { tracing, pseudonymOf })(ctx, { conversation: SECRET, user: SECRET });
  });

  it('and yet it tells what happened', async () => {
    await tracing.close();
    const text = await metrics.text();
    for (const told of [text, traces]) expect(told).not.toMatch(/ann\.other|example\.com|a-word-of-the-caller/);
    expect(text).toContain(
      'gen_ai_execute_tool_duration_count{server="people",gen_ai_tool_name="getRecord",arm="code"',
    );
    expect(text).toContain('switchyard_requests_refused_total{code="rate_limited"');
    expect(traces).toContain('execute_tool getRecord');
    expect(traces).toContain('feature_flag.evaluation');
    expect(traces).toContain('upstream_failed');
  });
});
