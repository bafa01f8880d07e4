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
