import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { CHROMIUM, openBrowser, openPage, picture, signIn } from './support/browser.ts';
import { freePort, Switchyard } from './support/switchyard.ts';

const EVERYTHING = path.join(
  path.dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/package.json')),
  'dist/index.js',
);

(CHROMIUM ? describe : describe.skip)('the console in a browser', () => {
  let switchyard: Switchyard;
  let browser: Browser;
  let page: Page;
  let upstream: ChildProcess;
  let upstreamUrl: string;
  const complaints: string[] = [];

  beforeAll(async () => {
    const port = await freePort();
    upstreamUrl = `http://127.0.0.1:${port}/mcp`;
    upstream = spawn(process.execPath, [EVERYTHING, 'streamableHttp'], {
      env: { ...process.env, PORT: String(port) },
      stdio: 'ignore',
    });
    switchyard = await Switchyard.start({ SWITCHYARD_EGRESS_ALLOW: '127.0.0.1' });
    browser = await openBrowser();
    page = await openPage(browser, switchyard.url, complaints);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    upstream?.kill();
    await switchyard?.remove();
  });

  const open = (name: string): Promise<void> =>
    page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true }).click();

  it('refuses a wrong password in words', async () => {
    await page.getByLabel('E-mail').fill(switchyard.credentials.email);
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    expect(await page.getByTestId('sign-in-error').textContent()).toContain('do not belong together');
  });

  it('goes from the first sign-in to the first run', async () => {
    await signIn(page, switchyard.credentials);
    await page.getByTestId('first-steps').waitFor();
    await open('Playground');
    await page.getByTestId('run').click();
    await page.getByTestId('result').waitFor();
    expect(await page.getByTestId('logs').textContent()).toMatch(/found \d+/);
    expect(await page.getByTestId('calls').textContent()).toContain('searchProducts');
    await picture(page, 'playground');
  });

  it('marks in the editor what validation refuses', async () => {
    await page.locator('.cm-content').click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText("const n = 1;\nreturn eval('n');\n");
    await page.getByTestId('run').click();
    await page.getByTestId('findings').waitFor();
    expect(await page.getByTestId('findings').textContent()).toContain('eval');
  });

  it('connects a server by its address', async () => {
    await open('Connections');
    await page.getByTestId('add-connection').click();
    await page.getByText('By address').click();
    await page.getByLabel('Address of the server').fill(upstreamUrl);
    await page.getByLabel('Name in code').fill('everything');
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await page.getByTestId('added').waitFor();
    await open('Connections');
    expect(await page.getByTestId('connection-everything').textContent()).toMatch(/Ready/);
    await picture(page, 'connections');
  });

  it('denies until it is granted, and grants in the matrix', async () => {
    const key = switchyard.createKey();
    const code = "import { echo } from 'servers/everything'; return await echo({ message: 'hello' });";
    expect((await switchyard.execute(key, code)).body.status).toBe('rejected');
    await open('Grants');
    const cell = page.getByRole('button', { name: /^All API keys, .*everything\.echo/ });
    await cell.click();
    await page.getByTestId('save-grants').click();
    await page.getByTestId('pending').waitFor({ state: 'hidden' });
    expect((await switchyard.execute(key, code)).body).toMatchObject({
      status: 'done',
      result: expect.stringContaining('hello'),
    });
    await cell.click();
    await page.getByTestId('save-grants').click();
    await page.getByTestId('pending').waitFor({ state: 'hidden' });
    expect((await switchyard.execute(key, code)).body.status).toBe('rejected');
    await picture(page, 'grants');
  });

  it('shows an audited run, and verifies the log', async () => {
    const key = switchyard.createKey();
    const code =
      "import { searchProducts } from 'servers/search';\nconsole.log('looked');\nreturn (await searchProducts({ query: 'A4VTG90', limit: 1 })).results[0].sku;";
    const { id } = (await switchyard.execute(key, code)).body;
    await open('Runs');
    await page
      .getByRole('link', { name: new RegExp(id) })
      .first()
      .click();
    await page.getByTestId('timeline').waitFor();
    expect(await page.getByTestId('code').textContent()).toContain('searchProducts');
    expect(await page.getByRole('main').textContent()).toContain('A4VTG90');
    await picture(page, 'run');
    await open('Audit log');
    await page.getByText('run.finished').first().waitFor();
    await page.getByTestId('verify').click();
    expect(await page.getByTestId('verify-ok').textContent()).toMatch(/\d+/);
    await picture(page, 'audit');
  });

  it('threw nothing on the way and asked no other host', () => {
    expect(complaints).toEqual([]);
  });
});
