import { PassThrough } from 'node:stream';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { JsonRpc } from './json-rpc.ts';

const SETTINGS = { seed: 20_261_121, numRuns: 300, interruptAfterTimeLimit: 15_000 } as const;
const message = (value: unknown): Buffer => {
  const body = Buffer.from(JSON.stringify(value));
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
};
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function world(): { rpc: JsonRpc; input: PassThrough; asked: string[]; broken: string[] } {
  const input = new PassThrough();
  const output = new PassThrough();
  output.resume();
  const asked: string[] = [];
  const broken: string[] = [];
  const rpc = new JsonRpc(
    input,
    output,
    (method) => asked.push(method),
    (reason) => broken.push(reason.message),
  );
  return { rpc, input, asked, broken };
}

it('answers find their questions however the stream is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 40 }),
      async (texts, size) => {
        const { rpc, input, asked, broken } = world();
        const answers = texts.map((text) => rpc.request('echo', text));
        const order = texts.map((text, index) => ({ id: index + 1, result: text })).reverse();
        const stream = Buffer.concat([message({ id: 'q', method: 'readFile', params: 'x' }), ...order.map(message)]);
        for (let at = 0; at < stream.length; at += size) input.write(stream.subarray(at, at + size));
        expect(await Promise.all(answers)).toEqual(texts);
        expect(asked).toEqual(['readFile']);
        expect(broken).toEqual([]);
      },
    ),
    SETTINGS,
  );
});

it('any other bytes break the connection at most once, and nobody waits for ever', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes)),
        fc.json().map((text) => message(JSON.parse(text))),
        fc.string().map((text) => Buffer.from(`Content-Length: ${text}\r\n\r\n{}`)),
      ),
      async (bytes) => {
        const { rpc, input, broken } = world();
        const waiting = rpc.request('check', null).catch((error: unknown) => String(error));
        input.write(bytes);
        await tick();
        expect(broken.length).toBeLessThanOrEqual(1);
        rpc.close(new Error('over'));
        await waiting;
        await expect(rpc.request('check', null)).rejects.toThrow();
      },
    ),
    SETTINGS,
  );
});
