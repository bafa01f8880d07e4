// The kill switch, from the click in a browser to its effect on two nodes: `npm run bench -- kill [switches]`.
import { startFakeEndpoint } from '@switchyard/testkit';
import type { Page } from 'playwright-core';
import { CHROMIUM, openBrowser, openPage, signIn } from '../support/browser.ts';
import { modelOfTheDay, talk, type Talk } from '../support/day.ts';
import { startTwoNodes, type TwoNodes } from '../support/two-nodes.ts';
import { distribution, row } from './measure.ts';

const SWITCHES = Number(process.argv[3] ?? 100);
const GOAL_MS = 250;
const PATIENCE_MS = 10_000;
/** Of all switches together; those that do not fit are left out, and the report says so. */
const WHOLE_MS = 240_000;
/** Between two answers on one node: without a pause the two nodes, their sandboxes and the browser fill the machine. */
const PAUSE_MS = 100;
const TRIES = 40;

/** Chats on one node again and again, and remembers how each was answered. */
function watch(nodes: TwoNodes, key: string, node: number, conversation: string) {
  let stopped = false;
  let talks: Talk[] = [];
  const loop = (async () => {
    while (!stopped) {
      talks.push(await talk(nodes.both, key, { node, conversation }));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  })();
  return {
    forget: (): void => void (talks = []),
    /** The first whole answer of this arm that began after `since`, once there is one. */
    async first(arm: string, since: number): Promise<Talk> {
      for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline;) {
        const found = talks.find((one) => one.startedAt >= since && one.arm === arm);
        if (found) return found;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      throw new Error(`node ${node + 1} never came to ${arm}`);
    },
    /** When the last answer of this arm had begun. */
    last: (arm: string): number =>
      Math.max(0, ...talks.filter((one) => one.arm === arm).map(({ startedAt }) => startedAt)),
    async stop(): Promise<void> {
      stopped = true;
      await loop;
    },
  };
}

/** Clicks through, and gives the moment of the click that counts, by the browser's own clock (the same machine's). */
async function press(page: Page, button: 'kill' | 'release'): Promise<number> {
  await page.getByTestId(button).click();
  await page.getByLabel('Why').fill('a measurement');
  await page.evaluate(
    `document.addEventListener('click', () => { document.documentElement.dataset.clickedAt = Date.now(); }, { capture: true, once: true })`,
  );
  await page.getByTestId('confirm').click();
  await page.getByTestId(button === 'kill' ? 'release' : 'kill').waitFor();
  return Number(await page.evaluate('document.documentElement.dataset.clickedAt'));
}

async function dealtToCode(nodes: TwoNodes, key: string): Promise<string> {
  for (let at = 0; at < TRIES; at++) {
    const { arm, conversation } = await talk(nodes.both, key, { node: 0, conversation: `dealt ${at}` });
    if (arm === 'code') return conversation;
  }
  throw new Error('nobody is dealt to code');
}

export async function kill(print: (text: string) => void): Promise<void> {
  if (!CHROMIUM) return print('LEFT OUT: CHROMIUM names no browser');
  const endpoint = await startFakeEndpoint();
  endpoint.reply(modelOfTheDay);
  const nodes = await startTwoNodes({ OPENAI_BASE_URL: endpoint.baseUrl, OPENAI_API_KEY: 'sk-kill', MODEL: 'fake-1' });
  const browser = await openBrowser();
  const watches: ReturnType<typeof watch>[] = [];
  try {
    const key = nodes.first.createKey();
    nodes.first.cli('rollout', 'set', '--tenant', 'demo', '--percent', '98', '--reason', 'bench');
    const page = await openPage(browser, nodes.first.url, []);
    await signIn(page, nodes.first.credentials);
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Rollouts', exact: true }).click();
    const conversation = await dealtToCode(nodes, key);
    watches.push(...[0, 1].map((node) => watch(nodes, key, node, conversation)));
    // The first word without code, and how long answers by code still began: the effect lies between the two.
    const [whole, still]: [number[][], number[][]] = [
      [[], []],
      [[], []],
    ];
    const deadline = Date.now() + WHOLE_MS;
    for (let count = 0; count < SWITCHES && Date.now() < deadline; count++) {
      watches.forEach((one) => one.forget());
      const clicked = await press(page, 'kill');
      for (const [node, one] of watches.entries()) {
        whole[node]?.push((await one.first('traditional', clicked)).endedAt - clicked);
        still[node]?.push(Math.max(0, one.last('code') - clicked));
      }
      const released = await press(page, 'release');
      await Promise.all(watches.map((one) => one.first('code', released)));
    }
    const done = whole[0]?.length ?? 0;
    if (done < SWITCHES) print(`\nLEFT OUT: ${SWITCHES - done} of ${SWITCHES} switches, after ${WHOLE_MS / 1_000} s`);
    print(`\nThe kill switch, ${done} times from the browser, in one conversation that code was answering`);
    for (const node of [0, 1]) {
      print(
        row(`  node ${node + 1}: click to the first whole answer without code`, distribution(whole[node] ?? []), 'ms'),
      );
      print(row(`  node ${node + 1}: click to the last answer that code began`, distribution(still[node] ?? []), 'ms'));
    }
    const slowest = (whole[0] ?? []).map((ms, at) => Math.max(ms, whole[1]?.[at] ?? 0));
    const both = distribution(slowest);
    print(row('  both nodes: click to whole answers without code', both, 'ms'));
    print(`  goal: p99 below ${GOAL_MS} ms: ${both.p99 < GOAL_MS ? 'met' : 'NOT met'}`);
  } finally {
    await Promise.all(watches.map((one) => one.stop().catch(() => undefined)));
    await browser.close();
    await nodes.remove();
    await endpoint.close();
  }
}
