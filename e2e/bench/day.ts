// A day of a company on two nodes: `npm run bench -- day [conversations]`. A model that we own answers, so nothing here is a
// model's figure. Ends with 1 when a healthy arm is rolled back, or a failing one is not.
import { startFakeEndpoint } from '@switchyard/testkit';
import { modelOfTheDay, talk, traffic, type Talk } from '../support/day.ts';
import { startTwoNodes, type TwoNodes } from '../support/two-nodes.ts';
import { distribution, row } from './measure.ts';

const HEALTHY = Number(process.argv[3] ?? 4_000);
const MOST_FAILING = 4_000;
const BAD_EVERY = 20;
const AT_ONCE = 8;

interface Looked {
  readonly id: string;
  readonly version: number;
  readonly status: string;
  readonly shareBasisPoints: number;
  readonly reason: string;
  readonly updatedAt: string;
}

async function rolloutOf({ first }: TwoNodes, key: string): Promise<Looked> {
  const query = '{ rollouts { items { id version status shareBasisPoints reason updatedAt } } }';
  return (await first.graphql(key, query)).body.data.rollouts.items[0] as Looked;
}

const codeOf = (talks: readonly Talk[]): Talk[] => talks.filter(({ arm }) => arm === 'code');

/** When the last answer of code began on each node, after the moment of the rollback. Negative: before it. */
function lastCode(talks: readonly Talk[], node: number, at: number): number {
  const begun = codeOf(talks).filter((one) => one.node % 2 === node);
  return Math.max(...begun.map(({ startedAt }) => startedAt)) - at;
}

export async function day(print: (text: string) => void): Promise<void> {
  const endpoint = await startFakeEndpoint();
  endpoint.reply(modelOfTheDay);
  const nodes = await startTwoNodes({ OPENAI_BASE_URL: endpoint.baseUrl, OPENAI_API_KEY: 'sk-day', MODEL: 'fake-1' });
  try {
    const key = nodes.first.createKey();
    nodes.first.cli('rollout', 'set', '--tenant', 'demo', '--percent', '50', '--reason', 'the day begins');
    print('\nA day on two nodes that share a database, half of the conversations by code (a model of ours answers)');

    const began = performance.now();
    const healthy = await traffic(nodes.both, key, { name: 'healthy', most: HEALTHY, atOnce: AT_ONCE });
    const seconds = (performance.now() - began) / 1_000;
    const standing = await rolloutOf(nodes, key);
    print(
      `  healthy: ${healthy.length} conversations, ${codeOf(healthy).length} by code, in ${seconds.toFixed(0)} s; the rollout is ${standing.status} at ${standing.shareBasisPoints / 100}%`,
    );
    if (standing.status !== 'running') process.exitCode = 1;

    nodes.first.cli('rollout', 'roll-back', '--tenant', 'demo', '--reason', 'to begin the second half anew');
    nodes.first.cli('rollout', 'restart', '--tenant', 'demo', '--after-fix', '--reason', 'the second half');
    nodes.first.cli('rollout', 'set', '--tenant', 'demo', '--percent', '50', '--reason', 'the second half');
    const isBack = async (): Promise<boolean> => (await rolloutOf(nodes, key)).status === 'rolled_back';
    const options = { most: MOST_FAILING, atOnce: AT_ONCE, badEvery: BAD_EVERY };
    const failing = await traffic(nodes.both, key, { ...options, name: 'failing', isOver: isBack });
    // Some more, so that each node is seen to have stopped.
    const after = await traffic(nodes.both, key, { name: 'after', most: 40, atOnce: AT_ONCE });
    const end = await rolloutOf(nodes, key);
    if (end.status !== 'rolled_back') process.exitCode = 1;
    print(
      `  one in ${BAD_EVERY} fails: ${end.status} after ${codeOf(failing).length} conversations by code. ${end.reason}`,
    );
    const at = Date.parse(end.updatedAt);
    for (const node of [0, 1])
      print(
        `  node ${node + 1}: its last answer by code began ${lastCode(failing, node, at)} ms after the rollback (negative: before it)`,
      );
    print(`  after it: ${codeOf(after).length} of ${after.length} conversations by code`);
    if (codeOf(after).length > 0) process.exitCode = 1;
    const sticky = codeOf(failing)[0]?.conversation ?? '';
    const again = await Promise.all([0, 1].map((node) => talk(nodes.both, key, { node, conversation: sticky })));
    print(`  one that had been answered by code goes on with: ${again.map(({ arm }) => arm).join(', ')}`);
    print(row('  latency by code', distribution(codeOf(healthy).map((one) => one.endedAt - one.startedAt)), 'ms'));
  } finally {
    await nodes.remove();
    await endpoint.close();
  }
}
