import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeEndpoint, type FakeEndpoint, type FakeReply, type FakeRequest } from '@switchyard/testkit';
import OpenAI from 'openai';
import { CHROMIUM, openBrowser, openPage, picture, signIn } from './support/browser.ts';
import { dumpDatabase } from './support/database-dump.ts';
import {
  CORPUS_COUNTRY,
  CORPUS_PATTERN,
  corpusMessages,
  corpusResults,
  type Planted,
} from './support/private-corpus.ts';
import { startOtlpReceiver, type OtlpReceiver } from './support/otlp-receiver.ts';
import { eventually } from './support/processes.ts';
import { onNode } from './support/real-servers.ts';
import { Switchyard } from './support/switchyard.ts';

const PEOPLE = fileURLToPath(new URL('fixtures/people-server.ts', import.meta.url));
const MESSAGES = corpusMessages(200, { seed: 11, withHard: false });
/** The server's own. */
const RECORDS = corpusResults(1_000, { seed: 7, withHard: false });
const RECORDS_A_RUN = 50;
const AT_ONCE = 4;
const TOKEN = /\[[A-Z]{2,20}_\d+\]/;

const SETTINGS =
  'mutation ($input: PrivacySettingsInput!) { setPrivacySettings(input: $input) { enabled withheldFrom } }';

const lastText = ({ body }: FakeRequest): string => body.messages.at(-1).content;
const offers = ({ body }: FakeRequest, name: string): boolean =>
  (body.tools ?? []).some((tool: { function: { name: string } }) => tool.function.name === name);

/** Reads fifty records and looks each of them up again by what stands for its address. */
const codeFor = (from: number): string => `
  import { getRecord, findByEmail } from 'servers/people';
  const numbers = Array.from({ length: ${RECORDS_A_RUN / 2} }, (_, at) => ${from} + at);
  const records = await Promise.all(numbers.map((number) => getRecord({ number })));
  const known = await Promise.all(records.map((one) => findByEmail({ email: one.customer.email })));
  console.log('the first is', records[0].customer.email);
  return { records, known: known.map((one) => one.known), asked: known.map((one) => one.asked) };`;

/** Plants in every form in which somebody could look for it. */
function formsOf(planted: readonly Planted[]): string[] {
  return planted.flatMap(({ kind, value }) => {
    const digits = value.replace(/\D/g, '');
    return kind === 'EMAIL' || kind === 'EMPLOYEE'
      ? [value.toLowerCase()]
      : [value.toLowerCase(), ...(digits.length >= 11 ? [digits] : [])];
  });
}

/** Which of the planted values stand in a text. */
function seenIn(text: string, forms: readonly string[]): string[] {
  const low = text.toLowerCase();
  return [...new Set(forms)].filter((form) => low.includes(form));
}

