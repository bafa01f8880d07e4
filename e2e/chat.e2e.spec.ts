import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeEndpoint, type FakeEndpoint, type FakeRequest } from '@switchyard/testkit';
import OpenAI from 'openai';
import { eventually } from './support/processes.ts';
import { Switchyard } from './support/switchyard.ts';

const WEATHER = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'the weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
};
const question = (content: string) => [{ role: 'user' as const, content }];
const toolsOf = ({ body }: FakeRequest): string[] =>
  (body.tools ?? []).map((tool: typeof WEATHER) => tool.function.name);
const HELLO = question('Hello!');

const rollOut = (switchyard: Switchyard): void =>
  void switchyard.cli('rollout', 'set', '--tenant', 'demo', '--percent', '98');

/** A conversation that was dealt to code: a few in a hundred stay with the other arm for the measure. */
async function dealtToCode(client: OpenAI): Promise<string> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const conversation_id = `dealt ${Math.random()}`;
    const asked = client.chat.completions.create({ model: 'x', messages: HELLO, metadata: { conversation_id } });
    if ((await asked.withResponse()).response.headers.get('x-switchyard-arm') === 'code') return conversation_id;
  }
  throw new Error('nobody is dealt to code');
}

describe("an app that uses OpenAI's SDK", () => {
  let switchyard: Switchyard;
  let endpoint: FakeEndpoint;
  let key: string;
  let client: OpenAI;
  const clientOf = (apiKey: string): OpenAI => new OpenAI({ apiKey, baseURL: `${switchyard.url}/v1`, maxRetries: 0 });

  beforeAll(async () => {
    endpoint = await startFakeEndpoint();
    switchyard = await Switchyard.start({
      OPENAI_BASE_URL: endpoint.baseUrl,
      OPENAI_API_KEY: 'sk-operator',
      MODEL: 'fake-1',
    });
    key = switchyard.createKey('demo', 'chat,admin');
    client = clientOf(key);
  }, 120_000);
  beforeEach(() => {
    endpoint.requests.length = 0;
    endpoint.reply({ text: 'Hello there, friend.' });
  });
  afterAll(async () => {
    await switchyard.remove();
    await endpoint.close();
  });

  it('gets an answer in one piece', async () => {
    const { data, response } = await client.chat.completions
      .create({ model: 'gpt-4o', messages: HELLO, temperature: 0.3 })
      .withResponse();
    expect(data).toMatchObject({
      object: 'chat.completion',
      model: 'fake-1',
      system_fingerprint: 'fp_fake',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello there, friend.', refusal: null },
          finish_reason: 'stop',
          logprobs: null,
        },
      ],
      usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
    });
    expect(response.headers.get('x-switchyard-arm')).toBe('traditional');
    expect(response.headers.get('x-switchyard-trace')).toMatch(/^[0-9a-f]{32}$/);
    expect(response.headers.get('x-switchyard-model')).toBeNull();
    expect(endpoint.requests[0]).toMatchObject({
      authorization: 'Bearer sk-operator',
      body: { model: 'gpt-4o', temperature: 0.3 },
    });
  });

  it('gets it streamed, with usage at the end', async () => {
    const stream = await client.chat.completions.create({
      model: 'gpt-4o',
      messages: HELLO,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '', refusal: null });
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('Hello there, friend.');
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 120 } });
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    const helper = client.chat.completions.stream({ model: 'gpt-4o', messages: HELLO });
    expect(await helper.finalContent()).toBe('Hello there, friend.');
  });

  it('gets the calls of its own tools, whole and streamed, and goes on with their results', async () => {
    endpoint.reply({ calls: [{ name: 'get_weather', args: { city: 'Bern' } }] });
    const ask = { model: 'gpt-4o', messages: question('Weather in Bern?'), tools: [WEATHER] };
    const whole = await client.chat.completions.create(ask);
    expect(whole.choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
    const streamed = await client.chat.completions.stream(ask).finalChatCompletion();
    expect(streamed.choices[0]?.message.tool_calls).toMatchObject([
      { id: 'call_get_weather_0', function: { name: 'get_weather', arguments: '{"city":"Bern"}' } },
    ]);
    endpoint.reply({ text: 'Rain.' });
    const message = whole.choices[0]?.message;
    if (!message) throw new Error('no message');
    const result = { role: 'tool' as const, tool_call_id: 'call_get_weather_0', content: 'rain' };
    const last = await client.chat.completions.create({ ...ask, messages: [...ask.messages, message, result] });
    expect(last.choices[0]?.message.content).toBe('Rain.');
  });

  it('has tools of ours called on the way, with their real results', async () => {
    endpoint.reply(
      (request) => ({
        calls: [
          { name: toolsOf(request).find((name) => name.endsWith('getProductDetails')) ?? '', args: { sku: 'A4VTG90' } },
        ],
      }),
      ({ body }) => ({ text: `Price: ${JSON.parse(body.messages.at(-1).content).price}` }),
    );
    const { choices } = await client.chat.completions.create({
      model: 'gpt-4o',
      messages: question('Price of A4VTG90?'),
    });
    expect(choices[0]?.message.content).toBe('Price: 1474.94');
  });

  it('gets several answers, JSON, parts of content and stop words as the endpoint has them', async () => {
    const several = await client.chat.completions.create({ model: 'gpt-4o', messages: HELLO, n: 2 });
    expect(several.choices.map(({ index, message }) => [index, message.content])).toEqual([
      [0, 'Hello there, friend.'],
      [1, 'Hello there, friend.'],
    ]);
    endpoint.reply({ text: '{"a":1}' });
    const content = [
      { type: 'text' as const, text: 'as JSON' },
      { type: 'image_url' as const, image_url: { url: 'https://example.com/a.png' } },
    ];
    await client.chat.completions.create({
      model: 'gpt-4o',
      messages: [{ role: 'user', content }],
      response_format: { type: 'json_object' },
      stop: ['END'],
    });
    const { body } = endpoint.requests.at(-1) ?? { body: undefined };
    expect(body).toMatchObject({ response_format: { type: 'json_object' }, stop: ['END'] });
    expect(body.messages.at(-1).content).toEqual(content);
  });

  it("gets errors as OpenAI's own", async () => {
    const refused = async (asked: Promise<unknown>) =>
      asked.then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(await refused(client.chat.completions.create({ model: 'x', messages: [] }))).toMatchObject({
      status: 400,
      param: 'messages',
      type: 'invalid_request_error',
    });
    expect(await refused(clientOf('sy_wrong').models.list())).toBeInstanceOf(OpenAI.AuthenticationError);
    const narrow = clientOf(switchyard.createKey('demo', 'tools'));
    expect(await refused(narrow.chat.completions.create({ model: 'x', messages: HELLO }))).toBeInstanceOf(
      OpenAI.PermissionDeniedError,
    );
    const error = {
      message: 'too long',
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
    };
    endpoint.reply({ status: 400, body: JSON.stringify({ error }) });
    expect(await refused(client.chat.completions.create({ model: 'x', messages: HELLO }))).toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
    });
    endpoint.reply({ status: 429, body: '{}', headers: { 'retry-after': '0.01' } });
    const limited = await refused(client.chat.completions.create({ model: 'x', messages: HELLO, stream: true }));
    expect(limited).toBeInstanceOf(OpenAI.RateLimitError);
    expect((limited as InstanceType<typeof OpenAI.APIError>).headers?.get('retry-after')).toBe('1');
    endpoint.reply({ status: 502, body: '<html>', headers: { 'retry-after': '0.01' } });
    expect(await refused(client.chat.completions.create({ model: 'x', messages: HELLO }))).toMatchObject({
      status: 502,
      code: 'upstream_failed',
    });
    endpoint.reply({ breakOff: true });
    const broken = (async () => {
      for await (const chunk of await client.chat.completions.create({ model: 'x', messages: HELLO, stream: true }))
        void chunk;
    })();
    expect(await refused(broken)).toBeInstanceOf(OpenAI.APIError);
    const large = 'x'.repeat(5 * 1024 * 1024);
    expect(await refused(client.chat.completions.create({ model: 'x', messages: question(large) }))).toMatchObject({
      status: 413,
      code: 'too_large',
    });
    const unknown = await switchyard.request('POST', '/v1/chat/completions', { key, body: '{"messages":' });
    expect(unknown).toMatchObject({ status: 400, body: { error: { type: 'invalid_request_error' } } });
  });

  it('may leave in the middle: the model is let go, and the conversation says so', async () => {
    endpoint.reply({ hang: 'in_the_middle' });
    const left = endpoint.left();
    const leaving = new AbortController();
    const body = {
      model: 'x',
      messages: HELLO,
      stream: true as const,
      metadata: { conversation_id: 'left in the middle' },
    };
    for await (const chunk of await client.chat.completions.create(body, { signal: leaving.signal }))
      if (chunk.choices[0]?.delta.content) leaving.abort();
    await eventually('the endpoint is let go', async () => endpoint.left() > left);
    const query = '{ conversations(filter: { text: "left in the middle" }) { items { messages { role status } } } }';
    await eventually('it is on record', async () => {
      const { items } = (await switchyard.graphql(key, query)).body.data.conversations;
      return items[0]?.messages[1]?.status === 'cancelled';
    });
  });

  it('lists models, and gives feedback on what it got', async () => {
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['fake-1']);
    expect((await client.models.retrieve('fake-1')).id).toBe('fake-1');
    const { response } = await client.chat.completions.create({ model: 'x', messages: HELLO }).withResponse();
    const conversation = response.headers.get('x-switchyard-conversation') ?? '';
    const give = (body: object, by = key) => switchyard.request('POST', '/v1/feedback', { key: by, body });
    expect((await give({ conversation, kind: 'complaint', text: 'wrong' })).status).toBe(201);
    expect(await give({ conversation: 'none', kind: 'praise' })).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found' } },
    });
    expect((await give({ conversation, kind: 'boredom' })).status).toBe(422);
  });

  describe('once code is rolled out to all', () => {
    const code = (text: string) => ({ calls: [{ name: 'execute_code', args: { code: text } }] });
    const PRICE =
      "import { getProductDetails } from 'servers/search'; return (await getProductDetails({ sku: 'A4VTG90' })).price";
    let conversation_id: string;
    beforeAll(() => rollOut(switchyard));
    beforeEach(async () => {
      conversation_id = await dealtToCode(client);
    });

    it('is answered by code that really ran', async () => {
      endpoint.reply(
        { calls: [{ name: 'search_tools', args: { query: 'product details', detail_level: 'full' } }] },
        code(PRICE),
        ({ body }) => ({ text: `Price: ${JSON.parse(body.messages.at(-1).content).result}` }),
      );
      const body = { model: 'x', messages: question('Price?'), metadata: { conversation_id } };
      const { data, response } = await client.chat.completions.create(body).withResponse();
      expect(data.choices[0]?.message.content).toBe('Price: 1474.94');
      expect(response.headers.get('x-switchyard-arm')).toBe('code');
      const run = await switchyard.request('GET', `/v1/executions/${response.headers.get('x-switchyard-run')}`, {
        key,
      });
      expect(run.body).toMatchObject({ status: 'done', calls: [{ tool: 'search.getProductDetails' }] });
      const query = `{ conversations(filter: { text: "${conversation_id}" }) { items { arm runs { status surface } messages { servedArm runs } } } }`;
      expect((await switchyard.graphql(key, query)).body.data.conversations.items).toMatchObject([
        {
          arm: 'code',
          runs: [{ status: 'done', surface: 'chat' }],
          messages: [{}, {}, {}, { servedArm: 'code', runs: [{ status: 'done' }] }],
        },
      ]);
    });

    it('is answered by code when it streams, with the run in a header', async () => {
      endpoint.reply(code(PRICE), { text: 'There.' });
      const asked = client.chat.completions.create({
        model: 'x',
        messages: HELLO,
        stream: true,
        metadata: { conversation_id },
      });
      const { data, response } = await asked.withResponse();
      let text = '';
      for await (const chunk of data) text += chunk.choices[0]?.delta.content ?? '';
      expect(text).toBe('There.');
      expect(response.headers.get('x-switchyard-run')).toMatch(/^[0-9a-f-]{36}$/);
    });

    it('is answered the traditional way where code cannot', async () => {
      endpoint.reply((request) =>
        toolsOf(request).includes('execute_code') ? code('this is no code at all(') : { text: 'The old way.' },
      );
      const body = { model: 'x', messages: HELLO, metadata: { conversation_id } };
      expect((await client.chat.completions.create(body)).choices[0]?.message.content).toBe('The old way.');
      const query = `{ conversations(filter: { text: "${conversation_id}" }) { items { fallbacks messages { servedArm fallback } } } }`;
      expect((await switchyard.graphql(key, query)).body.data.conversations.items).toMatchObject([
        { fallbacks: 1, messages: [{}, {}, {}, { servedArm: 'traditional', fallback: 'not_mended' }] },
      ]);
    });
  });

  it("another tenant's answers, endpoint and conversations are its own", async () => {
    switchyard.cli('tenant', 'create', '--slug', 'other', '--name', 'Other');
    const theirs = switchyard.createKey('other', 'chat,admin');
    const set = 'mutation ($input: ChatSettingsInput!) { setChatSettings(input: $input) { baseUrl hasKey } }';
    const refused = await switchyard.graphql(theirs, set, {
      input: { baseUrl: endpoint.baseUrl, apiKey: 'sk-theirs' },
    });
    expect(refused.body.errors[0].extensions.code).toBe('FORBIDDEN'); // a loopback address
    const { body } = await switchyard.graphql(theirs, '{ conversations { items { id } } }');
    expect(body.data.conversations.items).toEqual([]);
    endpoint.reply({ calls: [{ name: 'search__getProductDetails', args: { sku: 'A4VTG90' } }] }, ({ body: asked }) => ({
      text: String(asked.messages.at(-1).content),
    }));
    const { choices } = await clientOf(theirs).chat.completions.create({ model: 'x', messages: HELLO });
    expect(choices[0]?.message.content).toContain('There is no product');
  });

  it('works with the Python SDK', async () => {
    const has = spawnSync('python3', ['-c', 'import openai']);
    if (has.status !== 0) {
      process.stdout.write('SKIPPED: no Python with the openai package on this machine\n');
      return;
    }
    const program = `
import openai, sys
client = openai.OpenAI(api_key=sys.argv[2], base_url=sys.argv[1] + "/v1", max_retries=0)
print(client.chat.completions.create(model="x", messages=[{"role": "user", "content": "Hello!"}]).choices[0].message.content)
stream = client.chat.completions.create(model="x", messages=[{"role": "user", "content": "Hello!"}], stream=True)
print("".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices))
try:
    client.chat.completions.create(model="x", messages=[])
except openai.BadRequestError as error:
    print(error.param)
`;
    const { stdout, stderr } = await promisify(execFile)('python3', ['-c', program, switchyard.url, key]);
    expect(stderr).toBe('');
    expect(stdout).toBe('Hello there, friend.\nHello there, friend.\nmessages\n');
  });
});

