import { randomBytes } from 'node:crypto';

declare const brand: unique symbol;
/** A string that only its own constructor or an edge parser may make. */
export type Branded<Name extends string> = string & { readonly [brand]: Name };

export type TenantId = Branded<'TenantId'>;
export type UserId = Branded<'UserId'>;
export type KeyId = Branded<'KeyId'>;
export type ConnectionId = Branded<'ConnectionId'>;
export type ToolId = Branded<'ToolId'>;
export type RunId = Branded<'RunId'>;
export type CallId = Branded<'CallId'>;
export type DecisionId = Branded<'DecisionId'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const isUuid = (text: string): boolean => UUID.test(text);

/** A UUID of version 7 (RFC 9562): sorts by creation time, so that indexes stay dense. */
export function newId<Id extends string = string>(now: number = Date.now()): Id {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as Id;
}
