import { AppError } from '@switchyard/kernel';

/** Prisma: no connection, one that was lost, none free in time. */
const PRISMA = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2037']);
/** PostgreSQL: shutting down, crashed, starting up, no connection left, connection lost. */
const POSTGRES = /Code: `(57P0[123]|53300|08\w{3})`/;
const RETRY_AFTER_SECONDS = 2;

/** The refusal to give for what a store threw because the database is away for a moment; undefined for any other error. */
export function databaseAway(thrown: unknown): AppError | undefined {
  if (!(thrown instanceof Error) || !thrown.name.startsWith('PrismaClient')) return undefined;
  const { code, message, name } = thrown as Error & { code?: unknown };
  const isAway = PRISMA.has(String(code)) || POSTGRES.test(message) || name === 'PrismaClientInitializationError';
  if (!isAway) return undefined;
  return new AppError(
    'unavailable',
    'The database does not answer now: try again in a moment.',
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
    { cause: thrown },
  );
}
