import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PARTS } from '../support/processes.ts';
import { Target, type Body } from './support/target.ts';
import { together } from './support/together.ts';

const MiB = 1024 * 1024;
const MEMORY_MB = 96;
/** An idle sandbox, and what the kernel gives before the watch looks again. */
const ABOVE_BYTES = 400 * MiB;

/** Each asks for far more than it may have, and would take gigabytes if it got them. */
const ATTACKS: readonly (readonly [string, string])[] = [
  ['lists', `const all = []; for (;;) all.push([1, 2, 3]);`],
  ['objects', `const all = []; for (let n = 0; ; n++) all.push({ n, text: [n] });`],
  [
    'texts',
    `let all = ''; for (let n = 0; ; n++) { all += 'text ' + n; if (n % 100_000 === 0) all.charCodeAt(all.length >> 1); }`,
  ],
  [
    'the longest text',
    `const all = []; for (;;) { const text = 'x'.repeat(2 ** 28); text.charCodeAt(1); all.push(text.split('').length, text); }`,
  ],
  ['array buffers', `const all = []; for (;;) all.push(new Uint8Array(8_388_608).fill(1));`],
  ['small array buffers', `const all = []; for (;;) all.push(new ArrayBuffer(4_096));`],
  [
    'array buffers that grow',
    `const all = []; for (;;) { const one = new ArrayBuffer(0, { maxByteLength: 2 ** 26 }); one.resize(2 ** 26); new Uint8Array(one).fill(1); all.push(one); }`,
  ],
  [
    'array buffers handed over',
    `const all = []; for (;;) all.push(structuredClone(new Uint8Array(8_388_608).fill(1)).buffer.transfer(16_777_216));`,
  ],
  ['typed lists', `const all = []; for (;;) all.push(new Float64Array(1_000_000).fill(Math.PI));`],
  ['blobs', `const all = []; const part = new Uint8Array(8_388_608).fill(1); for (;;) all.push(new Blob([part]));`],
  [
    'blobs of blobs',
    `let all = new Blob(['x'.repeat(1_000_000)]); for (;;) { all = new Blob([all, all]); await all.slice(0, 1).text(); }`,
  ],
  [
    'copies',
    `let all = { a: [1] }; const kept = []; for (;;) { all = { a: structuredClone(all), b: all }; kept.push(structuredClone(all)); }`,
  ],
  ['maps and sets', `const all = new Map(); for (let n = 0; ; n++) all.set(n, new Set([n]));`],
  [
    'one great list',
    `const all = []; for (let n = 0; n < 20; n++) all.push(new Array(10_000_000).fill(n)); return all.length;`,
  ],
  ['one great number', `let n = 3n; for (;;) n *= n;`],
  ['symbols', `for (let n = 0; ; n++) Symbol.for('symbol ' + n);`],
  ['functions', `const all = []; for (;;) { const big = new Array(1_000).fill(0); all.push(() => big); }`],
  ['promises', `const all = []; for (;;) all.push(new Promise((yes) => all.push(yes)));`],
  [
    'promises never awaited',
    `const never = new Promise(() => {}); for (;;) never.then(() => never).then(() => never);`,
  ],
  [
    'weak references',
    `const all = []; const registry = new FinalizationRegistry(() => {}); for (;;) { const one = { n: [1] }; registry.register(one, one.n); all.push(new WeakRef(one), one); }`,
  ],
  [
    'errors with their stacks',
    `Error.stackTraceLimit = Infinity; const all = []; const deep = (n) => n ? deep(n - 1) : all.push(new Error('x').stack); for (;;) deep(1_000);`,
  ],
  [
    'generators',
    `const all = []; function* one() { const kept = new Array(1_000).fill(1); yield kept; } for (;;) { const made = one(); made.next(); all.push(made); }`,
  ],
  ['JSON', `let text = '[1]'; for (;;) { text = '[' + text + ',' + text + ']'; JSON.parse(text); }`],
  [
    'regular expressions',
    `const all = []; for (let n = 0; ; n++) { const one = new RegExp('(?:a{1,50}|' + n + '){1,50}'); one.test('aaa'); all.push(one); }`,
  ],
  [
    'what a regular expression finds',
    `const text = 'a'.repeat(10_000_000); const all = []; for (;;) all.push(text.match(/a/g), text.split(/(?:)/u));`,
  ],
  [
    'streams',
    `const stream = new ReadableStream({ pull(to) { for (;;) to.enqueue(new Uint8Array(1_048_576).fill(1)); } }, { highWaterMark: Infinity }); await stream.getReader().read();`,
  ],
  [
    'what unpacks to much',
    `const zeros = new Uint8Array(1_048_576); const packed = []; for await (const part of new Blob(Array(400).fill(zeros)).stream().pipeThrough(new CompressionStream('gzip'))) packed.push(part); const all = []; for await (const part of new Blob(packed).stream().pipeThrough(new DecompressionStream('gzip'))) all.push(part); return all.length;`,
  ],
  [
    'encoders',
    `const all = []; const text = 'é'.repeat(4_000_000); const encoder = new TextEncoder(); for (;;) all.push(encoder.encode(text));`,
  ],
  ['addresses', `const all = []; for (let n = 0; ; n++) all.push(new URL('http://x/' + 'y'.repeat(10_000) + n));`],
  [
    'words of a language',
    `const all = []; for (;;) all.push(new Intl.DateTimeFormat('ar-EG-u-ca-islamic'), new Intl.Segmenter('th', { granularity: 'word' }).segment('ก'.repeat(10_000)));`,
  ],
  ['timers', `for (;;) setTimeout(() => {}, 1e9, new Array(100).fill(1));`],
  [
    'keys',
    `const all = []; for (;;) all.push(await crypto.subtle.importKey('raw', new Uint8Array(1_000_000), { name: 'HMAC', hash: 'SHA-256' }, true, ['sign']));`,
  ],
  ['listeners', `const target = new EventTarget(); for (let n = 0; ; n++) target.addEventListener('e' + n, () => {});`],
  ['properties', `for (let n = 0; ; n++) globalThis['property ' + n] = [n];`],
  ['deep recursion', `const deep = (n) => [n, deep(n + 1)]; return deep(0).length;`],
  [
    'recursion without a frame of ours',
    `const a = []; a[0] = a; let nested = []; for (let n = 0; n < 1e6; n++) nested = [nested]; return [nested.flat(Infinity).length, String(nested).length];`,
  ],
  [
    'a proxy in a proxy',
    `let proxy = {}; for (let n = 0; n < 200_000; n++) proxy = new Proxy(proxy, {}); return proxy.x;`,
  ],
  [
    'texts glued to each other',
    `let rope = 'x'; for (let n = 0; n < 28; n++) rope += rope; return rope.replace(/x/g, 'yy').length;`,
  ],
  ['arguments', `return Math.max(...new Array(20_000_000).fill(1));`],
  ['WebAssembly', `return new WebAssembly.Memory({ initial: 65_536 }).buffer.byteLength;`],
  ['shared memory', `return new SharedArrayBuffer(2 ** 32).byteLength;`],
];

