import { describe, expect, it } from '@jest/globals';
import { limitsFor, TENANT_LIMITS } from './limits.ts';

describe('limits of a run', () => {
  it("are the tenant's own where the caller says nothing", () => {
    expect(limitsFor()).toEqual(TENANT_LIMITS);
    expect(TENANT_LIMITS).toMatchObject({ ownTimeMs: 30_000, calls: 60, resultBytes: 64 * 1024 });
  });

  it('are what the caller asks for, up to the ceiling', () => {
    const limits = limitsFor({ timeMs: 1_000, calls: 5, memoryMb: 128, resultBytes: 2_000_000 });
    expect(limits).toMatchObject({
      ownTimeMs: 1_000,
      calls: 5,
      memoryBytes: 128 * 1024 * 1024,
      resultBytes: 2_000_000,
    });
    expect(limitsFor({ timeMs: 1e9, calls: 1e9, memoryMb: 1e9, resultBytes: 1e12, totalMs: 1e12 })).toMatchObject({
      ownTimeMs: 120_000,
      calls: 1_000,
      memoryBytes: 512 * 1024 * 1024,
      resultBytes: 4 * 1024 * 1024,
      totalMs: 600_000,
    });
  });
});
