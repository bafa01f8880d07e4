import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Target, type Body } from './support/target.ts';
import { together } from './support/together.ts';

const TIME_MS = 400;
const TOTAL_MS = 1_500;
/** From the limit to the answer, on a machine that has other things to do. */
const LATE_MS = 8_000;
const WAIT = `arguments[0].call('witness', 'wait')`;

const LOOPS: readonly (readonly [string, string])[] = [
  ['a loop', `for (;;) {}`],
  ['a loop that nobody may stop', `for (;;) try { throw 1; } catch { continue; } finally { continue; }`],
  ['a loop in a getter of the result', `return { get x() { for (;;) {} } };`],
  ['a loop in toJSON', `return { toJSON() { for (;;) {} } };`],
  ['a loop in a log', `console.log({ [Symbol.for('Deno.customInspect')]() { for (;;) {} } });`],
  ['a loop in an error', `throw { get message() { for (;;) {} } };`],
  ['a loop in a trap', `return Object.keys(new Proxy({}, { ownKeys() { for (;;) {} } }));`],
  ['a loop in a valueOf', `return +{ valueOf() { for (;;) {} } };`],
  ['a loop in a sort', `return Array.from({ length: 100 }, (_, n) => n).sort(() => { for (;;) {} });`],
  ['microtasks', `const again = () => queueMicrotask(again); again(); await new Promise(() => {});`],
  ['promises', `const again = () => Promise.resolve().then(again); await again();`],
  ['awaiting without end', `for (;;) await null;`],
  ['an async generator', `async function* all() { for (;;) yield 1; } for await (const one of all()) one;`],
  ['thenables', `const self = { then(yes) { yes(self); } }; await self;`],
  ['timers', `const again = () => setTimeout(again, 0); again(); await new Promise(() => {});`],
  [
    'thousands of timers',
    `for (let n = 0; n < 10_000; n++) setInterval(() => { for (let at = 0; at < 1e5; at++); }, 0); await new Promise(() => {});`,
  ],
  ['nothing', `await new Promise(() => {});`],
  ['sleep', `await new Promise((yes) => setTimeout(yes, 3_600_000));`],
  ['a regular expression', `return /^(a+)+$/.test('a'.repeat(40) + 'b');`],
  ['another one', `return /(x+x+)+y/.test('x'.repeat(60));`],
  [
    'one that looks back',
    `return /(?<=(\\w+)+)!/.exec('a'.repeat(50)) + /^(\\w+\\s?)*$/.test('word '.repeat(40) + '!');`,
  ],
  ['text replaced in text', `let text = 'x'.repeat(1e6); for (;;) text = text.replaceAll('x', 'xy').slice(0, 1e6);`],
  ['a huge sort', `return Float64Array.from({ length: 2e7 }, Math.random).sort((a, b) => b - a)[0];`],
  ['numbers of millions of digits', `return String(7n ** 4_000_000n).length;`],
  [
    'JSON that grows',
    `let text = '[1,2,3]'; for (;;) text = JSON.stringify([text.slice(0, 1e6), JSON.parse(JSON.stringify(text.slice(0, 1e6)))]);`,
  ],
  ['copies', `const big = Array.from({ length: 1e5 }, (_, n) => ({ n })); for (;;) structuredClone(big);`],
  ['digests', `const bytes = new Uint8Array(4_000_000); for (;;) await crypto.subtle.digest('SHA-512', bytes);`],
  [
    'stretched keys',
    `const key = await crypto.subtle.importKey('raw', new Uint8Array(8), 'PBKDF2', false, ['deriveBits']); for (;;) await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-512', salt: new Uint8Array(8), iterations: 5_000_000 }, key, 512);`,
  ],
  [
    'packing',
    `for (;;) for await (const part of new Blob(['x'.repeat(4_000_000)]).stream().pipeThrough(new CompressionStream('gzip'))) part;`,
  ],
  [
    'words of a language',
    `for (;;) for (const word of new Intl.Segmenter('th', { granularity: 'word' }).segment('กขค '.repeat(10_000))) word;`,
  ],
  ['a loop behind a call', `${WAIT}({ ms: 60_000 }); for (;;) {}`],
  ['a loop behind many calls', `for (let n = 0; n < 10; n++) ${WAIT}({ ms: 60_000 }); for (;;) {}`],
  ['microtasks behind a call', `${WAIT}({ ms: 60_000 }); for (;;) await null;`],
  ['a patched clock', `Date.now = performance.now = () => 0; globalThis.setTimeout = () => {}; for (;;) {}`],
];