describe('memory', () => {
  let target: Target;
  let resultOf: (name: string) => Promise<Body>;
  beforeAll(async () => {
    target = await Target.start();
    resultOf = together(ATTACKS, ([, code]) => target.run(code, { memoryMb: MEMORY_MB, timeMs: 3_000 }));
  }, 120_000);
  afterAll(() => target.end(), 60_000);

  it.each(ATTACKS.map(([what]) => what))(
    'of %s is bounded',
    async (what) => {
      const body = await resultOf(what);
      // `crashed`: native code gave up before V8 could say why.
      expect(['limit', 'failed', 'done', 'crashed']).toContain(body.status);
      if (body.status === 'limit') expect(['memory', 'time']).toContain(body.error.limit);
      expect(body.usage.peakMemoryBytes).toBeLessThan(MEMORY_MB * MiB + ABOVE_BYTES);
    },
    120_000,
  );

  it('of one run is none of another’s: the rest go on beside four that take all they can', async () => {
    const greedy = [0, 1, 2, 3].map((n) =>
      target.run(ATTACKS[n * 2 + 1]?.[1] ?? '', { memoryMb: MEMORY_MB, timeMs: 4_000 }),
    );
    const honest = Array.from({ length: 8 }, (_, n) =>
      target.run(`return Array.from({ length: 10_000 }, (_, at) => at + ${n}).length;`),
    );
    for (const body of await Promise.all(honest)) expect(body).toMatchObject({ status: 'done', result: 10_000 });
    for (const body of await Promise.all(greedy)) expect(['limit', 'failed', 'crashed']).toContain(body.status);
  });

  it('is given back', async () => {
    await target.settled();
    const used = (pid: number): number => target.residentBytes(pid);
    const all = target.processes().filter(PARTS.sandbox);
    for (const { pid } of all) expect(used(pid)).toBeLessThan(150 * MiB);
    expect(used(target.only('executor').pid)).toBeLessThan(300 * MiB);
  });
});
