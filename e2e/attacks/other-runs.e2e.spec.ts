import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, PARTS } from '../support/processes.ts';
import { startEscaped } from './support/sandbox-process.ts';
import { Target, threw } from './support/target.ts';

/** Whatever one run does, the runs beside it and after it see nothing of it. */
const HARMFUL: readonly (readonly [string, string])[] = [
  ['loops', `for (;;) {}`],
  ['takes all memory', `const all = []; for (;;) all.push(new Uint8Array(8_388_608).fill(1));`],
  ['takes all of the heap', `const all = []; for (;;) all.push({ a: [all.length] });`],
  ['breaks the protocol', `Object.getPrototypeOf(Uint8Array.prototype).set = () => {}; return 1;`],
  ['throws', `throw new Error('x');`],
  ['never ends', `await new Promise(() => {});`],
  ['calls nobody', `for (;;) await arguments[0].call('nobody', 'nothing')({}).catch(() => {});`],
  ['logs without end', `for (;;) console.log('x'.repeat(1_000));`],
  [
    'changes the language',
    `for (const type of [Array, Object, Promise, Map, String, Function]) for (const name of Object.getOwnPropertyNames(type.prototype)) try { type.prototype[name] = () => { throw 1; }; } catch {} return 1;`,
  ],
  ['returns too much', `return 'x'.repeat(5_000_000);`],
  ['recurses', `const deep = () => deep(); return deep();`],
];

describe('other runs', () => {
  let target: Target;
  beforeAll(async () => {
    target = await Target.start({ SWITCHYARD_COMPUTING: '4' });
  }, 120_000);
  afterAll(() => target.end(), 60_000);

  it('honest runs come out right, each with its own logs and result, beside harmful ones', async () => {
    const harmful = HARMFUL.map(([, code]) => target.run(code, { memoryMb: 96, timeMs: 800 }));
    const honest = Array.from({ length: 40 }, (_, n) => {
      const mark = `${target.mark}-${n}`;
      return target.run(`console.log('${mark}'); globalThis.kept = (globalThis.kept ?? 0) + 1;
        const list = [3, 1, 2].map((one) => one * 2).sort(); await Promise.resolve();
        return { mark: '${mark}', kept: globalThis.kept, list };`);
    });
    for (const [n, body] of (await Promise.all(honest)).entries()) {
      const mark = `${target.mark}-${n}`;
      expect(body).toMatchObject({ status: 'done', result: { mark, kept: 1, list: [2, 4, 6] } });
      expect(body.logs.map(({ text }: { text: string }) => text)).toEqual([mark]);
    }
    for (const body of await Promise.all(harmful))
      expect(['limit', 'failed', 'crashed', 'done']).toContain(body.status);
  }, 60_000);

  it('no process is used twice', async () => {
    const before = target.processes().filter(PARTS.sandbox);
    expect(before.length).toBeGreaterThan(0);
    // The oldest goes first: one that came back after its run would be there for ever.
    await eventually(
      'every sandbox that was ready is used up and gone',
      async () => {
        await target.run('return 1');
        const now = target.processes().filter(PARTS.sandbox);
        return !now.some(({ pid, startedAt }) => before.some((one) => one.pid === pid && one.startedAt === startedAt));
      },
      20_000,
    );
  });

  it('random numbers, names and clocks of one tell nothing of another’s', async () => {
    const bodies = await Promise.all(
      Array.from({ length: 12 }, () =>
        target.run(`return [Math.random(), crypto.randomUUID(), String(crypto.getRandomValues(new Uint32Array(4)))];`),
      ),
    );
    for (const at of [0, 1, 2]) expect(new Set(bodies.map(({ result }) => result[at])).size).toBe(12);
  });

  it.each([
    `new BroadcastChannel('x')`,
    `new MessageChannel()`,
    `localStorage.length`,
    `sessionStorage.length`,
    `caches.keys()`,
    `new SharedArrayBuffer(8)`,
    `Atomics.wait(new Int32Array(8), 0, 0)`,
    `indexedDB.databases()`,
    `navigator.locks.request('x', () => {})`,
    `Deno.openKv()`,
  ])('there is no place to meet: %s', async (expression) => {
    expect(await target.attempt(expression)).toEqual(threw);
  });

  it('code that got out of Deno has nobody beside it: no process, no user, no memory, no socket of another', async () => {
    const [one, other] = await Promise.all([startEscaped(), startEscaped()]);
    try {
      if (!one.stands('namespaces')) return;
      // One waits with everything open that it may open; the other looks for it.
      const waiting = one.attempt(`(async () => {
        try { c('shmget', ${0x5157}, 4_096, 0o1666); } catch {}
        try { Deno.listen({ transport: 'unix', path: '\\0${target.mark}' }); } catch {}
        try { Deno.listen({ hostname: '127.0.0.1', port: 41_414 }); } catch {}
        await new Promise((done) => setTimeout(done, 1_500));
        return 'undisturbed';
      })()`);
      const looks = await Promise.all(
        [
          `c('kill', -1, 0)`,
          `c('shmget', ${0x5157}, 4_096, 0)`,
          `Deno.connect({ transport: 'unix', path: '\\0${target.mark}' })`,
          `Deno.connect({ hostname: '127.0.0.1', port: 41_414 })`,
          `(() => { for (let pid = 2; pid < 400; pid++) try { c('kill', pid, 0); return pid; } catch {} throw new Error('nobody'); })()`,
        ].map((expression) => other.attempt(expression)),
      );
      for (const look of looks) expect(look).toEqual(threw);
      expect(await waiting).toEqual(['got', 'undisturbed']);
    } finally {
      await Promise.all([one.close(), other.close()]);
    }
  });

  it('two sandboxes of one executor do not share a user where each can have its own', async () => {
    const escaped = await startEscaped();
    try {
      if (!escaped.stands('system-calls')) return;
      const users = await Promise.all([0, 1, 2].map(() => escaped.attempt(`[c('getuid'), c('getgid')].join()`)));
      expect(new Set(users.map(String)).size).toBe(3);
      const [neighbour, looks] = await Promise.all([
        escaped.attempt(`new Promise((done) => setTimeout(() => done('undisturbed'), 800))`),
        escaped.attempt(
          `(() => { for (let pid = 2; pid < 400; pid++) try { c('tgkill', pid, pid, 9); return pid; } catch {} throw new Error('nobody'); })()`,
        ),
      ]);
      expect(neighbour).toEqual(['got', 'undisturbed']);
      expect(looks).toEqual(threw);
    } finally {
      await escaped.close();
    }
  });
});
