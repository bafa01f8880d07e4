/**
 * The code's own time. While no call is waited for, wall time counts. While one is, what the code burns of CPU counts.
 * So a run may wait long for a tool or for a person, and cannot hide a busy loop behind a call that hangs.
 */
export class OwnTime {
  #countedMs = 0;
  #waiting = 0;
  #since: number;
  #cpuSince: number;

  constructor(nowMs: number, cpuMs: number) {
    this.#since = nowMs;
    this.#cpuSince = cpuMs;
  }

  /** `change` is +1 when a call leaves and -1 when its answer goes back. */
  calls(change: 1 | -1, nowMs: number, cpuMs: number): void {
    this.#settle(nowMs, cpuMs);
    this.#waiting += change;
  }

  usedMs(nowMs: number, cpuMs: number): number {
    this.#settle(nowMs, cpuMs);
    return this.#countedMs;
  }

  get waiting(): boolean {
    return this.#waiting > 0;
  }

  #settle(nowMs: number, cpuMs: number): void {
    const wall = nowMs - this.#since;
    this.#countedMs += this.#waiting === 0 ? wall : Math.min(wall, Math.max(0, cpuMs - this.#cpuSince));
    this.#since = nowMs;
    this.#cpuSince = cpuMs;
  }
}
