import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DEFAULT_LIMITS, type Limits } from '../limits.ts';
import type { RunOutcome } from '../outcome.ts';
import { serveExecutor, type ExecutorServer } from '../remote/serve.ts';
import { SocketExecutor } from '../remote/socket-executor.ts';
import type { Executor, InvokeCall } from './executor.ts';
import { LocalExecutor } from './local-executor.ts';

jest.setTimeout(60_000);

/** Differs from process to process. */
const WHICH = 'performance.timeOrigin';
const raw = (body: string) => ({
  script: `(async function (m, r) { "use strict"; ${body} })`,
  modules: {},
  lineMap: null,
});

const runIn = async (
  executor: Executor,
  session: string | undefined,
  body: string,
  more: { limits?: Partial<Limits>; heard?: (call: InvokeCall) => void; signal?: AbortSignal } = {},
): Promise<RunOutcome> =>
  executor.run(
    { runId: 'x', program: raw(body), limits: { ...DEFAULT_LIMITS, ...more.limits }, session },
    {
      invoke: async (call) => {
        more.heard?.(call);
        return { ok: true, json: '7' };
      },
      log: () => undefined,
      signal: more.signal ?? new AbortController().signal,
    },
  );
const valueOf = (outcome: RunOutcome): unknown => {
  if (outcome.status !== 'done') throw new Error(JSON.stringify(outcome));
  return JSON.parse(outcome.json);
};
const eventually = async (what: () => Promise<boolean>): Promise<void> => {
  for (let waited = 0; waited < 10_000; waited += 20) {
    if (await what()) return;
    await sleep(20);
  }
  throw new Error('it never came so');
};
const parked = async (executor: Executor): Promise<number> => (await executor.status()).pool.sessions;

