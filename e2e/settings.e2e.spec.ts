import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { CHROMIUM, openBrowser, openPage, picture, signIn } from './support/browser.ts';
import { eventually } from './support/processes.ts';
import { Switchyard } from './support/switchyard.ts';

const CASES = 23;

(CHROMIUM ? describe : describe.skip)('comparing, grading and setting up in the console', () => {
  let switchyard: Switchyard;
  let browser: Browser;
  let page: Page;
  let receiver: http.Server;
  let hook: string;
  const received: { signature: unknown; body: string }[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    receiver = http.createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        received.push({ signature: request.headers['x-switchyard-signature'], body });
        response.writeHead(received.length === 1 ? 503 : 204).end();
      });
    });
    await new Promise<void>((listening) => receiver.listen(0, '127.0.0.1', listening));
    hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/alerts`;
    switchyard = await Switchyard.start({ SWITCHYARD_EGRESS_ALLOW: '127.0.0.1' });
    browser = await openBrowser();
    page = await openPage(browser, switchyard.url, complaints);
    await signIn(page, switchyard.credentials);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await switchyard?.remove();
    receiver.closeAllConnections();
    await new Promise((closed) => receiver.close(closed));
  });

  const menu = () => page.getByRole('navigation', { name: 'Main' });
  const open = (name: string): Promise<void> => menu().getByRole('link', { name, exact: true }).click();
  const openSetting = async (name: string): Promise<void> => {
    const settings = menu().getByRole('button', { name: 'Settings' });
    if ((await settings.getAttribute('aria-expanded')) === 'false') await settings.click();
    await open(name);
  };

  it('a suite goes through both arms, and its report says who answered', async () => {
    await open('Comparisons');
    await page.getByTestId('start-comparison').first().click();
    await page.getByRole('radio', { name: /Product catalogue/ }).check();
    await page.getByTestId('confirm').click();
    await page
      .getByRole('table', { name: 'Arms' })
      .getByText(`${CASES} of ${CASES}`)
      .first()
      .waitFor({ timeout: 90_000 });
    await page.getByTestId('report').getByText('The scripted model answered, not').waitFor();
    await page.getByRole('table', { name: 'Promises' }).getByText('Cannot tell').first().waitFor();
    await picture(page, 'comparison');
    const download = page.waitForEvent('download');
    await page.getByTestId('export').click();
    await page.getByRole('menuitem', { name: 'Report as Markdown' }).click();
    expect((await download).suggestedFilename()).toMatch(/^comparison-catalogue-.*\.md$/);
  }, 120_000);

  it('its answers are graded blind, by keys, and the arms are told afterwards', async () => {
    await page.getByTestId('grade').click();
    const desk = page.getByTestId('desk');
    const graded = (count: number): Promise<void> =>
      page.getByTestId('graded').getByText(`${count} of ${CASES} graded`).waitFor();
    await graded(0);
    expect(await desk.textContent()).not.toMatch(/traditional|code arm/i);
    await picture(page, 'grading');
    const question = await desk.locator('section p').first().textContent();
    await page.keyboard.press('s');
    await eventually('another question is asked', async () => {
      return (await desk.locator('section p').first().textContent()) !== question;
    });
    const keys = ['1', '2', '='];
    for (let count = 0; count < CASES; count += 1) {
      await page.keyboard.press(keys[count % keys.length] ?? '=');
      if (count < CASES - 1) await graded(count + 1);
    }
    const said = page.getByTestId('said');
    await said.getByText(`${CASES} of ${CASES} pairs`).waitFor();
    expect(await said.textContent()).toMatch(/Neither is better.*7 times of 23/);
  }, 60_000);

  it('a price is added, and one that differs much waits for a person', async () => {
    await openSetting('Prices');
    const add = async (input: string): Promise<void> => {
      await page.getByTestId('add-price').click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Model').fill('gpt-5.4-mini');
      await dialog.getByLabel('Input', { exact: true }).fill(input);
      await dialog.getByLabel('Cached input').fill('0.08'); // left empty it is as input, ten times the old one
      await dialog.getByLabel('Output').fill('4.5');
      await dialog.getByLabel('Where it says so').fill('https://prices.example/list');
      await page.getByTestId('save-price').click();
      await dialog.waitFor({ state: 'hidden' });
    };
    await add('0.8');
    await page.getByLabel('Model or provider').fill('gpt-5.4-mini');
    await page.getByRole('table', { name: 'Prices' }).getByText('Holds').waitFor();
    await add('80');
    const row = page.getByRole('row').filter({ hasText: 'Waits for you' });
    await row.getByRole('button', { name: 'Show details' }).click();
    await page.getByTestId('accept-price').click();
    await row.waitFor({ state: 'hidden' });
    await picture(page, 'prices');
  }, 60_000);

  it('an alert goes to a signed webhook, and a test says how that went', async () => {
    await page.getByTestId('bell').click();
    await page.getByTestId('edit-destinations').click();
    await page.getByLabel('Webhook').fill(hook);
    await page.getByTestId('save-destinations').click();
    await page.getByText(/^whsec_/).waitFor();
    await page.getByTestId('secret-kept').click();
    const outcome = page.getByTestId('test-outcome');
    await page.getByTestId('test-alerts').click();
    await outcome.getByText('the webhook answered 503').waitFor();
    await page.getByTestId('test-alerts').click();
    await outcome.getByText('Sent').waitFor();
    expect(JSON.parse(received.at(-1)?.body ?? '{}')).toMatchObject({ kind: 'alert.tested' });
    expect(received.at(-1)?.signature).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/);
    await page.getByRole('link', { name: /^Alerts: 2 not seen yet/ }).waitFor();
    await page.getByTestId('acknowledge').first().click();
    await page.getByRole('link', { name: /^Alerts: 1 not seen yet/ }).waitFor();
    await picture(page, 'alerts');
  }, 60_000);

  it('a model key goes into the vault and never comes back', async () => {
    await openSetting('Chat');
    await page.getByText('the scripted stand-in answers').waitFor();
    await page.getByLabel('Base URL').fill('http://127.0.0.1:9/v1');
    await page.getByLabel('Model', { exact: true }).fill('small-model');
    await page.getByTestId('model-key').fill('sk-a-very-secret-key');
    await page.getByTestId('save-model').click();
    await page.getByText('A key is in the vault').waitFor();
    expect(await page.getByTestId('model-key').inputValue()).toBe('');
    expect(await page.content()).not.toContain('sk-a-very-secret-key');
    await page.getByText('code.v1').click();
    await page.getByText('You reach data and actions by writing TypeScript').first().waitFor();
    await page.getByLabel('Mends').fill('9');
    expect(await page.getByTestId('save-code-arm').isDisabled()).toBe(true);
    await page.getByLabel('Mends').fill('3');
    await page.getByTestId('save-code-arm').click();
    await page.reload();
    await eventually('the setting is there again', async () => (await page.getByLabel('Mends').inputValue()) === '3');
    await picture(page, 'chat-settings');
    expect(complaints).toEqual([]);
  }, 60_000);
});