describe('private data of conversations', () => {
  let endpoint: FakeEndpoint;
  let collector: OtlpReceiver;
  let switchyard: Switchyard;
  let client: OpenAI;
  let key: string;
  const requests: string[] = [];

  const say = (reply: FakeReply | ((request: FakeRequest) => FakeReply)): void => endpoint.reply(reply);
  const set = async (input: object): Promise<void> => {
    const { body } = await switchyard.graphql(key, SETTINGS, { input });
    expect(body.errors).toBeUndefined();
  };
  const ask = async (content: string, conversation_id: string): Promise<string> => {
    const body = { model: 'fake-1', messages: [{ role: 'user' as const, content }], metadata: { conversation_id } };
    return (await client.chat.completions.create(body)).choices[0]?.message.content ?? '';
  };
  const streamed = async (content: string, conversation_id: string): Promise<string> => {
    const stream = await client.chat.completions.create({
      model: 'fake-1',
      messages: [{ role: 'user', content }],
      stream: true,
      metadata: { conversation_id },
    });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    return text;
  };
  const inTurn = async <T>(items: readonly T[], work: (item: T, at: number) => Promise<void>): Promise<void> => {
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let at = next++; at < items.length; at = next++) await work(items[at] as T, at);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  };

  beforeAll(async () => {
    endpoint = await startFakeEndpoint();
    collector = await startOtlpReceiver();
    switchyard = await Switchyard.start({
      OPENAI_BASE_URL: endpoint.baseUrl,
      OPENAI_API_KEY: 'sk-op',
      MODEL: 'fake-1',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      SWITCHYARD_METRICS_TENANTS: '5',
    });
    key = switchyard.createKey();
    client = new OpenAI({ apiKey: key, baseURL: `${switchyard.url}/v1`, maxRetries: 0 });
    switchyard.cli('connection', 'add', '--tenant', 'demo', '--name', 'people', '--stdio', onNode(PEOPLE));
    switchyard.cli('grant', 'set', '--tenant', 'demo', '--role', 'api_key', '--tool', 'people.*', '--effect', 'allow');
    await set({ country: CORPUS_COUNTRY, patterns: [CORPUS_PATTERN] });
  }, 180_000);
  beforeEach(() => {
    requests.push(...endpoint.requests.map(({ body }) => JSON.stringify(body)));
    endpoint.requests.length = 0;
  });
  afterAll(async () => {
    await switchyard?.remove();
    await endpoint?.close();
    await collector?.close();
  });

  it('reaches no model in 200 messages, and every answer has it again, whole and streamed', async () => {
    say((request) => ({ text: `You said: ${lastText(request)}` }));
    await inTurn(MESSAGES, async ({ text }, at) => {
      const answer = at % 2 === 0 ? await ask(text, `message ${at}`) : await streamed(text, `message ${at}`);
      expect(answer).toBe(`You said: ${text}`);
    });
    const sent = endpoint.requests.map(({ body }) => JSON.stringify(body)).join('\n');
    expect(seenIn(sent, formsOf(MESSAGES.flatMap(({ planted }) => planted)))).toEqual([]);
    expect(sent).toMatch(TOKEN);
    expect(sent).toContain('stand for private data');
  }, 120_000);

  it('stays the same thing under the same token for the length of a conversation', async () => {
    const seen: string[] = [];
    say((request) => {
      seen.push(lastText(request));
      return { text: 'Noted.' };
    });
    for (const content of ['I am Ann.Other@example.com.', 'ann.other@example.com again', 'and bob@example.com'])
      await ask(content, 'the same');
    expect(seen).toEqual(['I am [EMAIL_1].', '[EMAIL_1] again', 'and [EMAIL_2]']);
    await ask('I am bob@example.com.', 'another');
    expect(seen.at(-1)).toBe('I am [EMAIL_1].');
  });

  it("comes back in calls of the app's own tools, and as JSON that can be read", async () => {
    const tools = [{ type: 'function' as const, function: { name: 'mail', parameters: { type: 'object' } } }];
    const messages = [{ role: 'user' as const, content: 'Write to o"neil@example.com and bob@example.com' }];
    say({ calls: [{ name: 'mail', args: { to: '[EMAIL_1]', text: 'a [EMAIL_9] of nobody' } }] });
    const body = { model: 'fake-1', messages, tools, metadata: { conversation_id: 'own tools' } };
    const answer = await client.chat.completions.create(body);
    const call = answer.choices[0]?.message.tool_calls?.[0];
    const args: unknown = JSON.parse(call?.type === 'function' ? call.function.arguments : '');
    expect(args).toEqual({ to: expect.stringContaining('@example.com'), text: 'a [EMAIL_9] of nobody' });
    const whole = await client.chat.completions.stream(body).finalChatCompletion();
    const again = whole.choices[0]?.message.tool_calls?.[0];
    expect(again?.type === 'function' ? JSON.parse(again.function.arguments) : undefined).toEqual(args);
  });

  it('a tool gets what the token stands for, unless it is withheld from it', async () => {
    const find =
      (email: string) =>
      (request: FakeRequest): FakeReply =>
        request.body.messages.at(-1).role === 'tool'
          ? { text: lastText(request) }
          : { calls: [{ name: 'people__findByEmail', args: { email } }] };
    const address = RECORDS[3]?.planted.find(({ kind }) => kind === 'EMAIL')?.value ?? '';
    say(find('[EMAIL_1]'));
    expect(JSON.parse(await ask(`Do you know ${address}?`, 'a tool'))).toEqual({ known: 1, asked: address });
    expect(JSON.stringify(endpoint.requests.at(-1)?.body)).not.toContain(address);
    await set({ withheldFrom: ['people.findByEmail'] });
    await eventually(
      'it is withheld',
      async () => (await ask(`Do you know ${address}?`, 'a tool')).includes('"known":0') || undefined,
    );
    await set({ withheldFrom: [] });
  });

  it('1,000 results of tools reach no model through code, which can still join on them', async () => {
    switchyard.cli('rollout', 'set', '--tenant', 'demo', '--percent', '98');
    say((request) => {
      if (!offers(request, 'execute_code')) return { text: 'by hand' };
      if (request.body.messages.at(-1).role === 'tool') return { text: lastText(request) };
      return { calls: [{ name: 'execute_code', args: { code: codeFor(Number(/\d+/.exec(lastText(request))?.[0])) } }] };
    });
    const starts = Array.from({ length: (1_000 / RECORDS_A_RUN) * 2 }, (_, at) => (at * RECORDS_A_RUN) / 2);
    let runs = 0;
    await inTurn(starts, async (from) => {
      for (let attempt = 0; attempt < 20; attempt++) {
        const answer = await ask(`${from}`, `records ${from} ${attempt}`);
        if (answer === 'by hand') continue;
        const { status, result, logs } = JSON.parse(answer);
        expect([status, result.known.every((known: number) => known > 0)]).toEqual(['done', true]);
        // What the end user reads is what the tool gave.
        expect(result.records[0].customer).toEqual(RECORDS[from]?.value['customer']);
        expect(logs[0]).toContain('@');
        runs += 1;
        return;
      }
    });
    expect(runs).toBe(starts.length);
    const sent = endpoint.requests.map(({ body }) => JSON.stringify(body)).join('\n');
    expect(seenIn(sent, formsOf(RECORDS.flatMap(({ planted }) => planted)))).toEqual([]);
  }, 240_000);

  it("neither do a tool's complaints, nor what the app has from its own tools", async () => {
    const address = RECORDS[0]?.planted.find(({ kind }) => kind === 'EMAIL')?.value ?? '';
    say((request) =>
      request.body.messages.at(-1).role === 'tool'
        ? { text: lastText(request) }
        : { calls: [{ name: 'people__getRecord', args: { number: 5_000 } }] },
    );
    const dealt = async (): Promise<string> => {
      for (let attempt = 0; ; attempt++) {
        const answer = await ask('the one of 5000', `complaint ${attempt}`);
        if (answer.includes('There is no order') || attempt > 200) return answer;
      }
    };
    switchyard.cli('rollout', 'set', '--tenant', 'demo', '--percent', '1');
    expect(await dealt()).toContain(address);
    const messages = [
      { role: 'user' as const, content: 'Look me up' },
      {
        role: 'assistant' as const,
        content: null,
        tool_calls: [
          { id: 'c1', type: 'function' as const, function: { name: 'crm', arguments: '{"phone":"4930901820"}' } },
        ],
      },
      { role: 'tool' as const, tool_call_id: 'c1', content: '{"mobile":"4915112345678","order_id":4915112345678}' },
    ];
    say((request) => ({ text: JSON.stringify(request.body.messages.at(-1)) }));
    await client.chat.completions.create({ model: 'fake-1', messages, metadata: { conversation_id: 'crm' } });
    const sent = JSON.stringify(endpoint.requests.at(-1)?.body);
    expect(sent).not.toContain('"4930901820');
    expect(sent).toContain('4915112345678}'); // an identifier is none
    expect(sent).toMatch(/mobile[\\":]+\[PHONE_\d\]/);
  }, 120_000);

  it('is nowhere: not at the model, in the log, the audit log, an error or the whole database', async () => {
    requests.push(...endpoint.requests.map(({ body }) => JSON.stringify(body)));
    const forms = formsOf([...MESSAGES, ...RECORDS].flatMap(({ planted }) => planted));
    expect(seenIn(requests.join('\n'), forms)).toEqual([]);
    expect(seenIn(switchyard.output, forms)).toEqual([]);
    const dump = await dumpDatabase(switchyard.cli('db', 'url'));
    expect(dump.get('public.audit_event') ?? [...dump.keys()]).toContain('privacy.settings_changed');
    const leaks = [...dump].flatMap(([table, rows]) => seenIn(rows, forms).map((form) => `${table}: ${form}`));
    expect(leaks).toEqual([]);
    expect(dump.get('public.message')).toMatch(TOKEN); // it was looked at
  }, 120_000);

  it('is in no metric and no trace, also where a caller makes it a name', async () => {
    const named = 'named.after@example.org';
    say({ text: 'Noted.' });
    const body = { model: named, user: named, messages: [{ role: 'user', content: 'Hello' }] };
    const headers = { 'x-switchyard-conversation': named, baggage: `who=${named}`, tracestate: `who=${named}` };
    await switchyard.request('POST', '/v1/chat/completions', { key, body, headers });
    await switchyard.request('GET', `/v1/${named}?who=${named}`, { key, headers });
    await switchyard.execute(key, `import { call } from 'servers'; return await call('${named}', {})`);
    await switchyard.execute(key, `throw new Error('${named}')`, { conversation: named });
    const last = 'e'.repeat(32);
    await switchyard.request('GET', '/healthz', { headers: { traceparent: `00-${last}-${'f'.repeat(16)}-01` } });
    await eventually('every span has arrived', () => collector.spans.some(({ traceId }) => traceId === last), 20_000);
    const { text: metrics } = await switchyard.request('GET', '/metrics');
    const forms = [...formsOf([...MESSAGES, ...RECORDS].flatMap(({ planted }) => planted)), named];
    expect(seenIn(metrics, forms)).toEqual([]);
    // Times of spans are long numbers, and none of anybody's.
    const traces = collector.text.replaceAll(/"\w*[tT]imeUnixNano":"\d+"/g, '');
    expect(seenIn(traces, forms)).toEqual([]);
    // They were looked at: both tell of the tools that gave it, and of the model that asked.
    expect(metrics).toMatch(/gen_ai_execute_tool_duration_count\{server="people",gen_ai_tool_name="getRecord"/);
    expect(metrics).toMatch(/switchyard_model_tokens_total\{[^}]*gen_ai_request_model="fake-1"/);
    const names = new Set(collector.spans.map(({ name }) => name));
    for (const name of ['execute_tool getRecord', 'tools/call getRecord', 'chat fake-1', 'run'])
      expect(names).toContain(name);
  }, 60_000);

  it('is counted by kind and place, without a value', async () => {
    const query = '{ maskedCounts { place field kind count } }';
    const counts = await eventually('it is written', async () => {
      const { body } = await switchyard.graphql(key, query);
      return body.data.maskedCounts.length > 5 ? body.data.maskedCounts : undefined;
    });
    expect(counts).toContainEqual(expect.objectContaining({ place: 'message', field: '', kind: 'EMAIL' }));
    expect(counts).toContainEqual(
      expect.objectContaining({ place: 'people.getRecord', field: 'phone', kind: 'PHONE' }),
    );
    expect(counts).toContainEqual(expect.objectContaining({ place: 'people.getRecord', kind: 'EMPLOYEE' }));
    expect(JSON.stringify(counts)).not.toContain('@');
  });

  (CHROMIUM ? it : it.skip)(
    'a page shows what was replaced where, and lets an admin change what is',
    async () => {
      const browser = await openBrowser();
      try {
        const complaints: string[] = [];
        const page = await openPage(browser, switchyard.url, complaints);
        await signIn(page, switchyard.credentials);
        await page.goto(`${switchyard.url}/#/privacy`);
        await page.getByTestId('masked').getByText('people.getRecord').first().waitFor();
        await picture(page, 'privacy');
        await page.getByLabel('Days that tokens can be put back').fill('14');
        await page.getByRole('button', { name: 'Save' }).click();
        await page.getByText('Saved').waitFor();
        const { body } = await switchyard.graphql(key, '{ privacySettings { keptDays patterns { kind mask } } }');
        expect(body.data.privacySettings).toEqual({ keptDays: 14, patterns: [CORPUS_PATTERN] });
        expect(complaints).toEqual([]);
      } finally {
        await browser.close();
      }
    },
    60_000,
  );

  it('goes as it is where the tenant has switched it off', async () => {
    await set({ enabled: false });
    say((request) => ({ text: lastText(request) }));
    await eventually('it is off', async () => {
      await ask('I am ann@example.com', 'off');
      return JSON.stringify(endpoint.requests.at(-1)?.body).includes('ann@example.com');
    });
  });
});
