import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  /** In clock ticks since boot: tells a process from a later one of the same number. */
  readonly startedAt: number;
  /** User and system time, in clock ticks. */
  readonly cpu: number;
}

const read = (file: string): string => {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return ''; // it has ended meanwhile, or is another user's
  }
};

function look(pid: number): Process | undefined {
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent] = fields;
  if (!state || state === 'Z' || state === 'X') return undefined;
  const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
  const cpu = Number(fields[11]) + Number(fields[12]);
  return { pid, parent: Number(parent), command, startedAt: Number(fields[19]), cpu };
}

/** The living processes of one data folder: those that name it on their command line or in their environment, and all below them. */
export function processesOf(home: string): Process[] {
  const all = fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => look(Number(name)) ?? []);
  const named = all.filter(({ pid, command }) => command.includes(home) || read(`/proc/${pid}/environ`).includes(home));
  const family = new Set(named.map(({ pid }) => pid));
  for (let before = 0; before !== family.size;) {
    before = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  family.delete(process.pid);
  return all.filter(({ pid }) => family.has(pid));
}

/** Those of `processes` that live on. */
export const stillAlive = (processes: readonly Process[]): Process[] =>
  processes.filter(({ pid, startedAt }) => look(pid)?.startedAt === startedAt);

/** Of a Switchyard's processes, those of one kind. */
export const PARTS = {
  up: (one: Process) => / up$/.test(one.command),
  controlPlane: (one: Process) => one.command.includes('control-plane/dist/main.js'),
  executor: (one: Process) => one.command.includes('executor/dist/main.js'),
  sandbox: (one: Process) => /^\S*deno run /.test(one.command),
  postgres: (one: Process) => /bin\/postgres -D /.test(one.command) && !one.command.includes('setpriv'),
} as const;

/** Waits until `check` gives something that is not false or undefined; throws with `what` when it never does. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | false | undefined> | T | false | undefined,
  withinMs = 10_000,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await check();
    if (found !== false && found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(50);
  }
}
