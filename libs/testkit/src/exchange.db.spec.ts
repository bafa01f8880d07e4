import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DatabaseAway, openDatabase, Prisma, roleUrls } from '@switchyard/database';
import { newId, type TenantId } from '@switchyard/kernel';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

const insert = (tenantId: string, revision: number) =>
  Prisma.sql`INSERT INTO policy_state (tenant_id, revision, updated_at) VALUES (${tenantId}::uuid, ${revision}, now())`;
const revisions = Prisma.sql`SELECT revision FROM policy_state`;

describe('a transaction in one exchange', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  const tenant = () => ({ tenantId: newId<TenantId>() });

  it('commits all that was sent, in its order', async () => {
    const ada = tenant();
    const move = Prisma.sql`UPDATE policy_state SET revision = revision * 10`;
    expect(await db.database.exchange(ada, [insert(ada.tenantId, 7), move, revisions])).toMatchObject([
      [],
      [],
      [{ revision: 70 }],
    ]);
    expect(await db.database.exchange(ada, [revisions])).toEqual([[{ revision: 70 }]]);
  });

  it('makes later statements from the answers of the first', async () => {
    const ada = tenant();
    await db.database.exchange(ada, [insert(ada.tenantId, 3)]);
    const answers = await db.database.exchange(ada, [revisions], {
      then: ([rows]) => [
        Prisma.sql`UPDATE policy_state SET revision = ${Number(rows?.[0]?.['revision']) + 1} RETURNING revision`,
      ],
    });
    expect(answers).toEqual([[{ revision: 4 }]]);
  });

  it.each([
    ['a statement', [Prisma.sql`SELECT 1 / 0`], undefined, /division by zero/],
    ['a statement of the second trip', [], () => [Prisma.sql`SELECT 1 / 0`], /division by zero/],
    [
      'what makes the second trip',
      [],
      () => {
        throw new Error('no way on');
      },
      /no way on/,
    ],
  ])('commits nothing when %s fails, and leaves the connection as good as before', async (_what, more, then, said) => {
    const ada = tenant();
    const failing = db.database.exchange(ada, [insert(ada.tenantId, 1), ...more], then ? { then } : {});
    await expect(failing).rejects.toThrow(said);
    await expect(failing).rejects.not.toBeInstanceOf(DatabaseAway);
    expect(await db.database.exchange(ada, [revisions])).toEqual([[]]);
    expect(await db.database.host.policyState.findMany()).toEqual([]);
  });

  it("neither shows nor takes another tenant's rows", async () => {
    const [ada, bob] = [tenant(), tenant()];
    await db.database.exchange(ada, [insert(ada.tenantId, 1)]);
    expect(await db.database.exchange(bob, [revisions])).toEqual([[]]);
    await expect(db.database.exchange(bob, [insert(ada.tenantId, 2)])).rejects.toThrow(/row-level security/);
    await expect(db.database.exchange({ tenantId: "x'; --" as TenantId }, [revisions])).rejects.toThrow(/tenant/);
    const many = await Promise.all(
      Array.from({ length: 60 }, (_, at) => db.database.exchange(at % 2 ? ada : bob, [revisions])),
    );
    expect(many.map(([rows]) => rows?.length)).toEqual(Array.from({ length: 60 }, (_, at) => at % 2));
    expect(await db.database.host.policyState.findMany()).toEqual([]);
  });

  it('runs beside those of Prisma on the same connections', async () => {
    const ada = tenant();
    await db.database.exchange(ada, [insert(ada.tenantId, 0)]);
    const count = Prisma.sql`UPDATE policy_state SET revision = revision + 1 WHERE tenant_id = ${ada.tenantId}::uuid`;
    await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        at % 2
          ? db.database.exchange(ada, [count])
          : db.database.inTenant(ada, (tx) => tx.policyState.updateMany({ data: { revision: { increment: 1 } } })),
      ),
    );
    expect(await db.database.exchange(ada, [revisions])).toEqual([[{ revision: 40 }]]);
  });

  it('tells that the database is away, and goes on when it is back', async () => {
    const ada = tenant();
    const own = await openDatabase(roleUrls(db.ownerUrl), { poolSize: 1 });
    try {
      const cut = Prisma.sql`SELECT pg_terminate_backend(pg_backend_pid())`;
      await expect(own.exchange(ada, [cut])).rejects.toBeInstanceOf(DatabaseAway);
      expect(await own.exchange(ada, [revisions])).toEqual([[]]);
    } finally {
      await own.close();
    }
  });
});
