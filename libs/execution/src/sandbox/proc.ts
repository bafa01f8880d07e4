import { readFileSync } from 'node:fs';

const TICK_MS = 10; // USER_HZ is 100 on every Linux that Node runs on

const readText = (file: string): string | null => {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return null; // gone, or no /proc here
  }
};

/** The process at the end of a chain of wrappers, as this machine numbers it. */
export function leafOf(pid: number): number {
  for (let at = pid, depth = 0; ; depth++) {
    const next = readText(`/proc/${at}/task/${at}/children`)?.trim().split(' ')[0];
    if (!next || depth > 6) return at;
    at = Number(next);
  }
}

export type Sample = {
  readonly cpuMs: number;
  readonly residentBytes: number;
  readonly peakBytes: number;
  readonly dataBytes: number;
};

const kiB = (status: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) * 1024;

/** CPU time and memory of a process; null where there is no /proc, or once it has gone. */
export function sample(pid: number): Sample | null {
  const stat = readText(`/proc/${pid}/stat`);
  const status = readText(`/proc/${pid}/status`);
  if (stat === null || status === null) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
    residentBytes: kiB(status, 'VmRSS'),
    peakBytes: kiB(status, 'VmHWM'),
    dataBytes: kiB(status, 'VmData'),
  };
}
