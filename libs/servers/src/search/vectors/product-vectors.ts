import type { Database } from '@switchyard/database';
import { TenantVectors, type TenantVectorsOptions } from './tenant-vectors.ts';
import { keepVectors, readVectors, readWaiting } from './vectors.store.ts';

export interface ProductVectorsOptions extends Omit<TenantVectorsOptions, 'source'> {
  readonly database: Database;
}

/** Tenants' products by what they mean. */
export class ProductVectors extends TenantVectors {
  constructor({ database, ...options }: ProductVectorsOptions) {
    super({
      ...options,
      source: {
        waiting: (ctx, model, limit) => readWaiting(database, ctx, model, limit),
        keep: (ctx, model, vectors) => keepVectors(database, ctx, model, vectors),
        newer: (ctx, model, after, limit) => readVectors(database, ctx, model, after, limit),
      },
    });
  }
}
