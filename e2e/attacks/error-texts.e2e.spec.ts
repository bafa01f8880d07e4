import os from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Target } from './support/target.ts';

/** Names that would tell where and on what this runs, and frames that would tell how. */
const TELLTALE =
  /boot\.js|file:\/\/|ext:|node:internal|node_modules|\/deno\b|deno_core|evalContext|\.ts:\d+:\d+\)?(?<!user\.ts:\d+:\d+\)?)|\/home\/|\/root\b|\/work|\/usr\/|\/proc\/|\/tmp\/|room\.pl|libs\/execution|DENO_DIR|SWITCHYARD_|postgres(?:ql)?:|\b127\.0\.0\.1\b|Linux|x86_64|aarch64/i;

/** Each makes the sandbox, the runtime or the host speak of an error. */
const SPEAK: readonly (readonly [string, string])[] = [
  ['of a name', `nothing.here;`],
  ['of null', `null.x;`],
  ['of text', `JSON.parse('{');`],
  ['of an address', `new URL('x');`],
  ['of a copy', `structuredClone(() => 1);`],
  ['of an encoding', `new TextDecoder('nope');`],
  ['of a key', `await crypto.subtle.importKey('raw', new Uint8Array(1), 'nope', true, []);`],
  ['of a digest', `await crypto.subtle.digest('MD5', new Uint8Array(1));`],
  ['of a stream', `await new ReadableStream({ pull() { throw new Error('x'); } }).getReader().read();`],
  [
    'of a broken pack',
    `const { readable, writable } = new DecompressionStream('gzip'); const writer = writable.getWriter(); writer.write(new Uint8Array(99)).catch(() => {}); writer.close().catch(() => {}); await readable.getReader().read();`,
  ],
  ['of a signal', `AbortSignal.abort().throwIfAborted();`],
  [
    'of a timeout',
    `await new Promise((_, no) => { const signal = AbortSignal.timeout(1); signal.onabort = () => no(signal.reason); });`,
  ],
  ['of depth', `const deep = () => deep(); deep();`],
  ['of code from text', `eval('1');`],
  ['of a function from text', `new Function('return 1')();`],
  ['of an import', `await import('file:///etc/passwd');`],
  ['of a refused import', `import x from '/etc/passwd'; return x;`],
  ['of a proxy', `new Proxy({}, { get() { throw new Error('trap'); } }).x;`],
  ['of a big number', `10n ** 100_000_000_000n;`],
  ['of a buffer', `new ArrayBuffer(2 ** 53);`],
  ['of a regular expression', `new RegExp('(');`],
  ['of a timer', `setTimeout('x');`],
  ['of a result', `return () => 1;`],
  ['of a cyclic result', `const a = {}; a.a = a; return a;`],
  ['of a tool', `await arguments[0].call('nobody', 'nothing')({});`],
  ['of a tool with two arguments', `await arguments[0].call('search', 'searchProducts')(1, 2);`],
  [
    'of arguments that are too large',
    `await arguments[0].call('search', 'searchProducts')({ query: 'x'.repeat(9_000_000) });`,
  ],
  [
    'of arguments that are wrong',
    `await arguments[0].call('search', 'searchProducts')({ query: 1, __proto__: null });`,
  ],
  [
    'of arguments nested without end',
    `let a = []; for (let n = 0; n < 6_000; n++) a = [a]; await arguments[0].call('search', 'searchProducts')(a);`,
  ],
  ['of discovery', `await arguments[0].call('$discovery', 'nothing')({});`],
  ['late', `setTimeout(() => { throw new Error('late'); }, 0); await new Promise(() => {});`],
  ['unheard', `Promise.reject(new TypeError('unheard')); await new Promise(() => {});`],
  ['of memory', `const all = []; for (;;) all.push(new Uint8Array(8_388_608).fill(1));`],
  ['of the heap', `const all = []; for (;;) all.push({ a: [1] });`],
  ['of time', `for (;;) {}`],
  ['of calls', `for (;;) await arguments[0].call('search', 'nothing')({}).catch(() => {});`],
  ['of the protocol', `Object.getPrototypeOf(Uint8Array.prototype).set = () => {}; return 1;`],
  ['with all its frames', `Error.stackTraceLimit = Infinity; throw new Error('x');`],
  ['with frames that it asks for', `const e = {}; Error.captureStackTrace(e); throw e;`],
  [
    'with a cause',
    `throw new Error('outer', { cause: new URL('http://x').searchParams.nothing?.x ?? new Error('inner') });`,
  ],
  ['of many', `await Promise.any([Promise.reject(new Error('a')), Promise.reject(new Error('b'))]);`],
];

