// What stays behind: `npm run bench -- leftovers [runs]`. Ends with 1 when anything does, or when a run is lost or wrong.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_LIMITS, startExecutorProcess, type RunOutcome } from '@switchyard/execution';
import { distribution, row } from './measure.ts';

const ENTRY = fileURLToPath(new URL('../../apps/executor/dist/main.js', import.meta.url));
const RUNS = Number(process.argv[3] ?? 1_000);
const AT_ONCE = 1_000;
const WORKERS = 8;
/** Of a process that has just served a thousand runs; what it then keeps must not grow with their number. */
const GROWTH_CAP_BYTES = 24 * 1_048_576;

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const problems: string[] = [];
const check = (isFine: boolean, problem: string): void => void (isFine || problems.push(problem));

const childrenOf = (pid: number): number[] => {
  try {
    return fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
};
const below = (pid: number): number[] => childrenOf(pid).flatMap((child) => [child, ...below(child)]);
const lives = (pid: number): boolean => {
  try {
    return !/^State:\s+[ZX]/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};
const residentBytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024;
const rooms = (): number => fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith('switchyard-room-')).length;

const socketDir = fs.mkdtempSync(path.join(os.tmpdir(), 'leftovers-'));
const roomsBefore = rooms();
const executor = await startExecutorProcess({
  entry: ENTRY,
  nodePath: process.execPath,
  socketDir,
  env: { SWITCHYARD_EXECUTOR_QUEUE: '2000' },
});
const pid = executor.pid ?? 0;

const run = (script: string): Promise<RunOutcome> =>
  executor.run(
    { runId: 'x', program: { script, modules: {}, lineMap: null }, limits: { ...DEFAULT_LIMITS, ownTimeMs: 1_000 } },
    { invoke: async () => ({ ok: true, json: '1' }), log: () => undefined, signal: new AbortController().signal },
  );
/** Every tenth of another kind of end: thrown, out of memory, endless. */
async function one(index: number): Promise<void> {
  if (index % 50 === 49) {
    const outcome = await run('(async function () { for (;;); })');
    return check(outcome.status === 'limit', `run ${index}, which is endless, ended as ${outcome.status}`);
  }
  if (index % 10 === 9) {
    const outcome = await run('(async function () { throw new Error("x") })');
    return check(outcome.status === 'failed', `run ${index}, which throws, ended as ${outcome.status}`);
  }
  const outcome = await run(`(async function () { return ${index} })`);
  check(
    outcome.status === 'done' && outcome.json === String(index),
    `run ${index} answered ${JSON.stringify(outcome)}`,
  );
}

/** The pool full again, and nothing dying any more. */
async function settled(): Promise<{ processes: number; files: number; bytes: number }> {
  const deadline = Date.now() + 30_000;
  let last = -1;
  for (let same = 0; same < 5 && Date.now() < deadline;) {
    const { pool } = await executor.status();
    const processes = below(pid).filter(lives).length;
    same = pool.warm === pool.size && pool.running === 0 && processes === last ? same + 1 : 0;
    last = processes;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return {
    processes: below(pid).filter(lives).length,
    files: fs.readdirSync(`/proc/${pid}/fd`).length,
    bytes: residentBytes(pid),
  };
}

async function many(from: number, count: number): Promise<void> {
  let next = from;
  const worker = async (): Promise<void> => {
    while (next < from + count) await one(next++);
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
}

await many(0, Math.min(200, RUNS)); // what is loaded once is loaded now
const before = await settled();
await many(1_000, RUNS);
const after = await settled();
print(`Leftovers after ${RUNS} runs: before → after`);
print(`  processes   ${before.processes} → ${after.processes}`);
print(`  descriptors ${before.files} → ${after.files}`);
print(`  memory      ${(before.bytes / 1_048_576).toFixed(1)} → ${(after.bytes / 1_048_576).toFixed(1)} MiB`);
check(after.processes === before.processes, 'processes are left behind');
check(after.files <= before.files, 'descriptors are left behind');
check(after.bytes <= before.bytes + GROWTH_CAP_BYTES, 'memory is left behind');

const samples: number[] = [];
const started = performance.now();
await Promise.all(
  Array.from({ length: AT_ONCE }, async (_, index) => {
    const begun = performance.now();
    const outcome = await run(`(async function () { return "r${index}" })`);
    samples.push(performance.now() - begun);
    check(outcome.status === 'done' && outcome.json === `"r${index}"`, `run ${index} of a thousand: ${outcome.status}`);
  }),
);
print(
  row(
    `  ${AT_ONCE} runs at once, ${((AT_ONCE * 1_000) / (performance.now() - started)).toFixed(0)}/s`,
    distribution(samples),
    'ms',
  ),
);

const family = below(pid);
await executor.close();
await new Promise((resolve) => setTimeout(resolve, 500));
const survivors = [pid, ...family].filter(lives).length;
print(
  `  after closing: ${survivors} processes, ${rooms() - roomsBefore} folders, ${fs.readdirSync(socketDir).length} files`,
);
check(survivors === 0, 'processes survive the executor');
check(rooms() <= roomsBefore, 'a folder of the room is left');
fs.rmSync(socketDir, { recursive: true, force: true });
for (const problem of problems.slice(0, 20)) print(`  WRONG: ${problem}`);
print(problems.length === 0 ? '  nothing is left behind, none lost, none wrong' : `  ${problems.length} things wrong`);
if (problems.length > 0) process.exitCode = 1;
