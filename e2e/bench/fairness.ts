// `npm run bench -- fairness`: what one tenant feels while another floods. Ends with 1 when it is more than twice as much.
import { Switchyard } from '../support/switchyard.ts';
import { distribution, paced, row } from './measure.ts';

const FLOODERS = 64;
const SAMPLES = 100;
const EVERY_MS = 50;
const ROUNDS = 3;
const MOST = 2;

const FLOODS = {
  'of small runs': 'return 1',
  'of runs that compute': 'let x = 0; for (let i = 0; i < 3e7; i++) x = (x + i) % 1000003; return x > -1',
} as const;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Keeps so many runs of a tenant under way; those that are refused come again at once, as a client that knows no better. */
function flood(
  switchyard: Switchyard,
  key: string,
  code: string,
): { end(): Promise<{ done: number; refused: number }> } {
  let ended = false;
  const counts = { done: 0, refused: 0 };
  const one = async (): Promise<void> => {
    while (!ended) {
      const { status } = await switchyard.execute(key, code);
      if (status === 200) counts.done++;
      else {
        counts.refused++;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  const all = Promise.all(Array.from({ length: FLOODERS }, one));
  return {
    async end() {
      ended = true;
      await all;
      return counts;
    },
  };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;

const switchyard = await Switchyard.start();
try {
  switchyard.cli('tenant', 'create', '--slug', 'quiet', '--name', 'Quiet');
  const [loud, quiet] = [switchyard.createKey('demo', 'runs'), switchyard.createKey('quiet', 'runs')];
  const work = async (): Promise<void> => {
    const { body, text } = await switchyard.execute(quiet, 'return 1');
    if (body?.result !== 1) throw new Error(`a run of the quiet tenant went wrong: ${text}`);
  };
  for (const [what, code] of Object.entries(FLOODS)) {
    print(`A flood ${what}, ${FLOODERS} at a time; the other tenant runs \`return 1\` every ${EVERY_MS} ms`);
    const ratios: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const alone = distribution(await paced(SAMPLES, EVERY_MS, work));
      const flooding = flood(switchyard, loud, code);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const beside = distribution(await paced(SAMPLES, EVERY_MS, work));
      const { done, refused } = await flooding.end();
      ratios.push(beside.p95 / alone.p95);
      print(row('  alone', alone, 'ms'));
      print(row(`  beside the flood (${done} runs of it, ${refused} refused)`, beside, 'ms'));
      print(`    p95 ×${(beside.p95 / alone.p95).toFixed(2)}`);
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
    print(`    median ×${median(ratios).toFixed(2)}; goal: ×${MOST} or less`);
    if (!(median(ratios) <= MOST)) process.exitCode = 1;
  }
} finally {
  await switchyard.remove();
}
