// Prisma's migration commands against a PostgreSQL of their own, with the WebAssembly engine in the native one's place.
//   migration.mjs drift        fails when the migrations and prisma/models do not say the same
//   migration.mjs new <name>   writes a new migration for what has changed in prisma/models
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { startEmbeddedPostgres } from '../libs/database/src/embedded-postgres.ts';
import { createDatabase, databaseExists } from '../libs/database/src/schema-engine.ts';

const [command, name] = process.argv.slice(2);
const home = path.resolve('.tmp/migration-postgres');
fs.mkdirSync(home, { recursive: true });
const server = await startEmbeddedPostgres({ dataDir: path.join(home, 'data'), settings: { fsync: 'off' } });
const url = server.url('migration');

const prisma = (...args) =>
  spawnSync(process.execPath, ['node_modules/prisma/build/index.js', ...args], {
    stdio: 'inherit',
    env: {
      ...process.env,
      DATABASE_URL: url,
      PRISMA_SCHEMA_ENGINE_BINARY: path.resolve('tools/schema-engine.mjs'),
      CHECKPOINT_DISABLE: '1',
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
    },
  }).status ?? 1;

let status = 1;
try {
  if (!(await databaseExists(url))) await createDatabase(url);
  if (command === 'drift')
    status = prisma(
      'migrate',
      'diff',
      '--from-migrations',
      'prisma/migrations',
      '--to-schema',
      'prisma',
      '--exit-code',
    );
  else if (command === 'new' && name) status = prisma('migrate', 'dev', '--create-only', '--name', name);
  else console.error('usage: npm run migration -- drift | new <name>');
} finally {
  await server.stop();
}
process.exit(status);
