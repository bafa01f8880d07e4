import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, PARTS } from '../support/processes.ts';
import { startEscaped, type Escaped } from './support/sandbox-process.ts';
import { placesOf, Target, threw } from './support/target.ts';

describe('processes', () => {
  let target: Target;
  let victim: ChildProcess;
  let victimPid = 0;
  const victimLives = (): boolean => victim.exitCode === null && victim.signalCode === null;

  beforeAll(async () => {
    target = await Target.start();
    victim = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    victimPid = victim.pid ?? 0;
    if (victimPid < 2) throw new Error('no victim'); // 0 and 1 would be far too many
  }, 120_000);
  afterAll(async () => {
    expect(victimLives()).toBe(true);
    victim.kill('SIGKILL');
    await target.end();
  }, 60_000);

  it.each([
    `new Deno.Command('/bin/true').outputSync()`,
    `Deno.run({ cmd: ['/bin/true'] })`,
    `Deno.kill(1, 'SIGTERM')`,
    `Deno.exit(0)`,
    `process.exit(0)`,
    `process.kill(1)`,
    `process.dlopen({ exports: {} }, '/lib/x86_64-linux-gnu/libc.so.6')`,
    `process.getBuiltinModule('child_process').execSync('true')`,
    `require('child_process').execSync('true')`,
    `import('node:child_process')`,
    `import('node:worker_threads')`,
    `import('node:cluster')`,
    `Deno.dlopen('libc.so.6', {})`,
    `new Deno.UnsafePointerView(null)`,
    `new Worker('data:text/javascript,1', { type: 'module' })`,
    `new SharedWorker('data:text/javascript,1')`,
    `new ShadowRealm().evaluate('1')`,
    `WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))`,
    `new Function('return process')()`,
    `(() => {}).constructor('return Deno')()`,
    `Deno[Deno.internal].core.ops.op_kill(1, 'SIGTERM')`,
    `globalThis[Symbol.for('Deno.internal')].core`,
    `Object.getOwnPropertySymbols(globalThis).map((key) => globalThis[key]).find((value) => value?.core).core`,
  ])('code cannot start or end one: %s', async (expression) => {
    expect(await target.attempt(expression)).toEqual(threw);
  });

  it('nothing that can be walked to from inside is more than the language and the web platform’s data', async () => {
    const body = await target.run(
      `
      const seen = new Set(); const odd = []; const queue = [];
      const quietly = (work) => { try { return work(); } catch {} };
      const add = (value, path) => {
        if ((typeof value === 'object' && value !== null) || typeof value === 'function')
          if (!seen.has(value)) { seen.add(value); queue.push([value, path]); }
      };
      add(globalThis, 'globalThis'); add(arguments, 'arguments');
      for (const make of [() => new Blob(['x']).stream(), () => new Headers(), () => new AbortController(), () => new FormData(),
        () => new URL('http://x'), () => new CompressionStream('gzip'), () => new DOMException('x'), () => performance.mark?.('x'),
        () => crypto.subtle, () => AbortSignal.timeout(60_000), () => new TextDecoderStream(), () => new URLPattern('http://x/*'),
        () => (function* () {})(), () => (async function* () {})(), () => new Intl.Segmenter('en').segment('x'), () => setTimeout(() => {}, 0),
        () => Temporal.Now, () => structuredClone(new Map([[1, new Error('x')]])), () => new ReadableStream({ type: 'bytes' }).getReader({ mode: 'byob' }),
      ]) add(quietly(make), String(make));
      const ODD = /^op_|^ops$|^core$|internals?$|^__bootstrap|^Deno(?!\\.)|dlopen|spawn|readFile|^exit$|^fetch$|^import(?!Key$|Sync$)/;
      while (queue.length && seen.size < 100_000) {
        const [value, path] = queue.shift();
        if (typeof value === 'function' && ODD.test(quietly(() => value.name) ?? '')) odd.push(path);
        for (const key of quietly(() => Reflect.ownKeys(value)) ?? []) {
          const name = String(key); const at = path + '.' + name;
          if (ODD.test(name)) odd.push(at);
          const found = quietly(() => Object.getOwnPropertyDescriptor(value, key));
          if (!found) continue;
          add(found.value, at); add(found.get, at); add(found.set, at);
          if (found.get) add(quietly(() => value[key]), at);
        }
        add(quietly(() => Object.getPrototypeOf(value)), path + '.__proto__');
      }
      return { size: seen.size, odd };`,
      { resultBytes: 1_048_576 },
    );
    expect(body).toMatchObject({ status: 'done', result: { odd: [] } });
    expect(body.result.size).toBeGreaterThan(1_000);
  });

  it('a warm sandbox holds no descriptor of the executor, and runs as nobody behind no-new-privileges', async () => {
    const escaped = await startEscaped();
    const [one, other] = target.processes().filter(PARTS.sandbox);
    if (!one || !other) throw new Error('no two sandboxes are there');
    const held = placesOf(one.pid);
    const harmless = /^(?:pipe:|socket:|anon_inode:|\/dev\/null$|\/dev\/urandom$|\/memfd:)/;
    expect(held.filter((place) => !harmless.test(place))).toEqual([]);
    const given = placesOf(process.pid); // to everything that was started from where these specs were
    const ways = held.filter((place) => /^(?:socket|pipe):/.test(place) && !given.includes(place));
    expect(ways.length).toBeGreaterThan(2);
    for (const { pid } of [other, target.only('executor'), target.only('controlPlane')])
      expect(ways.filter((place) => placesOf(pid).includes(place))).toEqual([]);
    const status = fs.readFileSync(`/proc/${one.pid}/status`, 'utf8');
    if (escaped.stands('no-new-privileges')) expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    if (escaped.stands('own-user')) {
      expect(status).toMatch(/^Uid:\s+(?!0\b)\d+\s/m);
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'])
        expect(status).toMatch(new RegExp(`^${set}:\\s+0+$`, 'm'));
    }
    await escaped.close();
  });

  describe('code that got out of Deno', () => {
    let escaped: Escaped;
    beforeAll(async () => {
      escaped = await startEscaped();
    });
    afterAll(() => escaped.close());

    it.each(['/bin/sh', '/bin/true', '/usr/bin/env', process.execPath])('runs no program: %s', async (program) => {
      if (!escaped.stands('filesystem')) return;
      expect(await escaped.attempt(`new Deno.Command('${program}').outputSync().code`)).toEqual(threw);
    });

    it('signals nobody', async () => {
      if (!escaped.stands('namespaces')) return;
      expect(await escaped.attempt(`c('kill', ${victimPid}, 15)`)).toEqual(threw);
      expect(await escaped.attempt(`c('kill', -1, 0)`)).toEqual(threw); // nobody is there to be signalled
      expect(await escaped.attempt(`Deno.kill(${victimPid}, 'SIGKILL')`)).toEqual(threw);
      expect(await escaped.attempt(`c('tgkill', ${victimPid}, ${victimPid}, 9)`)).toEqual(threw);
      expect(victimLives()).toBe(true);
    });

    it.each([
      (pid: number) => `c('ptrace', 16, ${pid}, 0, 0)`,
      (pid: number) =>
        `(() => { const place = new BigUint64Array([Deno.UnsafePointer.value(Deno.UnsafePointer.of(new Uint8Array(16))), 16n]); return c('process_vm_readv', ${pid}, place, 1, place, 1, 0); })()`,
      (pid: number) => `c('pidfd_open', ${pid}, 0)`,
      (pid: number) => `c('setpriority', 0, ${pid}, 19)`,
      (pid: number) => `c('sched_setaffinity', ${pid}, 8, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]))`,
      (pid: number) => `c('prlimit', ${pid}, 7, 0, new Uint8Array(16))`,
      (pid: number) => `c('getpgid', ${pid})`,
    ])('sees and touches no process: %s', async (make) => {
      if (!escaped.stands('namespaces')) return;
      expect(await escaped.attempt(make(victimPid))).toEqual(threw);
      expect(victimLives()).toBe(true);
    });

    it.each([
      `c('setuid', 0)`,
      `c('setgid', 0)`,
      `c('setresuid', 0, 0, 0)`,
      `c('setpriority', 0, 0, -20)`,
      `c('sethostname', 'x', 1)`,
      `c('unshare', 0x20000)`,
      `c('swapon', '/boot.js', 0)`,
      `c('acct', '/boot.js')`,
      `c('quotactl', 0, '/', 0, new Uint8Array(64))`,
      `c('klogctl', 3, new Uint8Array(64), 64)`,
    ])('gains nothing: %s', async (expression) => {
      if (!escaped.stands('own-user')) return;
      expect(await escaped.attempt(expression)).toEqual(threw);
    });

    it.each([
      `new Deno.Command('/deno', { args: ['--version'] }).outputSync()`,
      `new Deno.Command('/room/perl').outputSync()`,
      `(() => { const child = c('fork'); if (child === 0) c('_exit', 0); return child; })()`,
      `(() => { const child = c('vfork'); if (child === 0) c('_exit', 0); return child; })()`,
      `c('socket', 1, 1, 0)`, // Unix
      `c('socket', 2, 1, 0)`, // IPv4
      `c('socket', 10, 2, 0)`, // IPv6
      `c('socket', 16, 3, 0)`, // netlink
      `c('socket', 40, 1, 0)`, // the hypervisor
      `c('ptrace', 0, 0, 0, 0)`,
      `c('memfd_create', 'x', 0)`,
      `c('shmget', 0, 8_388_608, 0o1600)`,
      `c('msgget', 0, 0o1600)`,
      `c('semget', 0, 1, 0o1600)`,
      `c('unshare', 0x10000000)`,
      `c('setns', 0, 0)`,
      `c('personality', 0x40000)`,
      `c('inotify_init')`,
      `c('fanotify_init', 0, 0)`,
      `c('nice', -5)`,
      `c('mlockall', 3)`,
      `c('setrlimit', 7, new BigUint64Array([4096n, 4096n]))`,
      `c('kill', 1, 0)`,
      `c('sched_setscheduler', 0, 1, new Int32Array([1]))`,
      `c('ioperm', 0, 1, 1)`,
    ])('the kernel is not asked: %s', async (expression) => {
      if (!escaped.stands('system-calls')) return;
      expect(await escaped.attempt(expression)).toEqual(threw);
    });

    it('and what it started dies with it', async () => {
      // One alone, whatever happens: a machine without a wall must live through this too.
      const marker = `${target.mark}child`;
      await escaped.attempt(
        `(() => { try { if (c('fork') === 0) { c('prctl', 15, '${marker.slice(0, 15)}', 0, 0, 0); for (;;) c('pause'); } } catch {} return 1; })()`,
      );
      await eventually('no child is left', () => named(marker.slice(0, 15)).length === 0);
    });
  });
});

/** Processes by the name that they gave themselves. */
const named = (name: string): number[] =>
  fs
    .readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        return fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === name;
      } catch {
        return false;
      }
    });
