import type { LayerName, WallReport } from '@switchyard/execution';
import type { Host } from '@switchyard/host';
import { AppError, systemCtx } from '@switchyard/kernel';

/** What stands beneath Deno's own permissions: without these, a flaw in Deno is a way to the machine. */
const REQUIRED: readonly LayerName[] = ['rlimits', 'no-new-privileges', 'namespaces', 'filesystem'];

export const missingLayers = ({ layers }: WallReport): LayerName[] =>
  REQUIRED.filter((name) => !layers.some((layer) => layer.name === name && layer.standing));

/**
 * Refuses to start in production where strangers' code would run behind Deno alone, unless the operator says that it may
 * (because the executor stands in gVisor or a virtual machine, say). Where it does start so, every tenant's audit log says it.
 */
export async function guardWall(
  wall: WallReport,
  host: Pick<Host, 'database' | 'identity' | 'ledger'>,
  { production, allowed, warn }: { production: boolean; allowed: boolean; warn: (message: string) => void },
): Promise<void> {
  const missing = missingLayers(wall);
  if (missing.length === 0) return;
  const details = wall.layers
    .filter(({ name }) => missing.includes(name))
    .map(({ name, detail }) => `${name}: ${detail}`);
  if (production && !allowed)
    throw new AppError(
      'unavailable',
      `Code would run without the operating system's walls (${details.join('; ')}). Install what is missing, or, if the executor stands behind a wall of its own such as gVisor, set SWITCHYARD_ALLOW_THIN_WALL=true.`,
    );
  warn(`code runs without these walls: ${details.join('; ')}`);
  for (const { id } of await host.identity.listTenants()) {
    const ctx = systemCtx(id, 'executor');
    await host.database.inTenant(ctx, (tx) =>
      host.ledger.appendAudit(tx, ctx, {
        action: 'executor.started_without_walls',
        target: { kind: 'executor', id: 'local' },
        after: { missing, allowedInProduction: production },
      }),
    );
  }
}
