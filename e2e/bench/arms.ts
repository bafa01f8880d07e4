// The same 50 conversations through both arms of one Switchyard, with 16, 100 and 800 tools connected. The rollout
// stands at 50%, so that both arms answer in turn. The scripted model answers: the tools, the sandbox and what is sent to
// the model are real, the turns that a model would take are not. Tokens are counted here, on the very bytes that reached
// the model.
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SAMPLE_QUESTIONS, startScriptedServer, type ScriptedServer } from '@switchyard/chat';
import { countTokens } from 'gpt-tokenizer';
import { run } from '../support/commands.ts';
import { onNode } from '../support/real-servers.ts';
import { freePort, Switchyard } from '../support/switchyard.ts';
import { loadCatalogues, type Catalogue } from './catalogues.ts';
import { distribution, row } from './measure.ts';

const CATALOGUE_SERVER = fileURLToPath(new URL('../fixtures/catalogue-server.ts', import.meta.url));
const SUITE = fileURLToPath(new URL('../../libs/compare/suites/catalogue.json', import.meta.url));
const LEVELS = [16, 100, 800];
const CONVERSATIONS = 50;
/** Those of the first-party server. */
const OWN_TOOLS = 3;
/** Ids that may be tried until both arms have had a question. */
const TRIES = 40;
/** For one level; what was not asked by then is left out, and the report says so. */
const LEVEL_MS = 45_000;

const MORE = [
  'How much does the A10VSO45 cost?',
  'Which check valves do you have?',
  'Flow meters under 600 EUR, please.',
  'What is the average price of your servo motors?',
  'How many shaft seals do you have in stock, and what are they worth?',
  'What are the cheapest gear motors?',
  'Which are the most expensive accumulators?',
  'Compare 4WE6 and PVV4-40.',
  'Is HDA250 in stock?',
];

interface Sent {
  readonly bytes: number;
  readonly tokens: number;
  /** Native definitions in the request. */
  readonly tools: number;
}

interface Counter {
  readonly url: string;
  /** What was sent since the last time that this was asked. */
  take(): Sent[];
  close(): void;
}

/** Stands between Switchyard and the model, and counts what passes. */
async function countBetween(model: ScriptedServer): Promise<Counter> {
  let sent: Sent[] = [];
  const port = await freePort();
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const { messages = [], tools = [] } = JSON.parse(body || '{}') as { messages?: unknown[]; tools?: unknown[] };
      const tokens =
        countTokens(JSON.stringify(messages)) + (tools.length > 0 ? countTokens(JSON.stringify(tools)) : 0);
      sent.push({ bytes: body.length, tokens, tools: tools.length });
      const target = model.baseUrl + (request.url ?? '').replace(/^\/v1/, '');
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${model.apiKey}` };
      fetch(target, { method: 'POST', headers, body })
        .then(async (answer) => {
          response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
          response.end(Buffer.from(await answer.arrayBuffer()));
        })
        .catch(() => response.writeHead(502).end());
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${port}/v1`,
    take() {
      const taken = sent;
      sent = [];
      return taken;
    },
    close: () => void server.close(),
  };
}

function questions(): string[] {
  const { cases } = JSON.parse(fs.readFileSync(SUITE, 'utf8')) as { cases: { messages: { content: string }[] }[] };
  const suite = cases.map(({ messages }) => messages.at(-1)?.content ?? '');
  const all = [...new Set([...suite, ...SAMPLE_QUESTIONS.map(({ text }) => text), ...MORE])];
  if (all.length < CONVERSATIONS) throw new Error(`${all.length} questions, ${CONVERSATIONS} are needed`);
  return all.slice(0, CONVERSATIONS);
}

/** Connects tools until so many are there; catalogues are taken again, as other servers, when they end. */
function connector(
  switchyard: Switchyard,
  folder: string,
  catalogues: readonly Catalogue[],
): (wanted: number) => Promise<number> {
  let connected = OWN_TOOLS;
  let next = 0;
  let rest: Catalogue = { name: '', tools: [] };
  return async (wanted) => {
    while (connected < wanted) {
      if (rest.tools.length === 0) {
        const { name, tools } = catalogues[next % catalogues.length] ?? { name: '', tools: [] };
        rest = { name: `${name}${Math.floor(next / catalogues.length) || ''}`, tools };
        next += 1;
      }
      const taken = rest.tools.slice(0, wanted - connected);
      const name = `${rest.name}_${connected}`;
      const file = path.join(folder, `${name}.json`);
      fs.writeFileSync(file, JSON.stringify({ tools: taken }));
      fs.chmodSync(file, 0o644);
      const server = ['--name', name, '--stdio', onNode(CATALOGUE_SERVER, file)];
      // Not in one piece: connections that the server closes meanwhile must be noticed before the next request.
      const { added } = JSON.parse(
        await run(switchyard, 'connection', 'add', '--tenant', 'demo', ...server, '--json'),
      ) as { added: number };
      rest = { ...rest, tools: rest.tools.slice(taken.length) };
      connected += added;
      if (added === 0) throw new Error(`${name} added no tool`);
    }
    await run(switchyard, 'grant', 'set', '--tenant', 'demo', '--role', 'api_key', '--tool', '*', '--effect', 'allow');
    return connected;
  };
}

