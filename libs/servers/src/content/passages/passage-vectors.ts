import type { Database } from '@switchyard/database';
import { TenantVectors, type TenantVectorsOptions } from '../../search/vectors/tenant-vectors.ts';
import { keepPassageVectors, readPassageVectors, readWaitingPassages } from './passage-vectors.store.ts';

interface PassageVectorsOptions extends Omit<TenantVectorsOptions, 'source'> {
  readonly database: Database;
}

/** Tenants' passages by what they mean. */
export class PassageVectors extends TenantVectors {
  constructor({ database, ...options }: PassageVectorsOptions) {
    super({
      ...options,
      source: {
        waiting: (ctx, model, limit) => readWaitingPassages(database, ctx, model, limit),
        keep: (ctx, model, vectors) => keepPassageVectors(database, ctx, model, vectors),
        newer: (ctx, model, after, limit) => readPassageVectors(database, ctx, model, after, limit),
      },
    });
  }
}
