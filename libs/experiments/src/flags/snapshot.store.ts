import type { Ctx } from '@switchyard/kernel';
import { announce, type Database, type Tx } from '@switchyard/database';
import { toRollout } from '../rollout/rollout.store.ts';
import { KNOWN_FLAGS, untouched, type Flag, type KnownFlag, type Variant } from './flag.ts';
import type { KillSwitch, Snapshot } from './snapshot.ts';

const KNOWN = Object.keys(KNOWN_FLAGS) as KnownFlag[];

interface FlagRow extends Omit<Flag, 'variants' | 'description'> {
  readonly variants: unknown;
  readonly description: string;
}

export const toFlag = ({
  key,
  kind,
  enabled,
  variants,
  salt,
  description,
  version,
  updatedBy,
  updatedAt,
}: FlagRow): Flag => ({
  key,
  kind,
  enabled,
  variants: variants as readonly Variant[],
  salt,
  description: key in KNOWN_FLAGS ? KNOWN_FLAGS[key as KnownFlag] : description,
  version,
  updatedBy,
  updatedAt,
});

/** All flags by key, those that nobody has set as they come. */
export async function readFlags(tx: Tx): Promise<Flag[]> {
  const rows = await tx.flag.findMany();
  const stored = new Map(rows.map((row) => [row.key, toFlag(row)]));
  const missing = KNOWN.filter((key) => !stored.has(key)).map(untouched);
  return [...missing, ...stored.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

export async function readKillSwitch(tx: Tx): Promise<KillSwitch | null> {
  const row = await tx.killSwitch.findFirst();
  return row && { thrown: row.thrown, reason: row.reason, by: row.by, at: row.at };
}

/** The version first: what is read behind it is at least as new. */
export async function readSnapshot(
  database: Pick<Database, 'inTenant'>,
  ctx: Pick<Ctx, 'tenantId'>,
): Promise<Snapshot> {
  return database.inTenant(ctx, async (tx) => {
    const [at] = await tx.$queryRaw<{ version: number }[]>`
      SELECT version::float8 AS version FROM experiment_version WHERE id = ${ctx.tenantId}::uuid`;
    const killSwitch = await readKillSwitch(tx);
    const flags = await readFlags(tx);
    const open = await tx.rollout.findFirst({ where: { status: { not: 'closed' } } });
    return {
      tenantId: ctx.tenantId,
      version: at?.version ?? 0,
      killSwitch,
      flags: new Map(flags.map((flag) => [flag.key, flag])),
      rollout: open && toRollout(open),
    };
  });
}

/** The versions of those tenants that have one, in one cheap query. */
export async function readVersions(
  { host }: Pick<Database, 'host'>,
  tenantIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await host.$queryRaw<{ id: string; version: number }[]>`
    SELECT id::text, version::float8 AS version FROM experiment_version WHERE id = ANY (${[...tenantIds]}::uuid[])`;
  return new Map(rows.map(({ id, version }) => [id, version]));
}

/** Tenants that have a rollout to look after. */
export async function tenantsWithRollout({ host }: Pick<Database, 'host'>): Promise<string[]> {
  const rows = await host.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM experiment_version WHERE has_rollout ORDER BY id`;
  return rows.map(({ id }) => id);
}

/** First in each change: changes of a tenant come one after the other, until the commit. */
export async function lockTenant(tx: Tx, { tenantId }: Pick<Ctx, 'tenantId'>): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO experiment_version (id) VALUES (${tenantId}::uuid) ON CONFLICT (id) DO UPDATE SET id = EXCLUDED.id`;
}

/** Last in each change: every node reloads when this commits. */
export async function commitChange(tx: Tx, { tenantId }: Pick<Ctx, 'tenantId'>): Promise<void> {
  await tx.$executeRaw`
    UPDATE experiment_version
    SET version = version + 1,
        has_rollout = EXISTS (SELECT FROM rollout WHERE tenant_id = ${tenantId}::uuid AND status <> 'closed')
    WHERE id = ${tenantId}::uuid`;
  await announce(tx, tenantId, 'rollouts');
}
