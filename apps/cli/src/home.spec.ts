import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { claimDatabase, claimHome, isDatabaseClaimed, isHomeInUse } from './home.ts';

describe('the data folder', () => {
  const parent = fs.mkdtempSync(path.join(os.tmpdir(), 'switchyard-home-'));
  const home = path.join(parent, 'data');
  afterAll(() => fs.rmSync(parent, { recursive: true }));

  it('is made, and taken by one at a time', async () => {
    expect(await isHomeInUse(home)).toBe(false);
    const both = await Promise.allSettled([claimHome(home), claimHome(home)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await isHomeInUse(home)).toBe(true);
    await expect(claimHome(home)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(`runs already on ${home}`),
    });
    for (const one of both) if (one.status === 'fulfilled') await one.value.release();
    expect(await isHomeInUse(home)).toBe(false);
    await (await claimHome(home)).release();
  });

  it('lends its database to one after the other', async () => {
    const order: number[] = [];
    const first = await claimDatabase(home);
    const others = [1, 2].map(async (number) => {
      const claim = await claimDatabase(home);
      order.push(number);
      await claim.release();
    });
    expect(await isDatabaseClaimed(home)).toBe(true);
    expect(order).toEqual([]);
    await first.release();
    await Promise.all(others);
    expect(order.sort()).toEqual([1, 2]);
    expect(await isDatabaseClaimed(home)).toBe(false);
  });

  it('is another one beside it', async () => {
    const claims = await Promise.all([claimHome(home), claimHome(`${home}2`), claimDatabase(home)]);
    await Promise.all(claims.map((claim) => claim.release()));
  });
});
