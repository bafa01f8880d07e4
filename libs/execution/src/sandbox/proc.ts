import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const TICK_MS = 10; // USER_HZ is 100 on every Linux that Node runs on

const readText = (file: string): string | null => {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return null; // gone, or no /proc here
  }
};

const childrenOf = (pid: number): number[] =>
  (readText(`/proc/${pid}/task/${pid}/children`) ?? '').split(' ').filter(Boolean).map(Number);

/** The process at the end of a chain of wrappers, as this machine numbers it. */
export function leafOf(pid: number): number {
  for (let at = pid, depth = 0; ; depth++) {
    const [next] = childrenOf(at);
    if (!next || depth > 6) return at;
    at = next;
  }
}

/** Children of `parent` that are not in `known`, by their number in the process namespace of their parent. */
export function childrenByInnerPid(parent: number, known: ReadonlySet<number>): Map<number, number> {
  const found = new Map<number, number>();
  const depth = namespacePids(parent).length;
  for (const pid of childrenOf(parent)) {
    if (known.has(pid)) continue;
    const inner = namespacePids(pid)[depth - 1];
    if (inner) found.set(inner, pid);
  }
  return found;
}

const namespacePids = (pid: number): number[] =>
  (/^NSpid:\s+(.*)$/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1] ?? '').split(/\s+/).map(Number);

export type Sample = {
  readonly cpuMs: number;
  readonly residentBytes: number;
  readonly peakBytes: number;
  readonly dataBytes: number;
};

const kiB = (status: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) * 1024;

/**
 * What one process uses. Its files in /proc are opened once: they go on meaning this process when its number is given to
 * another, and reading them again costs some microseconds.
 */
export class Meter {
  readonly #buffer = Buffer.allocUnsafe(4_096);
  #files: readonly [stat: number, status: number] | null;

  constructor(pid: number) {
    try {
      const stat = openSync(`/proc/${pid}/stat`, 'r');
      try {
        this.#files = [stat, openSync(`/proc/${pid}/status`, 'r')];
      } catch {
        closeSync(stat);
        this.#files = null;
      }
    } catch {
      this.#files = null; // gone, or no /proc here
    }
  }

  /** CPU time in milliseconds; null where there is no /proc, or once the process has gone. */
  cpuMs(): number | null {
    const stat = this.#files && this.#read(this.#files[0]);
    if (!stat) return null;
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 13);
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  }

  sample(): Sample | null {
    const cpuMs = this.cpuMs();
    const status = this.#files && this.#read(this.#files[1]);
    if (cpuMs === null || !status) return null;
    return {
      cpuMs,
      residentBytes: kiB(status, 'VmRSS'),
      peakBytes: kiB(status, 'VmHWM'),
      dataBytes: kiB(status, 'VmData'),
    };
  }

  close(): void {
    for (const file of this.#files ?? []) closeSync(file);
    this.#files = null;
  }

  #read(file: number): string | null {
    try {
      return this.#buffer.toString('latin1', 0, readSync(file, this.#buffer, 0, this.#buffer.length, 0));
    } catch {
      return null;
    }
  }
}
