// One PostgreSQL for the whole test run, and in it a migrated template that each spec file clones in tens of ms.
import fs from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../libs/database/src/embedded-postgres.ts';
import { migrate } from '../libs/database/src/migrate.ts';
import { provisionRoles } from '../libs/database/src/roles.ts';

const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

export default async function globalSetup() {
  const home = path.resolve(import.meta.dirname, '../.tmp/test-postgres');
  fs.mkdirSync(home, { recursive: true });
  const server = await startEmbeddedPostgres({ dataDir: path.join(home, 'data'), settings: FAST });
  const admin = new pg.Client(server.url('postgres'));
  await admin.connect();
  await admin.query('DROP DATABASE IF EXISTS template_switchyard WITH (FORCE)');
  await admin.query('CREATE DATABASE template_switchyard');
  await admin.end();
  await migrate(server.url('template_switchyard'));
  await provisionRoles(server.url('template_switchyard'));
  process.env.TEST_POSTGRES_URL = server.url('postgres');
  globalThis.testPostgres = server;
}