describe('a Switchyard without a model key', () => {
  let switchyard: Switchyard;
  let client: OpenAI;
  const SAMPLES = [
    ['How much does the A4VTG90 cost?', 'A4VTG90 costs 1474.94 EUR.'],
    [
      'How many deep groove ball bearings do you have in stock, and what are they worth?',
      'There are 119 deep groove ball bearings, of which 104 are in stock: 14426 pieces worth 320125.12 EUR.',
    ],
    ['Compare A4VTG90 and A10VSO90.', 'A10VSO90 is cheaper by 382.05 EUR.'],
    ['Do you have the flux capacitor FLX-9000?', 'There is no product with the SKU "FLX-9000"'],
    ['Hello!', 'scripted stand-in, not a language model'],
  ] as const;
  beforeAll(async () => {
    switchyard = await Switchyard.start();
    client = new OpenAI({
      apiKey: switchyard.createKey('demo', 'chat,admin'),
      baseURL: `${switchyard.url}/v1`,
      maxRetries: 0,
    });
  }, 120_000);
  afterAll(() => switchyard.remove());

  it.each(['traditional', 'code'])(
    'answers the sample questions from real data by the %s arm, and says that it is scripted',
    async (arm) => {
      if (arm === 'code') rollOut(switchyard);
      const metadata: Record<string, string> = arm === 'code' ? { conversation_id: await dealtToCode(client) } : {};
      for (const [content, expected] of SAMPLES) {
        const asked = client.chat.completions.create({ model: 'gpt-4o', messages: question(content), metadata });
        const { data, response } = await asked.withResponse();
        expect([arm, data.choices[0]?.message.content]).toEqual([arm, expect.stringContaining(expected)]);
        expect(data).toMatchObject({ model: 'scripted', system_fingerprint: 'fp_scripted' });
        expect(response.headers.get('x-switchyard-model')).toBe('scripted');
        expect(response.headers.get('x-switchyard-arm')).toBe(arm);
      }
      expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['scripted']);
    },
  );
});
