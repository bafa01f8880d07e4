export { type Change, type ChangeTopic } from './changes.ts';
export {
  announce,
  announceLoosely,
  openDatabase,
  type Database,
  type DatabaseOptions,
  type News,
  type TransactionOptions,
  type Tx,
} from './database.ts';
export { DatabaseAway, type Exchange, type Rows, type Statement } from './exchange.ts';
export {
  findEmbeddedPostgres,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from './embedded-postgres.ts';
export { Prisma, PrismaClient } from './generated/client.ts';
export { columnsOf, insertion } from './insertion.ts';
export { lockUntilCommit } from './lock.ts';
export { migrate } from './migrate.ts';
export { protectionGaps } from './protection.ts';
export { APP_ROLE, IDENTITY_ROLE, provisionRoles, roleUrls, type RoleUrls } from './roles.ts';
export { createDatabase, databaseExists } from './schema-engine.ts';
