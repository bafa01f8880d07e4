import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DenoProcess, denoBinary, standWall, type Launch, type LayerName, type Wall } from '@switchyard/execution';

const ESCAPED_BOOT = fileURLToPath(new URL('./escaped-boot.js', import.meta.url));
const PATIENCE_MS = 20_000;
const MiB = 1024 * 1024;

export interface Spoken {
  /** The frames that came after `R`, by their type. */
  readonly frames: readonly { readonly type: string; readonly text: string }[];
  /** How it ended by itself; null where it was ended after its result, its error, or a broken frame. */
  readonly exit: {
    readonly code: number | null;
    readonly signal: NodeJS.Signals | null;
    readonly stderr: string;
  } | null;
  readonly broken: boolean;
}

/**
 * Starts one sandbox process, gives it one script, and takes down what it says until its result, its error or its end;
 * then kills it. None of the host's own limits: only the process and the wall round it.
 */
export async function speak(launch: Launch, script: string): Promise<Spoken> {
  const subject = await DenoProcess.start(launch);
  const frames: { type: string; text: string }[] = [];
  const ended = new Promise<Pick<Spoken, 'exit' | 'broken'>>((resolve) => {
    const patience = setTimeout(() => resolve({ exit: null, broken: false }), PATIENCE_MS);
    subject.attach({
      onFrame(code, body) {
        const type = String.fromCharCode(code);
        frames.push({ type, text: body.toString() });
        if (type === 'D' || type === 'X') resolve({ exit: null, broken: false });
      },
      onProtocolError: () => resolve({ exit: null, broken: true }),
      onExit: (exit) => resolve({ exit, broken: false }),
    });
    void subject.gone.then(() => clearTimeout(patience));
  });
  const job = {
    script,
    modules: {},
    lineMap: null,
    skills: {},
    logBytes: MiB,
    argumentBytes: MiB,
    resultBytes: 4 * MiB,
  };
  const body = Buffer.from(`C${JSON.stringify(job)}`);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  subject.send(Buffer.concat([head, body]));
  const end = await ended;
  await subject.kill();
  return { frames, ...end };
}

/** A folder that the sandbox's own user may enter, with a bootstrap of ours in it. */
export function bootFolder(source: string): { readonly boot: string; remove(): void } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchyard-attack-'));
  fs.chmodSync(folder, 0o755);
  const boot = path.join(folder, 'boot.js');
  fs.writeFileSync(boot, source, { mode: 0o644 });
  return { boot, remove: () => fs.rmSync(folder, { recursive: true, force: true }) };
}

export interface Escaped {
  readonly wall: Wall;
  /** Whether this machine can stand that layer up; where it cannot, what is left out is said loudly. */
  stands(layer: LayerName): boolean;
  readonly launch: Launch;
  /** What an expression gives to code that got out; `c` calls the C library. */
  attempt(expression: string): Promise<unknown>;
  close(): Promise<void>;
}

export interface EscapedOptions {
  readonly memoryBytes?: number;
  readonly searchPath?: readonly string[];
}

/**
 * Sandboxes in which Deno holds back nothing. The permissions are changed on the command line that the wall gives, so
 * that no setting of the product leads here.
 */
export async function startEscaped({ memoryBytes = 128 * MiB, searchPath }: EscapedOptions = {}): Promise<Escaped> {
  const { boot, remove } = bootFolder(fs.readFileSync(ESCAPED_BOOT, 'utf8'));
  const files = { deno: denoBinary(), boot };
  const wall = await standWall({
    files,
    stagingDir: path.join(path.dirname(boot), 'staging'),
    ...(searchPath ? { searchPath } : {}),
  });
  const missing = new Set<LayerName>();
  const launch = withEveryPermission(wall.launch({ memoryBytes, cpuSeconds: 20 }));
  return {
    wall,
    stands(layer) {
      const found = wall.report.layers.some(({ name, standing }) => name === layer && standing);
      if (!found && !missing.has(layer)) console.warn(`LEFT OUT: this machine cannot stand up the layer ${layer}`);
      if (!found) missing.add(layer);
      return found;
    },
    launch,
    async attempt(expression) {
      const script = `(async function ({ c, send, raw, next }) {
  try { const value = await (async () => (${expression}))(); return ['got', value ?? null]; }
  catch (error) { return ['threw', String(error)]; }
})`;
      const spoken = await speak(launch, script);
      const result = spoken.frames.find(({ type }) => type === 'D');
      return result ? (JSON.parse(result.text) as unknown) : spoken.exit;
    },
    async close() {
      await wall.close();
      remove();
    },
  };
}

export function withEveryPermission(launch: Launch): Launch {
  const at = launch.args.indexOf('--no-prompt');
  if (at < 0) throw new Error('the command line of a sandbox has changed: give it every permission in another way');
  const args = launch.args.map((arg) => (arg === '--no-prompt' ? '-A' : arg)).filter((arg) => !/^--deny-/.test(arg));
  return { ...launch, args };
}
