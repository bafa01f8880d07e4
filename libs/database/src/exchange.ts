import type { Writable } from 'node:stream';
import { isUuid, type Ctx } from '@switchyard/kernel';
import type pg from 'pg';
import type { Prisma } from './generated/client.ts';

/** SQL with its values, as `Prisma.sql` makes it. */
export type Statement = Prisma.Sql;

/** As node-postgres reads them: JSON is parsed, times are Dates, bigint and numeric are text. */
export type Rows = readonly Readonly<Record<string, unknown>>[];

export interface ExchangeOptions {
  /** False: the commit does not wait for the disk. Only for what may be lost when the database's machine fails. */
  readonly durable?: boolean;
}

/**
 * One transaction of a tenant in one round trip, or in two where later statements are made from the answers of the first.
 * Everything of a trip is sent before anything of it is answered, so that statements must not need each other's answers
 * on our side. All or nothing is committed.
 */
export type Exchange = (
  ctx: Pick<Ctx, 'tenantId'>,
  first: readonly Statement[],
  options?: ExchangeOptions & {
    /** May throw: nothing is committed then. */
    readonly then?: (answers: readonly Rows[]) => readonly Statement[];
  },
) => Promise<readonly Rows[]>;

/** The database is away for a moment: no connection, or one that was lost. */
export class DatabaseAway extends Error {
  override readonly name = 'DatabaseAway';
}

/** PostgreSQL shutting down, crashed or starting up, no connection left, connection lost. */
const AWAY = /^(57P0[123]|53300|08\w{3})$/;

/** What PostgreSQL itself says has a severity; what has none went wrong on the way to it. */
function reasonOf(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const isAnswer = 'severity' in thrown && thrown.severity !== undefined;
  if (isAnswer && !('code' in thrown && AWAY.test(String(thrown.code)))) return thrown;
  return new DatabaseAway(thrown.message, { cause: thrown });
}

interface ExchangeParts {
  readonly pool: pg.Pool;
  readonly nameOf: (query: { readonly sql: string }) => string;
}

export function createExchange({ pool, nameOf }: ExchangeParts): Exchange {
  return async ({ tenantId }, first, { then, durable = true } = {}) => {
    if (!isUuid(tenantId)) throw new Error('a transaction without a tenant'); // it goes into the text below
    const client = await pool.connect().catch((error: unknown) => {
      throw reasonOf(error);
    });
    const onError = (): void => undefined; // the query that it hits is rejected
    client.on('error', onError);
    let isLost = false;
    const ask = (statement: Statement): Promise<pg.QueryResult<Record<string, unknown>>> => {
      const name = nameOf({ sql: statement.text });
      return client.query({ text: statement.text, values: statement.values, ...(name === '' ? {} : { name }) });
    };
    /** All of a trip in one piece: each piece costs a system call on either side. */
    const trip = (send: () => Promise<unknown>[]): Promise<Rows[]> => {
      const { stream } = (client as unknown as { readonly connection: { readonly stream: Writable } }).connection;
      stream.cork();
      try {
        return answersOf(send());
      } finally {
        stream.uncork();
      }
    };
    const disk = durable ? '' : ", set_config('synchronous_commit', 'off', true)";
    const begin = (): Promise<unknown> =>
      client.query(`BEGIN; SELECT set_config('app.tenant_id', '${tenantId}', true)${disk}`);
    const commit = (): Promise<unknown> => client.query('COMMIT');
    try {
      if (!then) return (await trip(() => [begin(), ...first.map(ask), commit()])).slice(1, -1);
      const last = then((await trip(() => [begin(), ...first.map(ask)])).slice(1));
      return (await trip(() => [...last.map(ask), commit()])).slice(0, -1);
    } catch (error) {
      await client.query('ROLLBACK').catch(() => (isLost = true));
      throw error;
    } finally {
      client.off('error', onError);
      client.release(isLost);
    }
  };
}

/** All of them to their end, since the connection is given back after; the first that failed is the reason of the others. */
async function answersOf(queries: readonly Promise<unknown>[]): Promise<Rows[]> {
  const results = await Promise.allSettled(queries);
  return results.map((result) => {
    if (result.status === 'rejected') throw reasonOf(result.reason);
    return (result.value as { readonly rows?: Rows }).rows ?? [];
  });
}
