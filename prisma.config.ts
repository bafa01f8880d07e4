import { defineConfig } from 'prisma/config';

export default defineConfig({
  schema: 'prisma',
  migrations: { path: 'prisma/migrations' },
  // Not prisma's env(): `generate` must work without a database.
  datasource: { url: process.env['DATABASE_URL'] ?? '', shadowDatabaseUrl: process.env['SHADOW_DATABASE_URL'] },
});
