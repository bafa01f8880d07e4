import type { DenoProcess } from '../sandbox/deno-process.ts';

export type SessionSettings = {
  /** Processes that wait for the next run of their session; the one that has waited longest goes first. About 10 MB each. */
  readonly most: number;
  /** How long one waits. */
  readonly idleMs: number;
  /** From its first run on. */
  readonly ageMs: number;
  readonly runs: number;
  /** What it may have grown since before its first run. */
  readonly grownBytes: number;
  readonly cpuMs: number;
};

export const DEFAULT_SESSIONS: SessionSettings = {
  most: 16,
  idleMs: 30_000,
  ageMs: 600_000,
  runs: 200,
  grownBytes: 96 * 1024 * 1024,
  cpuMs: 60_000,
};

type Used = { runs: number; readonly since: number };
type Parked = { readonly process: DenoProcess; readonly timer: NodeJS.Timeout };

/** Processes between two runs of one session. No session is ever given another's. */
export class Sessions {
  readonly #settings: SessionSettings;
  readonly #parked = new Map<string, Parked>();
  readonly #used = new WeakMap<DenoProcess, Used>();
  readonly #going = new Set<Promise<unknown>>();
  #closed = false;

  constructor(settings: SessionSettings) {
    this.#settings = settings;
  }

  get count(): number {
    return this.#parked.size;
  }

  /** The process of this session's last run, for its next alone. */
  take(session: string): DenoProcess | undefined {
    const parked = this.#unpark(session);
    if (!parked) return undefined;
    return parked.alive ? parked : undefined;
  }

  /** False where it is not to be used again; whoever asked ends it then. */
  park(session: string, process: DenoProcess): boolean {
    if (this.#closed || !process.alive || this.#parked.has(session) || this.#isWorn(process)) return false;
    const timer = setTimeout(() => this.#drop(session), this.#settings.idleMs);
    timer.unref();
    this.#parked.set(session, { process, timer });
    process.attach({
      onFrame: () => this.#drop(session, process), // it says something nobody asked: code of the last run goes on
      onProtocolError: () => this.#drop(session, process),
      onExit: () => this.#drop(session, process),
    });
    const [longest] = this.#parked.keys();
    if (this.#parked.size > this.#settings.most && longest !== undefined) this.#drop(longest);
    return this.#parked.get(session)?.process === process;
  }

  /** Ends all that wait; resolves when they are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const session of [...this.#parked.keys()]) this.#drop(session);
    await Promise.all(this.#going);
  }

  #isWorn(process: DenoProcess): boolean {
    const now = performance.now();
    const used = this.#used.get(process) ?? { runs: 0, since: now };
    this.#used.set(process, used);
    used.runs++;
    const { runs, ageMs, grownBytes, cpuMs } = this.#settings;
    const sample = process.sample();
    return (
      process.givesWay || // only root could take that back
      used.runs >= runs ||
      now - used.since > ageMs ||
      (sample?.cpuMs ?? 0) > cpuMs ||
      (sample?.residentBytes ?? 0) - (process.idle?.residentBytes ?? 0) > grownBytes
    );
  }

  #unpark(session: string): DenoProcess | undefined {
    const parked = this.#parked.get(session);
    if (!parked) return undefined;
    this.#parked.delete(session);
    clearTimeout(parked.timer);
    parked.process.detach();
    return parked.process;
  }

  #drop(session: string, only?: DenoProcess): void {
    if (only && this.#parked.get(session)?.process !== only) return;
    const going = this.#unpark(session)?.kill();
    if (!going) return;
    this.#going.add(going);
    void going.finally(() => this.#going.delete(going));
  }
}
