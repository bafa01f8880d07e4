export { ReportCache } from './analytics/report-cache.ts';
export { createAnalyticsServer, type AnalyticsServerOptions } from './analytics/server.ts';
export { openShop, type ShopConnection } from './commerce/open-shop.ts';
export {
  ShopHooks,
  type HookedShop,
  type HookEvent,
  type OpenedHook,
  type Received,
  type ShopHooksOptions,
  type ShownHook,
} from './commerce/hooks/hooks.ts';
export { type ShopHook } from './commerce/hooks/hooks.store.ts';
export { type FetchLike } from './commerce/request.ts';
export { createCommerceServer, type CommerceServerOptions } from './commerce/server.ts';
export { SHOP_ERRORS, ShopError, type ShopErrorCode } from './commerce/shop-error.ts';
export { type Shop } from './commerce/shop.ts';
export { Syncs, type SyncsOptions } from './commerce/sync/sync.ts';
export { type CatalogueSync } from './commerce/sync/sync.store.ts';
export { type CrawledAddress, type SiteCrawl } from './content/crawl/crawl.ts';
export { Crawls, type CrawlsOptions } from './content/crawl/crawls.ts';
export { ContentError, PAGE_OUTCOMES, type ContentErrorCode } from './content/content-error.ts';
export { PassageVectors } from './content/passages/passage-vectors.ts';
export { Reader } from './content/reading/reader.ts';
export { createContentServer, type ContentServerOptions } from './content/server.ts';
export { serveInMemory } from './in-memory.ts';
export { seedProducts } from './search/demo/seed.store.ts';
export { localEmbedder, type Embedder } from './search/vectors/embedder.ts';
export { createOpenAiEmbedder, type OpenAiEmbedderOptions } from './search/vectors/openai-embedder.ts';
export { ProductVectors, type ProductVectorsOptions } from './search/vectors/product-vectors.ts';
export { createSearchServer, type SearchServerOptions } from './search/server.ts';
