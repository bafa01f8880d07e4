import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LocalExecutor } from '@switchyard/execution';
import { runRaw } from './support/raw.ts';
import { startEscaped, type Escaped } from './support/sandbox-process.ts';
import { Target, threw } from './support/target.ts';

const SECRET = 'the words that nobody may read';

describe('files', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchyard-attack-'));
  const secret = path.join(folder, 'secret.txt');
  let target: Target;
  beforeAll(async () => {
    fs.chmodSync(folder, 0o755);
    fs.writeFileSync(secret, SECRET, { mode: 0o644 });
    target = await Target.start();
  }, 120_000);
  afterAll(async () => {
    await target.end();
    fs.rmSync(folder, { recursive: true });
  }, 60_000);

  const READS: readonly ((file: string) => string)[] = [
    (file) => `Deno.readTextFileSync('${file}')`,
    (file) => `globalThis['De' + 'no'].readTextFileSync('${file}')`,
    (file) => `fetch('file://${file}').then((answer) => answer.text())`,
    (file) => `new XMLHttpRequest().open('GET', 'file://${file}', false)`,
    (file) => `new FileReader().readAsText(new File([], '${file}'))`,
    (file) => `require('fs').readFileSync('${file}', 'utf8')`,
    (file) => `process.binding('fs').readFileUtf8('${file}', 0)`,
    (file) => `process.getBuiltinModule('node:fs').readFileSync('${file}', 'utf8')`,
    (file) => `import('file://${file}', { with: { type: 'text' } })`,
    (file) => `import('file://${file}', { with: { type: 'bytes' } })`,
    (file) => `import('${file}', { with: { type: 'json' } })`,
    (file) => `import('data:text/javascript,export { default } from "file://${file}" with { type: "text" }')`,
    (file) => `['file://${file}'].map((place) => import(place))[0]`,
    (file) => `arguments[0].refuseLater('file://${file}')`,
    (file) => `arguments[0].call('file://${file}', 'default')({})`,
    (file) => `new Worker('file://${file}', { type: 'module' })`,
    (file) => `importScripts('file://${file}')`,
    (file) => `caches.open('${file}')`,
    (file) => `new WebAssembly.Module(Deno.readFileSync('${file}'))`,
    (file) => `navigator.storage.getDirectory('${file}')`,
    (file) => `showOpenFilePicker('${file}')`,
    (file) => `structuredClone({ path: '${file}' }).text()`,
    (file) =>
      `new Blob([new URL('file://${file}')]).text().then((text) => { if (text.includes('words')) return text; throw new Error('only the address'); })`,
  ];

  it.each(READS)('code cannot read: %s', async (read) => {
    const answer = await target.attempt(read(secret));
    expect(answer).toEqual(threw);
    expect(JSON.stringify(answer)).not.toContain(SECRET);
  });

  it.each([
    `import text from 'file://SECRET' with { type: 'text' }; return text;`,
    `import data from 'file://SECRET' with { type: 'json' }; return data;`,
    `import * as all from 'file://SECRET'; return all;`,
    `import 'file://SECRET'; return 1;`,
    `export * from 'file://SECRET';`,
    `export { default } from 'file://SECRET' with { type: 'text' };`,
    `import { x } from 'servers/../../../../SECRET'; return x;`,
    `import { x } from './servers/search/../../../SECRET'; return x;`,
    `import { x } from 'skills/../SECRET'; return x({});`,
    `import text from '/proc/self/environ' with { type: 'text' }; return text;`,
    `import fs from 'node:fs'; return fs.readFileSync('SECRET', 'utf8');`,
    `import fs from 'fs'; return fs.readFileSync('SECRET', 'utf8');`,
    `import pad from 'npm:left-pad'; return pad('1', 2);`,
    `import * as std from 'jsr:@std/fs'; return Object.keys(std);`,
    `import data from 'data:text/javascript,export default 1'; return data;`,
    `import source wasm from 'file://SECRET'; return wasm;`,
    `import defer * as late from 'file://SECRET'; return late.default;`,
  ])('no module is loaded: %s', async (code) => {
    const body = await target.run(code.replaceAll('SECRET', secret));
    expect(['failed', 'rejected']).toContain(body.status);
    expect(JSON.stringify(body)).not.toContain(SECRET);
  });

  it.each([
    (file: string) => `Deno.writeTextFileSync('${file}', 'x')`,
    (file: string) => `Deno.mkdirSync('${file}')`,
    (file: string) => `Deno.makeTempFileSync({ prefix: '${path.basename(file)}' })`,
    (file: string) => `Deno.openKv('${file}')`,
    (file: string) => `process.getBuiltinModule('fs').writeFileSync('${file}', 'x')`,
    (file: string) => `localStorage.setItem('${file}', 'x')`,
    (file: string) => `caches.open('${file}').then((cache) => cache.put('http://x/', new Response('x')))`,
    (file: string) => `process.report.writeReport('${file}')`,
  ])('code cannot write: %s', async (write) => {
    expect(await target.attempt(write(`/tmp/${target.mark}`))).toEqual(threw); // and at the end no such file is found
  });

  describe('scripts that no validator and no rewriting has seen', () => {
    let executor: LocalExecutor;
    beforeAll(async () => {
      executor = await LocalExecutor.start({ pool: { size: 2 }, wall: { searchPath: [] } }); // nothing but Deno
    });
    afterAll(() => executor.close());

    it.each([
      `import('file://${secret}', { with: { type: 'text' } })`,
      `import('file://${secret}', { with: { type: 'bytes' } })`,
      `import('data:text/javascript,import t from "file://${secret}" with { type: "text" }; export default t')`,
      `import('node:fs').then((fs) => fs.readFileSync('${secret}', 'utf8'))`,
      `import('blob:null/x')`,
      `import('http://127.0.0.1/x.js')`,
      `import.source('file://${secret}')`,
      `import.defer('file://${secret}')`,
      `(async () => { const late = setTimeout; return await new Promise((yes, no) => late(() => import('file://${secret}', { with: { type: 'text' } }).then(yes, no), 1)); })()`,
      `Promise.resolve('file://${secret}').then((place) => import(place, { with: { type: 'text' } }))`,
    ])('%s', async (expression) => {
      const outcome = await runRaw(executor, `(async function () { return String((await ${expression}).default); })`);
      expect(outcome.status).toBe('failed');
      expect(JSON.stringify(outcome)).not.toContain(SECRET);
    });
  });

  describe('code that got out of Deno', () => {
    let escaped: Escaped;
    beforeAll(async () => {
      escaped = await startEscaped();
    });
    afterAll(() => escaped.close());

    it.each([
      secret,
      '/etc/passwd',
      '/etc/hostname',
      '/etc/resolv.conf',
      '/proc/self/environ',
      '/proc/1/cmdline',
      '/proc/self/root/etc/passwd',
      '/sys/kernel/notes',
      '/dev/mem',
      '/dev/kmsg',
      '/dev/pts/ptmx',
      '/var/run/docker.sock',
      '../../../../etc/passwd',
      '/lib/../etc/passwd',
    ])('cannot read %s', async (file) => {
      if (!escaped.stands('filesystem')) return;
      expect(await escaped.attempt(`Deno.readTextFileSync('${file}')`)).toEqual(threw);
      expect(await escaped.attempt(`c('open', '${file}', 0)`)).toEqual(threw);
    });

    it('cannot read what Switchyard keeps', async () => {
      if (!escaped.stands('filesystem')) return;
      const home = target.switchyard.home;
      const kept = fs.readdirSync(home).map((name) => path.join(home, name));
      expect(kept.length).toBeGreaterThan(1);
      for (const each of [home, ...kept])
        expect(await escaped.attempt(`Deno.statSync('${each}').isFile`)).toEqual(threw);
    });

    it('sees Deno, its libraries and one bootstrap file, and nothing else', async () => {
      if (!escaped.stands('filesystem')) return;
      const tree = await escaped.attempt(`(() => {
        const all = [];
        const walk = (folder) => {
          let entries;
          try { entries = [...Deno.readDirSync(folder || '/')]; } catch { all.push(folder + '/ closed'); return; }
          for (const { name, isDirectory } of entries)
            if (isDirectory) walk(folder + '/' + name); else all.push(folder + '/' + name);
        };
        walk('');
        return all;
      })()`);
      const [, files] = tree as [string, string[]];
      expect(files).toContain('/boot.js');
      const known = /^\/(?:room\/ closed|deno|boot\.js|setpriv|dev\/null|dev\/urandom|(?:usr\/)?lib\S*\.so(?:\.\d+)*)$/;
      expect(files.filter((file) => !known.test(file))).toEqual([]);
    });

    it.each(['/', '/dev', '/lib', '/tmp', '/dev/shm', '/var/tmp', '/dev/mqueue', '/run', os.tmpdir(), '/proc'])(
      'cannot write in %s',
      async (where) => {
        const file = path.join(where, target.mark);
        if (escaped.stands('filesystem')) {
          expect(await escaped.attempt(`Deno.writeTextFileSync('${file}', 'x')`)).toEqual(threw);
          expect(await escaped.attempt(`Deno.mkdirSync('${file}', { recursive: true })`)).toEqual(threw);
          expect(await escaped.attempt(`Deno.symlinkSync('/boot.js', '${file}')`)).toEqual(threw);
        }
        expect(fs.existsSync(file)).toBe(false);
      },
    );

    it.each([
      `Deno.writeTextFileSync('/boot.js', '')`,
      `Deno.chmodSync('/boot.js', 0o777)`,
      `Deno.removeSync('/boot.js')`,
      `Deno.renameSync('/boot.js', '/other.js')`,
      `Deno.truncateSync('/deno', 0)`,
      `c('mount', 'none', '/', 'tmpfs', 0, '')`,
      `c('mount', '', '/', '', 32 | 4096, '')`, // remount, writable
      `c('umount2', '/', 2)`,
      `c('chroot', '/dev')`,
      `c('mknod', '/disk', 0o60666, 0x800)`,
      `c('open', '/proc/self/mem', 2)`,
    ])('cannot change what it stands on: %s', async (expression) => {
      if (!escaped.stands('filesystem')) return;
      expect(await escaped.attempt(expression)).toEqual(threw);
    });
  });
});
