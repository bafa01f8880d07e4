import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { openSchemaEngine } from './schema-engine.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MIGRATIONS = path.join(ROOT, 'prisma/migrations');
/** Any number that all of our processes share: one migrates, the others wait. */
const MIGRATION_LOCK = 7_301_155;

const migrationNames = (): string[] =>
  fs
    .readdirSync(MIGRATIONS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();

const read = (...parts: string[]): string => fs.readFileSync(path.join(MIGRATIONS, ...parts), 'utf8');

async function appliedNames(client: pg.Client): Promise<Set<string>> {
  const table = await client.query<{ found: boolean }>(
    `select to_regclass('public._prisma_migrations') is not null as found`,
  );
  if (!table.rows[0]?.found) return new Set();
  const done = await client.query<{ migration_name: string }>(
    'select migration_name from _prisma_migrations where finished_at is not null and rolled_back_at is null',
  );
  return new Set(done.rows.map((row) => row.migration_name));
}

/**
 * `prisma migrate deploy` without the CLI: the same engine and the same `_prisma_migrations` rows, so that either may
 * come after the other. Returns the names applied now. `url` is the owner's; waits while another process migrates.
 */
export async function migrate(url: string): Promise<string[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const applied = await appliedNames(client);
    const names = migrationNames();
    if (names.every((name) => applied.has(name))) return [];
    const migrationsList = {
      baseDir: MIGRATIONS,
      lockfile: { path: 'migration_lock.toml', content: read('migration_lock.toml') },
      migrationDirectories: names.map((name) => ({
        path: name,
        migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: read(name, 'migration.sql') } },
      })),
      shadowDbInitScript: '',
    };
    const engine = await openSchemaEngine(url);
    try {
      const filters = { externalTables: [], externalEnums: [] };
      const result = await engine.call('applyMigrations', { migrationsList, filters });
      return (result as { appliedMigrationNames: string[] }).appliedMigrationNames;
    } finally {
      await engine.close();
    }
  } finally {
    await client.end(); // frees the lock too
  }
}