describe('time', () => {
  let target: Target;
  let resultOf: (name: string) => Promise<{ body: Body }>;
  beforeAll(async () => {
    target = await Target.start();
    await target.addWitness();
    resultOf = together(LOOPS, ([, code]) => timed(code));
  }, 120_000);
  afterAll(() => target.end(), 60_000);

  const timed = async (code: string, limits: object = {}) => {
    const startedAt = performance.now();
    const body = await target.run(code, { timeMs: TIME_MS, totalMs: 20_000, ...limits });
    return { body, tookMs: performance.now() - startedAt };
  };

  it.each(LOOPS.map(([what]) => what))(
    'of its own is over: %s',
    async (what) => {
      const { body } = await resultOf(what);
      expect(body).toMatchObject({ status: 'limit', error: { limit: 'time' } });
      expect(body.usage.durationMs).toBeLessThan(TIME_MS + LATE_MS);
    },
    120_000,
  );

  it.each([
    ['one call', `return await ${WAIT}({ ms: 60_000 });`],
    ['one call after another', `for (;;) await ${WAIT}({ ms: 200 });`],
    ['calls side by side', `await Promise.all(Array.from({ length: 10 }, () => ${WAIT}({ ms: 60_000 })));`],
    ['a call that is caught', `for (;;) try { await ${WAIT}({ ms: 60_000 }); } catch {}`],
  ])('in all is over, waiting included: %s', async (_what, code) => {
    const { body, tookMs } = await timed(code, { timeMs: 10_000, totalMs: TOTAL_MS, calls: 1_000 });
    expect(body).toMatchObject({ status: 'limit', error: { limit: 'deadline' } });
    expect(tookMs).toBeLessThan(TOTAL_MS + LATE_MS);
  });

  it.each([
    ['one after another', `for (;;) await arguments[0].call('witness', 'take')({});`],
    [
      'side by side',
      `await Promise.all(Array.from({ length: 10_000 }, () => arguments[0].call('witness', 'take')({})));`,
    ],
    ['and not waited for', `for (;;) arguments[0].call('witness', 'take')({}).catch(() => {});`],
    ['that all fail', `for (;;) await arguments[0].call('nobody', 'nothing')({}).catch(() => {});`],
    ['of the discovery', `for (;;) await arguments[0].call('$discovery', 'searchTools')({ query: 'x' });`],
  ])('of tools is bounded by their number: %s', async (_what, code) => {
    const { body } = await timed(code, { timeMs: 10_000, calls: 25 });
    expect(body).toMatchObject({ status: 'limit', error: { limit: 'calls' }, usage: { calls: expect.any(Number) } });
    expect(body.usage.calls).toBeLessThanOrEqual(25);
  });

  it('of others goes on: eight loops at once, and everybody gets a turn', async () => {
    const loops = Array.from({ length: 8 }, () => target.run('for (;;) {}', { timeMs: 700 }));
    const others = Array.from({ length: 12 }, (_, n) => target.run(`return ${n};`));
    for (const [n, body] of (await Promise.all(others)).entries())
      expect(body).toMatchObject({ status: 'done', result: n });
    for (const body of await Promise.all(loops))
      expect(body).toMatchObject({ status: 'limit', error: { limit: 'time' } });
  });
});
