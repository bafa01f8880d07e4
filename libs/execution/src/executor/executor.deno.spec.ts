import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AppError } from '@switchyard/kernel';
import { DEFAULT_LIMITS, type Limits } from '../limits.ts';
import { CANCELLED, type RunOutcome } from '../outcome.ts';
import { prepare } from '../prepare/prepare.ts';
import type { Program } from '../program.ts';
import { serveExecutor, type ExecutorServer } from '../remote/serve.ts';
import { SocketExecutor } from '../remote/socket-executor.ts';
import type { Executor, InvokeCall, InvokeReply, LogEntry, RunHost } from './executor.ts';
import { LocalExecutor } from './local-executor.ts';

jest.setTimeout(60_000);

const MiB = 1024 * 1024;
const catalog = (at: string): readonly string[] | undefined =>
  ({ servers: ['store'], 'servers/store': ['find', 'slow', 'fail', 'raw'], skills: ['best'] })[at];

type Recorded = { host: RunHost; logs: LogEntry[]; events: string[]; cancel: AbortController };

function recordingHost(
  answer: (call: InvokeCall, signal: AbortSignal) => Promise<InvokeReply> | InvokeReply = () => ok(null),
): Recorded {
  const logs: LogEntry[] = [];
  const events: string[] = [];
  const cancel = new AbortController();
  const host: RunHost = {
    signal: cancel.signal,
    log: (entry) => {
      logs.push(entry);
      events.push(`log ${entry.text}`);
    },
    invoke: async (call, signal) => {
      events.push(`call ${call.tool}`);
      return await answer(call, signal);
    },
  };
  return { host, logs, events, cancel };
}

const ok = (value: unknown): InvokeReply => ({ ok: true, json: JSON.stringify(value) });
const raw = (script: string): Program => ({ script, modules: {}, lineMap: null });

function program(code: string, mode: 'enforce' | 'off' = 'enforce'): Program {
  const prepared = prepare(code, { imports: catalog, mode });
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.findings));
  return prepared.program;
}

/** This process's own sandboxes, by what the kernel says. */
function descendants(): number {
  const children = (pid: number): number[] => {
    try {
      return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    } catch {
      return [];
    }
  };
  const all = (pid: number): number => children(pid).reduce((sum, child) => sum + 1 + all(child), 0);
  return all(process.pid);
}

type Made = { executor: Executor; end(): Promise<void> };
const IMPLEMENTATIONS: [string, () => Promise<Made>][] = [
  [
    'LocalExecutor',
    async () => {
      const executor = await LocalExecutor.start({ pool: { size: 2 } });
      return { executor, end: () => executor.close() };
    },
  ],
  [
    'SocketExecutor',
    async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'executor-'));
      const local = await LocalExecutor.start({ pool: { size: 2 } });
      const server: ExecutorServer = await serveExecutor(local, path.join(folder, 'x.sock'));
      const executor = await SocketExecutor.connect(path.join(folder, 'x.sock'));
      return {
        executor,
        end: async () => {
          await executor.close();
          await server.close();
          await local.close();
          rmSync(folder, { recursive: true });
        },
      };
    },
  ],
];

