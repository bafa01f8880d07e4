import { PrismaPg } from '@prisma/adapter-pg';
import type { Ctx } from '@switchyard/kernel';
import { PrismaClient, type Prisma } from './generated/client.ts';
import { openChanges, type Change, type ChangeTopic } from './changes.ts';
import type { RoleUrls } from './roles.ts';
import { openingFor, statementNames, TenantClient } from './tenant-client.ts';

/** A transaction's client: inside `inTenant` it sees one tenant's rows and no others. */
export type Tx = Prisma.TransactionClient;

export interface TransactionOptions {
  /** How long the whole transaction may take, in milliseconds. */
  readonly timeoutMs?: number;
}

export interface Database {
  /** The only way to tenant tables: one transaction as the app's role, the tenant set for that transaction alone. */
  inTenant<T>(ctx: Pick<Ctx, 'tenantId'>, work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** The app's role with no tenant set: sees no tenant's row; for tables of the host such as node_lease. */
  readonly host: PrismaClient;
  /** The identity role: sees identity's tables whole and no others. For libs/identity alone. */
  readonly identity: PrismaClient;
  /** Hears what was announced on every node; also called with topic `all` after a connection was lost. Returns the way to stop. */
  onChange(listener: (change: Change) => void): () => void;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Connections of the app's role; identity takes a quarter of it. */
  readonly poolSize?: number;
}

const client = (connectionString: string, max: number): PrismaClient =>
  new PrismaClient({
    adapter: new PrismaPg(
      { connectionString, max, connectionTimeoutMillis: 10_000, Client: TenantClient },
      { statementNameGenerator: statementNames() },
    ),
  });

export async function openDatabase(urls: RoleUrls, options: DatabaseOptions = {}): Promise<Database> {
  const poolSize = options.poolSize ?? 20;
  const app = client(urls.app, poolSize);
  const identity = client(urls.identity, Math.max(2, Math.ceil(poolSize / 4)));
  const changes = await openChanges(urls.app);
  return {
    host: app,
    identity,
    inTenant: (ctx, work, { timeoutMs = 15_000 } = {}) =>
      openingFor(ctx.tenantId, (begun) =>
        app.$transaction(
          async (tx) => {
            if (!begun()) await tx.$executeRaw`SELECT set_config('app.tenant_id', ${ctx.tenantId}, true)`;
            return work(tx);
          },
          { timeout: timeoutMs, maxWait: 10_000 },
        ),
      ),
    onChange: (listener) => changes.subscribe(listener),
    async close() {
      await changes.close();
      await Promise.all([app.$disconnect(), identity.$disconnect()]);
    },
  };
}

/** Tells every node, when and only when this transaction commits, that the tenant's `topic` (or its `id`) is not what it was. */
export async function announce(
  tx: Pick<Tx, '$executeRaw'>,
  tenantId: string,
  topic: ChangeTopic,
  id?: string,
): Promise<void> {
  await tx.$executeRaw`SELECT pg_notify('switchyard', ${JSON.stringify({ tenantId, topic, id })})`;
}

/**
 * As `announce`, for news that a crash may swallow: in a transaction of its own that does not wait for the disk. A NOTIFY
 * makes commits wait for each other, so it stays out of those that carry data.
 */
export async function announceLoosely(
  database: Pick<Database, 'host'>,
  tenantId: string,
  topic: ChangeTopic,
  id?: string,
): Promise<void> {
  const news = JSON.stringify({ tenantId, topic, id });
  await database.host
    .$executeRaw`SELECT set_config('synchronous_commit', 'off', true), pg_notify('switchyard', ${news})`;
}
