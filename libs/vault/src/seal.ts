import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Layout of what is stored: version (1) | nonce (12) | tag (16) | ciphertext. */
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES + TAG_BYTES;
export const KEY_BYTES = 32;

/** What a ciphertext belongs to. An array, because joined strings could be cut at another place and mean another row. */
export type Binding = readonly string[];

const associatedData = (binding: Binding): Buffer => Buffer.from(JSON.stringify(binding), 'utf8');

/** AES-256-GCM under `key`; opens only with the same binding. */
export function seal(key: Uint8Array, plaintext: Uint8Array, binding: Binding): Uint8Array<ArrayBuffer> {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associatedData(binding));
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Uint8Array.from(Buffer.concat([Uint8Array.of(VERSION), nonce, cipher.getAuthTag(), body]));
}

/** Throws when the bytes, the key or the binding are not those of `seal`. */
export function open(key: Uint8Array, sealed: Uint8Array, binding: Binding): Buffer {
  if (sealed.length < HEADER_BYTES || sealed[0] !== VERSION) throw new Error('not a sealed value');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(associatedData(binding)).setAuthTag(sealed.subarray(1 + NONCE_BYTES, HEADER_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(HEADER_BYTES)), decipher.final()]);
}
