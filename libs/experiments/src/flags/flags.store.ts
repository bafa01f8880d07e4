import { AppError, type Ctx } from '@switchyard/kernel';
import type { Database, Tx } from '@switchyard/database';
import { killAlert } from '../alerts.ts';
import { recordChange, type ChangeTools } from '../audit.ts';
import { KNOWN_FLAGS, parseFlagChange, untouched, type Flag, type FlagChange, type KnownFlag } from './flag.ts';
import { commitChange, lockTenant, readKillSwitch, toFlag } from './snapshot.store.ts';
import type { KillSwitch } from './snapshot.ts';

const isKnown = (key: string): key is KnownFlag => key in KNOWN_FLAGS;
/** A tenant's own, beside the known ones. */
const MAX_FLAGS = 200;

async function readFlag(tx: Tx, key: string): Promise<Flag | undefined> {
  const row = await tx.flag.findFirst({ where: { key } });
  if (row) return toFlag(row);
  return isKnown(key) ? untouched(key) : undefined;
}

/** Throws AppError `conflict` when `expectedVersion` is not the version any longer. */
export async function changeFlag(
  database: Pick<Database, 'inTenant'>,
  ctx: Ctx,
  { change, reason, tools }: { change: FlagChange; reason: string; tools: ChangeTools },
): Promise<Flag> {
  const { key, enabled, variants, description, expectedVersion } = parseFlagChange(change);
  return database.inTenant(ctx, async (tx) => {
    await lockTenant(tx, ctx);
    const before = await readFlag(tx, key);
    if (expectedVersion !== undefined && expectedVersion !== (before?.version ?? 0))
      throw new AppError('conflict', 'Somebody else changed this flag meanwhile. Reload it and change it again.', {
        expectedVersion,
        version: before?.version ?? 0,
      });
    if (!before && (await tx.flag.count()) >= MAX_FLAGS)
      throw new AppError('unprocessable', `A tenant has at most ${MAX_FLAGS} flags of its own.`, { path: 'key' });
    const chosen = variants ?? before?.variants ?? [];
    const data = {
      kind: chosen.length > 0 ? ('variant' as const) : ('boolean' as const),
      enabled,
      variants: chosen.map(({ name, shareBasisPoints }) => ({ name, shareBasisPoints })),
      salt: before?.salt || tools.newSalt(),
      description: description ?? before?.description ?? '',
      version: (before?.version ?? 0) + 1,
      updatedBy: ctx.principal.name,
      updatedAt: tools.clock.now(),
    };
    const { tenantId } = ctx;
    const row = await tx.flag.upsert({
      where: { tenantId_key: { tenantId, key } },
      create: { tenantId, key, ...data },
      update: data,
    });
    await commitChange(tx, ctx);
    const shown = (flag: Pick<Flag, 'enabled' | 'variants'>) => ({ enabled: flag.enabled, variants: flag.variants });
    const event = {
      action: 'flag.changed' as const,
      target: { kind: 'flag' as const, id: key },
      before: before ? shown(before) : {},
      after: shown(toFlag(row)),
    };
    await recordChange(tx, ctx, { event, reason, tools });
    return toFlag(row);
  });
}

/** Throwing what is thrown changes nothing. No version is asked for: it must always work. */
export async function changeKillSwitch(
  database: Pick<Database, 'inTenant'>,
  ctx: Ctx,
  { thrown, reason, tools }: { thrown: boolean; reason: string; tools: ChangeTools },
): Promise<KillSwitch> {
  return database.inTenant(ctx, async (tx) => {
    await lockTenant(tx, ctx);
    const before = await readKillSwitch(tx);
    const after: KillSwitch = { thrown, reason, by: ctx.principal.name, at: tools.clock.now() };
    if (before && before.thrown === thrown) return before;
    if (!before && !thrown) return after;
    const { tenantId } = ctx;
    await tx.killSwitch.upsert({ where: { tenantId }, create: { tenantId, ...after }, update: { ...after } });
    await commitChange(tx, ctx);
    const event = {
      action: thrown ? ('kill_switch.thrown' as const) : ('kill_switch.released' as const),
      target: { kind: 'kill_switch' as const, id: tenantId },
      before: { thrown: before?.thrown ?? false },
      after: { thrown },
    };
    await recordChange(tx, ctx, { event, reason, tools });
    if (thrown) await tools.alert(tx, ctx, killAlert(after));
    return after;
  });
}
