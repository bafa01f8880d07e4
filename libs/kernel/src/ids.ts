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

const COUNTER_START = 0x800;
let last = { ms: -1, counter: 0 };

/**
 * A UUID of version 7 (RFC 9562): sorts by creation time, so that indexes stay dense. Those that one process makes within
 * a millisecond sort by a counter (method 1 there), up to 2,048 of them.
 */
export function newId<Id extends string = string>(now: number = Date.now()): Id {
  const bytes = randomBytes(16);
  last = { ms: now, counter: now === last.ms ? last.counter + 1 : bytes.readUInt16BE(6) % COUNTER_START };
  bytes.writeUIntBE(now, 0, 6);
  bytes.writeUInt16BE(0x7000 | (last.counter & 0x0fff), 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as Id;
}
