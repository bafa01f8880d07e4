import { createHash } from 'node:crypto';
import type { Database } from '@switchyard/database';
import type { ConnectionId, Ctx } from '@switchyard/kernel';
import { LRUCache } from 'lru-cache';
import type { Connection } from './connection.ts';
import { readConnections } from './connection.store.ts';
import type { ToolDescriptor } from './descriptor.ts';
import { readTools, type ToolRecord } from './tool.store.ts';

/** A tenant's usable tools at one moment. Never changed: a newer one takes its place. */
export interface Catalogue {
  /** Differs when the tools do. */
  readonly key: string;
  /** By server, then by name. */
  readonly tools: readonly ToolDescriptor[];
  readonly connections: ReadonlyMap<ConnectionId, Connection>;
  /** By the tool's name in code, or by what its upstream calls it. */
  find(address: { readonly server: string; readonly tool: string }): ToolDescriptor | undefined;
  /** True of a tool whose definition has changed and waits for an admin; it is not among `tools`. */
  isHeld(tool: ToolDescriptor): boolean;
}

export interface Catalogues {
  /** From memory, unless something has changed since. */
  of(ctx: Pick<Ctx, 'tenantId'>): Promise<Catalogue>;
  /** For the moment after one's own change: others hear of it by announcement. */
  forget(tenantId: string): void;
  close(): void;
}

const MAX_TENANTS = 500;

export function createCatalogues({ database }: { database: Pick<Database, 'inTenant' | 'onChange'> }): Catalogues {
  const loaded = new LRUCache<string, Promise<Catalogue>>({ max: MAX_TENANTS });
  const stop = database.onChange(({ topic, tenantId }) => {
    if (topic === 'all') loaded.clear();
    else if (topic === 'connections' && tenantId !== undefined) loaded.delete(tenantId);
  });

  async function load(ctx: Pick<Ctx, 'tenantId'>): Promise<Catalogue> {
    return database.inTenant(ctx, async (tx) =>
      build(await readConnections(tx), await readTools(tx, { usable: true })),
    );
  }

  return {
    of(ctx) {
      const known = loaded.get(ctx.tenantId);
      if (known) return known;
      const loading = load(ctx);
      loaded.set(ctx.tenantId, loading);
      loading.catch(() => {
        if (loaded.get(ctx.tenantId) === loading) loaded.delete(ctx.tenantId);
      });
      return loading;
    },
    forget: (tenantId) => void loaded.delete(tenantId),
    close: stop,
  };
}

function build(connections: readonly Connection[], records: readonly ToolRecord[]): Catalogue {
  const heldIds = new Set(records.filter((tool) => tool.status === 'held').map((tool) => tool.id));
  const descriptors = records.map(toDescriptor);
  const tools = descriptors.filter((tool) => !heldIds.has(tool.id));
  const byName = new Map(descriptors.map((tool) => [`${tool.server}.${tool.name}`, tool]));
  const byUpstreamName = new Map(descriptors.map((tool) => [`${tool.server}.${tool.upstreamName}`, tool]));
  const hash = createHash('sha256');
  for (const tool of tools) hash.update(`${tool.server}\0${tool.name}\0${tool.definitionHash}\n`);
  return {
    key: hash.digest('base64url'),
    tools,
    connections: new Map(connections.map((connection) => [connection.id, connection])),
    find: ({ server, tool }) => byName.get(`${server}.${tool}`) ?? byUpstreamName.get(`${server}.${tool}`),
    isHeld: (tool) => heldIds.has(tool.id),
  };
}

function toDescriptor(record: ToolRecord): ToolDescriptor {
  const {
    status: _status,
    problem: _problem,
    pending: _pending,
    pendingHash: _hash,
    pinnedAt: _at,
    ...descriptor
  } = record;
  return descriptor;
}
