import type { Database, Tx } from '@switchyard/database';
import type { ConnectionId, Ctx, TenantId } from '@switchyard/kernel';
import { askFor } from './changes.store.ts';
import type { Delivery } from './delivery.ts';

type Tenant = Pick<Ctx, 'tenantId'>;

/** Where a shop tells of changes, and what came of it. */
export interface ShopHook {
  readonly connectionId: ConnectionId;
  readonly tenantId: TenantId;
  readonly token: string;
  readonly registered: boolean;
  readonly topics: readonly string[];
  readonly createdAt: Date;
  readonly received: number;
  readonly receivedAt: Date | null;
  readonly refusedAt: Date | null;
  readonly changed: number;
  readonly problem: string | null;
}

type Row = NonNullable<Awaited<ReturnType<Tx['shopHook']['findFirst']>>>;
const toHook = (row: Row): ShopHook => ({
  ...row,
  connectionId: row.connectionId as ConnectionId,
  tenantId: row.tenantId as TenantId,
});

export async function readHook(tx: Tx, connectionId: ConnectionId): Promise<ShopHook | undefined> {
  const row = await tx.shopHook.findFirst({ where: { connectionId } });
  return row ? toHook(row) : undefined;
}

export async function readHookByToken(database: Database, ctx: Tenant, token: string): Promise<ShopHook | undefined> {
  const row = await database.inTenant(ctx, (tx) => tx.shopHook.findFirst({ where: { token } }));
  return row ? toHook(row) : undefined;
}

/** How many products wait to be looked at. */
export async function countWaiting(tx: Tx, connectionId: ConnectionId): Promise<number> {
  return tx.shopChange.count({ where: { connectionId } });
}

/** In the place of the one that there was, whose address is nobody's from now on. */
export async function insertHook(
  tx: Tx,
  { tenantId }: Tenant,
  hook: { readonly connectionId: ConnectionId; readonly token: string; readonly createdBy: string },
): Promise<ShopHook> {
  await tx.shopHook.deleteMany({ where: { connectionId: hook.connectionId } });
  return toHook(await tx.shopHook.create({ data: { ...hook, tenantId } }));
}

/** False when it was replaced meanwhile. */
export async function markRegistered(
  database: Database,
  ctx: Tenant,
  { connectionId, token }: Pick<ShopHook, 'connectionId' | 'token'>,
  how: { readonly registered: boolean; readonly topics: readonly string[]; readonly problem: string | null },
): Promise<boolean> {
  const data = { ...how, topics: [...how.topics] };
  const { count } = await database.inTenant(ctx, (tx) =>
    tx.shopHook.updateMany({ where: { connectionId, token }, data }),
  );
  return count > 0;
}

export async function deleteHook(tx: Tx, connectionId: ConnectionId): Promise<void> {
  await tx.shopHook.deleteMany({ where: { connectionId } });
}

const REFUSAL_EVERY = '1 minute';

/** At most once a minute: whoever knows the address must not be able to keep the database busy. */
export async function markRefused(database: Database, ctx: Tenant, connectionId: ConnectionId): Promise<void> {
  await database.inTenant(
    ctx,
    (tx) => tx.$executeRaw`
      UPDATE shop_hook SET refused_at = now() WHERE connection_id = ${connectionId}::uuid
        AND (refused_at IS NULL OR refused_at < now() - ${REFUSAL_EVERY}::interval)`,
  );
}

/** How long what says the same as something before is put off: whoever plays it again can ask the shop no oftener. */
const AGAIN_SECONDS = 30;

/** Keeps what was told, once. `unknown`: its hook has gone meanwhile. */
export async function keepDelivery(
  database: Database,
  ctx: Tenant,
  { connectionId, token }: Pick<ShopHook, 'connectionId' | 'token'>,
  { key, bodyHash, topic, productIds }: Delivery,
): Promise<'accepted' | 'duplicate' | 'unknown'> {
  return database.inTenant(ctx, async (tx) => {
    // Those of one hook one after the other: of two that are the same, the second sees the first.
    const there = await tx.$executeRaw`
      SELECT 1 FROM shop_hook WHERE connection_id = ${connectionId}::uuid AND token = ${token} FOR UPDATE`;
    if (there === 0) return 'unknown';
    const fresh = await tx.$executeRaw`
      UPDATE shop_hook SET received = received + 1, received_at = now()
      WHERE connection_id = ${connectionId}::uuid
        AND NOT EXISTS (SELECT FROM shop_delivery WHERE connection_id = ${connectionId}::uuid AND key = ${key})`;
    if (fresh === 0) return 'duplicate';
    const isAgain = await tx.shopDelivery.findFirst({ where: { connectionId, bodyHash }, select: { key: true } });
    await tx.shopDelivery.create({
      data: { connectionId, tenantId: ctx.tenantId, key, bodyHash, topic, productIds: [...productIds] },
    });
    await askFor(tx, ctx, connectionId, productIds, isAgain ? AGAIN_SECONDS : 0);
    return 'accepted';
  });
}

const KEPT = '3 days';

/** Both shops give up sending again long before. */
export async function forgetDeliveries(database: Database, ctx: Tenant): Promise<number> {
  return database.inTenant(
    ctx,
    (tx) => tx.$executeRaw`DELETE FROM shop_delivery WHERE received_at < now() - ${KEPT}::interval`,
  );
}
