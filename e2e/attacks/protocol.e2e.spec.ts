import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { denoBinary, LocalExecutor, serveExecutor, SocketExecutor, type ExecutorServer } from '@switchyard/execution';
import { eventually } from '../support/processes.ts';
import { childrenOf } from './support/children.ts';
import { runRaw, type RawHost } from './support/raw.ts';
import { bootFolder } from './support/sandbox-process.ts';

const ESCAPED_BOOT = fileURLToPath(new URL('./support/escaped-boot.js', import.meta.url));
const BROKEN = { status: 'crashed', reason: 'The sandbox broke its protocol and was stopped.' };

/** Code that has the sandbox's end of the pipe to itself: what it says is not to be believed. */
describe('a sandbox that lies', () => {
  const { boot, remove } = bootFolder(fs.readFileSync(ESCAPED_BOOT, 'utf8'));
  let executor: LocalExecutor;
  let before = 0;
  beforeAll(async () => {
    before = childrenOf(process.pid).length;
    const staging = path.join(path.dirname(boot), 'staging');
    executor = await LocalExecutor.start({
      pool: { size: 3 },
      wall: { files: { deno: denoBinary(), boot }, stagingDir: staging },
    });
  });
  afterAll(async () => {
    await executor.close();
    remove();
    await eventually('every sandbox is gone', () => childrenOf(process.pid).length === before);
  });

  /** `send(type, value)` sends a frame, `raw(bytes)` bytes, `next()` gives the host's next frame. */
  const lie = async (body: string, host: RawHost = {}) => {
    const calls: unknown[] = [];
    const logs: string[] = [];
    const outcome = await runRaw(executor, `(async function ({ send, raw, next }) {${HELP} ${body} })`, {
      ...host,
      invoke: async (tool, args, seq) => {
        calls.push([seq, tool, args]);
        return (await host.invoke?.(tool, args, seq)) ?? { ok: true, json: '1' };
      },
      log: ({ text }) => logs.push(text),
    });
    return { outcome, calls, logs };
  };
  const HELP = `
    const utf8 = (text) => new TextEncoder().encode(text);
    const frame = (type, body, length) => {
      const bytes = typeof body === 'string' ? utf8(body) : body;
      const made = new Uint8Array(5 + bytes.length);
      new DataView(made.buffer).setUint32(0, length ?? bytes.length + 1, true);
      made[4] = typeof type === 'number' ? type : type.charCodeAt(0);
      made.set(bytes, 5);
      return made;
    };
    const join = (...all) => { const made = new Uint8Array(all.reduce((n, one) => n + one.length, 0)); let at = 0; for (const one of all) { made.set(one, at); at += one.length; } return made; };
    const write = (bytes) => { for (let sent = 0; sent < bytes.length;) sent += raw(bytes.subarray(sent)); };
    const rest = () => new Promise(() => { setInterval(() => {}, 1000); });`;

  it.each([
    ['an unknown type', `write(frame('Q', '1'));`],
    ['a type of 0', `write(frame(0, ''));`],
    ['a type of 255', `write(frame(255, '{}'));`],
    ['ready once more', `send('R', { deno: 'x' });`],
    ['a job for its host', `write(frame('C', '{}'));`],
    ['an answer for its host', `write(frame('r', new Uint8Array([1, 0, 0, 0, 49])));`],
    ['a call that is no JSON', `write(frame('T', '{'));`],
    ['a call that is empty', `write(frame('T', ''));`],
    ['a call of three', `send('T', [1, 'a', 'b']);`],
    ['a call of five', `send('T', [1, 'a', 'b', {}, 'more']);`],
    ['a call as an object', `send('T', { 0: 1, 1: 'a', 2: 'b', 3: {}, length: 4 });`],
    ['a call number 0', `send('T', [0, 'a', 'b', {}]);`],
    ['a call number -1', `send('T', [-1, 'a', 'b', {}]);`],
    ['a call number 1.5', `send('T', [1.5, 'a', 'b', {}]);`],
    ['a call number "1"', `send('T', ['1', 'a', 'b', {}]);`],
    ['a call number 2^53', `write(frame('T', '[9007199254740993,"a","b",{}]'));`],
    ['a call out of order', `send('T', [2, 'a', 'b', {}]);`],
    ['the same call twice', `send('T', [1, 'a', 'b', {}]); send('T', [1, 'a', 'b', {}]);`],
    ['a call of nobody', `send('T', [1, '', 'b', {}]);`],
    ['a call of a name without end', `send('T', [1, 'a', 'b'.repeat(201), {}]);`],
    ['a call of a list', `send('T', [1, ['a'], 'b', {}]);`],
    ['a call that is no text', `write(frame('T', new Uint8Array([0xff, 0xfe, 0x80])));`],
    ['a log of a wrong level', `send('L', ['fatal', 'x']);`],
    ['a log of no text', `send('L', ['log', { toString: 1 }]);`],
    ['a log of levels', `send('L', [['log'], 'x']);`],
    ['a log that is no JSON', `write(frame('L', '["log","'));`],
    ['a result that is no JSON', `write(frame('D', '{"a":'));`],
    ['a result that is empty', `write(frame('D', ''));`],
    ['a result that is undefined', `write(frame('D', 'undefined'));`],
    ['a result that is NaN', `write(frame('D', 'NaN'));`],
    ['two results in one', `write(frame('D', '1 2'));`],
    ['a result that is no text', `write(frame('D', new Uint8Array([0x22, 0xff, 0xfe, 0x22])));`],
    ['a result in half a surrogate pair', `write(frame('D', new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22])));`],
    ['an error of a wrong kind', `send('X', { kind: 'done', name: 'x', message: 'y', stack: '' });`],
    ['an error without a name', `send('X', { kind: 'failed', message: 'y', stack: '' });`],
    [
      'an error whose stack is a list',
      `send('X', { kind: 'failed', name: 'x', message: 'y', stack: ['at /etc/passwd'] });`,
    ],
    ['an empty frame', `write(new Uint8Array(4));`],
    ['a frame of -1', `write(frame('D', '1', 0xffffffff));`],
    ['a frame of -2147483648', `write(frame('D', '1', 0x80000000));`],
    ['a frame of 2 GB', `write(frame('D', '1', 0x7fffffff));`],
    ['a frame a little over the largest', `write(frame('D', '1', 32 * 1024 * 1024 + 4_097));`],
    ['noise', `write(crypto.getRandomValues(new Uint8Array(65_536)).map((byte) => byte | 1));`],
    ['text', `write(utf8('HTTP/1.1 200 OK\\r\\n\\r\\n'));`],
  ])('%s ends it', async (_what, body) => {
    const { outcome, calls } = await lie(`${body} await rest();`);
    expect(outcome).toMatchObject(BROKEN);
    expect(calls.length).toBeLessThan(2);
  });

  it.each([
    ['an end without a word', `Deno.exit(0);`],
    ['an end with an error', `Deno.exit(7);`],
    ['an end in the middle of a frame', `write(frame('D', '[1,2', 100)); Deno.exit(0);`],
    ['an end after a call', `send('T', [1, 'a', 'b', {}]); Deno.exit(0);`],
    ['an end of its output', `Deno.stdout.close(); Deno.stdin.close(); Deno.exit(0);`],
    ['an error that nobody catches', `setTimeout(() => { throw new Error('x'); }, 0); await rest();`],
  ])('%s is a crash, and says no more', async (_what, body) => {
    const { outcome } = await lie(body);
    expect(outcome).toMatchObject({ status: 'crashed', reason: 'The sandbox ended before the code did.' });
  });

  it.each([
    ['half a head', `write(new Uint8Array([9, 0])); await rest();`],
    ['a head without its body', `write(frame('D', '', 1_000)); await rest();`],
    ['all but the last byte', `write(frame('D', '"abc"').subarray(0, -1)); await rest();`],
    ['a frame of 32 MB that never ends', `write(frame('D', 'x'.repeat(1_000_000), 32 * 1024 * 1024)); await rest();`],
    ['silence', `await rest();`],
  ])('%s is waited for no longer than the code may run', async (_what, body) => {
    const { outcome } = await lie(body, { limits: { ownTimeMs: 300 } });
    expect(outcome).toMatchObject({ status: 'limit', limit: 'time' });
  });

  it('frames come whole however they are cut', async () => {
    const { outcome, logs } = await lie(
      `for (const byte of join(frame('L', '["log","one"]'), frame('L', '["log","é😀"]'))) write(new Uint8Array([byte]));
       write(join(frame('L', '["log","three"]'), frame('D', '"end"')));`,
    );
    expect(outcome).toMatchObject({ status: 'done', json: '"end"' });
    expect(logs).toEqual(['one', 'é😀', 'three']);
  });

  describe('after a result nothing counts', () => {
    it.each([
      ['a second result', `frame('D', '"second"')`],
      ['an error', `frame('X', '{"kind":"failed","name":"E","message":"m","stack":""}')`],
      ['a call', `frame('T', '[1,"a","b",{}]')`],
      ['a log', `frame('L', '["log","late"]')`],
      [
        'a thousand calls',
        `join(...Array.from({ length: 1_000 }, (_, n) => frame('T', JSON.stringify([n + 1, 'a', 'b', {}]))))`,
      ],
    ])('%s', async (_what, more) => {
      const { outcome, calls, logs } = await lie(`write(join(frame('D', '"first"'), ${more})); await rest();`);
      expect(outcome).toMatchObject({ status: 'done', json: '"first"' });
      expect([calls, logs]).toEqual([[], []]);
    });

    it('a broken frame in one piece with it spoils it', async () => {
      const { outcome } = await lie(
        `write(join(frame('D', '"first"'), new Uint8Array([255, 255, 255, 255, 1]))); await rest();`,
      );
      expect(outcome).toMatchObject(BROKEN);
    });

    it('a result before the calls are answered ends them', async () => {
      let aborted = false;
      const running = executor.run(
        {
          runId: 'x',
          program: {
            script: `(async function ({ send }) { send('T', [1, 'a', 'b', {}]); setTimeout(() => send('D', 1), 100); await new Promise(() => setInterval(() => {}, 1000)); })`,
            modules: {},
            lineMap: null,
          },
          limits: {
            ownTimeMs: 5_000,
            totalMs: 10_000,
            memoryBytes: 512 * 1024 * 1024,
            calls: 5,
            logBytes: 1_000,
            resultBytes: 1_000,
          },
        },
        {
          invoke: (_call, signal) => new Promise(() => signal.addEventListener('abort', () => (aborted = true))),
          log: () => undefined,
          signal: new AbortController().signal,
        },
      );
      expect(await running).toMatchObject({ status: 'done', json: '1' });
      expect(aborted).toBe(true);
    });
  });

  describe('floods', () => {
    it.each([
      ['logs', `const log = frame('L', JSON.stringify(['log', 'x'.repeat(1_000)])); for (;;) write(log);`, 'logs'],
      ['empty logs', `const log = frame('L', '["log",""]'); for (;;) write(log);`, 'logs'],
      [
        'one log of megabytes',
        `write(frame('L', JSON.stringify(['log', 'x'.repeat(20_000_000)]))); await rest();`,
        'logs',
      ],
      ['calls', `for (let n = 1; ; n++) write(frame('T', JSON.stringify([n, 'a', 'b', {}])));`, 'calls'],
      [
        'a result that is too large',
        `write(frame('D', JSON.stringify('x'.repeat(2_000_000)))); await rest();`,
        'result',
      ],
      [
        'a result nested a million times',
        `write(frame('D', '['.repeat(400_000) + ']'.repeat(400_000))); await rest();`,
        'result',
      ],
      [
        'an error of megabytes',
        `send('X', { kind: 'result', name: 'x', message: 'y'.repeat(10_000_000), stack: '' });`,
        'result',
      ],
    ])('%s', async (_what, body, limit) => {
      const { outcome, calls, logs } = await lie(body, { limits: { logBytes: 10_000, calls: 5 } });
      expect(outcome).toMatchObject({ status: 'limit', limit });
      expect(calls.length).toBeLessThanOrEqual(5);
      expect(logs.length).toBeLessThan(10_000);
      expect(JSON.stringify(outcome).length).toBeLessThan(2_000);
    });

    it('arguments nested a million times are refused, or told as a call that failed', async () => {
      const { outcome } = await lie(
        `write(frame('T', '[1,"a","b",' + '['.repeat(500_000) + ']'.repeat(500_000) + ']')); await next(); send('D', 'went on');`,
      );
      expect(['done', 'crashed']).toContain(outcome.status);
    });

    it('arguments over the largest end it', async () => {
      const { outcome, calls } = await lie(
        `write(frame('T', JSON.stringify([1, 'a', 'b', 'x'.repeat(9_000_000)]))); await rest();`,
      );
      expect(outcome).toMatchObject(BROKEN);
      expect(calls).toEqual([]);
    });

    it('answers that are never read cost no more than the calls allow', async () => {
      const big = JSON.stringify('x'.repeat(2_000_000));
      const { outcome, calls } = await lie(
        `for (let n = 1; n <= 5; n++) send('T', [n, 'a', 'b', {}]); await new Promise((done) => setTimeout(done, 200)); send('D', 'unread');`,
        { limits: { calls: 5 }, invoke: () => ({ ok: true, json: big }) },
      );
      expect(outcome).toMatchObject({ status: 'done', json: '"unread"' });
      expect(calls).toHaveLength(5);
    });
  });

  it('what it says of itself is cut and stripped of the machine', async () => {
    const { outcome } = await lie(
      `send('X', { kind: 'failed', name: 'N'.repeat(10_000), message: 'M'.repeat(100_000), stack: ['    at /etc/passwd:1:1', '    at f (file:///boot.js:1:1)', '    at op (ext:core/x.js:1:1)', '    at <b>x</b> (user.ts:1:1)', '    at f (user.ts:3:4)', '    at user.ts:1:999999999'].join('\\n') });`,
    );
    expect(outcome).toMatchObject({ status: 'failed', error: { stack: expect.not.stringMatching(/etc|boot|ext:/) } });
    if (outcome.status !== 'failed') throw new Error('it did not fail');
    expect(outcome.error.name.length + outcome.error.message.length).toBeLessThan(10_000);
    expect(outcome.error.stack).toContain('    at f (user.ts:3:4)');
  });
});

