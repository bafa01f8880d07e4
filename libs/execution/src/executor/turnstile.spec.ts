import { describe, expect, it } from '@jest/globals';
import { Turnstile, type Slot } from './turnstile.ts';

const forever = new AbortController().signal;
const settings = { maxComputing: 4, maxRunning: 8, maxQueued: 10 };

/** Enters, and notes who was let in or refused, in order. */
function gate(turnstile: Turnstile) {
  const log: string[] = [];
  const slots = new Map<string, Slot>();
  const enter = async (party: string, run: string): Promise<void> => {
    try {
      slots.set(run, await turnstile.enter(party, forever));
      log.push(run);
    } catch {
      log.push(`-${run}`);
    }
  };
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const release = async (run: string): Promise<void> => {
    slots.get(run)?.release();
    await settle();
  };
  return { log, enter: (party: string, run: string) => void enter(party, run), settle, release, slots };
}

describe('the turnstile', () => {
  it('lets parties take turns, however many wait of one', async () => {
    const { log, enter, settle, release } = gate(new Turnstile({ ...settings, maxComputing: 1 }));
    for (const run of ['a1', 'a2', 'a3', 'a4']) enter('a', run);
    for (const run of ['b1', 'b2']) enter('b', run);
    enter('c', 'c1');
    await settle();
    for (let turn = 0; turn < 6; turn++) await release(log.at(-1) ?? '');
    expect(log).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
  });

  it('keeps a place for others, computing and running', async () => {
    const turnstile = new Turnstile(settings);
    const { log, enter, settle, slots } = gate(turnstile);
    for (let run = 1; run <= 9; run++) enter('a', `a${run}`);
    await settle();
    expect(log).toEqual(['a1', 'a2', 'a3']); // of four that may compute
    enter('b', 'b1');
    await settle();
    expect(log.at(-1)).toBe('b1');
    for (const run of ['a1', 'a2', 'a3']) slots.get(run)?.waiting(true);
    await settle();
    for (const run of ['a4', 'a5', 'a6']) slots.get(run)?.waiting(true);
    await settle();
    expect(turnstile.running).toBe(7); // six of a, of eight; and b
    enter('b', 'b2');
    await settle();
    expect(log.at(-1)).toBe('b2');
  });

  it('takes from the longest queue when it is full, and refuses whoever has that queue', async () => {
    const turnstile = new Turnstile({ maxComputing: 1, maxRunning: 1, maxQueued: 3 });
    const { log, enter, settle } = gate(turnstile);
    for (const run of ['a1', 'a2', 'a3', 'a4', 'a5']) enter('a', run);
    await settle();
    expect(log).toEqual(['a1', '-a5']);
    enter('b', 'b1');
    await settle();
    expect(log).toEqual(['a1', '-a5', '-a4']);
    expect(turnstile.queued).toBe(3);
  });

  it('forgets who gave up, and refuses all when it closes', async () => {
    const turnstile = new Turnstile({ maxComputing: 1, maxRunning: 1, maxQueued: 3 });
    const { log, enter, settle, release } = gate(turnstile);
    enter('a', 'a1');
    await settle();
    const leaving = new AbortController();
    const left = turnstile.enter('b', leaving.signal);
    leaving.abort();
    await expect(left).rejects.toThrow('aborted');
    expect(turnstile.queued).toBe(0);
    enter('c', 'c1');
    await settle();
    turnstile.close(new Error('closing'));
    await settle();
    await release('a1');
    expect(log).toEqual(['a1', '-c1']);
    expect([turnstile.running, turnstile.queued]).toEqual([0, 0]);
  });
});
