export { createTestDatabase, testCtx, type TestDatabase } from './test-database.ts';
export { startFakeEndpoint, type FakeEndpoint, type FakeReply, type FakeRequest } from './fake-endpoint.ts';
