import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '@switchyard/kernel';
import { BOOT_FILE, DENO_ENV, denoBinary, denoFlags, denoVersion } from './deno-binary.ts';
import { DenoProcess } from './deno-process.ts';
import type { KernelLimits, LayerName, Launch, ProcessLimits, WallLayer, WallReport } from './launch.ts';
import { Room } from './room.ts';
import { findTools, SEARCH, type Files, type Tools } from './tools.ts';
import { reservedHere, UserIds } from './user-ids.ts';
import { plans, type Plan } from './wall-plans.ts';

/** An idle sandbox's private writable memory, which RLIMIT_DATA counts too. Measured at start; this is for the probe. */
const IDLE_DATA_BYTES = 640 * 1024 * 1024;
const MiB = 1024 * 1024;

export type Wall = {
  readonly report: WallReport;
  readonly denoVersion: string;
  launch(limits: ProcessLimits): Launch;
  /** Ends the room, where sandboxes share one, and all that is in it. */
  close(): Promise<void>;
};
export type WallOptions = {
  /** A folder that every user may read; the binary is copied there when the sandbox's own user cannot reach it. */
  readonly stagingDir?: string;
  /** Where the wrappers are looked for. For tests of machines that lack them. */
  readonly searchPath?: readonly string[];
  /** Other copies of Deno (of the very version, as its internals are used) and of the bootstrap. */
  readonly files?: { readonly deno: string; readonly boot: string };
};

/** Kernel limits. RLIMIT_DATA caps what V8's own limit does not see: ArrayBuffers, Blobs, native memory. */
function limitArgs(tools: Tools, { dataBytes, cpuSeconds }: KernelLimits, readOnlyTree: boolean): string[] {
  if (tools.prlimit)
    return [
      tools.prlimit,
      `--data=${dataBytes}`,
      `--cpu=${cpuSeconds}:${cpuSeconds + 2}`,
      '--core=0',
      '--nofile=256',
      ...(readOnlyTree ? [] : ['--fsize=0']),
      '--',
    ];
  if (tools.sh)
    return [
      tools.sh,
      '-c',
      `ulimit -c 0; ulimit -n 256; ulimit -t ${cpuSeconds}; ulimit -d ${Math.ceil(dataBytes / 1024)}; exec "$@"`,
      'sh',
    ];
  return [];
}

const DETAIL_MISSING: Readonly<Record<LayerName, string>> = {
  process: '',
  rlimits: 'neither prlimit (util-linux) nor a shell was found: memory is watched, not capped',
  'no-new-privileges': 'setpriv (util-linux) or bwrap (bubblewrap) is missing or may not be used',
  'own-user': 'setpriv is missing, or the executor does not run as root: sandboxes share its user',
  namespaces:
    'bwrap (bubblewrap) or unshare (util-linux) is missing or may not be used: the network is closed by Deno alone',
  filesystem: 'bwrap (bubblewrap) is missing or may not be used: files are closed by Deno alone',
  'system-calls':
    'needs root, bwrap (bubblewrap) and perl, on x86-64 or arm64: the kernel is reached by whatever call Deno could make',
  'dies-with-executor':
    'setpriv or bwrap is missing: a sandbox that loops outlives a killed executor until its CPU limit',
};

/**
 * Finds the strongest wall that this machine can stand up, by starting a real sandbox behind each in turn, and says what
 * stands and what does not. Takes 0.1–0.5 s, once.
 */
export async function standWall(options: WallOptions = {}): Promise<Wall> {
  const tools = findTools(options.searchPath ?? SEARCH);
  const own: Files = options.files ?? { deno: denoBinary(), boot: BOOT_FILE };
  const tried: string[] = [];
  for (const plan of plans(tools, process.getuid?.() === 0, reservedHere())) {
    for (const files of sources(own, options.stagingDir)) {
      try {
        return await probe(plan, files(), tools);
      } catch (thrown) {
        tried.push(messageOf(thrown));
      }
    }
  }
  throw new Error(`No sandbox could be started at all. ${tried.at(-1) ?? ''}`);
}

