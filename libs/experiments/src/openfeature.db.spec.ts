import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OpenFeature } from '@openfeature/server-sdk';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { openExperiments, quickPlan, started } from './experiments.fixture.ts';
import type { Experiments } from './experiments.ts';

describe('flags through OpenFeature', () => {
  let db: TestDatabase;
  let experiments: Experiments;
  beforeAll(async () => {
    db = await createTestDatabase();
    ({ experiments } = openExperiments(db.database));
    await OpenFeature.setProviderAndWait(experiments.provider);
  });
  afterAll(async () => {
    await OpenFeature.close();
    await experiments.close();
    await db.drop();
  });

  it('are those of the tenant in the context', async () => {
    const ctx = testCtx();
    const client = OpenFeature.getClient();
    const context = { tenantId: ctx.tenantId, targetingKey: 'unit' };
    expect(await client.getBooleanValue('MCP_EXECUTION_ENABLED', false, context)).toBe(true);
    await experiments.setFlag(ctx, { key: 'MCP_EXECUTION_ENABLED', enabled: false, reason: 'spec' });
    expect(await client.getBooleanValue('MCP_EXECUTION_ENABLED', true, context)).toBe(false);
    const elsewhere = { tenantId: testCtx().tenantId };
    expect(await client.getBooleanValue('MCP_EXECUTION_ENABLED', false, elsewhere)).toBe(true);
    expect(await client.getBooleanDetails('unheard_of', true, context)).toMatchObject({
      value: true,
      errorCode: 'FLAG_NOT_FOUND',
    });
    expect(await client.getBooleanDetails('MCP_EXECUTION_ENABLED', false, {})).toMatchObject({
      errorCode: 'INVALID_CONTEXT',
    });
    expect(await client.getNumberDetails('MCP_EXECUTION_ENABLED', 7, context)).toMatchObject({
      value: 7,
      errorCode: 'TYPE_MISMATCH',
    });
  });

  it('deal variants by their shares, and the arm as assign would', async () => {
    const ctx = testCtx();
    const client = OpenFeature.getClient();
    const variants = [
      { name: 'short', shareBasisPoints: 2_500 },
      { name: 'long', shareBasisPoints: 7_500 },
    ];
    await experiments.setFlag(ctx, { key: 'prompt', enabled: true, variants, reason: 'spec' });
    const names: string[] = [];
    for (let unit = 0; unit < 400; unit++)
      names.push(await client.getStringValue('prompt', 'none', { tenantId: ctx.tenantId, targetingKey: `u${unit}` }));
    expect(names.filter((name) => name === 'short').length).toBeGreaterThan(60);
    expect(names.filter((name) => name === 'short').length).toBeLessThan(140);
    await experiments.setFlag(ctx, { key: 'prompt', enabled: false, expectedVersion: 1, reason: 'spec' });
    expect(await client.getStringValue('prompt', 'none', { tenantId: ctx.tenantId, targetingKey: 'u1' })).toBe('none');
    const stale = experiments.setFlag(ctx, { key: 'prompt', enabled: true, expectedVersion: 1, reason: 'spec' });
    await expect(stale).rejects.toMatchObject({ code: 'conflict' });

    await started(experiments, ctx, quickPlan(5_000));
    for (let unit = 0; unit < 20; unit++) {
      const { arm } = await experiments.assign(ctx, { conversation: `c${unit}` });
      const context = { tenantId: ctx.tenantId, targetingKey: `c${unit}` };
      expect(await client.getStringValue('code_arm', 'none', context)).toBe(arm);
    }
  });
});
