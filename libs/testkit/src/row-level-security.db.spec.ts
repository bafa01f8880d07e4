import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, type TenantId } from '@switchyard/kernel';
import { announce, protectionGaps } from '@switchyard/database';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

describe('row-level security', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  const ada = { tenantId: newId<TenantId>() };
  const bob = { tenantId: newId<TenantId>() };

  it('stands on every table of the catalogue', async () => {
    expect(await protectionGaps(db.ownerUrl)).toEqual([]);
  });

  it('names a table that somebody forgot', async () => {
    await db.sql('CREATE TABLE forgotten (id int, tenant_id uuid)');
    expect(await protectionGaps(db.ownerUrl)).toEqual([
      'table forgotten has no forced row-level security',
      'table forgotten belongs to tenants but has no policy',
    ]);
    await db.sql('SELECT protect_tables()');
    expect(await protectionGaps(db.ownerUrl)).toEqual([]);
    await db.sql('DROP TABLE forgotten');
  });

  it("shows a tenant its own rows and never another's", async () => {
    await db.database.inTenant(ada, (tx) => tx.policyState.create({ data: { tenantId: ada.tenantId, revision: 7 } }));
    expect(await db.database.inTenant(ada, (tx) => tx.policyState.findMany())).toHaveLength(1);
    expect(await db.database.inTenant(bob, (tx) => tx.policyState.findMany())).toEqual([]);
    expect(await db.database.host.policyState.findMany()).toEqual([]);
  });

  it('refuses to write a row for another tenant', async () => {
    const forged = db.database.inTenant(bob, (tx) =>
      tx.policyState.create({ data: { tenantId: newId(), revision: 1 } }),
    );
    await expect(forged).rejects.toThrow(/row-level security/);
  });

  it('leaves no tenant behind on a pooled connection', async () => {
    await Promise.all(Array.from({ length: 40 }, () => db.database.inTenant(ada, (tx) => tx.policyState.findMany())));
    const seen = await Promise.all(Array.from({ length: 40 }, () => db.database.host.policyState.findMany()));
    expect(seen.flat()).toEqual([]);
  });

  it('sets the tenant of one transaction only: another that is begun meanwhile has its own, or none', async () => {
    const { database } = db;
    const seen = await database.inTenant(ada, async (tx) => ({
      own: (await tx.policyState.findMany()).length,
      host: (await database.host.$transaction((other) => other.policyState.findMany())).length,
      bob: (await database.inTenant(bob, (other) => other.policyState.findMany())).length,
      still: (await tx.policyState.findMany()).length,
    }));
    expect(seen).toEqual({ own: 1, host: 0, bob: 0, still: 1 });
    const many = await Promise.all(
      Array.from({ length: 60 }, async (_, at) => {
        const who = at % 2 ? ada : bob;
        return await database.inTenant(who, async (tx) => (await tx.policyState.findMany()).length === at % 2);
      }),
    );
    expect(many.every(Boolean)).toBe(true);
  });

  it('takes nothing but a UUID for a tenant', async () => {
    const forged = { tenantId: "x', true); DROP TABLE run; --" as TenantId };
    await expect(db.database.inTenant(forged, (tx) => tx.policyState.findMany())).rejects.toThrow(/uuid/);
    expect(await db.database.inTenant(ada, (tx) => tx.run.count())).toBe(0);
  });

  it('keeps the audit log append-only for the app', async () => {
    const denied = db.database.inTenant(ada, (tx) => tx.$executeRaw`DELETE FROM audit_event`);
    await expect(denied).rejects.toThrow(/permission denied/);
  });

  it('keeps identity out of business tables and the app out of identity', async () => {
    await expect(db.database.identity.run.findMany()).rejects.toThrow(/permission denied/);
    await expect(db.database.host.user.findMany()).rejects.toThrow(/permission denied/);
    await expect(db.database.host.session.findMany()).rejects.toThrow(/permission denied/);
  });

  it('announces a change on commit, and not on rollback', async () => {
    const heard: string[] = [];
    const stop = db.database.onChange((change) => heard.push(change.topic));
    const failing = db.database.inTenant(ada, async (tx) => {
      await announce(tx, ada.tenantId, 'keys');
      throw new Error('roll back');
    });
    await expect(failing).rejects.toThrow('roll back');
    await db.database.inTenant(ada, (tx) => announce(tx, ada.tenantId, 'grants'));
    for (let waited = 0; waited < 2_000 && heard.length === 0; waited += 10)
      await new Promise((done) => setTimeout(done, 10));
    stop();
    expect(heard).toEqual(['grants']);
  });
});
