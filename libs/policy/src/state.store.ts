import { announce, type Tx } from '@switchyard/database';
import { AppError, type Ctx } from '@switchyard/kernel';
import type { PolicyState } from './grants.ts';
import { keepVersion } from './versions.store.ts';

export async function readState(tx: Tx): Promise<PolicyState> {
  const state = await tx.policyState.findFirst({ select: { revision: true, mode: true, moduleRevision: true } });
  return state ?? { revision: 0, mode: 'enforce', moduleRevision: null };
}

/** Locks the tenant's policy until the transaction ends: changes come one after the other. */
export async function lockState(tx: Tx, ctx: Ctx): Promise<PolicyState> {
  await tx.policyState.createMany({ data: { tenantId: ctx.tenantId }, skipDuplicates: true });
  await tx.$queryRaw`SELECT 1 FROM policy_state WHERE tenant_id = ${ctx.tenantId}::uuid FOR UPDATE`;
  return readState(tx);
}

export async function commitRevision(tx: Tx, ctx: Ctx, state: PolicyState, comment: string | null): Promise<void> {
  await tx.policyState.update({ where: { tenantId: ctx.tenantId }, data: state });
  await keepVersion(tx, ctx, state, comment);
  await announce(tx, ctx.tenantId, 'grants', String(state.revision));
}

/** Throws AppError `conflict` when the policy has moved on since it was looked at. */
export function requireExpected(state: PolicyState, expectedRevision: number | undefined): void {
  if (expectedRevision === undefined || expectedRevision === state.revision) return;
  throw new AppError('conflict', 'Somebody else changed the policy meanwhile. Reload it and change it again.', {
    expectedRevision,
    revision: state.revision,
  });
}
