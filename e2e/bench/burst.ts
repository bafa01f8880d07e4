// `npm run bench -- burst`: a thousand runs at once through POST /v1/executions, in both tiers. Ends with 1 when one is
// lost or wrong.
import { Switchyard } from '../support/switchyard.ts';
import { distribution, row } from './measure.ts';

const AT_ONCE = 1_000;
const CONVERSATIONS = 16;
const TRIES = 200;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const switchyard = await Switchyard.start();
try {
  const key = switchyard.createKey();
  const problems: string[] = [];
  let refused = 0;

  /** As a client that heeds Retry-After. */
  const one = async (index: number, tier: string): Promise<number> => {
    const more = tier === 'session' ? { tier, conversation: `burst-${index % CONVERSATIONS}` } : { tier };
    const begun = performance.now();
    for (let tries = 0; tries < TRIES; tries++) {
      const answer = await switchyard.execute(key, `return "r${index}"`, more);
      if (answer.status === 429) {
        refused++;
        const seconds = Number(answer.headers.get('retry-after') ?? 1);
        await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
        continue;
      }
      if (answer.status !== 200 || answer.body?.result !== `r${index}`)
        problems.push(`run ${index}, ${tier}: ${answer.status} ${answer.text.slice(0, 200)}`);
      return performance.now() - begun;
    }
    problems.push(`run ${index}, ${tier}: refused ${TRIES} times`);
    return performance.now() - begun;
  };

  switchyard.cli('flag', 'set', 'MCP_STRICT_SANDBOX', 'off', '--tenant', 'demo');
  for (const tier of ['strict', 'session']) {
    for (let index = 0; index < 50; index++) await one(-1 - index, tier);
    refused = 0;
    const begun = performance.now();
    const samples = await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => one(index, tier)));
    const perSecond = (AT_ONCE * 1_000) / (performance.now() - begun);
    print(
      row(`${AT_ONCE} runs at once, ${tier}: ${perSecond.toFixed(0)}/s, ${refused} × 429`, distribution(samples), 'ms'),
    );
  }
  // Every answer was given after its link of the chain was written.
  print(`  ${switchyard.cli('audit', 'verify', '--tenant', 'demo').split('\n')[0]}`);
  for (const problem of problems.slice(0, 20)) print(`  WRONG: ${problem}`);
  print(problems.length === 0 ? 'none lost, none wrong' : `${problems.length} things wrong`);
  if (problems.length > 0) process.exitCode = 1;
} finally {
  await switchyard.remove();
}