describe.each(IMPLEMENTATIONS)('%s', (_name, make) => {
  let made: Made;
  let before = 0;
  beforeAll(async () => {
    before = descendants();
    made = await make();
  });
  afterAll(async () => {
    await made.end();
    expect(descendants()).toBe(before);
  });

  const run = (
    subject: Program | string,
    recorded = recordingHost(),
    limits: Partial<Limits> = {},
  ): Promise<RunOutcome> =>
    made.executor.run(
      {
        runId: 'test',
        program: typeof subject === 'string' ? program(subject) : subject,
        limits: { ...DEFAULT_LIMITS, ...limits },
      },
      recorded.host,
    );

  describe('results', () => {
    it.each([
      ['return { a: [1, "é😀"] }', '{"a":[1,"é😀"]}'],
      ['export default [1, 2].map((n: number) => n * 2)', '[2,4]'],
      ['export default async function main() { return "called" }', '"called"'],
      ['const value = await Promise.resolve(3);\nexport { value as default };', '3'],
      ['console.log(1)', 'null'],
      ['return undefined', 'null'],
      ['enum Level { Low = 1, High }\nreturn [Level.High, Level[1]]', '[2,"Low"]'],
      ['return new Date(0)', '"1970-01-01T00:00:00.000Z"'],
      ['return { error: new TypeError("x") }', '{"error":{"name":"TypeError","message":"x"}}'],
    ])('%s', async (code, json) => {
      expect(await run(code)).toMatchObject({ status: 'done', json, bytes: Buffer.byteLength(json) });
    });

    it.each([
      ['return () => 1', 'a function'],
      ['return { rows: [{ f() { return 1 } }] }', 'result.rows[0].f is a function'],
      ['const a: Record<string, unknown> = {}; a.b = { a }; return a', 'result.b.a contains itself'],
      ['return { n: 10n }', 'result.n is a BigInt'],
      ['return Symbol("x")', 'a symbol'],
      ['return { p: Promise.resolve(1) }', 'result.p is a promise: await it'],
      ['return new Map([[1, 2]])', 'a Map: return Object.fromEntries(x)'],
    ])('what JSON cannot hold fails and says what to do: %s', async (code, text) => {
      const outcome = await run(code);
      expect(outcome).toMatchObject({ status: 'failed', error: { name: 'ResultNotSerializable' } });
      expect(outcome.status === 'failed' && outcome.error.message).toContain(text);
    });

    it('50 MB is over the limit, and says so', async () => {
      expect(await run('return "x".repeat(50_000_000)')).toMatchObject({ status: 'limit', limit: 'result' });
      expect(await run('return "x".repeat(2_000)', undefined, { resultBytes: 1_000 })).toMatchObject({
        status: 'limit',
        limit: 'result',
      });
    });

    it('measures', async () => {
      const { usage } = await run('let n = 0; for (let i = 0; i < 3e8; i++) n += i; return n');
      expect(usage.cpuMs).toBeGreaterThan(30);
      expect(usage.peakMemoryBytes).toBeGreaterThan(20 * MiB);
      expect(usage.durationMs).toBeGreaterThan(30);
    });
  });

  describe('errors', () => {
    it('carry the lines of the code as it was sent, and nothing of the machine', async () => {
      const code = [
        'import {',
        '  find,',
        "} from './servers/store/index.ts';",
        'interface Row { a: number }',
        'async function inner(row: Row) {',
        "  if (row.a) throw new RangeError('too much');",
        '}',
        'await inner({ a: 1 });',
      ].join('\n');
      expect(await run(code)).toMatchObject({
        status: 'failed',
        error: { name: 'RangeError', message: 'too much', stack: '    at inner (user.ts:6:20)\n    at user.ts:8:7' },
      });
    });

    it('keep their lines when enums make a rewrite necessary', async () => {
      const outcome = await run('enum A {\n  X,\n  Y,\n}\n\nconst f = () => {\n  throw new Error("here");\n};\nf();');
      expect(outcome).toMatchObject({ status: 'failed' });
      expect(outcome.status === 'failed' && outcome.error.stack).toMatch(
        /^ {4}at f \(user\.ts:7:\d+\)\n {4}at user\.ts:9:\d+$/,
      );
    });

    it.each([
      'throw "text"',
      'throw null',
      'throw { message: "m" }',
      'Promise.reject(new Error("late")); await new Promise(() => {})',
    ])('%s', async (code) => {
      expect(await run(code, undefined, { ownTimeMs: 3_000 })).toMatchObject({ status: 'failed' });
    });
  });

  describe('tool calls', () => {
    it('pass arguments and answers, by every form of import', async () => {
      const recorded = recordingHost(({ args }) => ok({ got: args }));
      const code = `
import { find } from 'servers/store';
import * as all from '../servers/store';
import store from 'servers/store/index.ts';
import { slow } from './servers/store/slow.ts';
import alone from 'servers/store/raw';
import { best } from 'skills/best';
import { searchTools } from 'servers';
import type { Row } from 'servers/store';
const one = await find({ q: 1 });
await all.find(); await store.slow({}); await slow({}); await alone({}); await best({}); await searchTools({ query: 'x' });
return [one, Object.keys(all)];`;
      expect(await run(code, recorded)).toMatchObject({
        status: 'done',
        json: '[{"got":{"q":1}},["find","slow","fail","raw"]]',
        usage: { calls: 7 },
      });
      expect(recorded.events).toEqual([
        'call find',
        'call find',
        'call slow',
        'call slow',
        'call raw',
        'call best',
        'call searchTools',
      ]);
    });

    it('run side by side', async () => {
      const all: (() => void)[] = [];
      const recorded = recordingHost(
        (call) =>
          new Promise((resolve) => {
            all.push(() => resolve(ok(call.seq)));
            if (all.length === 5) for (const go of all.reverse()) go(); // nobody is answered before all five are here
          }),
      );
      const code =
        "import { find } from 'servers/store';\nreturn await Promise.all([1, 2, 3, 4, 5].map((n) => find({ n })));";
      expect(await run(code, recorded, { ownTimeMs: 5_000 })).toMatchObject({ status: 'done', json: '[1,2,3,4,5]' });
    });

    it('that are refused throw a ToolError that the code can catch, with the line that called', async () => {
      const recorded = recordingHost(() => ({
        ok: false,
        error: { name: 'ToolError', message: 'not allowed', code: 'denied', data: { why: 1 } },
      }));
      const code = `import { find } from 'servers/store';
try { await find({}); } catch (error) { console.log(error.name, error.code, error.data.why, error instanceof Error); }
await find({});`;
      expect(await run(code, recorded)).toMatchObject({
        status: 'failed',
        error: { name: 'ToolError', message: 'not allowed', stack: '    at user.ts:3:7' },
      });
      expect(recorded.logs.map(({ text }) => text)).toEqual(['ToolError denied 1 true']);
    });

    it('survive a host that throws, a bad answer, raw bytes and a large one', async () => {
      const big = Buffer.from(JSON.stringify({ rows: 'x'.repeat(3_000_000) }));
      const recorded = recordingHost(({ tool }) => {
        if (tool === 'fail') throw new Error('secret of the host');
        return tool === 'raw' ? { ok: true, json: '{oops' } : { ok: true, json: big };
      });
      const code = `import { find, fail, raw } from 'servers/store';
const messages = [];
for (const tool of [fail, raw]) try { await tool({}) } catch (error) { messages.push(error.message) }
return [messages, (await find({})).rows.length];`;
      const outcome = await run(code, recorded);
      expect(outcome).toMatchObject({
        status: 'done',
        json: '[["The call of fail failed inside.","The tool sent an answer that is not JSON."],3000000]',
      });
    });

    it('take one object', async () => {
      expect(await run("import { find } from 'servers/store';\nreturn await find(1, 2);")).toMatchObject({
        status: 'failed',
        error: { name: 'TypeError', stack: '    at user.ts:2:14' },
      });
    });

    it('abort their signal when the run ends', async () => {
      const aborted: boolean[] = [];
      const recorded = recordingHost(
        (_call, signal) => new Promise(() => signal.addEventListener('abort', () => aborted.push(true))),
      );
      expect(
        await run(
          "import { slow } from 'servers/store';\nslow({}); await new Promise((r) => setTimeout(r, 20)); return 1;",
          recorded,
        ),
      ).toMatchObject({ status: 'done' });
      expect(aborted).toEqual([true]);
    });
  });

  describe('logs', () => {
    it('come while the run goes on, in order, by stream', async () => {
      const recorded = recordingHost(() => ok(1));
      const code = `import { find } from 'servers/store';
console.log('one', { a: [1] }); await find({}); console.warn('two'); await find({}); console.error('three'); console.assert(true, 'not this');`;
      await run(code, recorded);
      expect(recorded.events).toEqual(['log one { a: [ 1 ] }', 'call find', 'log two', 'call find', 'log three']);
      expect(recorded.logs.map(({ stream, level }) => [stream, level])).toEqual([
        ['stdout', 'log'],
        ['stderr', 'warn'],
        ['stderr', 'error'],
      ]);
    });

    it('are cut at the limit, with a word about it', async () => {
      const recorded = recordingHost();
      expect(
        await run('for (let i = 0; i < 5000; i++) console.log("x".repeat(100));', recorded, { logBytes: 2_000 }),
      ).toMatchObject({ status: 'done' });
      expect(recorded.logs.length).toBeLessThan(30);
      expect(recorded.logs.at(-1)?.text).toContain('No more is logged');
    });
  });

  describe('limits', () => {
    it('an endless loop', async () => {
      expect(await run(program('while (true) {}', 'off'), undefined, { ownTimeMs: 300 })).toMatchObject({
        status: 'limit',
        limit: 'time',
      });
      expect(await run('await new Promise(() => {})', undefined, { ownTimeMs: 300 })).toMatchObject({
        status: 'limit',
        limit: 'time',
      });
    });

    it('waiting for a tool is free, a loop behind a waiting call is not', async () => {
      const late = recordingHost(() => new Promise((resolve) => setTimeout(() => resolve(ok(1)), 700)));
      expect(
        await run("import { slow } from 'servers/store';\nreturn await slow({});", late, { ownTimeMs: 300 }),
      ).toMatchObject({ status: 'done' });
      const never = recordingHost(() => new Promise(() => undefined));
      const looping = program("import { slow } from 'servers/store';\nslow({}); while (true) {}", 'off');
      expect(await run(looping, never, { ownTimeMs: 300 })).toMatchObject({ status: 'limit', limit: 'time' });
    });

    it('the deadline holds while a tool is waited for', async () => {
      const never = recordingHost(() => new Promise(() => undefined));
      expect(
        await run("import { slow } from 'servers/store';\nreturn await slow({});", never, { totalMs: 400 }),
      ).toMatchObject({ status: 'limit', limit: 'deadline' });
    });

    it('memory off the heap and on it', async () => {
      const buffers =
        'const all = []; for (let i = 0; i < 4000; i++) all.push(new Uint8Array(16 * 1024 * 1024).fill(1)); return all.length';
      expect(await run(buffers)).toMatchObject({ status: 'limit', limit: 'memory' });
      const objects =
        'const all: unknown[] = []; for (let i = 0; i < 1e9; i++) all.push({ i, text: [i] }); return all.length';
      expect(await run(objects)).toMatchObject({ status: 'limit', limit: 'memory' });
      const small =
        'const all = []; for (let i = 0; i < 12; i++) all.push(new Uint8Array(16 * 1024 * 1024).fill(1)); return all.length';
      expect(await run(small, undefined, { memoryBytes: 128 * MiB })).toMatchObject({
        status: 'limit',
        limit: 'memory',
      });
      expect(await run(small)).toMatchObject({ status: 'done', json: '12' });
    });

    it('calls', async () => {
      const code =
        "import { find } from 'servers/store';\nlet n = 0; for (const _ of Array(9)) { await find({}); n++ } return n;";
      expect(await run(code, recordingHost(), { calls: 8 })).toMatchObject({
        status: 'limit',
        limit: 'calls',
        usage: { calls: 8 },
      });
      expect(await run(code, recordingHost(), { calls: 9 })).toMatchObject({ status: 'done', json: '9' });
    });
  });

  describe('the end of a run', () => {
    it('comes at once when it is cancelled', async () => {
      const recorded = recordingHost();
      const running = run(program('while (true) {}', 'off'), recorded);
      setTimeout(() => recorded.cancel.abort(), 100);
      expect(await running).toMatchObject({ status: 'crashed', reason: CANCELLED });
      expect(await run('return 1', recorded)).toMatchObject({ status: 'crashed', reason: CANCELLED });
    });

    it('leaves nothing to the next run', async () => {
      await run(program('globalThis.left = 1; Array.prototype.map = null; JSON.parse = null;', 'off'));
      expect(await run(program('return [typeof globalThis.left, [1].map(String)]', 'off'))).toMatchObject({
        status: 'done',
        json: '["undefined",["1"]]',
      });
    });

    it('is told of a script that is none', async () => {
      expect(await run(raw('1 +'))).toMatchObject({ status: 'failed', error: { name: 'SyntaxError' } });
      expect(await run(raw('({})'))).toMatchObject({ status: 'failed' });
    });
  });

  it('says what it is', async () => {
    const status = await made.executor.status();
    expect(status).toMatchObject({ denoVersion: '2.9.5', problem: null, pool: { size: 2, queued: 0 } });
    expect(status.wall.layers.find(({ name }) => name === 'process')?.standing).toBe(true);
  });
});

