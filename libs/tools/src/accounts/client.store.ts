import type { Tx } from '@switchyard/database';
import type { Ctx } from '@switchyard/kernel';

/** As whom Switchyard is known to one authorization server, for one connection. */
export interface StoredClient {
  readonly id: string;
  readonly issuer: string | null;
  readonly kind: 'registered' | 'entered';
  readonly clientId: string;
  readonly hasSecret: boolean;
  readonly expiresAt: Date | null;
}

const FIELDS = { id: true, issuer: true, kind: true, clientId: true, hasSecret: true, expiresAt: true } as const;

export async function readCurrentClient(tx: Tx, connectionId: string): Promise<StoredClient | undefined> {
  const where = { connectionId, isCurrent: true };
  return (await tx.upstreamClient.findFirst({ where, select: FIELDS, orderBy: { createdAt: 'desc' } })) ?? undefined;
}

export async function readClient(tx: Tx, id: string): Promise<StoredClient | undefined> {
  return (await tx.upstreamClient.findFirst({ where: { id }, select: FIELDS })) ?? undefined;
}

/** Takes the place of the one before, which stays for the accounts that were connected with it. */
export async function insertClient(tx: Tx, ctx: Ctx, connectionId: string, client: StoredClient): Promise<void> {
  await retireClients(tx, connectionId);
  await tx.upstreamClient.create({ data: { ...client, connectionId, tenantId: ctx.tenantId } });
}

export async function retireClients(tx: Tx, connectionId: string): Promise<number> {
  const where = { connectionId, isCurrent: true };
  return (await tx.upstreamClient.updateMany({ where, data: { isCurrent: false } })).count;
}

/** False when another sign-in has bound it to another server meanwhile. */
export async function bindClient(tx: Tx, id: string, issuer: string): Promise<boolean> {
  const { count } = await tx.upstreamClient.updateMany({ where: { id, issuer: null }, data: { issuer } });
  return count === 1;
}
