import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { CHROMIUM, openBrowser, openPage, picture, signIn } from './support/browser.ts';
import { Switchyard } from './support/switchyard.ts';

const QUESTION = 'Do you have the A4VTG90 in stock?';
/** At half of the traffic each arm gets at least the 100 units that a comparison needs, but for one time in thousands. */
const ENOUGH = 270;
const AT_ONCE = 6;

(CHROMIUM ? describe : describe.skip)('the pages on which a company decides', () => {
  let switchyard: Switchyard;
  let browser: Browser;
  let page: Page;
  let key: string;
  const complaints: string[] = [];
  let asked = 0;

  beforeAll(async () => {
    switchyard = await Switchyard.start();
    key = switchyard.createKey();
    browser = await openBrowser();
    page = await openPage(browser, switchyard.url, complaints);
    await signIn(page, switchyard.credentials);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await switchyard?.remove();
  });

  const open = (name: string): Promise<void> =>
    page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true }).click();
  const chat = async (): Promise<string | null> => {
    const conversation = `talk ${asked++}`;
    const body = { messages: [{ role: 'user', content: QUESTION }], metadata: { conversation_id: conversation } };
    const answer = await switchyard.request('POST', '/v1/chat/completions', { key, body });
    expect([answer.status, answer.text.includes('A4VTG90')]).toEqual([200, true]);
    return answer.headers.get('x-switchyard-arm');
  };
  const chats = async (count: number): Promise<(string | null)[]> => {
    const arms: (string | null)[] = [];
    const worker = async (): Promise<void> => {
      while (arms.length < count) arms.push(await chat());
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return arms;
  };
  const confirm = async (reason: string): Promise<void> => {
    await page.getByLabel('Why').fill(reason);
    await page.getByTestId('confirm').click();
    await page.getByTestId('confirm').waitFor({ state: 'hidden' });
  };

  it('a rollout is made from a template, started, and its share raised', async () => {
    await open('Rollouts');
    await page.getByTestId('new-rollout').click();
    await confirm('to see whether it is cheaper');
    await page.getByTestId('rollout-start').click();
    await confirm('the team agreed');
    await page.getByTestId('share').getByText('10%').waitFor();
    const slider = page.getByRole('slider', { name: 'Share of conversations' });
    await slider.focus();
    await slider.press('End');
    await page.getByTestId('move-share').click();
    await confirm('all but the holdback');
    await page.getByTestId('share').getByText('97%').waitFor();
    expect(await chats(12)).toContain('code');
    await picture(page, 'rollout');
  }, 60_000);

  it('an experiment with too little data says so instead of a figure', async () => {
    await open('Experiment');
    await page.getByTestId('difference-latency').getByText('Not enough data yet').waitFor();
    expect(await page.getByTestId('difference-cost').textContent()).toContain('not yet');
    await picture(page, 'experiment-early');
  });

  it('with enough data it tells the difference with its bounds', async () => {
    const { data } = (await switchyard.graphql(key, '{ rollouts { items { id version } } }')).body;
    const [{ id, version }] = data.rollouts.items;
    const change = { id, expectedVersion: version, reason: 'half and half' };
    const move =
      'mutation ($change: RolloutChangeInput!) { setRolloutShare(change: $change, shareBasisPoints: 5000) { id } }';
    expect((await switchyard.graphql(key, move, { change })).body.errors).toBeUndefined();
    await chats(ENOUGH);
    await open('Rollouts');
    await open('Experiment');
    const latency = page.getByTestId('difference-latency');
    await latency.getByText(/between [+−]/).waitFor({ timeout: 40_000 });
    expect(await latency.textContent()).toMatch(/[+−][\d.]+%/);
    await picture(page, 'experiment');
  }, 240_000);

  it('the kill switch takes everybody off code, and gives it back', async () => {
    await open('Rollouts');
    await page.getByTestId('kill').click();
    await confirm('something looks wrong');
    await page.getByTestId('killed').waitFor();
    expect(new Set(await chats(12))).toEqual(new Set(['traditional']));
    await page.getByTestId('release').click();
    await confirm('it was nothing');
    await page.getByTestId('kill').waitFor();
    expect(await chats(20)).toContain('code');
  }, 60_000);

  it('a rollout is rolled back with one click and a reason', async () => {
    await page.getByRole('link', { name: 'Code execution' }).click();
    await page.getByTestId('roll-back').click();
    await confirm('people complained');
    await page.getByTestId('rollout-status').getByText('Rolled back').waitFor();
    expect(new Set(await chats(12))).toEqual(new Set(['traditional']));
    await page.getByRole('list', { name: 'History' }).getByText('people complained').waitFor();
  }, 60_000);

  it('a conversation shows its arm, its run and its answer', async () => {
    await open('Conversations');
    await page.locator('[data-arm=code]').first().click();
    await page.getByRole('article', { name: 'Answer' }).getByText('in stock').waitFor();
    await page
      .getByRole('link', { name: /Code that ran/ })
      .first()
      .click();
    await page.getByTestId('code').getByText('A4VTG90').first().waitFor();
  });

  it('savings are shown as what they are: a scripted model, and losses as losses', async () => {
    await open('Savings');
    await page.getByText('scripted stand-in').first().waitFor();
    await page.getByText('By arm').waitFor();
    await picture(page, 'savings');
  });

  it('the return on investment reproduces the scenarios, and takes own figures', async () => {
    await page.getByRole('link', { name: 'Return on investment' }).click();
    await page.getByTestId('roi').getByText('$359.00').waitFor();
    await page.getByRole('button', { name: /A · 1,000/ }).click();
    await page.getByTestId('roi').getByText('$65.90').waitFor();
    await page.getByLabel('Conversations a month').fill('100');
    await page.getByTestId('roi').getByText('Costs more, a month').waitFor();
    expect(complaints).toEqual([]);
  });
});
