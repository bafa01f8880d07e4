import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newId, type Arm, type Ctx, type TenantId } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { createChatWorld, type ChatWorld } from './testing/chat-world.ts';
import { startFakeEndpoint, type FakeEndpoint, type FakeRequest } from '@switchyard/testkit';
import { textOf, type ChatRequest } from './wire/request.ts';
import type { Delta } from './wire/turn.ts';

const ask = (more: Partial<ChatRequest> = {}): ChatRequest => ({
  messages: [{ role: 'user', content: 'How many?' }],
  ...more,
});
const weather = { type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } };
const toolsOf = (request: FakeRequest | undefined): string[] =>
  (request?.body.tools ?? []).map((tool: { function: { name: string } }) => tool.function.name);
const lastContent = (request: FakeRequest | undefined): string => String(request?.body.messages.at(-1).content);

describe('chat', () => {
  let db: TestDatabase;
  let endpoint: FakeEndpoint;
  let world: ChatWorld;
  let ctx: Ctx;
  beforeAll(async () => {
    db = await createTestDatabase();
    endpoint = await startFakeEndpoint();
  });
  afterAll(async () => {
    await endpoint.close();
    await db.drop();
  });
  beforeEach(() => {
    endpoint.requests.length = 0;
    world = createChatWorld(db.database, endpoint);
    ctx = testCtx({ tenantId: newId<TenantId>() });
  });
  const assign = (arm: Arm): void => void (world.assignment = { ...world.assignment, arm, band: 'treatment' });
  const textIn = async (request: ChatRequest, at = 0): Promise<string> => {
    const { choices } = await world.chat.send(ctx, request);
    return textOf(choices[at]?.message ?? { content: '' });
  };
  const stored = async (key: string) => {
    const { items } = await world.chat.listConversations(ctx, { text: key });
    const [conversation] = items;
    if (!conversation) throw new Error(`no conversation ${key}`);
    return { conversation, messages: await world.chat.messagesOf(ctx, conversation.id) };
  };

  describe('the traditional arm', () => {
    it('offers all tools, calls them through the gateway and answers from their results', async () => {
      endpoint.reply({ calls: [{ name: 'shop__lookUp', args: { sku: 'A1' } }] }, { text: 'There are 7.' });
      expect(await textIn(ask({ metadata: { conversation_id: 'one' }, temperature: 0.2, stop: ['x'] }))).toBe(
        'There are 7.',
      );
      expect(world.called).toEqual([
        { address: 'shop.lookUp', args: { sku: 'A1' }, surface: 'chat', arm: 'traditional' },
      ]);
      const [first, second] = endpoint.requests;
      expect(toolsOf(first)).toEqual(['shop__lookUp', 'shop__order']);
      expect(first?.body).toMatchObject({ temperature: 0.2, stop: ['x'], model: 'fake-1' });
      expect(first?.body.metadata).toBeUndefined();
      expect(lastContent(second)).toBe('{"stock":7}');
      const { conversation, messages } = await stored('one');
      expect(conversation).toMatchObject({
        arm: 'traditional',
        answers: 1,
        errors: 0,
        promptTokens: 200,
        costMicros: 2_000n,
      });
      expect(messages).toMatchObject([
        { role: 'user', content: 'How many?' },
        {
          role: 'assistant',
          content: 'There are 7.',
          status: 'ok',
          modelCalls: 2,
          calls: [{ server: 'shop', tool: 'lookUp', status: 'ok' }],
        },
      ]);
      expect(world.recorded.map(({ status, arm, conversation: key }) => [status, arm, key])).toEqual([
        ['ok', 'traditional', 'one'],
        ['ok', 'traditional', 'one'],
      ]);
    });

    it.each([
      ['arguments that are no JSON', '{"sku":', 'invalid_arguments'],
      ['arguments that are no object', '[1]', 'invalid_arguments'],
    ])('tells the model of %s', async (_what, args, code) => {
      endpoint.reply({ calls: [{ name: 'shop__lookUp', args }] }, { text: 'Sorry.' });
      await textIn(ask());
      expect(world.called).toEqual([]);
      expect(lastContent(endpoint.requests[1])).toContain(code);
    });

    it('tells the model of a tool that there is not, and of one that is denied', async () => {
      world.answer = () => ({ status: 'denied', error: { code: 'denied', message: 'No grant.' }, durationMs: 1 });
      endpoint.reply(
        {
          calls: [
            { name: 'made_up', args: {} },
            { name: 'shop__order', args: {} },
          ],
        },
        { text: 'I may not.' },
      );
      expect(await textIn(ask())).toBe('I may not.');
      const told = endpoint.requests[1]?.body.messages.slice(-2).map(({ content }: { content: string }) => content);
      expect(told).toEqual([expect.stringContaining('There is no tool made_up'), expect.stringContaining('No grant.')]);
    });

    it('makes a model that calls tools for ever answer in the end', async () => {
      endpoint.reply(({ body }) =>
        body.tools ? { calls: [{ name: 'shop__lookUp', args: {} }] } : { text: 'Enough.' },
      );
      expect(await textIn(ask())).toBe('Enough.');
      expect(endpoint.requests.length).toBe(16);
    });
  });

  describe("the app's own tools", () => {
    it('come back to the app, and what ours did before is put back when it answers', async () => {
      endpoint.reply(
        { calls: [{ name: 'shop__lookUp', args: {} }] },
        { calls: [{ name: 'get_weather', args: { city: 'Bern' } }] },
      );
      const { choices } = await world.chat.send(ctx, ask({ tools: [weather] }));
      const [choice] = choices;
      expect(choice).toMatchObject({
        finishReason: 'tool_calls',
        message: { tool_calls: [{ function: { name: 'get_weather' } }] },
      });
      endpoint.requests.length = 0;
      endpoint.reply({ text: 'Rain.' });
      const messages = [
        ...ask().messages,
        ...(choice ? [choice.message] : []),
        { role: 'tool' as const, tool_call_id: 'call_get_weather_0', content: 'rain' },
      ];
      expect(await textIn({ messages, tools: [weather] })).toBe('Rain.');
      const roles = endpoint.requests[0]?.body.messages.map(({ role }: { role: string }) => role);
      expect(roles).toEqual(['system', 'user', 'assistant', 'tool', 'assistant', 'tool']);
    });

    it('go first when the model calls both', async () => {
      endpoint.reply({
        calls: [
          { name: 'shop__order', args: {} },
          { name: 'get_weather', args: {} },
        ],
      });
      const { choices } = await world.chat.send(ctx, ask({ tools: [weather] }));
      expect(choices[0]?.message.tool_calls?.map((call) => call.function?.name)).toEqual(['get_weather']);
      expect(world.called).toEqual([]);
    });

    it('stream as OpenAI streams them, and ours do not', async () => {
      endpoint.reply({
        calls: [
          { name: 'shop__lookUp', args: {} },
          { name: 'get_weather', args: { city: 'Bern' } },
        ],
        text: 'Let me see.',
      });
      const deltas: Delta[] = [];
      await world.chat.send(ctx, ask({ tools: [weather], stream: true }), { delta: (delta) => deltas.push(delta) });
      const calls = deltas.flatMap(
        ({ delta }) =>
          (delta['tool_calls'] ?? []) as {
            index: number;
            id?: string;
            function: { name?: string; arguments?: string };
          }[],
      );
      expect(new Set(calls.map(({ index }) => index))).toEqual(new Set([0]));
      expect(calls[0]).toMatchObject({ id: 'call_get_weather_1', function: { name: 'get_weather' } });
      expect(calls.map((call) => call.function.arguments ?? '').join('')).toBe('{"city":"Bern"}');
    });
  });

  describe('the code arm', () => {
    beforeEach(() => assign('code'));
    const code = (text: string) => ({ calls: [{ name: 'execute_code', args: { code: text } }] });

    it('searches, describes, runs code and answers from its result', async () => {
      const call = {
        tool: 'shop.lookUp',
        status: 'ok',
        tokens: 400,
        argumentTokens: 5,
        startedAt: new Date(),
        durationMs: 1,
      };
      world.run = async () => ({ result: { stock: 7 }, calls: [call] });
      endpoint.reply(
        { calls: [{ name: 'search_tools', args: { query: 'look' } }] },
        { calls: [{ name: 'describe_tools', args: { names: ['shop.lookUp'] } }] },
        code('return 1'),
        { text: 'There are 7.' },
      );
      const answer = await world.chat.send(ctx, ask());
      expect(answer).toMatchObject({ arm: 'code', fallback: null, runs: [{ status: 'done', tokensKeptOut: 100 }] });
      expect(world.recorded.map(({ counterfactual }) => counterfactual?.resultTokens)).toEqual([
        undefined,
        undefined,
        undefined,
        400,
      ]);
      expect(toolsOf(endpoint.requests[0])).toEqual(['search_tools', 'describe_tools', 'execute_code']);
      expect(lastContent(endpoint.requests[1])).toContain('lookUp');
      expect(lastContent(endpoint.requests[2])).toContain('declare function lookUp');
      expect(lastContent(endpoint.requests[3])).toBe('{"status":"done","result":{"stock":7}}');
      expect(world.executed).toEqual([{ code: 'return 1', arm: 'code', conversation: answer.conversation }]);
    });

    it('gives findings back to the model to mend', async () => {
      const findings = [
        { stage: 'syntax', code: 'syntax', message: 'unexpected token', line: 1, column: 3, hint: 'close it' },
      ];
      world.run = async (_ctx, text) => (text === 'bad' ? { status: 'rejected', findings } : { result: 3 });
      endpoint.reply(code('bad'), code('good'), { text: 'Three.' });
      expect(await textIn(ask())).toBe('Three.');
      expect(lastContent(endpoint.requests[1])).toContain('"at":"1:3"');
    });

    it.each([
      ['cannot be mended', async () => ({ status: 'failed' as const }), 'not_mended'],
      ['crashes the sandbox', async () => ({ status: 'crashed' as const }), 'crashed'],
    ])('falls back to the traditional arm when code %s', async (_what, run, fallback) => {
      world.run = run;
      endpoint.reply(({ body }) =>
        toolsOf({ body } as FakeRequest).includes('execute_code') ? code('x') : { text: 'The old way: 7.' },
      );
      const answer = await world.chat.send(ctx, ask({ metadata: { conversation_id: fallback } }));
      expect(answer).toMatchObject({ arm: 'code', fallback });
      expect(textOf(answer.choices[0]?.message ?? { content: '' })).toBe('The old way: 7.');
      expect((await stored(fallback)).messages[1]).toMatchObject({ arm: 'code', servedArm: 'traditional', fallback });
      expect(world.observed).toMatchObject([{ servedArm: 'traditional', fallback, error: false }]);
    });

    it('answers an error instead where the tenant wants it so', async () => {
      await world.chat.changeSettings(ctx, { onCodeFailure: 'answer_error', maxMends: 0 });
      world.run = async () => ({ status: 'failed' });
      endpoint.reply(code('x'));
      await expect(world.chat.send(ctx, ask())).rejects.toMatchObject({
        code: 'unavailable',
        details: { reason: 'not_mended' },
      });
      expect(world.observed).toMatchObject([{ error: true }]);
    });

    it('is stopped in the middle of a run by the kill switch, and the traditional arm answers', async () => {
      world.run = (runCtx) =>
        new Promise((_resolve, reject) => {
          runCtx.signal.addEventListener('abort', () => reject(new Error('stopped')));
          setTimeout(() => world.kill.abort(), 20);
        });
      endpoint.reply(({ body }) =>
        toolsOf({ body } as FakeRequest).includes('execute_code') ? code('x') : { text: 'The old way.' },
      );
      expect(await world.chat.send(ctx, ask())).toMatchObject({ arm: 'code', fallback: 'kill_switch' });
    });

    it('is not taken at all while execution is switched off', async () => {
      world.flags = { ...world.flags, executionEnabled: false };
      endpoint.reply({ text: 'The old way.' });
      expect(await world.chat.send(ctx, ask())).toMatchObject({ arm: 'code', fallback: 'execution_disabled' });
      expect(toolsOf(endpoint.requests[0])).toEqual(['shop__lookUp', 'shop__order']);
    });

    it('has every declaration in its prompt without progressive disclosure', async () => {
      world.flags = { ...world.flags, progressiveDisclosure: false };
      endpoint.reply({ text: 'Hello.' });
      await world.chat.send(ctx, ask());
      expect(toolsOf(endpoint.requests[0])).toEqual(['execute_code']);
      expect(endpoint.requests[0]?.body.messages[0].content).toContain('declare function lookUp');
    });

    it('hybrid offers both', async () => {
      assign('hybrid');
      endpoint.reply({ text: 'Hello.' });
      await world.chat.send(ctx, ask());
      expect(toolsOf(endpoint.requests[0])).toEqual([
        'shop__lookUp',
        'shop__order',
        'search_tools',
        'describe_tools',
        'execute_code',
      ]);
    });
  });

  it('gives n answers and uses tools once for all of them', async () => {
    endpoint.reply({ calls: [{ name: 'shop__order', args: {} }] }, { text: 'First.' }, { text: 'Other.' });
    const { choices } = await world.chat.send(ctx, ask({ n: 3 }));
    expect(choices.map(({ message }) => message.content)).toEqual(['First.', 'Other.', 'Other.']);
    expect(world.called).toHaveLength(1);
  });

  it('keeps the text of earlier turns out of a JSON answer', async () => {
    const replies = [{ calls: [{ name: 'shop__lookUp', args: {} }], text: 'Let me look.' }, { text: '{"stock":7}' }];
    const json = ask({ response_format: { type: 'json_object' } });
    endpoint.reply(...replies);
    expect(await textIn(json)).toBe('{"stock":7}');
    endpoint.reply(...replies);
    const deltas: Delta[] = [];
    await world.chat.send(ctx, json, { delta: (delta) => deltas.push(delta) });
    expect(deltas.map(({ delta }) => delta['content'] ?? '').join('')).toBe('{"stock":7}');
  });

  it('streams what it answers in one piece', async () => {
    const replies = [{ calls: [{ name: 'shop__lookUp', args: {} }], text: 'Let me look.' }, { text: 'There are 7.' }];
    endpoint.reply(...replies);
    const whole = await textIn(ask());
    endpoint.reply(...replies);
    const deltas: Delta[] = [];
    await world.chat.send(ctx, ask(), { delta: (delta) => deltas.push(delta) });
    expect(deltas.map(({ delta }) => delta['content'] ?? '').join('')).toBe(whole);
    expect(whole).toBe('Let me look.\n\nThere are 7.');
  });

  it('records an answer that failed, without counting a bad request against the arm', async () => {
    endpoint.reply({ status: 500, body: '{}' });
    await expect(world.chat.send({ ...ctx, conversation: 'broken' }, ask())).rejects.toMatchObject({
      code: 'upstream_failed',
    });
    expect((await stored('broken')).messages[1]).toMatchObject({ status: 'error', errorCode: 'upstream_failed' });
    endpoint.reply({ status: 400, body: '{"error":{"message":"bad"}}' });
    await expect(world.chat.send(ctx, ask())).rejects.toMatchObject({ code: 'invalid_request' });
    expect(world.observed.map(({ error }) => error)).toEqual([true, false]);
    expect(world.recorded).toMatchObject([{ status: 'error', errorCode: 'upstream_failed' }, { status: 'error' }]);
  });

  it('records an answer that nobody waited for', async () => {
    const leaving = new AbortController();
    endpoint.reply({ hang: 'in_the_middle' });
    const asked = world.chat.send({ ...ctx, conversation: 'left', signal: leaving.signal }, ask(), {
      delta: () => leaving.abort(new Error('gone')),
    });
    await expect(asked).rejects.toThrow('gone');
    expect((await stored('left')).messages[1]).toMatchObject({ status: 'cancelled' });
    expect(world.observed).toEqual([]);
  });

  it('masks what it keeps', async () => {
    endpoint.reply({ text: 'Write to ada@example.com.' });
    const content = `I am bob@example.com ${'x'.repeat(40_000)}`;
    await world.chat.send({ ...ctx, conversation: 'private' }, { messages: [{ role: 'user', content }] });
    const { messages } = await stored('private');
    expect(messages.map(({ content }) => content).join()).not.toMatch(/ada@|bob@/);
    expect(messages[0]?.truncated).toBe(true);
  });

  it('takes feedback for its own conversations alone', async () => {
    await world.chat.send({ ...ctx, conversation: 'mine' }, ask());
    const complaint = { conversation: 'mine', kind: 'complaint' as const, text: 'Call +49 30 1234567' };
    await world.chat.feedback(ctx, complaint);
    expect(world.complaints).toEqual(['mine']);
    const { conversation } = await stored('mine');
    expect(conversation.complaints).toBe(1);
    expect(await world.chat.feedbackOf(ctx, conversation.id)).toMatchObject([
      { kind: 'complaint', text: 'Call [PHONE_1]' },
    ]);
    const other = testCtx({ tenantId: newId<TenantId>() });
    await expect(world.chat.feedback(other, complaint)).rejects.toMatchObject({ code: 'not_found' });
    await expect(world.chat.feedback(ctx, { ...complaint, run: newId() })).rejects.toMatchObject({ code: 'not_found' });
    await expect(world.chat.getConversation(other, conversation.id)).rejects.toMatchObject({ code: 'not_found' });
    expect(await world.chat.messagesOf(other, conversation.id)).toEqual([]);
    expect((await world.chat.listConversations(other)).items).toEqual([]);
    expect(world.complaints).toEqual(['mine']);
  });

  it('lists by arm, feedback and errors, page by page', async () => {
    for (const key of ['a', 'b', 'c']) await world.chat.send({ ...ctx, conversation: `page ${key}` }, ask());
    await world.chat.feedback(ctx, { conversation: 'page b', kind: 'praise' });
    const first = await world.chat.listConversations(ctx, { limit: 2 });
    expect(first.items.map(({ key }) => key)).toEqual(['page c', 'page b']);
    const rest = await world.chat.listConversations(ctx, { limit: 2, cursor: first.next });
    expect(rest).toMatchObject({ items: [{ key: 'page a' }], next: null });
    expect(
      (await world.chat.listConversations(ctx, { feedback: 'praise', arm: 'traditional', errors: false })).items,
    ).toMatchObject([{ key: 'page b' }]);
    await expect(world.chat.listConversations(ctx, { cursor: 'nonsense' })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  it("asks a tenant's own endpoint with its own key, which never comes back out", async () => {
    const shown = await world.chat.changeSettings(ctx, {
      baseUrl: endpoint.baseUrl,
      model: 'their-1',
      apiKey: 'their-key',
    });
    expect(shown).toEqual({
      baseUrl: endpoint.baseUrl,
      model: 'their-1',
      hasKey: true,
      onCodeFailure: 'fall_back',
      maxMends: 2,
    });
    await world.chat.send(ctx, ask());
    expect(endpoint.requests[0]).toMatchObject({ authorization: 'Bearer their-key', body: { model: 'their-1' } });
    await expect(world.chat.changeSettings(ctx, { baseUrl: 'http://10.0.0.1/v1' })).rejects.toMatchObject({
      code: 'forbidden',
    });
    // Who moves the endpoint must not be able to have the key sent there.
    expect(await world.chat.changeSettings(ctx, { baseUrl: 'https://elsewhere.example/v1' })).toMatchObject({
      hasKey: false,
    });
    expect(world.secrets.size).toBe(0);
    await expect(world.chat.changeSettings(ctx, { maxMends: 99 })).rejects.toMatchObject({
      code: 'unprocessable',
      details: { path: 'maxMends' },
    });
    expect(await world.chat.settings(testCtx({ tenantId: newId<TenantId>() }))).toMatchObject({
      baseUrl: null,
      hasKey: false,
    });
  });

  it('has an arm answer that nobody sees: not stored, not observed, and as a shadow when it may only read', async () => {
    endpoint.reply({ calls: [{ name: 'shop__lookUp', args: {} }] }, { text: 'Seven.' });
    const messages = [{ role: 'user' as const, content: 'How many?' }];
    expect(
      await world.chat.answerWith(ctx, 'traditional', messages, { purpose: 'shadow', readOnly: true }),
    ).toMatchObject({
      text: 'Seven.',
      toolCalls: [{ tool: 'shop.lookUp', status: 'ok' }],
      usage: { inputTokens: 200 },
      costMicros: 2_000n,
      outcome: { status: 'ok' },
    });
    expect(world.called).toMatchObject([{ surface: 'shadow', arm: 'traditional' }]);
    expect(world.recorded.map(({ purpose }) => purpose)).toEqual(['shadow', 'shadow']);
    expect((await world.chat.listConversations(ctx)).items).toEqual([]);
    expect(world.observed).toEqual([]);
    world.run = async () => ({ status: 'crashed' });
    endpoint.reply({ calls: [{ name: 'execute_code', args: { code: 'x' } }] });
    expect(await world.chat.answerWith(ctx, 'code', messages, { purpose: 'compare', readOnly: false })).toMatchObject({
      outcome: { status: 'error', code: 'crashed' },
    });
  });
});
