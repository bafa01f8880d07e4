import { describe, expect, it } from '@jest/globals';
import type { LayerName, WallReport } from '@switchyard/execution';
import { newId, type TenantId } from '@switchyard/kernel';
import { guardWall, missingLayers } from './wall-guard.ts';

const ALL: LayerName[] = ['process', 'rlimits', 'no-new-privileges', 'own-user', 'namespaces', 'filesystem'];
const wall = (...missing: LayerName[]): WallReport => ({
  layers: ALL.map((name) => ({ name, standing: !missing.includes(name), detail: `${name} is missing` })),
});

function world() {
  const events: unknown[] = [];
  const warnings: string[] = [];
  const tenants = [{ id: newId<TenantId>() }, { id: newId<TenantId>() }];
  const host = {
    identity: { listTenants: async () => tenants },
    database: { inTenant: async (_ctx: unknown, work: (tx: object) => Promise<unknown>) => await work({}) },
    ledger: { appendAudit: async (_tx: unknown, _ctx: unknown, event: unknown) => void events.push(event) },
  } as unknown as Parameters<typeof guardWall>[1];
  const guard = (report: WallReport, production: boolean, allowed: boolean) =>
    guardWall(report, host, { production, allowed, warn: (message) => void warnings.push(message) });
  return { events, warnings, guard };
}

describe('the guard of the wall', () => {
  it('says nothing where all of the walls stand that matter', async () => {
    const { events, warnings, guard } = world();
    await guard(wall('own-user'), true, false);
    expect([events, warnings]).toEqual([[], []]);
  });

  it('refuses production behind Deno alone, and says what is missing and what to do', async () => {
    const { events, guard } = world();
    await expect(guard(wall('namespaces', 'filesystem'), true, false)).rejects.toThrow(
      /namespaces is missing; filesystem: filesystem is missing.*SWITCHYARD_ALLOW_THIN_WALL=true/s,
    );
    expect(events).toEqual([]);
  });

  it('starts when told to, and every tenant’s audit log says so', async () => {
    const { events, warnings, guard } = world();
    await guard(wall('filesystem'), true, true);
    expect(events).toHaveLength(2);
    expect(events[0]).toMatchObject({
      action: 'executor.started_without_walls',
      after: { missing: ['filesystem'], allowedInProduction: true },
    });
    expect(warnings[0]).toContain('filesystem');
  });

  it('takes a report without a layer for a wall without it', () => {
    expect(missingLayers({ layers: [] })).toHaveLength(4);
  });
});