describe('LocalExecutor', () => {
  let executor: LocalExecutor | undefined;
  afterEach(async () => {
    await executor?.close();
  });

  it('queues what it has no room for, refuses what the queue cannot hold, and recovers', async () => {
    executor = await LocalExecutor.start({ pool: { size: 1, maxRunning: 1, maxComputing: 1, maxQueued: 1 } });
    const job = (code: string) => ({ runId: 'q', program: program(code), limits: DEFAULT_LIMITS });
    const first = executor.run(job('await new Promise((r) => setTimeout(r, 300)); return 1'), recordingHost().host);
    const second = executor.run(job('return 2'), recordingHost().host);
    const third = executor.run(job('return 3'), recordingHost().host);
    await expect(third).rejects.toMatchObject({ code: 'rate_limited', details: { retryAfterSeconds: 2 } });
    await expect(third).rejects.toBeInstanceOf(AppError);
    expect([await first, await second]).toMatchObject([{ json: '1' }, { json: '2' }]);
    expect(await executor.run(job('return 4'), recordingHost().host)).toMatchObject({ json: '4' });
  });

  it('lets others compute while a run waits for a tool', async () => {
    executor = await LocalExecutor.start({ pool: { size: 1, maxRunning: 2, maxComputing: 1 } });
    let answer: (reply: InvokeReply) => void = () => undefined;
    const waiting = recordingHost(() => new Promise((resolve) => (answer = resolve)));
    const first = executor.run(
      {
        runId: 'a',
        program: program("import { slow } from 'servers/store';\nreturn await slow({});"),
        limits: DEFAULT_LIMITS,
      },
      waiting.host,
    );
    expect(
      await executor.run({ runId: 'b', program: program('return 2'), limits: DEFAULT_LIMITS }, recordingHost().host),
    ).toMatchObject({ json: '2' });
    answer(ok(1));
    expect(await first).toMatchObject({ json: '1' });
  });
});
