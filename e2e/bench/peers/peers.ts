// `npm run bench -- peers`: other ways to run a model's code, beside ours in one run. They are installed here at first use.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { distribution, paced, row, throughput } from '../measure.ts';
import { codeMode, isolatedVm, nodePermission, ours, quickjs, type Contender } from './contenders.ts';
import { JOB_NAMES, JOBS, type JobName } from './jobs.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const SAMPLES = 30;
const EVERY_MS = 60;
const SECONDS = 3;
const WORKERS = 4;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

if (!fs.existsSync(`${FOLDER}node_modules`)) {
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: FOLDER,
    stdio: 'inherit',
  });
  if (npm.status !== 0) throw new Error('the peers could not be installed: npm says why above');
}

type Figures = { readonly p50: number; readonly perSecond: number };
const figures = new Map<string, Figures>();

async function measure(contender: Contender, job: JobName): Promise<void> {
  const { code, answer } = JOBS[job];
  const work = async (): Promise<void> => {
    const value = await contender.run(code);
    if (value !== answer) throw new Error(`${job} gave ${JSON.stringify(value)}`);
  };
  try {
    const spread = distribution(await paced(SAMPLES, EVERY_MS, work));
    const perSecond = await throughput(WORKERS, SECONDS, work);
    figures.set(`${contender.name} ${job}`, { p50: spread.p50, perSecond });
    const own = figures.get(`Switchyard, strict ${job}`);
    const ratio = own
      ? `  ×${(spread.p50 / own.p50).toFixed(2)} p50, ×${(perSecond / own.perSecond).toFixed(2)} runs/s`
      : '';
    print(`${row(`  ${contender.name}`, spread, 'ms')}  ${perSecond.toFixed(0).padStart(6)} runs/s${ratio}`);
  } catch (error) {
    print(
      `  ${contender.name.padEnd(50)} cannot: ${error instanceof Error ? error.message.slice(0, 120) : String(error)}`,
    );
  }
}

const contenders: Contender[] = [];
for (const make of [ours, isolatedVm, quickjs, codeMode, nodePermission])
  try {
    contenders.push(await make());
  } catch (error) {
    print(
      `left out, as it does not start here: ${error instanceof Error ? error.message.slice(0, 160) : String(error)}`,
    );
  }
print(
  `Peers, ${WORKERS} callers for runs/s. Only ours and the Node process have an operating system's wall or a process of their own.`,
);
for (const job of JOB_NAMES) {
  print(`\n${job}`);
  for (const contender of contenders) await measure(contender, job);
}
await Promise.all(contenders.map((contender) => contender.close()));