/** The files where they are and, should the sandbox's user not reach them there, copies in the staging folder. */
const sources = (own: Files, stagingDir: string | undefined): (() => Files)[] =>
  stagingDir === undefined ? [() => own] : [() => own, () => stage(own, stagingDir)];

function stage(own: Files, stagingDir: string): Files {
  mkdirSync(stagingDir, { recursive: true, mode: 0o755 });
  const copy = (from: string, name: string): string => {
    const to = path.join(stagingDir, name);
    if (existsSync(to) && statSync(to).size === statSync(from).size && statSync(to).mtimeMs >= statSync(from).mtimeMs)
      return to;
    const partial = `${to}.${process.pid}`;
    copyFileSync(from, partial);
    chmodSync(partial, 0o755);
    renameSync(partial, to);
    return to;
  };
  return { deno: copy(own.deno, `deno-${denoVersion()}`), boot: copy(own.boot, 'boot.js') };
}

async function probe(plan: Plan, files: Files, tools: Tools): Promise<Wall> {
  const prefix = plan.prefix(files);
  const inside = plan.inside(files);
  const room = plan.room && new Room(plan.room.plan(files), new UserIds(plan.room.users, Math.random));
  let idleDataBytes = IDLE_DATA_BYTES;
  const launch = (limits: ProcessLimits): Launch => {
    // Above the limit, so that the kernel and the host's watch end a run first: near its own limit V8 collects garbage
    // for 20 s before it gives up.
    const heapMiB = Math.floor((limits.memoryBytes / MiB) * 1.1);
    const deno = [inside.deno, ...denoFlags(heapMiB), inside.boot];
    const kernel = { dataBytes: idleDataBytes + limits.memoryBytes, cpuSeconds: limits.cpuSeconds };
    const limiters = room ? [] : limitArgs(tools, kernel, plan.layers.filesystem !== undefined);
    const [command = '', ...args] = [...limiters, ...prefix, ...deno];
    return { command, args, env: DENO_ENV, ...(room ? { room, limits: kernel } : {}) };
  };
  try {
    const first = await DenoProcess.start(launch({ memoryBytes: 512 * MiB, cpuSeconds: 60 }));
    if (first.idle && first.idle.dataBytes > 0) idleDataBytes = first.idle.dataBytes;
    await first.kill();
    const report = { layers: describe(plan, tools, first.idle !== null) };
    return { report, denoVersion: first.denoVersion, launch, close: async () => await room?.close() };
  } catch (thrown) {
    await room?.close();
    throw thrown;
  }
}

function describe(plan: Plan, tools: Tools, hasProc: boolean): WallLayer[] {
  const layer = (name: LayerName, detail: string | undefined): WallLayer => ({
    name,
    standing: detail !== undefined,
    detail: detail ?? DETAIL_MISSING[name],
  });
  const rlimits = plan.room
    ? 'setrlimit: memory, CPU, files, threads'
    : tools.prlimit
      ? 'prlimit: memory, CPU, files'
      : tools.sh
        ? 'ulimit: memory, CPU, files'
        : undefined;
  return [
    layer(
      'process',
      `one Deno process per run, no permission, no import(), no code from text${hasProc ? '' : '; no /proc: usage is not measured'}`,
    ),
    layer('rlimits', rlimits),
    layer('no-new-privileges', plan.layers['no-new-privileges']),
    layer('own-user', plan.layers['own-user']),
    layer('namespaces', plan.layers.namespaces),
    layer('filesystem', plan.layers.filesystem),
    layer('system-calls', plan.layers['system-calls']),
    layer('dies-with-executor', plan.layers['dies-with-executor']),
  ];
}

/** What stands on this machine and what does not, for `doctor`. Starts and ends one sandbox. */
export async function detectWall(options: WallOptions = {}): Promise<WallReport> {
  const wall = await standWall(options);
  await wall.close();
  return wall.report;
}
