import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { InvokeReply } from '../executor/executor.ts';
import { LocalExecutor } from '../executor/local-executor.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { RunOutcome } from '../outcome.ts';
import { prepare } from '../prepare/prepare.ts';
import { DenoProcess } from './deno-process.ts';
import type { Launch } from './launch.ts';

jest.setTimeout(60_000);

/** Everything here goes in as a raw script or with validation off: what holds is the sandbox alone. */
describe('with validation off', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'secret-'));
  const secret = path.join(folder, 'secret.txt');
  const bare = path.join(folder, 'tools');
  let port = 0;
  let visits = 0;
  const server = createServer((_request, response) => {
    visits++;
    response.end('export default "reached"');
  });
  // Behind the strongest wall of this machine, and with no wall but Deno.
  const executors: [string, LocalExecutor][] = [];
  beforeAll(async () => {
    writeFileSync(secret, 'top secret');
    chmodSync(folder, 0o755);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    port = typeof address === 'object' && address ? address.port : 0;
    executors.push(['wall', await LocalExecutor.start({ pool: { size: 2 } })]);
    executors.push(['bare', await LocalExecutor.start({ pool: { size: 2 }, wall: { searchPath: [bare] } })]);
  });
  afterAll(async () => {
    await Promise.all(executors.map(([, executor]) => executor.close()));
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  const runScript = async (
    script: string,
    invoke = async (): Promise<InvokeReply> => ({ ok: true, json: 'null' }),
  ): Promise<RunOutcome[]> =>
    await Promise.all(
      executors.map(([, executor]) =>
        executor.run(
          {
            runId: 'x',
            program: { script, modules: {}, lineMap: null },
            limits: { ...DEFAULT_LIMITS, ownTimeMs: 5_000 },
          },
          { invoke, log: () => undefined, signal: new AbortController().signal },
        ),
      ),
    );
  /** The value of an expression inside, or the error that it threw. */
  const attempt = async (expression: string): Promise<unknown[]> => {
    const outcomes = await runScript(
      `(async function(m, r) { try { const v = await (async () => (${expression}))(); return ['got', typeof v === 'object' && v !== null ? Object.keys(v) : typeof v === 'function' ? 'function' : v]; } catch (e) { return ['threw', String(e)]; } })`,
    );
    return outcomes.map((outcome) => (outcome.status === 'done' ? (JSON.parse(outcome.json) as unknown) : outcome));
  };
  const everywhere = (value: unknown) => [value, value];
  const threw = expect.arrayContaining(['threw']);

  it.each([
    'Deno',
    'process',
    'fetch',
    'WebSocket',
    'EventSource',
    'XMLHttpRequest',
    'Worker',
    'WebAssembly',
    'SharedArrayBuffer',
    'Atomics',
    'localStorage',
    'sessionStorage',
    'caches',
    'BroadcastChannel',
    'navigator',
    'location',
    'prompt',
    'alert',
    'require',
    'Buffer',
    'Request',
    'Response',
    'ShadowRealm',
    'MessageChannel',
    'createImageBitmap',
    'ImageData',
    'gc',
    '__bootstrap',
  ])('%s is not there', async (name) => {
    expect(await attempt(`typeof ${name} + typeof globalThis[${JSON.stringify(name)}]`)).toEqual(
      everywhere(['got', 'undefinedundefined']),
    );
  });

  it.each([
    'eval("1")',
    '(0, eval)("1")',
    'globalThis["ev" + "al"]?.("1")',
    'new Function("return 1")()',
    '(() => 1).constructor("return 1")()',
    '(async () => 1).constructor("return 1")()',
    '(function* () {}).constructor("yield 1")().next()',
    'Reflect.construct(Object.getPrototypeOf(async function* () {}).constructor, ["yield 1"])',
    '[]["fla" + "t"]["con" + "structor"]("return this")()',
    'setTimeout("globalThis.x = 1", 0)',
  ])('no code comes from text: %s', async (expression) => {
    expect(await attempt(expression)).toEqual(everywhere(threw));
  });

  it.each([
    (file: string) => `import("file://${file}", { with: { type: "text" } })`,
    (file: string) =>
      `import("data:text/javascript," + encodeURIComponent('import t from "file://${file}" with { type: "text" }; export default t'))`,
    () => 'import("node:fs")',
    () => 'import("node:vm")',
    () => 'import("node:child_process")',
    () => 'import("data:text/javascript,export default 1")',
    () => 'import("npm:left-pad")',
    () => 'import("jsr:@std/path")',
    () => 'import("./boot.js", { with: { type: "text" } })',
    () => 'Promise.resolve("node:os").then((x) => import(x))',
    () => 'import(`blob:null/x`)',
    () =>
      '(() => { const u = URL.createObjectURL?.(new Blob(["export default 1"], { type: "text/javascript" })); return import(u); })()',
  ])('nothing can be imported: %s', async (make) => {
    expect(await attempt(make(secret))).toEqual(everywhere(threw));
  });

  it('the network is not reached by an import either', async () => {
    expect(await attempt(`import("http://127.0.0.1:${port}/x.js")`)).toEqual(everywhere(threw));
    expect(visits).toBe(0);
  });

  it.each([
    'import x from "node:fs"; 1',
    'export default 1',
    '(async function() { return import.meta.url })',
    'with (1) {} 2',
    '/* */ --> x',
  ])('%s is no script that runs', async (script) => {
    for (const outcome of await runScript(script)) expect(outcome.status).toBe('failed');
  });

  it('tells nothing of the machine', async () => {
    const [seen] = await runScript(
      `(async function(m, r) {
      const stacks = [new Error('x').stack];
      try { await m.call('s', 't')({}); } catch (e) { stacks.push(e.stack); }
      try { null.x; } catch (e) { stacks.push(e.stack); }
      try { m.all('s').nothing(1, 2); await m.all('s').nothing(1, 2); } catch (e) { stacks.push(e.stack); }
      try { Error.prepareStackTrace = (e, sites) => sites.map(String).join(); } catch (e) { stacks.push(e.message); }
      stacks.push(new Error('y').stack, Object.getOwnPropertyNames(globalThis).join());
      return stacks;
    })`,
      async () => ({ ok: false, error: { name: 'ToolError', message: 'no', code: 'x' } }),
    );
    expect(seen?.status).toBe('done');
    expect(JSON.stringify(seen)).not.toMatch(/boot\.js|file:|\/work|\/home|\/deno|ext:/);
  });

  it('cannot be left by what looks like the end of its wrapper', async () => {
    const [, bareExecutor] = executors[1] ?? [];
    const catalog = () => [];
    for (const code of [
      '})(); globalThis.out = 1; (async function () {',
      '}); (() => {',
      '*/ }) /*',
      'return 1 }), (async function () {',
      'a <!--b` \n import("node:fs") `',
    ]) {
      const prepared = prepare(code, { imports: catalog, mode: 'off' });
      expect(prepared).toMatchObject({ ok: false, findings: [{ stage: 'syntax' }] });
    }
    const foreign = prepare(`import t from 'file://${secret}' with { type: 'text' };\nreturn t;`, {
      imports: catalog,
      mode: 'off',
    });
    const dynamic = prepare(`return (await import('file://${secret}', { with: { type: 'text' } })).default;`, {
      imports: catalog,
      mode: 'off',
    });
    for (const prepared of [foreign, dynamic]) {
      if (!prepared.ok || !bareExecutor) throw new Error('did not prepare');
      const outcome = await bareExecutor.run(
        { runId: 'x', program: prepared.program, limits: DEFAULT_LIMITS },
        { invoke: async () => ({ ok: true, json: '1' }), log: () => undefined, signal: new AbortController().signal },
      );
      expect(outcome).toMatchObject({ status: 'failed', error: { message: expect.stringMatching(/^Cannot import/) } });
    }
  });

  it('changing what the language is made of harms only the run itself', async () => {
    const outcomes = await runScript(`(async function(m, r) {
      for (const name of Object.getOwnPropertyNames(Array.prototype)) if (name !== 'constructor') try { Array.prototype[name] = () => { throw 1 }; } catch {}
      Promise.prototype.then = () => {}; JSON.stringify = () => '"forged"'; Map.prototype.get = () => { throw 2 };
      Object.prototype.toJSON = undefined; TextEncoder.prototype.encode = () => new Uint8Array(9);
      return { still: 'here' };
    })`);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'done', json: '{"still":"here"}' });
  });
});