describe('error texts', () => {
  let target: Target;
  beforeAll(async () => {
    target = await Target.start();
  }, 120_000);
  afterAll(() => target.end(), 60_000);

  it.each(SPEAK)('tell nothing of the machine: %s', async (_what, code) => {
    // What the caller gets, and what the code itself can read, log and return.
    const inside = `try { await (async () => { ${code.replace(/^import .*?; /, '')} })(); } catch (e) { console.log(e); console.error(String(e?.stack)); return [String(e), String(e?.stack), String(e?.cause?.stack), Object.getOwnPropertyNames(e ?? {}).map((name) => String(e[name]))]; }`;
    const limits = { timeMs: 700, memoryMb: 96 };
    for (const body of await Promise.all([target.run(code, limits), target.run(inside, limits)])) {
      const { result, error, logs, findings } = body;
      const said = JSON.stringify({ result, error, logs, findings }).replaceAll('/etc/passwd', '');
      expect(said.replaceAll('file://', code.includes('file://') ? '' : 'file://')).not.toMatch(TELLTALE);
      expect(said).not.toContain(os.hostname());
      expect(said).not.toContain(process.versions.node);
    }
  });

  it('and neither does anything else that code can ask', async () => {
    const body = await target.run(`
      const said = [];
      const ask = (work) => { try { said.push(String(work())); } catch (e) { said.push(String(e)); } };
      ask(() => new Date().toString()); ask(() => Intl.DateTimeFormat().resolvedOptions().timeZone); ask(() => JSON.stringify(Intl.NumberFormat().resolvedOptions()));
      ask(() => JSON.stringify(performance)); ask(() => performance.timeOrigin); ask(() => JSON.stringify(performance.memory ?? null));
      ask(() => Error.prepareStackTrace); ask(() => console.log); ask(() => setTimeout); ask(() => arguments[0].call);
      ask(() => Object.getOwnPropertyNames(Object.getPrototypeOf(globalThis))); ask(() => navigator.userAgent); ask(() => navigator.hardwareConcurrency);
      ask(() => { const sites = []; const old = Error.prepareStackTrace; Error.prepareStackTrace = (e, s) => s.map((one) => one.getFileName()); try { return new Error('x').stack; } finally { Error.prepareStackTrace = old; } });
      ask(() => Error.prepareStackTrace({ name: 'x', message: 'y' }, [{ getScriptNameOrSourceURL: () => 'file:///user.ts', getLineNumber: () => 2, getColumnNumber: () => 1, getFunctionName: () => 'f', isAsync: () => false }]));
      return said;`);
    expect(body.status).toBe('done');
    const said = JSON.stringify(body.result);
    expect(said).not.toContain(os.hostname());
    expect(said).not.toMatch(/boot\.js|ext:|\/home\/|\/root\b|\/work|Deno\/\d|x86_64|aarch64/);
  });

  it('the answers to broken requests neither', async () => {
    const post = (body: unknown) => target.switchyard.request('POST', '/v1/executions', { key: target.key, body });
    for (const body of [
      '{',
      '[]',
      'null',
      { code: 1 },
      { code: '' },
      { code: 'x', limits: { timeMs: -1 } },
      { code: 'x', more: 2 },
    ]) {
      const answer = await post(body);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(answer.text).not.toMatch(/ {4}at |node_modules|\/home\/|\/work|\.[jt]s:\d/);
    }
  });
});
