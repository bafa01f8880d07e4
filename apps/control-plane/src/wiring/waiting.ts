import type { Host } from '@switchyard/host';
import { messageOf, systemCtx, type KeyId, type Principal, type TenantId, type UserId } from '@switchyard/kernel';
import type { Results, Runs, WaitingOptions } from '@switchyard/runs';
import { repeat } from './chores.ts';

const SWEEP_MS = 15_000;

export interface Waiting {
  readonly options: WaitingOptions;
  /** Goes on with runs as people decide, until it is closed. */
  watch(runs: Pick<Runs, 'resume'>): { close(): void };
}

/** How runs wait for people here, and go on. */
export function openWaiting(
  { database, vault, clock, approvals, identity, experiments, ledger }: Host,
  settings: {
    readonly results: Pick<Results, 'read'>;
    readonly graceMs: number;
    readonly stopping: AbortSignal;
    readonly complain: (message: string) => void;
  },
): Waiting {
  let goOn: (tenantId: TenantId, runId?: string) => void = () => undefined;

  async function principalOf(
    tenantId: TenantId,
    run: { readonly principalKind: string; readonly principalId: string; readonly principalName: string },
  ): Promise<Principal | undefined> {
    switch (run.principalKind) {
      case 'user': {
        const id = run.principalId as UserId;
        const membership = (await identity.tenantsOf(id)).find((one) => one.tenantId === tenantId);
        return membership && { kind: 'user', id, name: run.principalName, role: membership.role };
      }
      case 'key': {
        const id = run.principalId as KeyId;
        const key = (await identity.listKeys(systemCtx(tenantId))).find((one) => one.id === id);
        const isOver = key?.revokedAt !== undefined || (key?.expiresAt !== undefined && key.expiresAt <= clock.now());
        return key && !isOver ? { kind: 'key', id, name: key.name, scopes: key.scopes } : undefined;
      }
      case 'operator':
        return { kind: 'operator', id: 'operator', name: run.principalName };
      default:
        return undefined;
    }
  }

  return {
    options: {
      approvals,
      ledger,
      results: settings.results,
      store: { database, sealed: vault, clock },
      graceMs: settings.graceMs,
      stopping: settings.stopping,
      principalOf,
      async mayNotGoOn(ctx) {
        return ctx.arm !== undefined && experiments.isKilled(ctx.tenantId)
          ? 'Code execution was switched off for this tenant while the run waited.'
          : undefined;
      },
      letGo: (tenantId, runId) => goOn(tenantId, runId),
    },
    watch(runs) {
      goOn = (tenantId, runId) =>
        void runs.resume(tenantId, runId).catch((error: unknown) => {
          settings.complain(`a run that waited could not go on: ${messageOf(error)}`);
        });
      const stop = database.onChange(({ topic, tenantId }) => {
        if (topic === 'approvals' && tenantId !== undefined) goOn(tenantId as TenantId);
      });
      const rest = repeat(
        { identity },
        {
          everyMs: SWEEP_MS,
          atOnce: true,
          failure: 'approvals that nobody decided could not be ended',
          async work(tenants) {
            await approvals.expire(tenants);
            for (const tenantId of tenants) goOn(tenantId);
          },
        },
        settings.complain,
      );
      return {
        close() {
          rest();
          stop();
        },
      };
    },
  };
}
