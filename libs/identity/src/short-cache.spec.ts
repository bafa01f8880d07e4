import { describe, expect, it } from '@jest/globals';
import { createShortCache } from './short-cache.ts';

const cacheOf = () => createShortCache<string>({ ttlMs: 1_000, max: 2 });

describe('short cache', () => {
  it('loads once within its time, also for callers at the same moment', async () => {
    const cache = cacheOf();
    let loads = 0;
    const load = async () => `v${++loads}`;
    expect(await Promise.all([cache.fetch('a', 0, load), cache.fetch('a', 0, load)])).toEqual(['v1', 'v1']);
    expect(await cache.fetch('a', 999, load)).toBe('v1');
    expect(await cache.fetch('a', 1_000, load)).toBe('v2');
  });

  it('keeps neither nothing nor a failure', async () => {
    const cache = cacheOf();
    expect(await cache.fetch('a', 0, async () => undefined)).toBeUndefined();
    await expect(cache.fetch('a', 0, () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await cache.fetch('a', 0, async () => 'back')).toBe('back');
  });

  it('drops what matches', async () => {
    const cache = cacheOf();
    await cache.fetch('a', 0, async () => 'x');
    await cache.fetch('b', 0, async () => 'y');
    cache.drop((value) => value === 'x');
    expect(await cache.fetch('a', 0, async () => 'new')).toBe('new');
    expect(await cache.fetch('b', 0, async () => 'new')).toBe('y');
  });

  it('does not keep what was being loaded when it was told to drop', async () => {
    const cache = cacheOf();
    let answer: (value: string) => void = () => undefined;
    const slow = cache.fetch('a', 0, () => new Promise<string>((resolve) => (answer = resolve)));
    cache.drop();
    answer('from before');
    expect(await slow).toBe('from before');
    expect(await cache.fetch('a', 0, async () => 'from after')).toBe('from after');
  });

  it('forgets the oldest when it is full', async () => {
    const cache = cacheOf();
    for (const key of ['a', 'b', 'c']) await cache.fetch(key, 0, async () => key);
    expect(await cache.fetch('a', 0, async () => 'again')).toBe('again');
    expect(await cache.fetch('c', 0, async () => 'again')).toBe('c');
  });
});
