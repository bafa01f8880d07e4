import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  BOOT_FILE,
  denoBinary,
  LocalExecutor,
  prepare,
  standWall,
  type LayerName,
  type Wall,
} from '@switchyard/execution';
import { eventually } from '../support/processes.ts';
import { childrenOf } from './support/children.ts';
import { runRaw } from './support/raw.ts';
import { bootFolder, speak, startEscaped, withEveryPermission, type Spoken } from './support/sandbox-process.ts';

const LOOP_HOST = fileURLToPath(new URL('./support/loop-host.ts', import.meta.url));
const MiB = 1024 * 1024;
const SANDBOX = { memoryBytes: 96 * MiB, cpuSeconds: 20 };

type Came = 'stopped' | 'succeeded';
interface Row {
  readonly layer: string;
  readonly without: string;
  readonly attack: string;
  /** The layers that must stand on this machine for the row to mean anything. */
  readonly needs?: LayerName;
  readonly standing: () => Promise<Came>;
  readonly removed: () => Promise<Came>;
}

/** `D` with a value that is not false means that the attack got what it wanted. */
const cameOf = ({ frames }: Spoken): Came => {
  const result = frames.find(({ type }) => type === 'D');
  return result && !['null', 'false', '"no"'].includes(result.text) ? 'succeeded' : 'stopped';
};

/** The real bootstrap with one thing taken out of it; fails when that thing is no longer there to be taken out. */
function bootWithout(...changes: readonly (readonly [string, string])[]): string {
  let source = fs.readFileSync(BOOT_FILE, 'utf8');
  for (const [from, to] of changes) {
    if (!source.includes(from)) throw new Error(`the bootstrap has changed: ${from}`);
    source = source.replace(from, to);
  }
  return source;
}
const SELF_TEST = ['await selfTest();', ''] as const;
const SCRUB = ['  scrub();', ''] as const;
const WARM_UP = ['await warmUp();', ''] as const;

