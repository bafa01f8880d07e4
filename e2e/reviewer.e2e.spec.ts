import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { Browser, Page } from 'playwright-core';
import { CHROMIUM, openBrowser, openPage, picture, signIn } from './support/browser.ts';
import { OPA, WITH_OPA } from './support/opa.ts';
import { dataOf, graphqlAs, join, signIn as openSession, type Caller } from './support/people.ts';
import { onNode } from './support/real-servers.ts';
import { Switchyard } from './support/switchyard.ts';

const WORKBENCH = new URL('fixtures/workbench-server.ts', import.meta.url).pathname;
const CODE = "import { echo } from 'servers/workbench';\nreturn await echo({ text: 'write to ada@example.com' });";
const LIKE = "import { echo } from 'servers/workbench';\nreturn await echo({ text: 'write to bob@example.com' });";
const REVIEWER = { email: 'second@demo.example', name: 'Second Reviewer' };

(CHROMIUM ? describe : describe.skip)("a reviewer's day", () => {
  let switchyard: Switchyard;
  let browser: Browser;
  let page: Page;
  let key: string;
  let owner: Caller;
  const complaints: string[] = [];

  beforeAll(async () => {
    switchyard = await Switchyard.start(WITH_OPA);
    const tenant = ['--tenant', 'demo'];
    switchyard.cli('connection', 'add', ...tenant, '--name', 'workbench', '--stdio', onNode(WORKBENCH));
    switchyard.cli('grant', 'set', ...tenant, '--role', 'api_key', '--tool', 'workbench.*', '--effect', 'allow');
    key = switchyard.createKey('demo', 'runs,tools');
    owner = await openSession(switchyard, switchyard.credentials);
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
  const heading = (name: string | RegExp, on = page): Promise<void> =>
    on.getByRole('heading', { level: 1, name }).waitFor();

  it('the queue is empty, and says what comes into it', async () => {
    await open('Review queue');
    await page.getByTestId('empty-state').waitFor();
    await page.getByTestId('rules').click();
    await page.getByLabel('Of the rest, percent').fill('0');
    await page.getByTestId('save-rules').click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await picture(page, 'reviews-empty');
  });

  it('a run comes, is read and judged by the keyboard, and its code is blocked at once', async () => {
    for (const code of [LIKE, CODE]) expect((await switchyard.execute(key, code)).body.status).toBe('done');
    await page.getByTestId('start-review').click(); // the list is live
    await heading(/^Run of/);
    await page.getByTestId('timeline').waitFor();
    expect(await page.getByTestId('code').textContent()).toContain('servers/workbench');
    expect(await page.getByTestId('masked').textContent()).toContain('EMAIL');
    await page.getByRole('table', { name: 'Similar reviews' }).waitFor();
    await page.getByTestId('count-lines').click();
    expect(await page.getByTestId('counted-lines').textContent()).toContain('1 line ran');
    await page.locator('.cm-ran-mark').first().waitFor();
    await picture(page, 'review');
    await page.keyboard.press('v');
    await page.keyboard.type('it writes to somebody outside');
    await page.getByTestId('block-shape').click();
    await picture(page, 'review-violation');
    await page.keyboard.press('Control+Enter');
    await page.getByText('The verdict is given.').waitFor();
    for (const code of [CODE, LIKE])
      expect((await switchyard.execute(key, code)).body).toMatchObject({
        status: 'rejected',
        findings: [{ code: 'blocked' }],
      });
  });

  it('the next is judged safe; the violation waits for another person, who has the last word', async () => {
    await page.keyboard.press('q');
    await heading('Review');
    await page
      .getByRole('link', { name: /^Review of run/ })
      .first()
      .waitFor();
    await picture(page, 'reviews');
    const invite = 'mutation ($email: String!) { inviteMember(email: $email, role: reviewer) { link } }';
    const { inviteMember } = dataOf(await graphqlAs(switchyard, owner, invite, { email: REVIEWER.email }));
    await join(switchyard, { link: inviteMember.link, ...REVIEWER });
    const other = await openPage(browser, switchyard.url, complaints);
    await signIn(other, { email: REVIEWER.email, password: `the long password of ${REVIEWER.email}` });
    await other.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Review queue' }).click();
    await other.getByTestId('start-review').click();
    await other.getByText('Second verdict').waitFor();
    expect(await other.getByTestId('verdicts').textContent()).toContain('it writes to somebody outside');
    await picture(other, 'review-second');
    await other.keyboard.press('s');
    await other.keyboard.press('Control+Enter');
    await other.getByText('The verdict is given.').waitFor();
    expect((await switchyard.execute(key, CODE)).body.status).toBe('done');
    await other.close();
  });

  it('what is blocked stands in a list, and is lifted there', async () => {
    const { reviews } = dataOf(
      await graphqlAs(switchyard, owner, '{ reviews(filter: { status: open }) { items { id } } }'),
    );
    const give = `mutation ($id: ID!) {
      giveVerdict(input: { itemId: $id, seen: open, verdict: violation, comment: "no", block: [key] }) { item { status } }
    }`;
    dataOf(await graphqlAs(switchyard, owner, give, { id: reviews.items[0].id }));
    for (const route of ['/v1/tools', '/v1/executions']) {
      const refused = await switchyard.request('GET', route, { key });
      expect([route, refused.status, refused.text]).toEqual([route, 403, expect.stringContaining('blocked')]);
    }
    await open('Review queue');
    await page.getByTestId('blocks').click();
    await picture(page, 'blocks');
    await page.getByRole('button', { name: 'Lift' }).first().click();
    await page.getByText('The block was lifted.').waitFor();
    expect((await switchyard.request('GET', '/v1/tools', { key: switchyard.createKey('demo', 'tools') })).status).toBe(
      200,
    );
    expect((await switchyard.execute(key, 'return 1')).body.status).toBe('done');
    await page.getByRole('button', { name: 'Close' }).click();
  });

  it('a draft of the policy is tried on the log before anybody is denied', async () => {
    await open('Grants');
    await page.getByRole('button', { name: /^All API keys, .*workbench\.echo/ }).click();
    await page.getByTestId('try-grants').click();
    const replay = page.getByTestId('replay');
    await replay
      .getByText(/denied/i)
      .first()
      .waitFor();
    await picture(page, 'draft-policy');
    expect(
      (await switchyard.execute(key, "import { wait } from 'servers/workbench'; return wait({ ms: 1 })")).body.status,
    ).toBe('done');
    await page.keyboard.press('Escape');
    await page.getByTestId('discard').click();
  });

  it('so is a draft of a rule, and nobody is stopped by looking', async () => {
    await page.getByTestId('add-rule').click();
    await page.getByTestId('rule-name').fill('No echoes');
    await page.getByLabel('A call of').fill('workbench.echo');
    await page.getByTestId('try-rule').click();
    const replay = page.getByTestId('replay');
    await replay.getByText(/^Of .*[1-9]\d* would need an approval/).waitFor();
    await page.getByRole('table', { name: 'What would come out otherwise' }).waitFor();
    await picture(page, 'draft-rule');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'be forbidden' }).click();
    await page.getByTestId('try-rule').click();
    await replay.getByText(/^Of .*, [1-9]\d* would newly be denied/).waitFor();
    await page.keyboard.press('Escape');
    await page.getByTestId('save-rule').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    const echo = "import { echo } from 'servers/workbench'; return (await echo({ text: 'still here' })) !== null";
    expect((await switchyard.execute(key, echo)).body.status).toBe('done');
    expect(dataOf(await graphqlAs(switchyard, owner, '{ policyRules { rules { id } } }')).policyRules.rules).toEqual(
      [],
    );
  });

  (OPA === '' ? it.skip : it)(
    'own rules are written, mended, tried on the log and put in force, and hold at once',
    async () => {
      const rows = page.getByRole('table', { name: 'Revisions of own rules' });
      await page.getByTestId('write-module').click();
      const editor = page.getByTestId('code').locator('.cm-content');
      const write = async (text: string): Promise<void> => {
        await editor.click();
        await page.keyboard.press('ControlOrMeta+a');
        await page.keyboard.insertText(text);
      };
      await write('package tenant.rules\n\ndeny contains "x" if http.send({"url": "http://a"})');
      await page.getByTestId('upload-module').click();
      const problems = page.getByTestId('module-problems');
      await problems.getByText('undefined function http.send').waitFor();
      expect(await problems.textContent()).toContain('rules.rego:3:');
      await picture(page, 'own-rules-problems');
      await write('package tenant.rules\n\ndeny contains "no echoes today" if input.tool == "echo"\n');
      await page.getByTestId('file-tests').click();
      await write(
        'package tenant.rules_test\n\nimport data.tenant.rules\n\ntest_echo if count(rules.deny) == 1 with input as {"tool": "echo"}\n',
      );
      await page.getByTestId('upload-module').click();
      await rows.getByText('1 test').waitFor();
      await page.getByTestId('publish-module-1').click();
      await page.getByTestId('try-module').click();
      await page
        .getByTestId('replay')
        .getByText(/^Of .*, [1-9]\d* would newly be denied/)
        .waitFor();
      await page.keyboard.press('Escape');
      await page.getByTestId('confirm').click();
      await page.getByTestId('module-in-force').waitFor();
      await picture(page, 'own-rules');
      const echo = "import { echo } from 'servers/workbench'; return await echo({ text: 'now' })";
      expect((await switchyard.execute(key, echo)).text).toContain('no echoes today');
      await page.getByTestId('withdraw-module').click();
      await page.getByTestId('confirm').click();
      await page.getByTestId('publish-module-1').waitFor();
      expect((await switchyard.execute(key, echo)).body.status).toBe('done');
    },
  );

  it('the log is signed, verified and exported; what somebody changed in the database is named', async () => {
    await open('Audit log');
    await page.getByTestId('sign').click();
    await page.getByText('The log is signed as it stands now.').waitFor();
    await page.getByTestId('verify').click();
    expect(await page.getByTestId('verify-ok').textContent()).toMatch(/signed checkpoints? holds?/);
    await page.getByPlaceholder('Search entries and code').fill('bob@');
    await page.getByText('No event matches').or(page.getByText('run.finished').first()).first().waitFor();
    await page.getByPlaceholder('Search entries and code').fill('');
    const downloading = page.waitForEvent('download');
    await page.getByTestId('export').click();
    await page.getByTestId('export-jsonl').click();
    const saved = fs
      .readFileSync(await (await downloading).path(), 'utf8')
      .trim()
      .split('\n');
    expect(JSON.parse(saved[0] ?? '')).toMatchObject({ seq: 1, action: 'tenant.created' });
    await picture(page, 'audit-signed');

    const database = new pg.Client(switchyard.cli('db', 'url'));
    await database.connect();
    const demo = "tenant_id = (SELECT id FROM tenant WHERE slug = 'demo')";
    await database.query(`UPDATE audit_event SET actor_name = 'somebody' WHERE ${demo} AND seq = 3`);
    await database.query(`DELETE FROM audit_event WHERE ${demo} AND seq = 5`);
    await database.end();
    await page.getByTestId('verify').click();
    const broken = await page.getByTestId('verify-broken').textContent();
    expect(broken).toContain('Event 3 was changed');
    expect(broken).toContain('Event 5 is missing');
    await picture(page, 'audit-broken');
  });

  it('threw nothing on the way and asked no other host', () => {
    expect(complaints.filter((complaint) => !complaint.includes('blob:'))).toEqual([]);
  });
});
