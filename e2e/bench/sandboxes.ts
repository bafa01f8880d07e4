// What the sandboxes cost by themselves: strict runs against the least that any design with a process for each run costs, and
// runs that share a process with others of their session.
import { spawn } from 'node:child_process';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { DEFAULT_LIMITS, LocalExecutor, type RunJob, type RunOutcome } from '@switchyard/execution';
import { distribution, paced, row, sequentially, throughput } from './measure.ts';
import { cpuMsOf } from './usage.ts';

const BOOT = fileURLToPath(new URL('../../libs/execution/deno/boot.js', import.meta.url));
const DENO = fileURLToPath(new URL(`../../node_modules/@deno/linux-${process.arch}-glibc/deno`, import.meta.url));
const FLAGS = '--quiet --no-prompt --no-remote --no-npm --cached-only --no-config --no-lock --no-code-cache';
const BARE_STARTS = 60;
const ROUNDS = 3;
const SECONDS = 4;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** A shell's loop on each core: Deno with our bootstrap, until it would take a job; no wall, no pool, no host. */
async function bareRunsPerSecond(): Promise<number> {
  const loop = `i=0; while [ $i -lt ${BARE_STARTS} ]; do '${DENO}' run ${FLAGS} '${BOOT}' </dev/null >/dev/null 2>&1; i=$((i+1)); done`;
  const env = { DENO_DIR: '/dev/null/x', DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' };
  const started = performance.now();
  await Promise.all(
    os
      .cpus()
      .map(() => new Promise((resolve) => spawn('/bin/sh', ['-c', loop], { env, cwd: '/' }).once('exit', resolve))),
  );
  return (os.cpus().length * BARE_STARTS * 1_000) / (performance.now() - started);
}

const executor = await LocalExecutor.start();
try {
  const { wall } = await executor.status();
  const stands = wall.layers.filter((layer) => layer.standing).map(({ name }) => name);
  print(`\nSandboxes, strict tier. Walls: ${stands.join(', ')}`);
  let runs = 0;
  const run = async (script: string, session?: string): Promise<RunOutcome> => {
    const program = { script, modules: {}, lineMap: null };
    const job: RunJob = { runId: 'bench', program, limits: DEFAULT_LIMITS, session };
    const outcome = await executor.run(job, {
      invoke: async () => ({ ok: true, json: '{"stock":3}' }),
      log: () => undefined,
      signal: new AbortController().signal,
    });
    if (outcome.status !== 'done') throw new Error(`a run went wrong: ${JSON.stringify(outcome)}`);
    runs++;
    return outcome;
  };
  /** CPU time of everything here, by runs. */
  const cpuPerRun = async (work: () => Promise<unknown>): Promise<string> => {
    const before = cpuMsOf();
    runs = 0;
    await work();
    return `${((cpuMsOf() - before) / runs).toFixed(2)} ms of CPU each`;
  };
  const trivial = (): Promise<RunOutcome> => run('(async function (m, r) { return 1 })');
  const twenty = (): Promise<RunOutcome> =>
    run('(async function (m, r) { for (let i = 0; i < 20; i++) await m.call("s", "t")({ i }); return 1 })');
  print(row('  warm dispatch: one every 150 ms', distribution(await paced(100, 150, trivial)), 'ms'));
  print('    goal: p95 < 5 ms');
  print(row('  20 tool calls in sequence, answered at once', distribution(await paced(50, 150, twenty)), 'ms'));
  print(row('  one after the other without a pause', distribution(await sequentially(100, trivial)), 'ms'));
  const shares: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const bare = await bareRunsPerSecond();
    let ours = 0;
    const cpu = await cpuPerRun(async () => (ours = await throughput(8, SECONDS, trivial)));
    shares.push(ours / bare);
    print(
      `  ${`strict runs ${ours.toFixed(0)}/s, bare Deno processes ${bare.toFixed(0)}/s`.padEnd(50)} ${((100 * ours) / bare).toFixed(0)} %  ${cpu}`,
    );
  }
  shares.sort((a, b) => a - b);
  const shared = (): Promise<RunOutcome> => run('(async function (m, r) { return 1 })', 'one');
  print(row('  session tier, one after the other', distribution(await sequentially(300, shared)), 'ms'));
  let perSecond = 0;
  const cpu = await cpuPerRun(async () => {
    let next = 0;
    perSecond = await throughput(4, SECONDS, () => run('(async function (m, r) { return 1 })', `s${next++ % 4}`));
  });
  print(`  ${`session tier, 4 sessions: ${perSecond.toFixed(0)} runs/s`.padEnd(50)}       ${cpu}`);
  print(`    strict: median ${(100 * (shares[Math.floor(ROUNDS / 2)] ?? 0)).toFixed(0)} %; goal: 80 % or more`);
} finally {
  await executor.close();
}
