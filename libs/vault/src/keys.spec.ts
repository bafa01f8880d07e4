import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { addKeyToFile, loadKeyFile, parseKeys } from './keys.ts';

const BINDING = ['data-key', 'tenant'];

describe('key-encryption keys', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vault-keys-'));
    file = path.join(folder, 'home', 'vault-keys.json');
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it('makes the file at first start, for its owner alone, and keeps it', async () => {
    const first = loadKeyFile(file);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(fs.readdirSync(path.dirname(file))).toEqual(['vault-keys.json']);
    const wrapped = await first.wrap(first.activeId(), Buffer.from('data key'), BINDING);
    const second = loadKeyFile(file);
    expect((await second.unwrap(second.activeId(), wrapped, BINDING)).toString()).toBe('data key');
  });

  it('refuses a file that others may read', () => {
    loadKeyFile(file);
    fs.chmodSync(file, 0o644);
    expect(() => loadKeyFile(file)).toThrow(/chmod 600/);
  });

  it('adds a key: the old one still unwraps, also in a process that loaded the file before', async () => {
    const before = loadKeyFile(file);
    const oldId = before.activeId();
    const wrapped = await before.wrap(oldId, Buffer.from('old'), BINDING);
    const newId = addKeyToFile(file);
    const after = loadKeyFile(file);
    expect(after.activeId()).toBe(newId);
    expect((await after.unwrap(oldId, wrapped, BINDING)).toString()).toBe('old');
    const rewrapped = await after.wrap(newId, Buffer.from('new'), BINDING);
    expect((await before.unwrap(newId, rewrapped, BINDING)).toString()).toBe('new');
  });

  it('says what to do when the key is missing or another', async () => {
    const wrapped = await parseKeys(randomBytes(32).toString('base64'), 'A').wrap('default', Buffer.from('x'), BINDING);
    const other = parseKeys(randomBytes(32).toString('base64'), 'VAULT_KEYS');
    await expect(other.unwrap('default', wrapped, BINDING)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('Put the right key back'),
    });
    await expect(other.unwrap('2026', wrapped, BINDING)).rejects.toThrow('"2026" is not in VAULT_KEYS: put it back');
  });

  it.each(['', 'c2hvcnQ=', '{ "active": "a", "keys": {} }', '{ broken', '{"active":"a","keys":{"a":"c2hvcnQ="}}'])(
    'refuses the setting %j',
    (text) => {
      expect(() => parseKeys(text, 'VAULT_KEYS')).toThrow(/VAULT_KEYS/);
    },
  );
});
