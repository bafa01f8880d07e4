import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, PARTS, stillAlive } from '../support/processes.ts';
import { LIMITS, Target, threw } from './support/target.ts';

describe('leftovers', () => {
  let target: Target;
  beforeAll(async () => {
    target = await Target.start({ SWITCHYARD_POOL: '2' });
    await target.addWitness();
  }, 120_000);
  afterAll(() => target.end(), 60_000);

  const LEAVE = `
    globalThis.left = 1; Object.prototype.left = 1; Array.prototype.map = () => ['stolen']; JSON.parse = () => 'stolen';
    Promise.prototype.then = () => 'stolen'; console.log = () => {}; Symbol.for('left');
    Object.defineProperty(globalThis, 'Math', { value: { random: () => 4 } });
    Error.stackTraceLimit = 0; Intl.DateTimeFormat.prototype.format = () => 'stolen'; Date.now = () => 0;
    performance.mark?.('left'); performance.measure?.('left');
    for (const name of ['localStorage', 'sessionStorage', 'caches', 'indexedDB']) try { globalThis[name].setItem('left', '1'); } catch {}
    addEventListener('unload', () => { for (;;) {} }); setInterval(() => {}, 1); new FinalizationRegistry(() => {}).register({}, 1);
    new AbortController().signal.addEventListener('abort', () => {}); queueMicrotask(() => {});
    return 'left';`;
  const LOOK = `
    console.log('logged');
    return [typeof left, [1].map(String), JSON.parse('[2]'), Math.random() === 4, new Error('x').stack.includes('user.ts'), Date.now() > 1e12,
      performance.getEntries?.().length ?? 0, Object.keys(globalThis), typeof localStorage, typeof caches];`;

  it('of one run are not there for the next, however many there were', async () => {
    const before = await target.run(LOOK);
    for (let round = 0; round < 3; round++) {
      await Promise.all(Array.from({ length: 4 }, () => target.run(LEAVE)));
      const bodies = await Promise.all(Array.from({ length: 4 }, () => target.run(LOOK)));
      for (const body of bodies) {
        expect(body.result).toEqual(before.result);
        expect(body.result).toMatchObject([
          'undefined',
          ['1'],
          [2],
          false,
          true,
          true,
          0,
          {},
          'undefined',
          'undefined',
        ]);
        expect(body.logs).toMatchObject([{ text: 'logged' }]);
      }
    }
  });

  it('are in no cache: a sandbox has no folder of its own, and no module was ever loaded', async () => {
    for (const { pid } of target.processes().filter(PARTS.sandbox)) {
      const environment = fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
      const names = environment.map((each) => each.split('=')[0]).filter((name) => name !== 'PWD');
      expect(names.sort()).toEqual(['DENO_DIR', 'DENO_NO_UPDATE_CHECK', 'NO_COLOR']);
      expect(environment).toContain('DENO_DIR=/dev/null/x');
    }
    expect(await target.attempt(`import('data:text/javascript,export default 1')`)).toEqual(threw);
  });

  it('are no processes, when runs end in every way that there is', async () => {
    const seen = target.processes().filter(PARTS.sandbox);
    const ways = [
      `return 1;`,
      `throw 1;`,
      `for (;;) {}`,
      `await new Promise(() => {});`,
      `import x from 'node:fs';`,
      `return () => 1;`,
      `return 'x'.repeat(1e7);`,
      `const all = []; for (;;) all.push(new Uint8Array(1e7).fill(1));`,
      `Object.getPrototypeOf(Uint8Array.prototype).set = null; return 1;`,
      `for (;;) await arguments[0].call('a', 'b')({}).catch(() => {});`,
      `setInterval(() => {}, 0); return 2;`,
      `arguments[0].call('witness', 'wait')({ ms: 5_000 }); return 3;`,
    ];
    await Promise.all(ways.map((code) => target.run(code, { timeMs: 500 })));
    await target.settled();
    expect(stillAlive(seen)).toEqual([]);
  });

  describe('of a caller who goes away', () => {
    /** Begins a run as a stream, waits until its code has logged, and goes. */
    const leave = async (code: string, accept: string): Promise<string> => {
      const going = new AbortController();
      const answer = fetch(`${target.switchyard.url}/v1/executions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${target.key}`, 'content-type': 'application/json', accept },
        body: JSON.stringify({ code, limits: { ...LIMITS, timeMs: 60_000, totalMs: 60_000 } }),
        signal: going.signal,
      });
      answer.catch(() => undefined); // we are the ones who go
      const id = await eventually('the run is on record', async () => {
        const { body } = await target.switchyard.request('GET', '/v1/executions?status=running', { key: target.key });
        return body.executions[0]?.id;
      });
      await eventually('its code runs', async () => {
        const { body } = await target.switchyard.graphql(target.key, '{ executor { running } }');
        return body.data.executor.running > 0;
      });
      going.abort();
      return id;
    };

    it.each([
      ['a loop, answered at the end', `for (;;) {}`, 'application/json'],
      ['a loop, as a stream', `console.log('on'); for (;;) {}`, 'text/event-stream'],
      ['a wait for a tool', `await arguments[0].call('witness', 'wait')({ ms: 60_000 });`, 'application/json'],
      ['a wait for nothing, as a stream', `console.log('on'); await new Promise(() => {});`, 'text/event-stream'],
    ])('%s: the process ends at once, and the run is closed with a reason', async (_what, code, accept) => {
      await target.settled();
      const id = await leave(code, accept);
      const left = performance.now();
      const closed = await eventually('the run is closed', async () => {
        const { body } = await target.switchyard.request('GET', `/v1/executions/${id}`, { key: target.key });
        return body.status === 'running' ? undefined : body;
      });
      expect(closed).toMatchObject({ status: 'crashed', error: { reason: expect.stringMatching(/cancelled/) } });
      await target.settled();
      expect(performance.now() - left).toBeLessThan(15_000); // against the minute that it might have run
      expect(closed.usage.durationMs).toBeLessThan(15_000);
    });
  });
});
