import { createHash, randomBytes } from 'node:crypto';
import { isUuid, type TenantId } from '@switchyard/kernel';

const STATE = /^([0-9a-f-]{36})\.([A-Za-z0-9_-]{43})$/;

export const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Says in which tenant to look for the rest of itself; the other half cannot be guessed. Only its digest is kept. */
export const newState = (tenantId: TenantId): string => `${tenantId}.${randomBytes(32).toString('base64url')}`;

/** Undefined where this is no state of ours. */
export function tenantOfState(state: string): TenantId | undefined {
  const tenantId = STATE.exec(state)?.[1];
  return tenantId !== undefined && isUuid(tenantId) ? (tenantId as TenantId) : undefined;
}
