import { PrismaPg } from '@prisma/adapter-pg';
import type { Ctx } from '@switchyard/kernel';
import { PrismaClient, type Prisma } from './generated/client.ts';
import pg from 'pg';
import { openChanges, type Change, type ChangeTopic } from './changes.ts';
import { createExchange, type Exchange } from './exchange.ts';
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
  /** As `inTenant`, for what is on the way of every request: raw statements, one round trip or two, nothing compiled. */
  readonly exchange: Exchange;
  /** The app's role with no tenant set: sees no tenant's row; for tables of the host such as node_lease. */
  readonly host: PrismaClient;
  /** The identity role: sees identity's tables whole and no others. For libs/identity alone. */
  readonly identity: PrismaClient;
  /** As `announceLoosely`, several at once. */
  tell(news: readonly News[]): Promise<void>;
  /** Hears what was announced on every node; also called with topic `all` after a connection was lost. Returns the way to stop. */
  onChange(listener: (change: Change) => void): () => void;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Connections of the app's role; identity takes a quarter of it. */
  readonly poolSize?: number;
}

/** What is announced: never without a tenant. */
export interface News extends Change {
  readonly tenantId: string;
}

const NO_CONNECTION_MS = 10_000;

interface Opened {
  readonly prisma: PrismaClient;
  readonly exchange: Exchange;
  tell(news: readonly News[]): Promise<void>;
  close(): Promise<void>;
}

const TELL = `SELECT set_config('synchronous_commit', 'off', true), pg_notify('switchyard', told) FROM unnest($1::text[]) AS told`;

/** Prisma and `exchange` share connections, and the names of what is prepared on them. */
function openRole(connectionString: string, max: number): Opened {
  const pool = new pg.Pool({
    connectionString,
    max,
    connectionTimeoutMillis: NO_CONNECTION_MS,
    Client: TenantClient,
    pipeline: true,
  });
  pool.on('error', () => undefined); // an idle connection that was lost: the next one is new
  const nameOf = statementNames();
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { statementNameGenerator: nameOf }) });
  return {
    prisma,
    exchange: createExchange({ pool, nameOf }),
    async tell(news) {
      await pool.query({ name: 'tell', text: TELL, values: [news.map((each) => JSON.stringify(each))] });
    },
    async close() {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

export async function openDatabase(urls: RoleUrls, options: DatabaseOptions = {}): Promise<Database> {
  const poolSize = options.poolSize ?? 20;
  const app = openRole(urls.app, poolSize);
  const identity = openRole(urls.identity, Math.max(2, Math.ceil(poolSize / 4)));
  const changes = await openChanges(urls.app);
  return {
    host: app.prisma,
    identity: identity.prisma,
    exchange: app.exchange,
    tell: (news) => app.tell(news),
    inTenant: (ctx, work, { timeoutMs = 15_000 } = {}) =>
      openingFor(ctx.tenantId, (begun) =>
        app.prisma.$transaction(
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
      await Promise.all([app.close(), identity.close()]);
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
export const announceLoosely = (
  database: Pick<Database, 'tell'>,
  tenantId: string,
  topic: ChangeTopic,
  id?: string,
): Promise<void> => database.tell([{ tenantId, topic, ...(id === undefined ? {} : { id }) }]);
