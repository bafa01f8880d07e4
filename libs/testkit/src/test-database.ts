import { randomBytes } from 'node:crypto';
import { newId, type Ctx, type TenantId, type UserId } from '@switchyard/kernel';
import { openDatabase, roleUrls, type Database } from '@switchyard/database';
import pg from 'pg';

export interface TestDatabase {
  readonly database: Database;
  /** The superuser's URL of this database: for looking behind row-level security and for tampering. */
  readonly ownerUrl: string;
  /** Runs SQL as superuser and gives the rows. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

/** A migrated database of its own for one spec file, cloned from the run's template. */
export async function createTestDatabase(): Promise<TestDatabase> {
  // The test run's one setting, made by jest's global set-up.
  const server = process.env['TEST_POSTGRES_URL'];
  if (!server)
    throw new Error('TEST_POSTGRES_URL is not set: run the specs through jest, whose global set-up starts PostgreSQL');
  const name = `test_${process.pid}_${randomBytes(4).toString('hex')}`;
  const maintain = async (text: string): Promise<void> => {
    const client = new pg.Client(server);
    await client.connect();
    try {
      await client.query(text);
    } finally {
      await client.end();
    }
  };
  await maintain(`CREATE DATABASE ${name} TEMPLATE template_switchyard STRATEGY FILE_COPY`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const owner = new pg.Client(url.href);
  owner.on('error', () => undefined); // the drop below ends it
  await owner.connect();
  const database = await openDatabase(roleUrls(url.href), { poolSize: 8 });
  return {
    database,
    ownerUrl: url.href,
    sql: async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
      (await owner.query<Row>(text, values)).rows,
    async drop() {
      await database.close();
      await owner.end();
      await maintain(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

/** A context of an admin of the given (or a new) tenant; nothing needs to exist for it. */
export function testCtx(over: Partial<Ctx> = {}): Ctx {
  return {
    tenantId: newId<TenantId>(),
    principal: { kind: 'user', id: newId<UserId>(), name: 'ada@example.com', role: 'admin' },
    surface: 'rest',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    signal: new AbortController().signal,
    ...over,
  };
}
