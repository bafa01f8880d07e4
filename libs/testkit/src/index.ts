export { createTestDatabase, testCtx, type TestDatabase } from './test-database.ts';
