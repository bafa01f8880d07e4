import { describe, expect, it } from '@jest/globals';
import { isUuid, newId } from './ids.ts';

describe('newId', () => {
  it('is a version 7 UUID that carries its time', () => {
    const id = newId(0x0123456789ab);
    expect(id.startsWith('01234567-89ab-7')).toBe(true);
    expect(isUuid(id)).toBe(true);
  });

  it('sorts by creation time', () => {
    const ids = [1, 2, 3].map((day) => newId(Date.UTC(2026, 0, day)));
    expect([...ids].sort()).toEqual(ids);
  });

  it('sorts within a millisecond, too', () => {
    const ids = Array.from({ length: 2_000 }, () => newId(Date.UTC(2026, 0, 1)));
    expect([...ids].sort()).toEqual(ids);
    expect(ids.every(isUuid)).toBe(true);
    expect(new Set(ids.map((id) => id.slice(19))).size).toBe(2_000);
  });
});
