import type { Tx } from './database.ts';

/** Whoever names the same waits until this transaction has ended. `name` says whose it is: locks know no tenants. */
export async function lockUntilCommit(tx: Tx, name: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`;
}
