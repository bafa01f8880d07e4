import { AsyncLocalStorage } from 'node:async_hooks';
import { isUuid } from '@switchyard/kernel';
import pg from 'pg';

/** Whose transaction is about to begin; taken by the first BEGIN in its scope, so that no other transaction inherits it. */
type Opening = { tenantId: string | null };
const opening = new AsyncLocalStorage<Opening>();

/** Runs `open` so that the transaction that it begins is the tenant's from its first statement on. */
export const openingFor = <T>(tenantId: string, open: (begun: () => boolean) => Promise<T>): Promise<T> => {
  const mine: Opening = { tenantId };
  return opening.run(mine, () => open(() => mine.tenantId === null));
};

/**
 * A connection that sends BEGIN and the tenant in one message: a round trip less on the way of every request. Only what
 * is a UUID gets into the text.
 */
export class TenantClient extends pg.Client {
  // pg declares eight overloads of `query`; this passes through whatever it is given.
  override query = ((first: unknown, ...rest: unknown[]) => {
    const send = pg.Client.prototype.query.bind(this) as (...args: unknown[]) => unknown;
    const mine = isBegin(first) ? opening.getStore() : undefined;
    const tenantId = mine?.tenantId;
    if (!mine || !tenantId || !isUuid(tenantId)) return send(first, ...rest);
    mine.tenantId = null;
    return send(`BEGIN; SELECT set_config('app.tenant_id', '${tenantId}', true)`, ...rest);
  }) as pg.Client['query'];
}

const isBegin = (query: unknown): boolean =>
  query !== null && typeof query === 'object' && 'text' in query && query.text === 'BEGIN';

const MAX_STATEMENTS = 500;
const UNNAMED = '';

/**
 * Names for statements, so that PostgreSQL parses and plans each once for each connection. The number is bounded: a list
 * of values makes a text for each of its lengths.
 */
export function statementNames(): (query: { readonly sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    if (CONTROL.test(sql)) return UNNAMED;
    const known = names.get(sql);
    if (known) return known;
    if (names.size >= MAX_STATEMENTS) return UNNAMED;
    const name = `s${names.size}`;
    names.set(sql, name);
    return name;
  };
}

const CONTROL = /^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET)\b/;
