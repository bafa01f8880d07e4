export { openShop, type ShopConnection } from './commerce/open-shop.ts';
export { type FetchLike } from './commerce/request.ts';
export { createCommerceServer, type CommerceServerOptions } from './commerce/server.ts';
export { SHOP_ERRORS, ShopError, type ShopErrorCode } from './commerce/shop-error.ts';
export { type Shop } from './commerce/shop.ts';
export { serveInMemory } from './in-memory.ts';
export { seedProducts } from './search/demo/seed.store.ts';
export { createSearchServer, type SearchServerOptions } from './search/server.ts';
