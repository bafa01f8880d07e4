// What a process and all below it use, from /proc; nothing where there is none.
import fs from 'node:fs';

const TICK_MS = 10; // USER_HZ is 100 on every Linux that Node runs on
const SAMPLE_MS = 50;

const read = (file: string): string => {
  try {
    return fs.readFileSync(file, 'latin1');
  } catch {
    return '';
  }
};
const childrenOf = (pid: number): number[] =>
  fs.existsSync(`/proc/${pid}/task`)
    ? fs
        .readdirSync(`/proc/${pid}/task`)
        .flatMap((task) => read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number))
    : [];
const below = (pid: number): number[] => childrenOf(pid).flatMap((child) => [child, ...below(child)]);

/** CPU time in milliseconds of a process, of those below it, and of those that ended below it and were waited for. */
export function cpuMsOf(pid: number = process.pid): number {
  const ticks = [pid, ...below(pid)].map((each) => {
    const stat = read(`/proc/${each}/stat`);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at] ?? 0), 0);
  });
  return ticks.reduce((sum, each) => sum + each, 0) * TICK_MS;
}

/** Proportional memory in bytes of a process and all below it: what would be free without them. */
export const memoryOf = (pid: number = process.pid): number =>
  [pid, ...below(pid)].reduce(
    (sum, each) => sum + Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${each}/smaps_rollup`))?.[1] ?? 0) * 1_024,
    0,
  );

/** The most memory that was seen while `work` went on. */
export async function peakMemory<T>(
  work: () => Promise<T>,
  pid: number = process.pid,
): Promise<{ value: T; peakBytes: number }> {
  let peakBytes = memoryOf(pid);
  const timer = setInterval(() => (peakBytes = Math.max(peakBytes, memoryOf(pid))), SAMPLE_MS);
  try {
    const value = await work();
    return { value, peakBytes };
  } finally {
    clearInterval(timer);
  }
}
