import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, copyFile, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

const COMMAND_MS = 15_000;
const MAX_OUTPUT_BYTES = 1_048_576;
const MEMORY_BYTES = 1_024 * 1_048_576;
/** Of any file that it writes. */
export const MAX_FILE_BYTES = 16 * 1_048_576;
const PRLIMIT = ['/usr/bin/prlimit', '/bin/prlimit'].find((file) => existsSync(file));

/** How a program is started behind the host's wall. */
export type PrepareProgram = (
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
) => {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Belongs to the user that the program runs as. */
  readonly cwd: string;
};

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface OpaProgram {
  /** Ended by force after 15 s, or when it prints more than a megabyte: its status is null then. */
  run(args: readonly string[], folder?: string): Promise<Ended>;
  /** With files of its own, which are gone afterwards. */
  withFolder<T>(files: Readonly<Record<string, string>>, use: (folder: string) => Promise<T>): Promise<T>;
  /** Where its own user cannot reach it (below root's home, say), a copy in that user's folder is started from now on. */
  reach(): Promise<void>;
}

/** The operator's OPA behind the host's wall, with bounds on time, processor, memory and files. */
export function openOpaProgram(opa: string, prepare: PrepareProgram): OpaProgram {
  let program = opa;

  function run(args: readonly string[], folder?: string): Promise<Ended> {
    const limits = PRLIMIT
      ? [PRLIMIT, `--data=${MEMORY_BYTES}`, '--cpu=20', '--core=0', '--nofile=256', `--fsize=${MAX_FILE_BYTES}`, '--']
      : [];
    const [command = '', ...rest] = [...limits, program, ...args];
    const prepared = prepare(command, rest, { GOMAXPROCS: '1', GOMEMLIMIT: `${MEMORY_BYTES / 2}` });
    return new Promise((resolve, reject) => {
      const child = spawn(prepared.file, [...prepared.args], {
        cwd: folder ?? prepared.cwd,
        env: prepared.env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const out = { stdout: '', stderr: '' };
      const timer = setTimeout(() => child.kill('SIGKILL'), COMMAND_MS);
      for (const stream of ['stdout', 'stderr'] as const)
        child[stream].setEncoding('utf8').on('data', (chunk: string) => {
          out[stream] += chunk;
          if (out[stream].length > MAX_OUTPUT_BYTES) child.kill('SIGKILL');
        });
      child.once('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      child.once('close', (status) => {
        clearTimeout(timer);
        resolve({ status, ...out });
      });
    });
  }

  return {
    run,
    async withFolder<T>(files: Readonly<Record<string, string>>, use: (folder: string) => Promise<T>): Promise<T> {
      const { cwd } = prepare('true', [], {});
      const { uid, gid } = await stat(cwd);
      const folder = path.join(cwd, randomUUID());
      await mkdir(folder, { mode: 0o700 });
      try {
        for (const [name, text] of Object.entries(files)) {
          await writeFile(path.join(folder, name), text, { mode: 0o644 });
        }
        if (process.getuid?.() === 0) await chown(folder, uid, gid);
        return await use(folder);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    async reach() {
      if ((await run(['version'])).status === 0) return;
      const { size, mtimeMs } = await stat(opa);
      const copy = path.join(prepare('true', [], {}).cwd, `opa-${size}-${Math.floor(mtimeMs)}`);
      if (!existsSync(copy)) {
        const partial = `${copy}.${randomUUID()}`;
        await copyFile(opa, partial);
        await chmod(partial, 0o755);
        await rename(partial, copy);
      }
      program = copy;
    },
  };
}
