import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError, systemClock } from '@switchyard/kernel';
import { startFakeEndpoint, type FakeEndpoint, type FakeReply } from '@switchyard/testkit';
import type { Delta } from '../wire/turn.ts';
import type { Model } from './model.ts';
import { createOpenAiModel } from './openai-model.ts';

const KEY = 'sk-very-secret-key';
const params = { model: 'fake-1', messages: [{ role: 'user' as const, content: 'Hello' }] };
const ctx = { signal: new AbortController().signal };

describe('a model endpoint', () => {
  let endpoint: FakeEndpoint;
  let model: Model;
  beforeAll(async () => {
    endpoint = await startFakeEndpoint();
  });
  afterAll(() => endpoint.close());
  beforeEach(() => {
    endpoint.requests.length = 0;
    model = createOpenAiModel({
      target: { provider: 'fake', baseUrl: endpoint.baseUrl, defaultModel: 'fake-1', scripted: false, guarded: false },
      apiKey: KEY,
      fetch,
      clock: systemClock,
      limits: { silenceMs: 300, totalMs: 3_000, answerBytes: 1_000_000, retries: 2 },
    });
  });

  const refusal = async (reply: FakeReply, streamed: boolean): Promise<AppError> => {
    endpoint.reply(reply);
    const thrown: unknown = await model.complete(ctx, params, streamed ? () => undefined : undefined).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!(thrown instanceof AppError)) throw new Error(`not a refusal: ${String(thrown)}`);
    expect(thrown.message).not.toContain(KEY);
    return thrown;
  };

  describe.each([
    ['in one piece', false],
    ['streamed', true],
  ])('%s', (_how, streamed) => {
    const onDelta = streamed ? () => undefined : undefined;

    it('gives text, usage and what else the endpoint says', async () => {
      endpoint.reply({ text: 'Hello there, friend.' });
      const turn = await model.complete(ctx, params, onDelta);
      expect(turn).toMatchObject({
        model: 'fake-1',
        extras: { system_fingerprint: 'fp_fake' },
        usage: { inputTokens: 100, outputTokens: 20, cachedInputTokens: 0, reasoningTokens: 0 },
        usageEstimated: false,
      });
      expect(turn.choices).toMatchObject([
        { message: { content: 'Hello there, friend.' }, finishReason: 'stop', calls: [] },
      ]);
      expect(endpoint.requests[0]?.authorization).toBe(`Bearer ${KEY}`);
    });

    it('gives calls of tools whole', async () => {
      endpoint.reply({
        calls: [
          { name: 'look', args: { sku: 'A4VTG90', pages: [1, 2] } },
          { name: 'wait', args: {} },
        ],
      });
      const { choices } = await model.complete(ctx, params, onDelta);
      expect(choices[0]?.calls).toEqual([
        { id: 'call_look_0', name: 'look', arguments: '{"sku":"A4VTG90","pages":[1,2]}' },
        { id: 'call_wait_1', name: 'wait', arguments: '{}' },
      ]);
    });

    it.each([
      ['none', undefined],
      ['negative ones', { prompt_tokens: -5, completion_tokens: 2 }],
      ['words', { prompt_tokens: 'many', completion_tokens: 'few' }],
      ['more than can be', { prompt_tokens: 1e15, completion_tokens: 1 }],
      ['nothing for a prompt', { prompt_tokens: 0, completion_tokens: 0 }],
    ])('counts for itself where the endpoint reports %s', async (_what, usage) => {
      endpoint.reply({ text: 'Hello there.', usage });
      const turn = await model.complete(ctx, params, onDelta);
      expect(turn.usageEstimated).toBe(true);
      expect(turn.usage.inputTokens).toBeGreaterThan(5);
      expect(turn.usage.inputTokens).toBeLessThan(50);
      expect(turn.usage.outputTokens).toBeGreaterThan(1);
    });

    it('tries again after 429 and 5xx, and then says so with when to come again', async () => {
      const busy = {
        status: 429,
        body: '{"error":{"message":"slow down","code":"rate_limit_exceeded"}}',
        headers: { 'retry-after': '0.01' },
      };
      endpoint.reply(busy, { status: 503, body: '{}', headers: { 'retry-after-ms': '1' } }, { text: 'There.' });
      expect((await model.complete(ctx, params, onDelta)).choices[0]?.message.content).toBe('There.');
      expect(endpoint.requests).toHaveLength(3);
      expect(await refusal(busy, streamed)).toMatchObject({
        code: 'rate_limited',
        details: { retryAfterSeconds: 0.01 },
      });
    });

    it('passes on why the request itself is refused', async () => {
      const error = {
        message: `too long, ${KEY}`,
        type: 'invalid_request_error',
        param: 'messages',
        code: 'context_length_exceeded',
      };
      expect(await refusal({ status: 400, body: JSON.stringify({ error }) }, streamed)).toMatchObject({
        code: 'invalid_request',
        message: 'too long, …',
        details: { upstreamCode: 'context_length_exceeded', param: 'messages' },
      });
    });

    it('never passes on what is said about the key', async () => {
      const body = JSON.stringify({ error: { message: `Incorrect API key provided: ${KEY.slice(0, 6)}***` } });
      const refused = await refusal({ status: 401, body }, streamed);
      expect(refused).toMatchObject({ code: 'upstream_failed' });
      expect(refused.message).not.toContain('sk-');
    });

    it.each<[string, FakeReply, string]>([
      ['says nothing', { hang: 'at_once' }, 'timeout'],
      [
        'answers in HTML',
        { status: 200, body: '<html>Welcome</html>', headers: { 'content-type': 'text/html' } },
        'upstream_failed',
      ],
      [
        'answers with a bad gateway in HTML',
        {
          status: 502,
          body: '<html>Bad gateway</html>',
          headers: { 'content-type': 'text/html', 'retry-after-ms': '1' },
        },
        'upstream_failed',
      ],
      ['answers what is no JSON', { status: 200, body: '{"choices": [' }, 'upstream_failed'],
      ['answers JSON of another kind', { status: 200, body: '{"hello":"world"}' }, 'upstream_failed'],
      ['never ends', { flood: true }, 'upstream_failed'],
      ['breaks off', { breakOff: true }, 'upstream_failed'],
    ])('that %s is a typed error', async (_what, reply, code) => {
      expect(await refusal(reply, streamed)).toMatchObject({ code });
    });

    it('is let go at once when the caller goes', async () => {
      endpoint.reply({ hang: 'in_the_middle' });
      const leaving = new AbortController();
      const asked = model.complete({ signal: leaving.signal }, params, onDelta);
      setTimeout(() => leaving.abort(new Error('gone')), 50);
      await expect(asked).rejects.toThrow('gone');
    });
  });

  it('that goes silent in the middle of a stream is a typed error, and its connection is closed', async () => {
    const before = endpoint.left();
    expect(await refusal({ hang: 'in_the_middle' }, true)).toMatchObject({ code: 'timeout' });
    for (let waited = 0; endpoint.left() === before && waited < 2_000; waited += 20)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(endpoint.left()).toBeGreaterThan(before);
  });

  it('streams words as they come', async () => {
    endpoint.reply({ text: 'Hello there, friend.' });
    const deltas: Delta[] = [];
    const turn = await model.complete(ctx, params, (delta) => deltas.push(delta));
    expect(deltas.map(({ delta }) => delta['content']).join('')).toBe('Hello there, friend.');
    expect(deltas.length).toBeGreaterThan(3);
    expect(turn.firstTokenMs).not.toBeNull();
  });

  it('lists its models', async () => {
    expect(await model.list(ctx)).toMatchObject([{ id: 'fake-1' }]);
  });
});