/** Every layer matters: each is taken away alone, and an attack that it stops then succeeds. */
describe('without one layer', () => {
  const walls: Wall[] = [];
  const clean: (() => void)[] = [];
  const cleanUp = (work: () => void): void => void clean.push(work);

  /** Sandboxes with a bootstrap, and with the wrappers of this machine or only some of them. */
  const wallOf = async (source: string, tools?: readonly string[]): Promise<Wall> => {
    const { boot, remove } = bootFolder(source);
    cleanUp(remove);
    const searchPath = tools && [toolFolder(tools)];
    const stagingDir = path.join(path.dirname(boot), 'staging');
    const wall = await standWall({
      files: { deno: denoBinary(), boot },
      stagingDir,
      ...(searchPath ? { searchPath } : {}),
    });
    walls.push(wall);
    return wall;
  };
  const toolFolder = (tools: readonly string[]): string => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchyard-attack-'));
    fs.chmodSync(folder, 0o755);
    cleanUp(() => fs.rmSync(folder, { recursive: true, force: true }));
    for (const tool of tools) {
      const found = ['/usr/bin', '/usr/sbin', '/bin', '/sbin']
        .map((place) => path.join(place, tool))
        .find((file) => fs.existsSync(file));
      if (found) fs.symlinkSync(found, path.join(folder, tool));
    }
    return folder;
  };
  const inside = async (script: string, ...changes: readonly (readonly [string, string])[]): Promise<Came> => {
    const wall = await wallOf(bootWithout(...changes));
    return cameOf(await speak(wall.launch(SANDBOX), script.replaceAll('BOOT', bootOf(wall))));
  };
  const bootOf = (wall: Wall): string => wall.launch(SANDBOX).args.at(-1) ?? '';
  /** Code that got out of Deno, behind the wall that these wrappers make. */
  const outside = async (expression: string, tools?: readonly string[]): Promise<Came> => {
    const escaped = await startEscaped({
      memoryBytes: SANDBOX.memoryBytes,
      ...(tools ? { searchPath: [toolFolder(tools)] } : {}),
    });
    try {
      const answer = await escaped.attempt(expression);
      return Array.isArray(answer) && answer[0] === 'got' && answer[1] !== 'no' ? 'succeeded' : 'stopped';
    } finally {
      await escaped.close();
    }
  };

  const secret = path.join(os.tmpdir(), `switchyard-attack-${process.pid}.secret`);
  let port = 0;
  const server = net.createServer((socket) => socket.on('error', () => undefined).end('hello'));
  let best: Wall;
  beforeAll(async () => {
    fs.writeFileSync(secret, 'secret', { mode: 0o600 });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    port = typeof address === 'object' && address ? address.port : 0;
    best = await standWall();
    walls.push(best);
  }, 60_000);
  afterAll(async () => {
    await Promise.all(walls.map((wall) => wall.close()));
    for (const work of clean) work();
    fs.rmSync(secret, { force: true });
    await new Promise((resolve) => server.close(resolve));
    console.log(
      ['layer · taken away by · attack · with it · without it', ...table.map((line) => line.join(' · '))].join('\n'),
    );
    await eventually(
      'every sandbox is gone',
      () => childrenOf(process.pid).filter((pid) => commandOf(pid).includes('deno')).length === 0,
    );
  }, 60_000);
  const table: string[][] = [];

  const TEXT_IMPORT = `import text from 'file://BOOT' with { type: 'text' }; export default async () => text.length > 100;`;
  const MODULES = [
    'const main = evaluate(job.script, USER);',
    "const main = (await import('data:text/javascript,' + encodeURIComponent(job.script))).default;",
  ] as const;
  const IMPORT_CALL = `(async function () { return (await import('file://BOOT', { with: { type: 'text' } })).default.length > 100; })`;

  const ROWS: readonly Row[] = [
    {
      layer: 'code is a script whose imports are rewritten',
      without: 'the same code loaded as a module',
      attack: 'a static import reads a file, permissions or not',
      standing: async () => {
        const prepared = prepare(TEXT_IMPORT, { imports: () => undefined, mode: 'off' });
        if (!prepared.ok) return 'stopped';
        const executor = await LocalExecutor.start({ pool: { size: 1 } });
        const outcome = await runRaw(executor, prepared.program.script);
        await executor.close();
        return outcome.status === 'done' ? 'succeeded' : 'stopped';
      },
      removed: () => inside(TEXT_IMPORT, SELF_TEST, WARM_UP, MODULES),
    },
    {
      layer: 'scripts get no import()',
      without: 'the host-defined option that takes it away',
      attack: 'import() reads a file, permissions or not',
      standing: () => inside(IMPORT_CALL),
      removed: () =>
        inside(IMPORT_CALL, SELF_TEST, ['evalContext(script, file, NO_IMPORT)', 'evalContext(script, file)']),
    },
    {
      layer: 'no code from text',
      without: "V8's flag",
      attack: 'eval and Function by every road',
      standing: () =>
        inside(
          `(async function () { return (0, eval)('6 * 7') === 42 && (() => {}).constructor('return 42')() === 42; })`,
        ),
      removed: async () => {
        const wall = await wallOf(bootWithout(SELF_TEST));
        const launch = wall.launch(SANDBOX);
        const args = launch.args.map((arg) => arg.replace('--disallow-code-generation-from-strings,', ''));
        expect(args).not.toEqual(launch.args);
        const script = `(async function () { return (0, eval)('6 * 7') === 42 && (() => {}).constructor('return 42')() === 42; })`;
        return cameOf(await speak({ ...launch, args }, script));
      },
    },
    {
      layer: 'scrubbed globals',
      without: 'the scrubbing',
      attack: "the runtime's own operations",
      standing: () =>
        inside(`(async function () { return typeof Deno[Deno.internal].core.ops === 'object' && Deno.pid > 0; })`),
      removed: () =>
        inside(
          `(async function () { return typeof Deno[Deno.internal].core.ops === 'object' && Deno.pid > 0; })`,
          SCRUB,
        ),
    },
    {
      layer: 'captured primordials',
      without: 'the capture of JSON',
      attack: 'the bootstrap is made to send what the code wants',
      standing: async () => ((await forged([])) ? 'succeeded' : 'stopped'),
      removed: async () =>
        (await forged([
          [
            'const { parse, stringify } = JSON;',
            'const parse = (...a) => JSON.parse(...a), stringify = (...a) => JSON.stringify(...a);',
          ],
        ]))
          ? 'succeeded'
          : 'stopped',
    },
    {
      layer: 'no permissions',
      without: '-A',
      attack: 'code that found Deno reads a file',
      standing: () => inside(`(async function () { return Deno.readTextFileSync('BOOT').length > 100; })`, SCRUB),
      removed: async () => {
        const wall = await wallOf(bootWithout(SELF_TEST, SCRUB));
        const script = `(async function () { return Deno.readTextFileSync('${bootOf(wall)}').length > 100; })`;
        return cameOf(await speak(withEveryPermission(wall.launch(SANDBOX)), script));
      },
    },
    {
      layer: "the host's clock and watch",
      without: 'a process without its host',
      attack: 'a loop goes on',
      standing: async () => {
        const executor = await LocalExecutor.start({ pool: { size: 1 } });
        const outcome = await runRaw(executor, LOOP, { limits: { ownTimeMs: 300 } });
        await executor.close();
        return outcome.status === 'limit' ? 'stopped' : 'succeeded';
      },
      removed: () => inside(LOOP),
    },
    {
      layer: 'rlimits',
      needs: 'rlimits',
      without: 'prlimit, sh and the room',
      attack: 'half a gigabyte where 96 MB are allowed',
      standing: () => outside(GREED),
      removed: () => outside(GREED, []),
    },
    {
      layer: 'no-new-privileges',
      needs: 'no-new-privileges',
      without: 'every wrapper',
      attack: 'a program may still gain rights',
      standing: () => outside(`c('prctl', 39, 0, 0, 0, 0) === 0 ? 'yes' : 'no'`),
      removed: () => outside(`c('prctl', 39, 0, 0, 0, 0) === 0 ? 'yes' : 'no'`, []),
    },
    {
      layer: 'own-user',
      needs: 'own-user',
      without: 'every wrapper',
      attack: "reads a file that is its host's alone",
      standing: () => outside(`Deno.readTextFileSync('${secret}')`, ['setpriv', 'prlimit']),
      removed: () => outside(`Deno.readTextFileSync('${secret}')`, []),
    },
    {
      layer: 'namespaces',
      needs: 'namespaces',
      without: 'unshare and bubblewrap',
      attack: "connects to a server on the host's loopback",
      standing: () =>
        outside(`Deno.connect({ hostname: '127.0.0.1', port: ${port} }).then(() => 'yes')`, [
          'setpriv',
          'prlimit',
          'unshare',
        ]),
      removed: () =>
        outside(`Deno.connect({ hostname: '127.0.0.1', port: ${port} }).then(() => 'yes')`, ['setpriv', 'prlimit']),
    },
    {
      layer: 'filesystem',
      needs: 'filesystem',
      without: 'bubblewrap',
      attack: 'reads /etc/passwd',
      standing: () =>
        outside(`Deno.readTextFileSync('/etc/passwd').length`, ['setpriv', 'prlimit', 'unshare', 'bwrap']),
      removed: () => outside(`Deno.readTextFileSync('/etc/passwd').length`, ['setpriv', 'prlimit', 'unshare']),
    },
    {
      layer: 'system-calls',
      needs: 'system-calls',
      without: 'the room',
      attack: 'makes a process of its own',
      standing: () => outside(FORK),
      removed: () => outside(FORK, ['setpriv', 'prlimit', 'unshare', 'bwrap']),
    },
    {
      layer: 'dies-with-executor',
      needs: 'dies-with-executor',
      without: 'every wrapper',
      attack: 'a loop outlives its executor, which is killed',
      standing: () => outlives(),
      removed: () => outlives([]),
    },
  ];
  const LOOP = `(async function () { for (const end = performance.now() + 1_500; performance.now() < end;) {} return 'went on'; })`;
  const GREED = `(() => { const all = []; for (let n = 0; n < 8; n++) all.push(new Uint8Array(${64 * MiB}).fill(1)); return all.length; })()`;
  // One alone, which ends at once: the machine is not ours to flood.
  const FORK = `(() => { const child = c('fork'); if (child === 0) c('_exit', 0); return child; })()`;

  const forged = async (changes: readonly (readonly [string, string])[]): Promise<boolean> => {
    const wall = await wallOf(bootWithout(...changes));
    const script = `(async function () { JSON.stringify = () => '"forged"'; return 'honest'; })`;
    const { frames } = await speak(wall.launch(SANDBOX), script);
    return frames.some(({ type, text }) => type === 'D' && text === '"forged"');
  };

  const outlives = async (tools?: readonly string[]): Promise<Came> => {
    const child = spawn(
      process.execPath,
      ['--conditions=@switchyard/source', '--no-warnings', LOOP_HOST, ...(tools ? [toolFolder(tools)] : [])],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const { pid } = child;
    if (pid === undefined) throw new Error('it did not start');
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await eventually('it loops', () => said.includes('looping'), 30_000);
    const below = childrenOf(pid);
    expect(below.length).toBeGreaterThan(0);
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await ended;
    const alive = (): number[] => below.filter((each) => commandOf(each).includes('deno'));
    try {
      await eventually('it dies', () => alive().length === 0, tools ? 1_500 : 10_000);
      return 'stopped';
    } catch {
      return 'succeeded';
    } finally {
      for (const each of alive()) process.kill(each, 'SIGKILL');
    }
  };

  it.each(ROWS.map((row) => [row.layer, row] as const))(
    '%s',
    async (layer, row) => {
      if (row.needs && !best.report.layers.some(({ name, standing }) => name === row.needs && standing)) {
        console.warn(`LEFT OUT: this machine cannot stand up the layer ${row.needs}`);
        return;
      }
      const [standing, removed] = [await row.standing(), await row.removed()];
      table.push([layer, row.without, row.attack, standing, removed]);
      expect({ standing, removed }).toEqual({ standing: 'stopped', removed: 'succeeded' });
    },
    60_000,
  );

  it('and no layer of the wall is without its row', () => {
    const covered = ROWS.flatMap(({ needs }) => needs ?? []);
    expect(
      best.report.layers
        .map(({ name }) => name)
        .filter((name) => name !== 'process')
        .sort(),
    ).toEqual(covered.sort());
  });
});

const commandOf = (pid: number): string => {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
};
