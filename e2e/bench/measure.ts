import fs from 'node:fs';

export interface Distribution {
  readonly n: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;

export function distribution(samples: readonly number[]): Distribution {
  const sorted = [...samples].sort((a, b) => a - b);
  return { n: sorted.length, p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), p99: quantile(sorted, 0.99) };
}

/** Milliseconds of each of `n` sequential runs of `work`, after `warmup` that do not count. */
export async function sequentially(
  n: number,
  work: (index: number) => Promise<unknown>,
  warmup = 30,
): Promise<number[]> {
  const samples: number[] = [];
  for (let index = -warmup; index < n; index++) {
    const started = performance.now();
    await work(index);
    if (index >= 0) samples.push(performance.now() - started);
  }
  return samples;
}

/** Milliseconds of each of `n` runs of `work` that begin `everyMs` apart: the pool is full again before each. */
export async function paced(n: number, everyMs: number, work: () => Promise<unknown>): Promise<number[]> {
  const samples: number[] = [];
  for (let index = -5; index < n; index++) {
    const started = performance.now();
    await work();
    const took = performance.now() - started;
    if (index >= 0) samples.push(took);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, everyMs - took)));
  }
  return samples;
}

/** Runs per second with `workers` callers at once for `seconds`, after a second that does not count. */
export async function throughput(workers: number, seconds: number, work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now() + 1_000;
  const end = begin + seconds * 1_000;
  let counted = 0;
  await Promise.all(
    Array.from({ length: workers }, async () => {
      while (performance.now() < end) {
        await work();
        const now = performance.now();
        if (now > begin && now <= end) counted += 1;
      }
    }),
  );
  return counted / seconds;
}

const number = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

export function row(what: string, { n, p50, p95, p99 }: Distribution, unit: string): string {
  return `${what.padEnd(52)} p50 ${number(p50).padStart(7)}  p95 ${number(p95).padStart(7)}  p99 ${number(p99).padStart(7)} ${unit}   n=${n}`;
}

/** Of a process and all below it, shared pages counted once between them (PSS): megabytes. Linux alone. */
export function treeMemoryMb(root: number): number {
  const parents = new Map<number, number>();
  for (const entry of fs.readdirSync('/proc'))
    if (/^\d+$/.test(entry)) {
      const stat = readOf(`/proc/${entry}/stat`);
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    }
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (pid === root || isBelow(parents.get(pid)));
  const kilobytes = [...parents.keys()]
    .filter(isBelow)
    .map((pid) => Number(/^Pss:\s+(\d+)/m.exec(readOf(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0));
  return Math.round(kilobytes.reduce((sum, one) => sum + one, 0) / 1_024);
}

/** Empty for a process that has just ended. */
function readOf(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
