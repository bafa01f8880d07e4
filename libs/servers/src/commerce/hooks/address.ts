import { isUuid, type TenantId } from '@switchyard/kernel';

/** Of one hook: whose it is, and 32 random bytes that nobody else knows. */
export interface HookAddress {
  readonly tenantId: TenantId;
  /** base64url */
  readonly token: string;
}

const TENANT_BYTES = 16;
const TOKEN_BYTES = 32;
const FORM = /^[A-Za-z0-9_-]{64}$/;

/** One opaque word. The tenant stands in it so that looking it up needs no view of all tenants. */
export const addressOf = ({ tenantId, token }: HookAddress): string =>
  Buffer.concat([Buffer.from(tenantId.replaceAll('-', ''), 'hex'), Buffer.from(token, 'base64url')]).toString(
    'base64url',
  );

/** Undefined for what is no such word. */
export function parseAddress(text: string): HookAddress | undefined {
  if (!FORM.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== TENANT_BYTES + TOKEN_BYTES) return undefined;
  const hex = bytes.subarray(0, TENANT_BYTES).toString('hex');
  const tenantId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  if (!isUuid(tenantId)) return undefined;
  return { tenantId: tenantId as TenantId, token: bytes.subarray(TENANT_BYTES).toString('base64url') };
}