describe('runs of a session, over a socket', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sessions-'));
  let local: LocalExecutor;
  let server: ExecutorServer;
  let executor: SocketExecutor;
  beforeAll(async () => {
    local = await LocalExecutor.start({ pool: { size: 2 } });
    server = await serveExecutor(local, path.join(folder, 's'));
    executor = await SocketExecutor.connect(path.join(folder, 's'));
  });
  afterAll(async () => {
    await executor.close();
    await server.close();
    await local.close();
    rmSync(folder, { recursive: true });
  });

  /** The next run of the session, once the last one's process waits for it. */
  const next = async (session: string, body: string): Promise<unknown> => {
    await eventually(async () => (await parked(executor)) > 0);
    return valueOf(await runIn(executor, session, body));
  };

  it('follow each other in one process, each with its own value, calls and error', async () => {
    const first = valueOf(await runIn(executor, 'one', `return ${WHICH}`));
    expect(await next('one', `return ${WHICH}`)).toBe(first);
    const heard: InvokeCall[] = [];
    await eventually(async () => (await parked(executor)) > 0);
    const called = await runIn(executor, 'one', `return [await m.call('s', 't')({ a: 1 }), ${WHICH}]`, {
      heard: (call) => heard.push(call),
    });
    expect(valueOf(called)).toEqual([7, first]);
    expect(heard).toMatchObject([{ seq: 1, server: 's', tool: 't', args: { a: 1 } }]);
    await eventually(async () => (await parked(executor)) > 0);
    const failed = await runIn(executor, 'one', `throw new Error('mine')`);
    expect(failed).toMatchObject({ status: 'failed', error: { message: 'mine' } });
    expect(await next('one', `return ${WHICH}`)).toBe(first);
  });

  it('are never where another session was, nor where a run was that has none', async () => {
    const one = valueOf(await runIn(executor, 'mine', `return ${WHICH}`));
    await eventually(async () => (await parked(executor)) > 0);
    const others = await Promise.all(
      ['yours', 'mine ', undefined, undefined].map((session) => runIn(executor, session, `return ${WHICH}`)),
    );
    const seen = [one, ...others.map(valueOf)];
    expect(new Set(seen).size).toBe(seen.length);
  });

  it.each([
    ['a global', 'globalThis.left = 1'],
    ['a changed global', 'globalThis.parseInt = () => 1'],
    ['a method of every array', 'Array.prototype.left = () => 1'],
    ['a changed method', 'Map.prototype.set = function () {}'],
    ['a method of every async function', 'Object.getPrototypeOf(async () => {}).left = 1'],
    ['another prototype', 'Object.setPrototypeOf(Promise.prototype, { left: 1 })'],
    ['a property of the console', 'console.log = () => {}'],
    ['a timer', 'setInterval(() => {}, 1000)'],
    ['a call that nobody waits for', `m.call('s', 't')({})`],
    ['a loop of promises', 'void (async () => { for (;;) await null; })()'],
  ])('that leave %s behind have no follower', async (_what, body) => {
    const session = `left ${body}`.slice(0, 90);
    const outcome = await runIn(executor, session, `${body}; return ${WHICH}`, { limits: { ownTimeMs: 5_000 } });
    if (outcome.status === 'done') {
      const later = await runIn(executor, session, `return [typeof left, typeof [].left, ${WHICH}]`);
      expect((valueOf(later) as unknown[])[2]).not.toBe(valueOf(outcome));
      expect((valueOf(later) as unknown[]).slice(0, 2)).toEqual(['undefined', 'undefined']);
    } else expect(outcome.status).toBe('limit');
  });

  it('have a process of their own when the last one was stopped, or goes on', async () => {
    const stopped = await runIn(executor, 'stop', 'for (;;);', { limits: { ownTimeMs: 200 } });
    expect(stopped).toMatchObject({ status: 'limit', limit: 'time' });
    const both = await Promise.all([
      runIn(executor, 'stop', `await new Promise((r) => setTimeout(r, 200)); return ${WHICH}`),
      runIn(executor, 'stop', `await new Promise((r) => setTimeout(r, 200)); return ${WHICH}`),
    ]);
    expect(new Set(both.map(valueOf)).size).toBe(2);
  });

  it('hear nothing of what an earlier run began and did not wait for', async () => {
    const began = `const call = m.call('s', 't');
      for (let n = 0; n < 3; n++) crypto.subtle.digest('SHA-256', new Uint8Array(32 * 1024 * 1024)).then(() => call({}));
      return 1`;
    expect(await runIn(executor, 'stale', began)).toMatchObject({ status: 'done' });
    const heard: InvokeCall[] = [];
    const wait = 'await new Promise((r) => setTimeout(r, 400)); return 2';
    const later = await runIn(executor, 'stale', wait, { heard: (call) => heard.push(call) });
    expect(later).toMatchObject({ status: 'done', json: '2' });
    expect(heard).toEqual([]);
  });
});

describe('the processes of sessions', () => {
  let executor: LocalExecutor | undefined;
  afterEach(async () => {
    await executor?.close();
  });

  it('go when nobody came back in time, when they are worn, and when there are too many', async () => {
    executor = await LocalExecutor.start({ pool: { size: 2 }, sessions: { idleMs: 300, runs: 2, most: 2 } });
    const subject = executor;
    const first = valueOf(await runIn(subject, 'a', `return ${WHICH}`));
    await eventually(async () => (await parked(subject)) === 1);
    expect(valueOf(await runIn(subject, 'a', `return ${WHICH}`))).toBe(first);
    expect(valueOf(await runIn(subject, 'a', `return ${WHICH}`))).not.toBe(first); // two are all that it serves
    for (const session of ['b', 'c', 'd']) await runIn(subject, session, 'return 1');
    expect(await parked(subject)).toBeLessThanOrEqual(2);
    await eventually(async () => (await parked(subject)) === 0);
  });

  it('go when a run has made them large', async () => {
    executor = await LocalExecutor.start({ pool: { size: 1 }, sessions: { grownBytes: 0 } });
    const subject = executor;
    const large = 'return new Uint8Array(64 * 1024 * 1024).fill(1).length';
    expect(await runIn(subject, 'large', large)).toMatchObject({ status: 'done' });
    await sleep(300);
    expect(await parked(subject)).toBe(0);
  });
});
