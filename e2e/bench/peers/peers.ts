// `npm run bench -- peers`: other ways to run a model's code, beside ours in one run. They are installed here at first use.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { distribution, paced, row, throughput } from '../measure.ts';
import { cpuMsOf, memoryOf, peakMemory } from '../usage.ts';
import { codeMode, coldDeno, isolatedVm, nodePermission, ours, OURS, quickjs, type Contender } from './contenders.ts';
import { products } from './products.ts';
import { JOB_NAMES, JOBS, type JobName } from './jobs.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const SAMPLES = 30;
const EVERY_MS = 60;
const SECONDS = 3;
const WORKERS = 4;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

if (!fs.existsSync(`${FOLDER}node_modules`)) {
  const npm = spawnSync('npm', ['ci', '--legacy-peer-deps', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: FOLDER,
    stdio: 'inherit',
  });
  if (npm.status !== 0) print('the peers from npm could not be installed: npm says why above. They are left out.');
}

type Figures = { readonly p50: number; readonly perSecond: number };
const figures = new Map<string, Figures>();

async function measure(contender: Contender, job: JobName): Promise<void> {
  const { code, answer } = JOBS[job];
  let runs = 0;
  const work = async (): Promise<void> => {
    const value = await contender.run(code);
    if (value !== answer) throw new Error(`${job} gave ${JSON.stringify(value)}`);
    runs++;
  };
  try {
    const spread = distribution(await paced(SAMPLES, EVERY_MS, work));
    const before = { cpuMs: cpuMsOf(), bytes: memoryOf() };
    runs = 0;
    const { value: perSecond, peakBytes } = await peakMemory(() => throughput(WORKERS, SECONDS, work));
    const cpuMs = (cpuMsOf() - before.cpuMs) / runs;
    const grown = (peakBytes - before.bytes) / 1_048_576;
    figures.set(`${contender.name} ${job}`, { p50: spread.p50, perSecond });
    const own = figures.get(`${OURS.strict} ${job}`);
    const ratio = own
      ? `  ×${(spread.p50 / own.p50).toFixed(2)} p50, ×${(perSecond / own.perSecond).toFixed(2)} runs/s`
      : '';
    const used = `${cpuMs.toFixed(1).padStart(6)} ms CPU/run  ${grown.toFixed(0).padStart(4)} MiB more`;
    print(`${row(`  ${contender.name}`, spread, 'ms')}  ${perSecond.toFixed(0).padStart(6)} runs/s ${used}${ratio}`);
  } catch (error) {
    print(
      `  ${contender.name.padEnd(50)} cannot: ${error instanceof Error ? error.message.slice(0, 120) : String(error)}`,
    );
  }
}

print('left out: workerd, whose loader of workers is no package that this bench can start by itself');

const contenders: Contender[] = [];
for (const make of [
  () => ours('strict'),
  () => ours('session'),
  coldDeno,
  nodePermission,
  isolatedVm,
  quickjs,
  codeMode,
])
  try {
    contenders.push(await make());
  } catch (error) {
    print(
      `left out, as it does not start here: ${error instanceof Error ? error.message.slice(0, 160) : String(error)}`,
    );
  }
print(
  `Peers, ${WORKERS} callers for runs/s. Only ours stands behind an operating system's wall; Deno and Node have a process of their own, the others none. CPU and memory: of all processes together, this one included.`,
);
for (const job of JOB_NAMES) {
  print(`\n${job}`);
  for (const contender of contenders) await measure(contender, job);
}
await Promise.all(contenders.map((contender) => contender.close()));
await products(print);
