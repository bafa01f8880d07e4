import { spawn, type ChildProcess } from 'node:child_process';
import type { Exit, Launch, Spawned } from './launch.ts';
import { leafOf } from './proc.ts';

const WRAPPERS_END_MS = 250;
const STDERR_KEPT = 4_096;

/** Starts a sandbox as a child of this process, behind whatever wrappers its command names. */
export function spawnCommand(launch: Launch): Spawned {
  // A session of its own: a Ctrl-C at the terminal must not end runs before their owner says so.
  const child = spawn(launch.command, [...launch.args], {
    cwd: '/',
    env: { ...launch.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  child.stdin.on('error', () => undefined); // it died; `gone` tells
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < STDERR_KEPT) stderr = (stderr + chunk.toString('latin1')).slice(0, STDERR_KEPT);
  });
  // `close`, not `exit`: a result may still be in the pipe.
  let ended = false;
  const gone = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, stderr }));
    child.once('error', (error) => resolve({ code: null, signal: null, stderr: error.message }));
  });
  void gone.then(() => (ended = true));
  let leaf = 0;
  let killing: NodeJS.Timeout | undefined;
  const pid = (): number => (leaf ||= leafOf(child.pid ?? 0));
  return {
    input: child.stdin,
    output: child.stdout,
    gone,
    pid,
    /** The innermost first: each wrapper then collects its child, and no zombie is left where no init collects them. */
    kill() {
      if (killing || ended || child.pid === undefined) return;
      if (pid() === child.pid) return killGroup(child);
      killing = setTimeout(() => killGroup(child), WRAPPERS_END_MS);
      void gone.then(() => clearTimeout(killing));
      try {
        process.kill(pid(), 'SIGKILL');
      } catch {
        killGroup(child);
      }
    },
  };
}

/** SIGKILL for a detached child and the group that it leads. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}