interface Measured {
  readonly text: string;
  readonly latencyMs: number;
  readonly sent: readonly Sent[];
  readonly written: number;
}

const ARMS = ['traditional', 'code'] as const;
type Arm = (typeof ARMS)[number];
const isArm = (text: string | null): text is Arm => ARMS.some((arm) => arm === text);

/** One question, asked in new conversations until both arms have had it. */
async function askBoth(
  switchyard: Switchyard,
  key: string,
  counter: Counter,
  question: string,
): Promise<Record<Arm, Measured>> {
  const had: Partial<Record<Arm, Measured>> = {};
  for (let tries = 0; tries < TRIES && !(had.traditional && had.code); tries++) {
    counter.take();
    const began = performance.now();
    const body = {
      model: 'scripted',
      messages: [{ role: 'user', content: question }],
      metadata: { conversation_id: randomUUID() },
    };
    const answer = await switchyard.request('POST', '/v1/chat/completions', { key, body });
    const latencyMs = performance.now() - began;
    const arm = answer.headers.get('x-switchyard-arm');
    if (answer.status !== 200 || !isArm(arm))
      throw new Error(`"${question}": ${answer.status} ${answer.text.slice(0, 300)}`);
    const text = answer.body.choices[0].message.content as string;
    had[arm] ??= { text, latencyMs, sent: counter.take(), written: answer.body.usage.completion_tokens as number };
  }
  const { traditional, code } = had;
  if (!traditional || !code) throw new Error(`"${question}" never came to both arms: is the rollout at 50%?`);
  return { traditional, code };
}

const tokensOf = ({ sent, written }: Measured): number => sent.reduce((sum, { tokens }) => sum + tokens, written);
const ratio = (a: number, b: number): string => `${(b / a).toFixed(2)}×`;

function report(print: (text: string) => void, tools: number, pairs: readonly Record<Arm, Measured>[]): void {
  const offered = Math.max(...pairs.flatMap(({ traditional }) => traditional.sent.map((one) => one.tools)));
  const same = pairs.filter(({ traditional, code }) => traditional.text === code.text).length;
  print(
    `\n${tools} tools connected; ${offered} definitions in a traditional request${offered < tools ? ' (OpenAI takes 128 at most)' : ''}; the same words from both arms in ${same} of ${pairs.length}`,
  );
  const of = (arm: Arm, measure: (one: Measured) => number): number[] => pairs.map((pair) => measure(pair[arm]));
  for (const [what, unit, measure] of [
    ['tokens a conversation', 'tokens', tokensOf],
    ['calls of the model', '', (one: Measured) => one.sent.length],
    ['latency', 'ms', (one: Measured) => one.latencyMs],
  ] as const) {
    const [traditional, code] = [distribution(of('traditional', measure)), distribution(of('code', measure))];
    print(row(`  ${what}, traditional`, traditional, unit));
    print(row(`  ${what}, code`, code, unit));
    print(
      `  ${'  code of traditional'.padEnd(50)} p50 ${ratio(traditional.p50, code.p50).padStart(7)}  p95 ${ratio(traditional.p95, code.p95).padStart(7)}  p99 ${ratio(traditional.p99, code.p99).padStart(7)}`,
    );
  }
  const sum = (arm: Arm): number => of(arm, tokensOf).reduce((total, one) => total + one, 0);
  print(
    `  ${`all ${pairs.length} together`.padEnd(50)} ${sum('traditional')} → ${sum('code')} tokens (${ratio(sum('traditional'), sum('code'))})`,
  );
}

/** Prints both arms side by side. */
async function benchArms(print: (text: string) => void): Promise<void> {
  print('Both arms, the same 50 conversations. The SCRIPTED model answers: no figure here is a model’s quality.');
  const { source, catalogues } = loadCatalogues();
  print(`Tools connected beside our own: ${source}.`);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchyard-bench-'));
  fs.chmodSync(folder, 0o755);
  const model = await startScriptedServer(randomUUID());
  const counter = await countBetween(model);
  const switchyard = await Switchyard.start({
    OPENAI_BASE_URL: counter.url,
    OPENAI_API_KEY: 'counted',
    MODEL: 'scripted',
  });
  try {
    const key = switchyard.createKey();
    switchyard.cli('rollout', 'set', '--tenant', 'demo', '--percent', '50', '--reason', 'bench');
    const connect = connector(switchyard, folder, catalogues);
    const asked = questions();
    for (const level of LEVELS) {
      const tools = await connect(level);
      await askBoth(switchyard, key, counter, asked[0] ?? ''); // the first request finds everything cold
      const pairs: Record<Arm, Measured>[] = [];
      const deadline = performance.now() + LEVEL_MS;
      for (const question of asked) {
        if (performance.now() > deadline) break;
        pairs.push(await askBoth(switchyard, key, counter, question));
      }
      if (pairs.length < asked.length)
        print(
          `\nLEFT OUT at ${tools} tools: ${asked.length - pairs.length} of ${asked.length}, after ${LEVEL_MS / 1_000} s`,
        );
      report(print, tools, pairs);
    }
  } finally {
    await switchyard.remove();
    counter.close();
    await model.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

await benchArms((text) => void process.stdout.write(`${text}\n`));
