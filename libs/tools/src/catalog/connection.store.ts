import { announce, Prisma, type Tx } from '@switchyard/database';
import { newId, type ConnectionId, type Ctx, type TenantId } from '@switchyard/kernel';
import type { StdioCommand } from '../upstream/target.ts';
import { storedCommand, storedHeaders, type Connection, type ConnectionKind, type Health } from './connection.ts';

type Row = Prisma.ConnectionGetPayload<object>;

const toConnection = (row: Row): Connection => ({
  ...row,
  id: row.id as ConnectionId,
  tenantId: row.tenantId as TenantId,
  command: storedCommand.parse(row.command),
  headers: storedHeaders.parse(row.headers),
  settings: storedHeaders.parse(row.settings),
});

export interface ConnectionRow {
  readonly name: string;
  readonly title: string;
  readonly kind: ConnectionKind;
  readonly preset?: string;
  readonly url?: string;
  readonly command?: StdioCommand;
  readonly headers: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
  readonly perUser: boolean;
  readonly oauth?: boolean;
  readonly oauthScopes?: string | null;
  readonly timeoutMs: number;
  readonly maxConcurrency: number;
}

/** Undefined when the tenant has one of this name already. */
export async function insertConnection(tx: Tx, ctx: Ctx, row: ConnectionRow): Promise<Connection | undefined> {
  const { command, ...rest } = row;
  const [taken] = await tx.$queryRaw<{ locked: boolean }[]>`
    SELECT pg_advisory_xact_lock(hashtextextended(${`${ctx.tenantId}/connection/${row.name}`}, 0)) IS NULL AS locked`;
  if (!taken || (await tx.connection.findFirst({ where: { name: row.name }, select: { id: true } }))) return undefined;
  const created = await tx.connection.create({
    data: {
      ...rest,
      id: newId(),
      tenantId: ctx.tenantId,
      command: command ? { ...command, args: [...command.args] } : Prisma.DbNull,
    },
  });
  await announce(tx, ctx.tenantId, 'connections', created.id);
  return toConnection(created);
}

export async function readConnections(tx: Tx): Promise<Connection[]> {
  return (await tx.connection.findMany({ orderBy: { name: 'asc' } })).map(toConnection);
}

/** `lock` holds off other refreshes and changes of the same connection until the transaction ends. */
export async function readConnection(
  tx: Tx,
  id: string,
  options: { lock?: boolean } = {},
): Promise<Connection | undefined> {
  if (options.lock) await tx.$executeRaw`SELECT 1 FROM connection WHERE id = ${id}::uuid FOR UPDATE`;
  const row = await tx.connection.findFirst({ where: { id } });
  return row ? toConnection(row) : undefined;
}

export type ConnectionFields = Partial<
  Pick<Connection, 'enabled' | 'title' | 'timeoutMs' | 'maxConcurrency' | 'oauth' | 'oauthScopes' | 'perUser'> & {
    url: string;
    settings: Readonly<Record<string, string>>;
  }
>;

export async function changeConnection(tx: Tx, ctx: Ctx, id: string, fields: ConnectionFields): Promise<Connection> {
  const row = await tx.connection.update({ where: { id }, data: fields });
  await announce(tx, ctx.tenantId, 'connections', id);
  return toConnection(row);
}

export async function deleteConnection(tx: Tx, ctx: Ctx, id: string): Promise<void> {
  await tx.connection.deleteMany({ where: { id } });
  await announce(tx, ctx.tenantId, 'connections', id);
}

export interface HealthReport {
  readonly health: Health;
  readonly healthDetail: string | null;
  readonly checkedAt: Date;
  readonly protocolVersion?: string;
  readonly serverName?: string;
  readonly serverVersion?: string;
  readonly instructions?: string;
}

/** Leaves `updatedAt` as it is: what was found out about a server is no edit of the connection. */
export async function saveHealth(tx: Tx, connection: Connection, report: HealthReport): Promise<Connection> {
  const data = { ...report, updatedAt: connection.updatedAt };
  return toConnection(await tx.connection.update({ where: { id: connection.id }, data }));
}
