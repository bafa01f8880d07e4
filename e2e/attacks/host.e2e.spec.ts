import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Target } from './support/target.ts';

/** What code sends out of the sandbox is read by others: the executor, the control plane, the ledger, the console. */
describe('the host', () => {
  let target: Target;
  beforeAll(async () => {
    target = await Target.start();
    await target.addWitness();
  }, 120_000);
  afterAll(() => target.end(), 60_000);

  const stored = async (id: string) => {
    const { status, body } = await target.switchyard.request('GET', `/v1/executions/${id}`, { key: target.key });
    expect(status).toBe(200);
    return body;
  };
  /** Each of them ends with an answer and on record. */
  const answered = async (code: string, limits: object = {}) => {
    const body = await target.run(code, limits);
    expect(await stored(body.id)).toMatchObject({ id: body.id, status: body.status });
    return body;
  };
  const POLLUTION = `JSON.parse('{"__proto__":{"polluted":1,"toJSON":1},"constructor":{"prototype":{"polluted":1}}}')`;

  it.each([
    ['a result', `return ${POLLUTION};`],
    ['a result, deep', `return { a: [{ b: ${POLLUTION} }] };`],
    ['a result by toJSON', `return { toJSON: () => ${POLLUTION} };`],
    ['a log', `console.log(${POLLUTION}); return 1;`],
    ['an error', `throw Object.assign(new Error('x'), ${POLLUTION});`],
    ['an error that is none', `throw ${POLLUTION};`],
    ['arguments', `await arguments[0].call('witness', 'echo')(${POLLUTION});`],
    ['arguments of a discovery', `await arguments[0].call('$discovery', 'searchTools')(${POLLUTION});`],
    [
      'the names of tools',
      `await Promise.allSettled(['__proto__', 'constructor', 'toString', 'hasOwnProperty'].flatMap((name) => [arguments[0].call(name, name)({}), arguments[0].call('witness', name)({}), arguments[0].call('$discovery', name)({}), arguments[0].call('$skills', name)({})]));`,
    ],
  ])('no prototype is polluted by %s', async (_by, code) => {
    await answered(code);
    const { body } = await target.switchyard.request('GET', '/v1/executions?limit=3', { key: target.key });
    expect(Object.keys(body).sort()).toEqual(['executions', 'next']);
    expect(body.polluted).toBeUndefined();
    const clean = await target.run('return {}');
    expect(Object.keys(clean).sort()).not.toContain('polluted');
    expect(clean.result).toEqual({});
  });

  it('a field named __proto__ is a field', async () => {
    const body = await answered(`return ${POLLUTION};`);
    expect(JSON.stringify(body.result)).toContain('"__proto__":{"polluted":1');
  });

  it.each([
    ['a getter that throws', `return { get x() { throw new Error('no'); } };`, 'failed'],
    ['a getter that differs each time', `let n = 0; return { get x() { return n++ ? () => 1 : 1; } };`, 'done'],
    [
      'a proxy that throws at everything',
      `return new Proxy({}, new Proxy({}, { get() { throw new Error('trap'); } }));`,
      'failed',
    ],
    ['a revoked proxy', `const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return { proxy };`, 'failed'],
    [
      'a proxy with endless keys',
      `return new Proxy({}, { ownKeys: () => Array.from({ length: 2 ** 20 }, (_, n) => 'k' + n), getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 1 }) });`,
      'limit',
    ],
    ['an array of 4 billion', `return Array(2 ** 32 - 1);`, 'failed'],
    ['a thenable', `return { then(yes) { yes({ then(yes2) { yes2(5); } }); } };`, 'done'],
    ['a thenable that never settles', `return { then() {} };`, 'limit'],
    ['a thenable that resolves to itself', `const self = { then(yes) { yes(self); } }; return self;`, 'limit'],
    ['toJSON that gives a function', `return { toJSON: () => () => 1 };`, 'failed'],
    ['toJSON on Object.prototype', `Object.prototype.toJSON = () => 'forged'; return { a: 1 };`, 'done'],
    ['then on Object.prototype', `Object.prototype.then = (yes) => yes('stolen'); return { a: 1 };`, 'done'],
    [
      'setters on Object.prototype',
      `for (const name of ['kind', 'name', 'message', 'stack', 'value', '0', 'length', 'then']) try { Object.defineProperty(Object.prototype, name, { set() { throw 1; }, get() { return 'x'; }, configurable: true }); } catch {} return { a: 1 };`,
      'any',
    ],
    ['a cycle', `const a = {}; a.a = a; return a;`, 'failed'],
    ['a cycle through a Map', `const m = new Map(); m.set(1, m); return { m };`, 'failed'],
    ['a symbol', `return Symbol('x');`, 'failed'],
    [
      'symbol keys',
      `return { [Symbol('x')]: 1, [Symbol.toStringTag]: 'x', [Symbol.toPrimitive]: () => { throw 1; } };`,
      'any',
    ],
    ['a BigInt', `return [10n ** 1000n];`, 'failed'],
    ['toJSON on BigInt', `BigInt.prototype.toJSON = () => '1'; return 1n;`, 'any'],
    ['what is no number', `return [NaN, Infinity, -Infinity, -0, 1e400, new Date(NaN)];`, 'any'],
    ['numbers at the edge', `return [1e308, 5e-324, 2 ** 53 + 1, 0.1 + 0.2, -1e-7];`, 'done'],
    ['raw JSON', `return JSON.rawJSON?.('1e1000') ?? 1;`, 'any'],
    ['half a surrogate pair', `return ['\\ud800', '\\udc00x', { '\\ud800': 1 }];`, 'done'],
    ['NUL', `return ['a\\u0000b', { 'k\\u0000': 1 }];`, 'done'],
    ['control characters and turned text', `return '\\u001b[2J\\u0007\\u202e\\u2066\\ufeff\\u0085\\u2028';`, 'done'],
    ['a huge key', `return { ['k'.repeat(60_000)]: 1 };`, 'done'],
    ['many keys', `return Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => ['k' + n, n]));`, 'done'],
    ['lists in lists', `let a = []; for (let n = 0; n < 200_000; n++) a = [a]; return a;`, 'failed'],
    [
      'what looks like an outcome',
      `return { status: 'crashed', json: '1', error: { reason: 'x' }, usage: { cpuMs: 1e9 } };`,
      'done',
    ],
    [
      'an error that lies about itself',
      `throw { name: { toString() { throw 1; } }, message: new Proxy({}, { get() { throw 2; } }), stack: Symbol('x') };`,
      'failed',
    ],
    [
      'an error with getters that throw',
      `throw { get name() { throw 1; }, get message() { throw 2; }, get stack() { throw 3; } };`,
      'failed',
    ],
    [
      'an error of megabytes',
      `const e = new Error('m'.repeat(5_000_000)); e.name = 'n'.repeat(5_000_000); e.stack = 's'.repeat(5_000_000); throw e;`,
      'failed',
    ],
    ['NUL in an error', `const e = new Error('a\\u0000\\ud800'); e.name = '\\u0000\\ud800'; throw e;`, 'failed'],
    [
      'an event for the bootstrap',
      `dispatchEvent(Object.assign(new Event('error'), { error: { name: 'x', message: 'y' } })); await new Promise(() => {});`,
      'failed',
    ],
    [
      'nothing and then an error',
      `queueMicrotask(() => { throw new Error('late'); }); await new Promise(() => {});`,
      'failed',
    ],
  ])('%s', async (_what, code, status) => {
    const body = await answered(code, { timeMs: 800 });
    if (status !== 'any') expect(body.status).toBe(status);
    expect(['done', 'failed', 'limit']).toContain(body.status);
  });

  it.each([
    [
      'a getter that throws',
      `console.log({ get x() { throw 1; } }, new Proxy({}, { get() { throw 2; }, ownKeys() { throw 3; } }));`,
    ],
    [
      'an inspector of its own',
      `console.log({ [Symbol.for('Deno.customInspect')]: () => { throw new Error('x'); } });`,
    ],
    [
      'an inspector that goes on and on',
      `console.log({ [Symbol.for('Deno.customInspect')]: () => 'x'.repeat(50_000_000) });`,
    ],
    [
      'NUL, surrogates, escapes',
      `console.error('\\u0000 \\ud800 \\u001b]0;title\\u0007 \\u202e'); console.log('\\n\\nevent: result\\ndata: {"status":"done"}\\n\\n');`,
    ],
    ['numbers without end', `for (let n = 0; n < 50_000; n++) console.log(n);`],
    ['one line of megabytes', `console.log('x'.repeat(20_000_000));`],
    ['format codes', `console.log('%s%d%i%f%j%o%O%c%n%%', {}, [], Symbol('x'));`],
    ['nested groups', `for (let n = 0; n < 100_000; n++) console.group(); console.log('deep');`],
    ['a table of everything', `console.table(globalThis);`],
  ])('logs: %s', async (_what, code) => {
    const body = await answered(`${code}\nreturn 'ended';`, { timeMs: 4_000 });
    expect(['done', 'failed', 'limit']).toContain(body.status);
    expect(JSON.stringify(body.logs).length).toBeLessThan(4_000_000);
  });

  it('a stream cannot be forged by what is logged', async () => {
    const code = `console.log('\\n\\nevent: result\\ndata: {"status":"done","result":"forged"}\\n\\n'); console.log('\\r\\nevent: result\\rdata: {}'); return 'true one';`;
    const response = await fetch(`${target.switchyard.url}/v1/executions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${target.key}`,
        'content-type': 'application/json',
        accept: 'text/event-stream',
      },
      body: JSON.stringify({ code }),
    });
    const text = await response.text();
    const results = text.split('\n\n').filter((event) => /^event: result$/m.test(event));
    expect(results).toHaveLength(1);
    expect(results[0]).toContain('true one');
  });

  describe('what a tool did is on record, however it was asked', () => {
    const seen = async (): Promise<string[]> =>
      (await target.run(`return await arguments[0].call('witness', 'seen')({});`)).result;

    it.each([
      ['nothing', `undefined`],
      ['null', `null`],
      ['a list', `[1, 2]`],
      ['a text', `'text'`],
      ['a number', `5`],
      ['a pollution', POLLUTION],
      ['NUL and surrogates', `{ 'k\\u0000': 'v\\u0000\\ud800', '\\udc00': 1 }`],
      ['a megabyte', `{ text: 'x'.repeat(1_000_000) }`],
      ['ten thousand fields', `Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => ['k' + n, n]))`],
      ...[100, 500, 1_000, 1_500, 2_000, 2_500, 3_000, 4_000, 5_000, 6_000, 8_000, 20_000].map((depth) => [
        `lists in lists, ${depth} of them`,
        `(() => { let a = []; for (let n = 0; n < ${depth}; n++) a = [a]; return { a }; })()`,
      ]),
    ])('%s', async (_what, args) => {
      const before = (await seen()).length;
      const body = await answered(
        `return await arguments[0].call('witness', 'take')(${args}).then((got) => ['got', got], (error) => ['threw', error.name, error.code, error.message]);`,
      );
      const happened = (await seen()).length - before;
      const recorded = (await stored(body.id)).calls.filter((call: { tool: string }) => call.tool === 'witness.take');
      if (happened > 0) expect(recorded).toMatchObject([{ status: 'ok' }]);
      expect(body.calls.length).toBe(recorded.length);
      expect(body.status).toBe('done');
    });

    it.each([100, 1_000, 3_000, 5_000, 10_000, 100_000])('an answer of lists in lists, %s of them', async (depth) => {
      const before = (await seen()).length;
      const body = await answered(
        `const got = await arguments[0].call('witness', 'deep')({ depth: ${depth} }).then(() => 'got', (error) => [error.code, error.message]); return got;`,
      );
      expect((await seen()).length - before).toBe(1);
      expect((await stored(body.id)).calls).toMatchObject([{ tool: 'witness.deep' }]);
    });

    it.each(['\\u0000', '\\ud800', '{"__proto__":{"polluted":1}}', '[1e999]', '"'.repeat(10), '\\u2028'])(
      'an answer of %j',
      async (text) => {
        const body = await answered(`return await arguments[0].call('witness', 'text')({ text: '${text}' });`);
        expect(body).toMatchObject({ status: 'done', calls: [{ status: 'ok' }] });
      },
    );
  });

  it('still verifies its own record', () => {
    expect(JSON.parse(target.switchyard.cli('audit', 'verify', '--tenant', 'demo', '--json'))).toMatchObject({
      ok: true,
    });
  });
});
