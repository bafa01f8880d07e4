import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the endpoint does with a request. */
export type FakeReply =
  | { readonly text: string; readonly usage?: unknown; readonly finish?: string }
  | {
      readonly calls: readonly { readonly name: string; readonly args: unknown }[];
      readonly text?: string;
      readonly finish?: string;
    }
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  /** Never answers, or goes silent after some words. */
  | { readonly hang: 'at_once' | 'in_the_middle' }
  /** Never ends. */
  | { readonly flood: true }
  /** Ends the connection in the middle. */
  | { readonly breakOff: true };

export interface FakeRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- specs look into requests of many shapes
  readonly body: any;
}

export interface FakeEndpoint {
  readonly baseUrl: string;
  readonly requests: FakeRequest[];
  /** Replies in turn; the last one again and again. A function sees the request. */
  reply(...replies: (FakeReply | ((request: FakeRequest) => FakeReply))[]): void;
  /** Connections that the client ended before the answer was whole. */
  readonly left: () => number;
  close(): Promise<void>;
}

const USAGE = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
const head = { id: 'chatcmpl-fake', created: 1_700_000_000, model: 'fake-1', system_fingerprint: 'fp_fake' };

/** An OpenAI-compatible endpoint that we own, over real HTTP, well behaved or not. */
export async function startFakeEndpoint(): Promise<FakeEndpoint> {
  const requests: FakeRequest[] = [];
  let script: (FakeReply | ((request: FakeRequest) => FakeReply))[] = [{ text: 'Hello.' }];
  let left = 0;
  const server = http.createServer((incoming, outgoing) => {
    outgoing.on('close', () => void (left += outgoing.writableFinished ? 0 : 1));
    outgoing.on('error', () => undefined);
    void answer(incoming, outgoing);
  });

  async function answer(incoming: http.IncomingMessage, outgoing: http.ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of incoming.setEncoding('utf8')) text += chunk as string;
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const request: FakeRequest = { path: incoming.url ?? '', authorization: incoming.headers.authorization, body };
    if (request.path.endsWith('/models')) {
      const data = [{ id: 'fake-1', object: 'model', created: 1, owned_by: 'us' }];
      outgoing.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ object: 'list', data }));
      return;
    }
    requests.push(request);
    const next = script.length > 1 ? script.shift() : script[0];
    const reply = typeof next === 'function' ? next(request) : (next ?? { text: '' });
    await send(outgoing, reply, request);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    reply: (...replies) => void (script = replies),
    left: () => left,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function send(outgoing: http.ServerResponse, reply: FakeReply, { body }: FakeRequest): Promise<void> {
  const { stream, stream_options, n = 1 } = body as { stream?: boolean; stream_options?: object; n?: number };
  const event = (data: object): void => void outgoing.write(`data: ${JSON.stringify(data)}\n\n`);
  const chunk = (choices: object[], more: object = {}): void =>
    event({ ...head, object: 'chat.completion.chunk', choices, ...more });
  const word = (content: string, index = 0): void => chunk([{ index, delta: { content }, finish_reason: null }]);

  if ('status' in reply)
    return void outgoing
      .writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers })
      .end(reply.body);
  if ('hang' in reply && (reply.hang === 'at_once' || !stream)) return;
  if (!stream && ('flood' in reply || 'breakOff' in reply)) {
    outgoing.writeHead(200, { 'content-type': 'application/json' });
    outgoing.write('{"choices":[{"message":{"content":"');
    if ('breakOff' in reply) return void setTimeout(() => outgoing.destroy(), 20);
    return flood(outgoing, () => outgoing.write('x'.repeat(64 * 1024)));
  }
  if (stream) outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
  if ('hang' in reply) return word('I will');
  if ('flood' in reply)
    return flood(outgoing, () =>
      outgoing.write(
        `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta: { content: 'x'.repeat(16_384) } }] })}\n\n`,
      ),
    );
  if ('breakOff' in reply) {
    word('I will');
    return void setTimeout(() => outgoing.destroy(), 20);
  }

  const calls = 'calls' in reply ? reply.calls : [];
  const tool_calls = calls.map(({ name, args }, index) => ({
    id: `call_${name}_${index}`,
    type: 'function',
    function: { name, arguments: typeof args === 'string' ? args : JSON.stringify(args) },
  }));
  const content = reply.text ?? null;
  const finish_reason = reply.finish ?? (calls.length > 0 ? 'tool_calls' : 'stop');
  const usage = 'usage' in reply ? reply.usage : USAGE;
  if (!stream) {
    const message = { role: 'assistant', content, refusal: null, ...(calls.length > 0 ? { tool_calls } : {}) };
    const choices = Array.from({ length: n }, (_, index) => ({ index, message, finish_reason, logprobs: null }));
    return void outgoing
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ ...head, object: 'chat.completion', choices, usage }));
  }
  for (let index = 0; index < n; index++) {
    chunk([{ index, delta: { role: 'assistant', content: '', refusal: null }, finish_reason: null }]);
    for (const piece of content?.match(/.{1,5}/gs) ?? []) word(piece, index);
    for (const [at, call] of tool_calls.entries()) {
      const { arguments: args, name } = call.function;
      chunk([
        {
          index,
          delta: { tool_calls: [{ index: at, id: call.id, type: 'function', function: { name, arguments: '' } }] },
        },
      ]);
      for (const piece of args.match(/.{1,7}/gs) ?? [])
        chunk([{ index, delta: { tool_calls: [{ index: at, function: { arguments: piece } }] } }]);
    }
    chunk([{ index, delta: {}, finish_reason }]);
  }
  if (stream_options && usage !== undefined) chunk([], { usage });
  outgoing.end('data: [DONE]\n\n');
}

async function flood(outgoing: http.ServerResponse, write: () => boolean): Promise<void> {
  while (!outgoing.destroyed)
    if (!write()) await Promise.race([once(outgoing, 'drain'), once(outgoing, 'close')]).catch(() => undefined);
}
