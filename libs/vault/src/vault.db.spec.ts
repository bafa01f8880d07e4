import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, type ConnectionId, type TenantId, type UserId } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { parseKeys } from './keys.ts';
import { createVault, type Vault, type VaultChange } from './vault.ts';

const newKey = (): string => randomBytes(32).toString('base64');
const k1 = newKey();
const k2 = newKey();
const ring = (active: string): string => JSON.stringify({ active, keys: { k1, k2 } });

describe('vault', () => {
  let db: TestDatabase;
  let vault: Vault;
  const recorded: VaultChange[] = [];
  const vaultWith = (keys: string): Vault =>
    createVault({
      database: db.database,
      keys: parseKeys(keys, 'the test'),
      record: async (_tx, _ctx, change) => void recorded.push(change),
    });

  beforeAll(async () => {
    db = await createTestDatabase();
    vault = vaultWith(ring('k1'));
  });
  afterAll(() => db.drop());

  const ada = testCtx({ tenantId: newId<TenantId>() });
  const bob = testCtx({ tenantId: newId<TenantId>() });
  const github = newId<ConnectionId>();
  const user = newId<UserId>();
  const read = (from: Vault, ctx = ada, connectionId = github, userId?: UserId) =>
    from.withSecrets(ctx, { connectionId, ...(userId && { userId }) }, async (secrets) => ({ ...secrets }));

  it("gives the tenant's secret, and a user's own in its place", async () => {
    await vault.put(ada, { connectionId: github, name: 'TOKEN', value: 'shared-token-1' });
    await vault.put(ada, { connectionId: github, name: 'ORG', value: 'acme-org' });
    await vault.put(ada, { connectionId: github, userId: user, name: 'TOKEN', value: 'own-token-2' });
    expect(await read(vault)).toEqual({ TOKEN: 'shared-token-1', ORG: 'acme-org' });
    expect(await read(vault, ada, github, user)).toEqual({ TOKEN: 'own-token-2', ORG: 'acme-org' });
    expect(await read(vault, ada, github, newId<UserId>())).toMatchObject({ TOKEN: 'shared-token-1' });
  });

  it('describes names and times, and no values', async () => {
    const described = await vault.describe(ada, github);
    expect(described.map(({ name, userId }) => [name, userId])).toEqual([
      ['ORG', undefined],
      ['TOKEN', undefined],
      ['TOKEN', user],
    ]);
    expect(JSON.stringify(described)).not.toMatch(/token-|acme/);
  });

  it('records each change without its value', () => {
    expect(recorded).toContainEqual({
      action: 'secret.stored',
      target: { kind: 'connection', id: github },
      after: { names: ['TOKEN'] },
    });
    expect(JSON.stringify(recorded)).not.toMatch(/token-|acme/);
  });

  it('keeps no plaintext in the database', async () => {
    const rows = await db.sql<{ dump: string }>(
      `SELECT s::text || encode(s.sealed, 'escape') || k::text || encode(k.wrapped, 'escape') AS dump
       FROM secret s JOIN data_key k ON k.id = s.data_key_id`,
    );
    expect(rows).toHaveLength(3);
    for (const { dump } of rows) expect(dump).not.toMatch(/token-|acme/);
  });

  it('gives another tenant nothing: not to read, describe, replace or remove', async () => {
    expect(await read(vault, bob)).toEqual({});
    expect(await vault.describe(bob, github)).toEqual([]);
    expect(await vault.remove(bob, { connectionId: github })).toBe(0);
    await vault.put(bob, { connectionId: github, name: 'TOKEN', value: 'of-another-tenant' });
    expect(await read(vault)).toMatchObject({ TOKEN: 'shared-token-1' });
    expect(await read(vault, bob)).toEqual({ TOKEN: 'of-another-tenant' });
  });

  it.each([
    [
      'changed',
      `UPDATE secret SET sealed = set_byte(sealed, length(sealed) - 1, get_byte(sealed, length(sealed) - 1) # 1) WHERE id = $1`,
    ],
    ['cut short', `UPDATE secret SET sealed = substr(sealed, 1, 10) WHERE id = $1`],
    ['put under another name', `UPDATE secret SET name = 'OTHER' WHERE id = $1`],
    ['given to another connection', `UPDATE secret SET connection_id = '${newId()}' WHERE id = $1`],
    ['made a shared one', `UPDATE secret SET user_id = '00000000-0000-0000-0000-000000000000' WHERE id = $1`],
    [
      'moved to another tenant',
      `UPDATE secret SET tenant_id = '${bob.tenantId}', data_key_id = (SELECT id FROM data_key WHERE tenant_id = '${bob.tenantId}') WHERE id = $1`,
    ],
    [
      'moved to another tenant with its key',
      `WITH k AS (UPDATE data_key SET tenant_id = '${bob.tenantId}' WHERE tenant_id = '${ada.tenantId}') UPDATE secret SET tenant_id = '${bob.tenantId}' WHERE id = $1`,
    ],
  ])('refuses a secret that was %s in the database', async (_how, tamper) => {
    const mine = newId<ConnectionId>();
    const owner = newId<UserId>();
    await vault.put(ada, { connectionId: mine, userId: owner, name: 'KEY', value: 'untouched-value' });
    const [row] = await db.sql<{ id: string }>('SELECT id FROM secret WHERE connection_id = $1', [mine]);
    await db.sql('BEGIN');
    await db.sql(tamper, [row?.id]);
    await db.sql('COMMIT');
    const [now] = await db.sql<{ tenant_id: TenantId; connection_id: ConnectionId }>(
      'SELECT * FROM secret WHERE id = $1',
      [row?.id],
    );
    const reading = read(vault, testCtx({ tenantId: now?.tenant_id ?? ada.tenantId }), now?.connection_id, owner);
    await expect(reading).rejects.toMatchObject({ code: 'unavailable' });
    await expect(reading).rejects.not.toThrow('untouched-value');
    await db.sql('DELETE FROM secret WHERE id = $1', [row?.id]);
    await db.sql(
      `UPDATE data_key SET tenant_id = $1 WHERE id IN (SELECT data_key_id FROM secret WHERE tenant_id = $1)`,
      [ada.tenantId],
    );
  });

  it('refuses names and values that are no secrets', async () => {
    const put = (name: string, value: string) => vault.put(ada, { connectionId: github, name, value });
    await expect(put('a b', 'x')).rejects.toMatchObject({ code: 'unprocessable', details: { path: 'name' } });
    await expect(put('A', '')).rejects.toMatchObject({ code: 'unprocessable', details: { path: 'value' } });
    await expect(put('A', 'x'.repeat(65_537))).rejects.toMatchObject({ details: { path: 'value' } });
  });

  it('keeps nothing when the caller’s transaction fails', async () => {
    const connectionId = newId<ConnectionId>();
    const failing = db.database.inTenant(ada, async (tx) => {
      await vault.put(ada, { connectionId, name: 'TOKEN', value: 'rolled-back' }, tx);
      throw new Error('roll back');
    });
    await expect(failing).rejects.toThrow('roll back');
    expect(await vault.describe(ada, connectionId)).toEqual([]);
  });

  it('makes one data key when first secrets come side by side', async () => {
    const cal = testCtx();
    await Promise.all(
      Array.from({ length: 6 }, (_, n) => vault.put(cal, { connectionId: github, name: `K${n}`, value: `value-${n}` })),
    );
    expect(await db.sql('SELECT 1 FROM data_key WHERE tenant_id = $1', [cal.tenantId])).toHaveLength(1);
    expect(Object.keys(await read(vault, cal))).toHaveLength(6);
  });

  it('rotates the data key while secrets are read and written', async () => {
    const dee = testCtx();
    for (let n = 0; n < 230; n++)
      await db.database.inTenant(dee, (tx) =>
        vault.put(dee, { connectionId: github, name: `K${n}`, value: `v${n}` }, tx),
      );
    let rotating = true;
    const readers = [1, 2].map(async () => {
      let reads = 0;
      for (; rotating; reads++) expect(Object.keys(await read(vault, dee)).length).toBeGreaterThanOrEqual(230);
      return reads;
    });
    const writer = (async () => {
      for (let n = 0; rotating; n++) await vault.put(dee, { connectionId: github, name: `W${n}`, value: `w${n}` });
    })();
    const results = await Promise.all([vault.rotateDataKey(dee), vault.rotateDataKey(dee)]).finally(
      () => (rotating = false),
    );
    await writer;
    expect(Math.min(...(await Promise.all(readers)))).toBeGreaterThan(0);
    expect(results.reduce((sum, { resealed }) => sum + resealed, 0)).toBeGreaterThanOrEqual(230);
    await vault.rotateDataKey(dee);
    const keys = await db.sql('SELECT id, retired_at FROM data_key WHERE tenant_id = $1', [dee.tenantId]);
    expect(keys).toEqual([{ id: expect.any(String), retired_at: null }]);
    expect(await read(vault, dee)).toMatchObject({ K0: 'v0', K229: 'v229' });
  }, 60_000);

  it('rewraps data keys for a new key-encryption key, after which the old one may go', async () => {
    const next = vaultWith(ring('k2'));
    expect(await read(next)).toMatchObject({ ORG: 'acme-org' });
    const before = read(next);
    expect(await next.rewrapDataKeys([ada.tenantId, bob.tenantId])).toBe(2);
    expect(await next.rewrapDataKeys([ada.tenantId])).toBe(0);
    expect(await before).toMatchObject({ ORG: 'acme-org' });
    expect(await read(vault)).toMatchObject({ ORG: 'acme-org' });
    const withoutOld = vaultWith(JSON.stringify({ active: 'k2', keys: { k2 } }));
    expect(await read(withoutOld)).toMatchObject({ ORG: 'acme-org' });
    const withoutNew = vaultWith(JSON.stringify({ active: 'k1', keys: { k1 } }));
    await expect(read(withoutNew)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('"k2" is not in the test: put it back'),
    });
  });

  it('removes one secret, or all of a connection', async () => {
    expect(await vault.remove(ada, { connectionId: github, name: 'ORG' })).toBe(1);
    expect(await vault.remove(ada, { connectionId: github, userId: user })).toBe(1);
    expect(await vault.remove(ada, { connectionId: github })).toBe(1);
    expect(await vault.describe(ada, github)).toEqual([]);
  });

  describe('bytes that others keep for a while', () => {
    const blob = { id: newId(), purpose: 'a-test' };
    const bytes = Buffer.from('what a tool gave');
    const later = new Date(Date.now() + 3_600_000);
    const keep = (ctx = ada, from = vault) =>
      db.database.inTenant(ctx, (tx) => from.keep(ctx, { ...blob, bytes, expiresAt: later }, tx));

    it('lie sealed, and open for their tenant, id and purpose alone', async () => {
      await keep();
      expect((await vault.recall(ada, blob))?.toString()).toBe('what a tool gave');
      expect(await vault.recall(bob, blob)).toBeUndefined();
      expect(await vault.recall(ada, { ...blob, purpose: 'another' })).toBeUndefined();
      expect(await vault.recall(ada, { ...blob, id: newId() })).toBeUndefined();
      const [row] = await db.sql<{ sealed: Buffer }>('SELECT sealed FROM sealed_blob WHERE id = $1', [blob.id]);
      expect(row?.sealed.toString('latin1')).not.toContain('tool');
      const moved = newId();
      await db.sql('UPDATE sealed_blob SET id = $1 WHERE id = $2', [moved, blob.id]);
      await expect(vault.recall(ada, { ...blob, id: moved })).rejects.toMatchObject({ code: 'unavailable' });
      await db.sql('DELETE FROM sealed_blob WHERE id = $1', [moved]);
    });

    it('outlive a new data key, and go when they have expired', async () => {
      await keep();
      await vault.rotateDataKey(ada);
      await vault.rotateDataKey(ada);
      expect((await vault.recall(ada, blob))?.toString()).toBe('what a tool gave');
      await db.sql(`UPDATE sealed_blob SET expires_at = now() - interval '1 s' WHERE id = $1`, [blob.id]);
      expect(await vault.recall(ada, blob)).toBeUndefined();
      expect(await vault.forgetExpired(bob)).toBe(0);
      expect(await vault.forgetExpired(ada)).toBe(1);
    });

    it('cannot be overwritten by another tenant', async () => {
      await keep();
      await expect(keep(bob)).rejects.toBeDefined();
      expect((await vault.recall(ada, blob))?.toString()).toBe('what a tool gave');
    });
  });
});
