export { serveInMemory } from './in-memory.ts';
export { seedProducts } from './search/demo/seed.store.ts';
export { createSearchServer, type SearchServerOptions } from './search/server.ts';
