import { DatabaseAway } from '@switchyard/database';
import { AppError } from '@switchyard/kernel';

/** Prisma: no connection, one that was lost, none free in time. */
const PRISMA = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2037']);
/** PostgreSQL: shutting down, crashed, starting up, no connection left, connection lost. */
const POSTGRES = /^(57P0[123]|53300|08\w{3})$/;
const IN_MESSAGE = /Code: `(\w{5})`/;
/** Prisma's driver adapter, where the connection went before Prisma gave the error a code. */
const ADAPTER = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections']);
/** pg's own words for a connection that ended under a query. */
const DRIVER = /^(Connection terminated|Client (has encountered a connection error|was closed) and is not queryable)/;
const RETRY_AFTER_SECONDS = 2;

/** The refusal to give for what a store threw because the database is away for a moment; undefined for any other error. */
export function databaseAway(thrown: unknown): AppError | undefined {
  if (!(thrown instanceof Error) || !(thrown instanceof DatabaseAway || isAway(thrown))) return undefined;
  return new AppError(
    'unavailable',
    'The database does not answer now: try again in a moment.',
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
    { cause: thrown },
  );
}

function isAway(thrown: Error): boolean {
  const { name, message, code, cause } = thrown as Error & { code?: unknown };
  if (name === 'PrismaClientInitializationError') return true;
  if (name.startsWith('PrismaClient')) return PRISMA.has(String(code)) || POSTGRES.test(codeIn(message));
  if (name === 'DriverAdapterError') return ADAPTER.has(kindOf(cause)) || POSTGRES.test(codeIn(message));
  if (name === 'error') return POSTGRES.test(String(code)); // pg's DatabaseError
  return DRIVER.test(message);
}

const codeIn = (message: string): string => IN_MESSAGE.exec(message)?.[1] ?? '';

const kindOf = (cause: unknown): string =>
  typeof cause === 'object' && cause !== null && 'kind' in cause ? String(cause.kind) : '';
