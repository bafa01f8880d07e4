import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fillWooShop, startWooServer, type WooServer } from '@switchyard/servers/testing';
import type { Browser, Page } from 'playwright-core';
import { CHROMIUM, openBrowser, openPage, picture, signIn } from './support/browser.ts';
import { onNode, openFolder, serverBin, startEverythingOverHttp, type HttpServer } from './support/real-servers.ts';
import { Switchyard } from './support/switchyard.ts';

/** Field labels by preset; a star is one that has to be filled in. */
const FORMS: readonly (readonly [title: string, picture: string, labels: readonly string[]])[] = [
  ['GitHub', 'github', ['Personal access token *']],
  ['Supabase', 'supabase', ['Personal access token *', 'Project reference *']],
  ['Stripe', 'stripe', ['Restricted API key *']],
  ['WooCommerce shop', 'woocommerce', ['Address of the shop *', 'Consumer key *', 'Consumer secret *']],
  ['Shopify shop', 'shopify', ['Address of the shop *', 'Client ID', 'Client secret', 'Access token', 'Refresh token']],
  ['PostgreSQL', 'postgres', ['Connection string *']],
  ['Slack', 'slack', ['Bot token *', 'Workspace ID *']],
  ['Notion', 'notion', ['Integration secret *']],
  ['Google Drive', 'google-drive', ['OAuth client file *', 'Token file *']],
  ['Files of the host', 'filesystem', ['Folder *']],
  ['Browser (Playwright)', 'playwright', []],
  ['By address', 'by-address', ['Address of the server *']],
];
const OPERATORS = ['postgres', 'slack', 'notion', 'google-drive', 'filesystem', 'playwright'];

(CHROMIUM ? describe : describe.skip)('connecting in the browser', () => {
  const folder = openFolder();
  let switchyard: Switchyard;
  let browser: Browser;
  let page: Page;
  let shop: WooServer;
  let upstream: HttpServer;
  const complaints: string[] = [];

  const add = async (title: string): Promise<void> => {
    await page.goto(`${switchyard.url}/#/connections/create`);
    await page.getByRole('heading', { name: 'Add a connection' }).waitFor();
    const other = page.getByRole('button', { name: 'Choose something else' });
    if (await other.isVisible()) await other.click();
    await page.getByRole('button', { name: new RegExp(`^${title.replace(/[()]/g, '\\$&')}`) }).click();
    await page.getByRole('form', { name: 'Add a connection' }).waitFor();
  };
  const connect = async (fields: Readonly<Record<string, string>>): Promise<string> => {
    for (const [label, value] of Object.entries(fields)) await page.getByLabel(label).fill(value);
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await page.getByTestId('added').waitFor({ timeout: 60_000 });
    return page.getByTestId('added').innerText();
  };
  /** At both widths; nothing may stand out over the side of the narrow one. */
  const both = async (name: string): Promise<void> => {
    await picture(page, `${name}-1440`);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.waitForTimeout(150);
    await picture(page, `${name}-390`);
    const over = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
    expect([name, over]).toEqual([name, 0]);
    await page.setViewportSize({ width: 1440, height: 900 });
  };

  beforeAll(async () => {
    [switchyard, shop, upstream] = await Promise.all([
      Switchyard.start({ SWITCHYARD_EGRESS_ALLOW: '127.0.0.1', SWITCHYARD_STDIO_PRESETS: OPERATORS.join(',') }),
      startWooServer(),
      startEverythingOverHttp(),
    ]);
    fillWooShop(shop, 250);
    browser = await openBrowser();
    page = await openPage(browser, switchyard.url, complaints);
    await signIn(page, switchyard.credentials);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await Promise.all([switchyard?.remove(), shop?.close(), upstream?.stop()]);
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it.each(FORMS)('%s asks for what it needs, and no more', async (title, name, labels) => {
    await add(title);
    const shown = await page.getByRole('form', { name: 'Add a connection' }).locator('label').allInnerTexts();
    const asked = shown.map((label) => label.replace(/\s+/g, ' ').trim());
    expect(asked).toEqual(expect.arrayContaining([...labels, 'Name in code *']));
    await both(`connect-${name}`);
  });

  it('a shop: a wrong key is told in words, the right one is ready, and its page says all of it', async () => {
    await add('WooCommerce shop');
    const wrong = { 'Address of the shop': shop.url, 'Consumer key': shop.key, 'Consumer secret': 'cs_wrong' };
    await page.getByLabel('Name in code').fill('wrong');
    expect(await connect(wrong)).toMatch(/does not work yet[^]*refuses the credential/);
    await both('connect-woocommerce-refused');
    await add('WooCommerce shop');
    expect(await connect({ ...wrong, 'Consumer secret': shop.secret })).toMatch(/is connected[^]*7 tools/);
    await page.getByRole('link', { name: 'Open the connection' }).click();
    await page.getByTestId('start-sync').click();
    await page.getByText('300', { exact: true }).first().waitFor();
    await page.getByTestId('open-hook').click();
    await page.getByTestId('shop-hook').getByText('its own interface, of product.created').waitFor();
    await page.getByLabel('Read the whole catalogue').click();
    await page.getByRole('option', { name: 'Every 6 hours' }).click();
    await page.getByText('The schedule was saved.').waitFor();
    await both('connection-shop');
    const [pump] = shop.products;
    if (!pump) throw new Error('the shop is empty');
    pump.price = '1.00';
    expect(await shop.tell('product.updated', { id: pump.id })).toEqual([202]);
    await page.getByText('Products changed').waitFor();
    await expect(
      page.getByTestId('shop-hook').getByText('1', { exact: true }).first().waitFor(),
    ).resolves.toBeUndefined();
  });

  it('a shop that may not be told shows how to tell it by hand, and the secret once', async () => {
    shop.mayWrite = false;
    await page.getByTestId('open-hook').click();
    await page.getByLabel('secret', { exact: true }).waitFor();
    const secret = await page.getByLabel('secret', { exact: true }).innerText();
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    await page.getByText('The shop could not be told; tell it by hand').waitFor();
    await both('connection-shop-by-hand');
    await page.reload();
    await page.getByTestId('shop-hook').waitFor();
    expect(await page.getByRole('main').innerText()).not.toContain(secret);
    shop.mayWrite = true;
  });

  it('a server over HTTP: up, and down', async () => {
    await add('By address');
    expect(await connect({ 'Address of the server': upstream.url, 'Name in code': 'everything' })).toMatch(
      /is connected[^]*13 tools/,
    );
    await add('By address');
    const nobody = 'http://127.0.0.1:9/mcp';
    expect(await connect({ 'Address of the server': nobody, 'Name in code': 'nobody' })).toMatch(/does not work yet/);
    await both('connect-nobody-there');
  });

  it('real servers that the operator added are checked from their page', async () => {
    const command = onNode(serverBin('filesystem'), folder);
    switchyard.cli('connection', 'add', '--tenant', 'demo', '--name', 'files', '--stdio', command);
    await page.goto(`${switchyard.url}/#/connections`);
    await page.getByTestId('connection-files').click();
    await page.getByTestId('check-now').click();
    await page.getByText('It answers, with 14 tools.').waitFor({ timeout: 60_000 });
    await both('connection-files');
  });

  it('threw nothing on the way and asked no other host', () => {
    expect(complaints).toEqual([]);
  });
});