/** A process that speaks for a sandbox and lies. */
describe('a sandbox that breaks the protocol', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'liar-'));
  chmodSync(folder, 0o755);
  afterAll(() => rmSync(folder, { recursive: true }));

  const liar = async (frames: string): Promise<RunOutcome> => {
    const file = path.join(folder, `${Math.random()}.mjs`);
    writeFileSync(
      file,
      `const send = (type, body, length) => { const b = Buffer.from(body); const h = Buffer.alloc(5); h.writeUInt32LE(length ?? b.length + 1); h[4] = type.charCodeAt(0); process.stdout.write(Buffer.concat([h, b])); };
       send('R', '{"deno":"x"}'); process.stdin.once('data', () => { ${frames} }); setInterval(() => {}, 1000);`,
    );
    const { runInProcess } = await import('../executor/run-in-process.ts');
    const launch: Launch = { command: process.execPath, args: [file], env: {} };
    const subject = await DenoProcess.start(launch);
    const { outcome } = await runInProcess(
      subject,
      {
        runId: 'x',
        program: { script: '', modules: {}, lineMap: null },
        limits: { ...DEFAULT_LIMITS, ownTimeMs: 5_000, logBytes: 1_000, resultBytes: 1_000 },
      },
      { invoke: async () => ({ ok: true, json: '1' }), log: () => undefined, signal: new AbortController().signal },
      { waiting: () => undefined },
    );
    await subject.gone; // it was killed, whatever it said
    return outcome;
  };

  it.each([
    ['an unknown type', `send('Q', '1')`, { status: 'crashed' }],
    ['no JSON', `send('T', '{')`, { status: 'crashed' }],
    ['a call with no number', `send('T', '["1","a","b",{}]')`, { status: 'crashed' }],
    ['a call out of order', `send('T', '[7,"a","b",{}]')`, { status: 'crashed' }],
    ['the same call twice', `send('T', '[1,"a","b",{}]'); send('T', '[1,"a","b",{}]')`, { status: 'crashed' }],
    ['a log of a wrong level', `send('L', '["fatal","x"]')`, { status: 'crashed' }],
    ['a result that is no JSON', `send('D', '{"a":')`, { status: 'crashed' }],
    ['a result that is no text', `send('D', Buffer.from([0x22, 0xff, 0xfe, 0x22]))`, { status: 'crashed' }],
    ['an empty frame', `process.stdout.write(Buffer.alloc(4))`, { status: 'crashed' }],
    ['a frame of 4 GB', `send('D', 'x', 0xffffffff)`, { status: 'crashed' }],
    ['ready once more', `send('R', '{"deno":"x"}')`, { status: 'crashed' }],
    ['an end without a word', `process.exit(0)`, { status: 'crashed' }],
    ['a result over its limit', `send('D', JSON.stringify('x'.repeat(2000)))`, { status: 'limit', limit: 'result' }],
    [
      'endless logs',
      `setInterval(() => { for (let i = 0; i < 100; i++) send('L', JSON.stringify(['log', 'x'.repeat(1000)])) }, 1)`,
      { status: 'limit', limit: 'logs' },
    ],
    [
      'machine paths in an error',
      `send('X', JSON.stringify({ kind: 'failed', name: 'E', message: 'm', stack: 'at /etc/x\\n    at f (/work/x.js:1:1)\\n    at user.ts:3:4' }))`,
      { status: 'failed', error: { stack: '    at user.ts:3:4' } },
    ],
  ])('%s', async (_name, frames, expected) => {
    expect(await liar(frames)).toMatchObject(expected);
  });
});
