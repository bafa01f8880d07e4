import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { AppError } from '@switchyard/kernel';
import { open, seal, KEY_BYTES, type Binding } from './seal.ts';

/**
 * The keys that wrap tenants' data keys. Here they come from a file or a setting; a KMS fits behind the same three
 * members, and then caches for itself.
 */
export interface KeyEncryptionKeys {
  /** The key that wraps from now on. The others only unwrap. */
  activeId(): string;
  wrap(keyId: string, dataKey: Uint8Array, binding: Binding): Promise<Uint8Array<ArrayBuffer>>;
  /** Throws AppError `unavailable` when the key is not there or does not fit. */
  unwrap(keyId: string, wrapped: Uint8Array, binding: Binding): Promise<Buffer>;
}

interface KeyRing {
  readonly active: string;
  readonly keys: Readonly<Record<string, Buffer>>;
}

const KEY_ID = /^[\w.-]{1,64}$/;

const refuse = (message: string): AppError => new AppError('unavailable', message);

function keyOf(id: string, text: unknown, source: string): Buffer {
  const key = typeof text === 'string' ? Buffer.from(text, 'base64') : Buffer.alloc(0);
  if (!KEY_ID.test(id) || key.length !== KEY_BYTES)
    throw refuse(`The key "${id}" in ${source} is not 32 bytes in base64: restore it from a backup.`);
  return key;
}

/** Reads `{ "active": "id", "keys": { "id": "<32 bytes, base64>" } }`, or one bare base64 key, whose id is `default`. */
function parseRing(text: string, source: string): KeyRing {
  if (!text.trim().startsWith('{')) return { active: 'default', keys: { default: keyOf('default', text, source) } };
  let parsed: { active?: unknown; keys?: unknown };
  try {
    parsed = JSON.parse(text) as typeof parsed;
  } catch {
    throw refuse(`${source} is not JSON: restore it from a backup. Without it no stored secret can be read.`);
  }
  const entries = Object.entries(parsed.keys && typeof parsed.keys === 'object' ? parsed.keys : {});
  const keys = Object.fromEntries(entries.map(([id, key]) => [id, keyOf(id, key, source)]));
  if (typeof parsed.active !== 'string' || !Object.hasOwn(keys, parsed.active))
    throw refuse(`${source} must name one of its keys as "active".`);
  return { active: parsed.active, keys };
}

function fromRing(read: () => KeyRing, source: string): KeyEncryptionKeys {
  let ring = read();
  const find = (id: string): Buffer => {
    // Another process may have added a key since: look again before giving up.
    if (!Object.hasOwn(ring.keys, id)) ring = read();
    const key = Object.hasOwn(ring.keys, id) ? ring.keys[id] : undefined;
    if (!key)
      throw refuse(`The key-encryption key "${id}" is not in ${source}: put it back, or set the secrets again.`);
    return key;
  };
  return {
    activeId: () => ring.active,
    wrap: async (keyId, dataKey, binding) => seal(find(keyId), dataKey, binding),
    unwrap: async (keyId, wrapped, binding) => {
      const key = find(keyId);
      try {
        return open(key, wrapped, binding);
      } catch {
        throw refuse(
          `The key-encryption key "${keyId}" in ${source} does not open this tenant's data key: it is another key under the same name, or the data key was changed. Put the right key back.`,
        );
      }
    },
  };
}

/** Keys from a setting: the file's JSON, or one base64 key of 32 bytes. `source` is the setting's name, for messages. */
export const parseKeys = (text: string, source: string): KeyEncryptionKeys =>
  fromRing(() => parseRing(text, source), source);

const render = (active: string, keys: Readonly<Record<string, Buffer>>): string =>
  `${JSON.stringify({ active, keys: Object.fromEntries(Object.entries(keys).map(([id, key]) => [id, key.toString('base64')])) }, null, 2)}\n`;

/** Writes beside and then links or renames, so that a crash leaves the old file or the new one, never half of it. */
function writeWhole(file: string, text: string, place: (temporary: string) => void): void {
  const temporary = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = fs.openSync(temporary, 'wx', 0o600);
  try {
    fs.writeFileSync(handle, text);
    fs.fsyncSync(handle);
    place(temporary);
  } finally {
    fs.closeSync(handle);
    fs.rmSync(temporary, { force: true });
  }
}

const newKeyId = (): string => `${new Date().toISOString().slice(0, 10)}-${randomBytes(3).toString('hex')}`;

function createKeyFile(file: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const id = newKeyId();
  try {
    writeWhole(file, render(id, { [id]: randomBytes(KEY_BYTES) }), (made) => fs.linkSync(made, file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process was first: its file counts
  }
}

function readKeyFile(file: string): KeyRing {
  const mode = fs.statSync(file).mode & 0o077;
  if (mode !== 0 && process.platform !== 'win32')
    throw refuse(`Others on this machine may read ${file}: run chmod 600 on it, and then rotate the keys.`);
  return parseRing(fs.readFileSync(file, 'utf8'), file);
}

/** Keys from a file, which is made (mode 0600, one key) when it is not there. Losing it loses every stored secret. */
export function loadKeyFile(file: string): KeyEncryptionKeys {
  if (!fs.existsSync(file)) createKeyFile(file);
  return fromRing(() => readKeyFile(file), file);
}

/** Adds a key to the file and makes it the active one. Then `rewrapDataKeys`; the old key may go when that is done. */
export function addKeyToFile(file: string): string {
  const ring = readKeyFile(file);
  const id = newKeyId();
  const keys = { ...ring.keys, [id]: randomBytes(KEY_BYTES) };
  writeWhole(file, render(id, keys), (made) => fs.renameSync(made, file));
  return id;
}
