import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { CHROMIUM, openBrowser, openPage, picture, signIn } from './support/browser.ts';
import { Switchyard } from './support/switchyard.ts';

const RUN = `import { searchProducts } from 'servers/search';
const { results } = await searchProducts({ query: 'pump', limit: 50 });
await workspace.write('reports/pumps.json', results.slice(0, 20));
await workspace.write('notes.txt', 'looked at ' + results.length + ' pumps');
console.log('found', results.length);
return results.filter((product) => (product.stock ?? 0) > 0).slice(0, 3);`;
const SKILL = `import { searchProducts } from 'servers/search';

/** What the shop has in stock of something. */
export async function inStock(input: { query: string; limit?: number }): Promise<{ sku: string; stock: number }[]> {
  const { results } = await searchProducts({ query: input.query, limit: input.limit ?? 10 });
  return results.flatMap(({ sku, stock }) => (stock ? [{ sku, stock }] : []));
}`;
const LARGE = 'return Array.from({ length: 10_000 }, (_one, n) => ({ n, text: `row ${n}` }));';

describe('skills, files, handles and replays', () => {
  let switchyard: Switchyard;
  let key: string;
  let folder: string;
  beforeAll(async () => {
    switchyard = await Switchyard.start();
    key = switchyard.createKey();
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'skills-'));
  }, 120_000);
  afterAll(async () => {
    await switchyard?.remove();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const run = async (body: object) => (await switchyard.request('POST', '/v1/executions', { key, body })).body;
  let runId = '';
  let largeId = '';

  it('a run writes files, a later one reads them, and a replay of it calls no tool', async () => {
    const first = await run({ code: RUN, conversation: 'pumps' });
    expect(first).toMatchObject({ status: 'done', handle: null });
    runId = first.id;
    const second = await run({
      code: `return [await workspace.list(), await workspace.read('notes.txt')]`,
      conversation: 'pumps',
    });
    expect(second).toMatchObject({ status: 'done' });
    expect(second.result[0].map(({ name }: { name: string }) => name)).toEqual(['notes.txt', 'reports/pumps.json']);
    const { files } = (await switchyard.request('GET', `/v1/executions/${runId}/files`, { key })).body;
    expect(files).toHaveLength(2);
    const notes = await switchyard.request('GET', `/v1/executions/${runId}/files/content?name=notes.txt`, { key });
    expect(notes.body).toBe(second.result[1]);
    const again = await switchyard.request('POST', `/v1/executions/${runId}/replay`, { key, body: {} });
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ id: runId, result: first.result, diff: { same: true } });
    const code = RUN.replace('stock ?? 0) > 0', 'stock ?? 0) > 1_000_000');
    const fixed = await switchyard.request('POST', `/v1/executions/${runId}/replay`, { key, body: { code } });
    expect(fixed.body).toMatchObject({
      result: [],
      diff: { same: false, result: { same: false }, logs: { same: true } },
    });
    const removed = await switchyard.request('DELETE', `/v1/executions/${runId}/files?name=notes.txt`, { key });
    expect(removed.status).toBe(204);
  });

  it('a large result comes as a handle that the next run goes on with', async () => {
    const large = await run({ code: LARGE, conversation: 'pumps' });
    expect(large).toMatchObject({ status: 'done', handle: { handle: large.id, rows: 10_000 } });
    largeId = large.id;
    expect(JSON.stringify(large).length).toBeLessThan(12_000);
    const open = `const all = await workspace.open('${large.id}'); return all.filter(({ n }: { n: number }) => n % 2_000 === 0).length`;
    expect(await run({ code: open, conversation: 'pumps' })).toMatchObject({ status: 'done', result: 5 });
    const whole = await switchyard.request('GET', `/v1/executions/${large.id}/result`, { key });
    expect(whole.body).toHaveLength(10_000);
    expect(whole.headers.get('content-disposition')).toContain('attachment');
    expect((await switchyard.request('GET', `/v1/executions/${large.id}`, { key })).body.handle.rows).toBe(10_000);
  });

  it('a skill is saved by a program, promoted by the operator, found by search and run by its name', async () => {
    const body = { name: 'inStock', description: 'Lists what is in stock of something', code: SKILL };
    const saved = await switchyard.request('POST', '/v1/skills', { key, body });
    expect(saved.status).toBe(201);
    expect(saved.body).toMatchObject({
      state: 'draft',
      versions: [{ tools: [{ server: 'search', tool: 'searchProducts' }] }],
    });
    const other = switchyard.createKey('demo', 'runs,tools');
    const use = { skill: 'inStock', input: { query: 'pump', limit: 5 } };
    expect((await switchyard.request('POST', '/v1/executions', { key: other, body: use })).status).toBe(404);
    expect((await switchyard.request('POST', '/v1/skills/inStock/promote', { key, body: { version: 1 } })).status).toBe(
      403,
    );
    expect(switchyard.cli('skill', 'promote', 'inStock', '1', '--tenant', 'demo')).toContain(
      'everybody gets version 1',
    );
    const found = await switchyard.request('GET', '/v1/tools/search?query=what is in stock&detail_level=full', {
      key: other,
    });
    expect(found.body.tools[0]).toMatchObject({
      path: 'skills/inStock.ts',
      declaration: expect.stringContaining('query: string'),
    });
    const ran = await switchyard.request('POST', '/v1/executions', { key: other, body: use });
    expect(ran.body).toMatchObject({ status: 'done', calls: [{ tool: 'search.searchProducts' }] });
    const wrong = `import { inStock } from 'skills/inStock'; return inStock({ query: 7 })`;
    expect((await switchyard.execute(other, wrong)).body).toMatchObject({
      status: 'rejected',
      findings: [{ line: 1 }],
    });
  });

  it('a skill goes to another tenant by the command line', () => {
    switchyard.cli('tenant', 'create', '--slug', 'second', '--name', 'Second');
    const file = path.join(folder, 'skills.json');
    switchyard.cli('skill', 'export', 'inStock', '--tenant', 'demo', '--out', file);
    expect(switchyard.cli('skill', 'import', file, '--tenant', 'second')).toContain('inStock (version 1)');
    expect(JSON.parse(switchyard.cli('skill', 'list', '--tenant', 'second', '--json'))).toMatchObject([
      { promotedVersion: null },
    ]);
    expect(switchyard.tryCli('skill', 'import', path.join(folder, 'none.json'), '--tenant', 'second').status).toBe(1);
  });

  (CHROMIUM ? describe : describe.skip)('in the console', () => {
    let browser: Browser;
    let page: Page;
    const complaints: string[] = [];
    beforeAll(async () => {
      browser = await openBrowser();
      page = await openPage(browser, switchyard.url, complaints);
      await signIn(page, switchyard.credentials);
    }, 60_000);
    afterAll(async () => {
      await browser?.close();
      expect(complaints).toEqual([]);
    });

    it('a run is replayed with a correction, and the difference is shown', async () => {
      await page.goto(`${switchyard.url}/#/runs/${runId}/show`);
      await page.getByTestId('replay').waitFor();
      await picture(page, 'run-kept');
      await page.getByTestId('replay').click();
      await page.getByTestId('replay-start').click();
      await page.getByText('The same in').waitFor();
      await page.getByRole('dialog').locator('.cm-content').click();
      await page.keyboard.press('Control+End');
      await page.keyboard.type('\n// changed\nconsole.log("more");');
      await page.keyboard.press('Control+Home');
      await page.keyboard.type('console.log("before all");\n');
      await page.getByTestId('replay-start').click();
      await page.getByText('It differs').waitFor();
      await picture(page, 'replay');
      await page.getByRole('button', { name: 'Close' }).click();
    });

    it('a run is saved as a skill, which is read and promoted', async () => {
      await page.getByTestId('save-as-skill').click();
      await page.getByLabel('Name').fill('Pumps');
      await page.getByLabel('What it does').fill('The first pumps in stock');
      await page.getByTestId('save-skill').click();
      await page.getByText('is no name for a skill').waitFor();
      await picture(page, 'save-skill');
      await page.getByLabel('Name').fill('pumpsInStock');
      await page.getByTestId('save-skill').click();
      await page.getByTestId('promote').waitFor();
      await picture(page, 'skill-draft');
      await page.getByTestId('promote').click();
      await page.getByTestId('confirm').click();
      await page.getByTestId('retire').waitFor();
      expect((await run({ skill: 'pumpsInStock' })).status).toBe('done');
    });

    it('shows the files that a run could see, and a result that was too large to send', async () => {
      await page.goto(`${switchyard.url}/#/runs/${runId}/show`);
      await page.getByText('reports/pumps.json', { exact: true }).scrollIntoViewIfNeeded();
      await picture(page, 'workspace');
      await page.getByRole('button', { name: 'Remove reports/pumps.json' }).click();
      await page.getByTestId('confirm').click();
      await page.getByText('reports/pumps.json', { exact: true }).waitFor({ state: 'detached' });
      await page.goto(`${switchyard.url}/#/runs/${largeId}/show`);
      await page.getByTestId('large-result').getByText('10,000 rows').waitFor();
      const download = page.waitForEvent('download');
      await page.getByTestId('large-result').getByRole('button', { name: 'Download' }).click();
      expect((await download).suggestedFilename()).toBe(`result-${largeId}.json`);
      await picture(page, 'large-result');
    });

    it('is fit for a telephone, in light and in dark', async () => {
      const look = async (name: string): Promise<void> => {
        for (const width of [1440, 390])
          for (const scheme of ['light', 'dark'] as const) {
            await page.setViewportSize({ width, height: 900 });
            await page.evaluate(
              (theme) => localStorage.setItem('RaStoreswitchyard.theme', JSON.stringify(theme)),
              scheme,
            );
            await page.reload();
            await page.getByRole('heading', { level: 1 }).waitFor();
            await page.waitForLoadState('networkidle');
            await picture(page, `${name}-${width}-${scheme}`);
            const wide = await page.evaluate('document.documentElement.scrollWidth > window.innerWidth');
            expect([name, width, wide]).toEqual([name, width, false]);
          }
      };
      await page.goto(`${switchyard.url}/#/skills`);
      await look('skills');
      await page.goto(`${switchyard.url}/#/skills/inStock/show`);
      await look('skill');
      await page.goto(`${switchyard.url}/#/runs/${runId}/show`);
      await look('run');
    }, 60_000);
  });
});
