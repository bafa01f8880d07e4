import { describe, expect, it } from '@jest/globals';
import { systemCtx, type Ctx, type TenantId, type UserId } from '@switchyard/kernel';
import { TENANT_LIMITS } from './limits.ts';
import { sessionOf, tierOf, type Tier } from './tier.ts';

const tenant = 'acme' as TenantId;
const ctx: Ctx = { ...systemCtx(tenant), conversation: 'c1' };
const allowed = async (): Promise<boolean> => true;
const wanted = (tier?: Tier, memoryBytes = TENANT_LIMITS.memoryBytes) => ({ tier, memoryBytes });

describe('the tier of a run', () => {
  it('is strict unless the tenant lets runs share', async () => {
    expect(await tierOf(async () => false, ctx, wanted())).toBe('strict');
    expect(await tierOf(undefined, ctx, wanted())).toBe('strict');
    expect(await tierOf(allowed, ctx, wanted())).toBe('session');
    await expect(tierOf(async () => false, ctx, wanted('session'))).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('is strict for whoever asks for that, outside a conversation, and with another limit of memory', async () => {
    const { conversation: _none, ...alone } = ctx;
    expect(await tierOf(allowed, ctx, wanted('strict'))).toBe('strict');
    expect(await tierOf(allowed, alone, wanted())).toBe('strict');
    expect(await tierOf(allowed, ctx, wanted('session', 64 * 1024 * 1024))).toBe('strict');
    await expect(tierOf(allowed, alone, wanted('session'))).rejects.toMatchObject({ code: 'unprocessable' });
  });

  it('gives each tenant, caller and conversation a word of its own', () => {
    const user = { kind: 'user' as const, id: 'u' as UserId, name: 'Ada', role: 'admin' as const };
    const words = [
      ctx,
      { ...ctx, conversation: 'c2' },
      { ...ctx, tenantId: 'other' as TenantId },
      { ...ctx, principal: user },
      { ...ctx, principal: { ...user, id: 'v' as UserId } },
    ].map(sessionOf);
    expect(new Set(words).size).toBe(words.length);
    expect(sessionOf({ ...ctx, traceId: 'f'.repeat(32) })).toBe(words[0]);
  });
});