describe('between executor and control plane', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchyard-attack-'));
  const socketPath = path.join(folder, 'x.sock');
  const u32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const wire = (type: number, run: number, body: Buffer | string = '', length?: number): Buffer => {
    const bytes = Buffer.from(body);
    return Buffer.concat([u32(length ?? 5 + bytes.length), Buffer.from([type]), u32(run), bytes]);
  };
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  describe('a client that lies to the executor', () => {
    let local: LocalExecutor;
    let server: ExecutorServer;
    beforeAll(async () => {
      local = await LocalExecutor.start({ pool: { size: 1 } });
      server = await serveExecutor(local, socketPath);
    });
    afterAll(async () => {
      await server.close();
      await local.close();
    });

    it.each<[string, Buffer]>([
      ['noise', Buffer.alloc(1_000, 0xf7)],
      ['a frame of 4 GB', wire(1, 1, '', 0xffffffff)],
      ['an empty frame', u32(0)],
      ['a frame without a head', Buffer.concat([u32(2), Buffer.from([1, 2])])],
      ['an unknown frame', wire(99, 1)],
      ['a job that is none', wire(1, 1, '{"runId":1}')],
      ['a job that is no JSON', wire(1, 1, '{')],
      [
        'a job without limits',
        wire(1, 1, '{"runId":"x","program":{"script":"","modules":{},"lineMap":null},"limits":{}}'),
      ],
      ['an answer without a number', wire(2, 1)],
      ['a refusal that is none', wire(3, 1, Buffer.concat([u32(1), Buffer.from('{}')]))],
    ])('%s costs its own connection, and nobody else', async (_what, bytes) => {
      const good = await SocketExecutor.connect(socketPath);
      const bad = net.connect(socketPath);
      bad.on('error', () => undefined);
      const gone = new Promise((resolve) => bad.once('close', resolve));
      bad.write(bytes);
      await gone;
      expect(await runRaw(good, '(async function () { return 1; })')).toMatchObject({ status: 'done', json: '1' });
      await good.close();
    });

    it('answers and cancellations of runs that are not there do nothing', async () => {
      const good = await SocketExecutor.connect(socketPath);
      const bad = net.connect(socketPath);
      for (let run = 0; run < 100; run++)
        bad.write(Buffer.concat([wire(4, run), wire(2, run, Buffer.concat([u32(1), Buffer.from('1')]))]));
      expect(await runRaw(good, '(async function () { return 2; })')).toMatchObject({ status: 'done', json: '2' });
      bad.destroy();
      await good.close();
    });

    it('the socket is its owner’s alone', () => {
      expect(fs.statSync(socketPath).mode & 0o077).toBe(0);
    });
  });

  describe('an executor that lies to the control plane', () => {
    const usage = { durationMs: 1, cpuMs: 1, peakMemoryBytes: 1, calls: 0 };
    const outcome = (head: object, raw = ''): Buffer => {
      const bytes = Buffer.from(JSON.stringify(head));
      return Buffer.concat([u32(bytes.length), bytes, Buffer.from(raw)]);
    };
    /** What a run comes to when the other end answers it with these bytes. */
    const against = async (bytes: Buffer) => {
      const place = path.join(folder, `${Math.random()}.sock`);
      const open = new Set<net.Socket>();
      const server = net.createServer((socket) => {
        open.add(socket);
        socket.on('error', () => undefined).once('data', () => socket.write(bytes));
      });
      await new Promise<void>((resolve) => server.listen(place, resolve));
      const executor = await SocketExecutor.connect(place);
      const calls: string[] = [];
      const ended = await runRaw(executor, '', { invoke: (tool) => (calls.push(tool), { ok: true, json: '1' }) }).catch(
        (error: unknown) => error,
      );
      await executor.close();
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      return { ended, calls };
    };

    it.each<[string, Buffer]>([
      ['noise', Buffer.alloc(1_000, 0xf7)],
      ['a frame of 4 GB', wire(19, 1, '', 0xffffffff)],
      ['an unknown frame', wire(99, 1)],
      ['an outcome without a head', wire(19, 1)],
      ['an outcome of a wrong status', wire(19, 1, outcome({ status: 'well', usage }))],
      ['an outcome without usage', wire(19, 1, outcome({ status: 'done', bytes: 1 }, '1'))],
      ['a head that is longer than all', wire(19, 1, Buffer.concat([u32(1_000_000), Buffer.from('{}')]))],
      ['a call that is none', wire(17, 1, '{"seq":"x"}')],
      ['a log that is none', wire(18, 1, '{"stream":"x"}')],
      ['an error with an unknown code', wire(20, 1, '{"code":"root","message":"x","details":{}}')],
    ])('%s ends the run as crashed', async (_what, bytes) => {
      expect((await against(bytes)).ended).toMatchObject({
        status: 'crashed',
        reason: expect.stringMatching(/executor/),
      });
    });

    it('only the first outcome counts, and no call after it', async () => {
      const first = wire(19, 1, outcome({ status: 'done', bytes: 1, usage }, '1'));
      const second = wire(19, 1, outcome({ status: 'done', bytes: 1, usage }, '2'));
      const call = wire(17, 1, JSON.stringify({ seq: 1, server: 'a', tool: 'b', args: {} }));
      const { ended, calls } = await against(Buffer.concat([first, second, call]));
      expect(ended).toMatchObject({ status: 'done', json: '1' });
      expect(calls).toEqual([]);
    });

    it('calls and outcomes of other runs reach nobody', async () => {
      const call = wire(17, 2, JSON.stringify({ seq: 1, server: 'a', tool: 'b', args: {} }));
      const other = wire(19, 2, outcome({ status: 'done', bytes: 1, usage }, '"stolen"'));
      const own = wire(19, 1, outcome({ status: 'done', bytes: 1, usage }, '"own"'));
      const { ended, calls } = await against(Buffer.concat([call, other, own]));
      expect(ended).toMatchObject({ status: 'done', json: '"own"' });
      expect(calls).toEqual([]);
    });
  });
});
