import type { Tx } from '@switchyard/database';
import type { Effect } from './decision.ts';

/** One decision of the log, as much of it as deciding it once more needs. */
export interface LoggedInput {
  readonly id: string;
  readonly at: Date;
  readonly effect: Effect;
  readonly principalKind: string;
  readonly principalId: string;
  readonly principalName: string;
  readonly server: string;
  readonly tool: string;
  /** JSON without the moment, and without arguments that no rule reads: so equal questions are equal texts. */
  readonly input: string;
}

/** Above every id of version 7. */
const NEWEST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/**
 * The log before `before`, newest first. `readsArguments`: the addresses (`shop.refund`, `shop.*`, `*.*`) whose arguments
 * matter to a decision. The text comes as Postgres keeps it: what parses it is the policy alone.
 */
export const readLogged = (
  tx: Tx,
  query: { readonly before: string | null; readonly limit: number; readonly readsArguments: readonly string[] },
): Promise<LoggedInput[]> => tx.$queryRaw<LoggedInput[]>`
  SELECT id::text, at, effect::text, principal_kind AS "principalKind", principal_id AS "principalId",
         principal_name AS "principalName", server, tool,
         (CASE WHEN ${[...query.readsArguments]}::text[] && ARRAY[server || '.' || tool, server || '.*', '*.' || tool, '*.*']
               THEN input - 'time' ELSE input - '{time,arguments}'::text[] END)::text AS input
  FROM decision WHERE id < ${query.before ?? NEWEST}::uuid ORDER BY decision.id DESC LIMIT ${query.limit}`; // by the column, which has an index, and not by its text
