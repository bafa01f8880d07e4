import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { CHROMIUM, openBrowser, picture, signIn } from './support/browser.ts';
import { dumpDatabase } from './support/database-dump.ts';
import { startGuardedWorld, type GuardedWorld } from './support/guarded-world.ts';
import { dataOf, graphqlAs, join, signIn as sessionOf, type Caller } from './support/people.ts';
import { Switchyard } from './support/switchyard.ts';

/** To a browser two sites: the authorization server stands at the second, as in life. */
const LOCAL = ['127.0.0.1', 'localhost'];
const WHO = "import { whoAmI } from 'servers/guarded'; return await whoAmI({ tag: 't' });";

(CHROMIUM ? describe : describe.skip)('accounts upstream, connected in the console', () => {
  let switchyard: Switchyard;
  let world: GuardedWorld;
  let browser: Browser;
  let owner: Page;
  let other: Page;
  let analyst: Page;
  let ownerCaller: Caller;
  let otherCaller: Caller;
  let key = '';
  const told: string[] = [];
  const complaints: string[] = [];

  /** Each person in a browser of their own. */
  async function open(credentials: { email: string; password: string }): Promise<Page> {
    const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('response', (response) => {
      if (response.url().startsWith(switchyard.url) && response.url().includes('/graphql'))
        response.text().then(
          (text) => told.push(text),
          () => undefined,
        );
    });
    await page.route(
      ({ hostname }) => !LOCAL.includes(hostname),
      (route) => route.abort(),
    ); // fonts of its own pages
    page.setDefaultTimeout(12_000);
    await page.goto(switchyard.url);
    await signIn(page, credentials);
    return page;
  }
  const menu = (page: Page, name: string): Promise<void> =>
    page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true }).click();
  const status = (page: Page, value: string): Promise<void> =>
    page.locator(`[data-status="${value}"]`).first().waitFor();
  /** At the authorization server's own two pages. */
  async function letIn(page: Page, login: string): Promise<void> {
    await page.waitForURL((url) => url.href.startsWith(world.issuer), { waitUntil: 'commit' });
    const asked = page.locator('input[name="login"]');
    const consent = page.locator('input[value="consent"]');
    await asked.or(consent).first().waitFor({ state: 'attached' });
    if ((await asked.count()) > 0) {
      await asked.fill(login);
      await page.locator('input[name="password"]').fill('any');
      await page.locator('button[type="submit"]').click();
      await consent.waitFor({ state: 'attached' }); // who has signed in there before is asked for this alone
    }
    await page.locator('button[type="submit"]').click();
  }
  /** `as` both: anew in light and dark. A form that is being filled in is looked at as it is. */
  async function views(page: Page, name: string, as: 'both' | 'it is' = 'both'): Promise<void> {
    for (const width of [1440, 390])
      for (const scheme of as === 'both' ? (['dark', 'light'] as const) : (['light'] as const)) {
        await page.setViewportSize({ width, height: 900 });
        if (as === 'both') {
          await page.evaluate(
            (theme) => localStorage.setItem('RaStoreswitchyard.theme', JSON.stringify(theme)),
            scheme,
          );
          await page.reload();
          await page.getByRole('heading', { level: 1 }).waitFor();
          await page.waitForLoadState('networkidle');
        }
        await picture(page, `accounts-${name}-${width}-${scheme}`);
        const wide = await page.evaluate('document.documentElement.scrollWidth > window.innerWidth');
        expect([name, width, wide]).toEqual([name, width, false]);
      }
    await page.setViewportSize({ width: 1440, height: 900 });
  }
  const whoIs = async (caller: Caller): Promise<unknown> => {
    const answer = await switchyard.request('POST', '/v1/executions', {
      body: { code: WHO },
      headers: { ...caller.headers, origin: switchyard.url },
    });
    told.push(answer.text);
    return answer.body.result ?? answer.body;
  };
  const invite = async (email: string, role: string): Promise<{ email: string; password: string }> => {
    const mutation = 'mutation ($email: String!, $role: Role!) { inviteMember(email: $email, role: $role) { link } }';
    const { inviteMember } = dataOf(await graphqlAs(switchyard, { key }, mutation, { email, role }));
    await join(switchyard, { link: inviteMember.link, email, name: email.split('@')[0] ?? email });
    return { email, password: `the long password of ${email}` };
  };

  beforeAll(async () => {
    switchyard = await Switchyard.start({ SWITCHYARD_EGRESS_ALLOW: '127.0.0.1,localhost', SWITCHYARD_POOL: '2' });
    world = await startGuardedWorld();
    key = switchyard.createKey();
    const { credentials } = switchyard;
    const [admin, reader] = [await invite('bob@demo.example', 'admin'), await invite('ann@demo.example', 'analyst')];
    browser = await openBrowser();
    [owner, other, analyst] = [await open(credentials), await open(admin), await open(reader)];
    [ownerCaller, otherCaller] = [await sessionOf(switchyard, credentials), await sessionOf(switchyard, admin)];
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    world?.close();
    await switchyard?.remove();
  });

  it('an admin adds a server at which each member has an own account, and connects theirs', async () => {
    await menu(owner, 'Connections');
    await owner.goto(`${switchyard.url}/#/connections/create`);
    await owner.getByText('By address').first().click();
    await owner.getByLabel('Address of the server').fill(world.url);
    await owner.getByLabel('Name in code').fill('guarded');
    await owner.getByLabel('Title').fill('Guarded tools');
    await owner.getByTestId('oauth-mode').getByRole('combobox').click();
    await owner.getByRole('option', { name: /each member/ }).click();
    await views(owner, 'add', 'it is');
    await owner.getByRole('button', { name: 'Connect', exact: true }).click();
    await owner.getByRole('link', { name: 'Open the connection' }).click();
    await status(owner, 'not_connected');
    await views(owner, 'not-connected');
    await owner.getByTestId('connect-account').click();
    await letIn(owner, 'ada');
    await owner.getByRole('heading', { name: 'Your accounts' }).waitFor();
    await status(owner, 'connected');
    await owner.getByText('ada@as.example').waitFor();
    await views(owner, 'connected');
    await owner.getByTestId('test-credential').click();
    await owner.getByText(/offers 2 tools/).waitFor();
  }, 90_000);

  it('others find theirs under “Your accounts”, and calls are made in the name of who is signed in', async () => {
    for (const [page, login] of [
      [other, 'bob'],
      [analyst, 'ann'],
    ] as const) {
      await menu(page, 'Your accounts');
      await status(page, 'not_connected');
      await page.getByTestId('connect-account').click();
      await letIn(page, login);
      await page.getByText(`${login}@as.example`).waitFor();
    }
    await views(analyst, 'own');
    for (const role of ['owner', 'admin', 'api_key'])
      switchyard.cli(...`grant set --tenant demo --role ${role} --tool guarded.* --effect allow`.split(' '));
    for (let turn = 0; turn < 3; turn++) {
      const [first, second] = await Promise.all([whoIs(ownerCaller), whoIs(otherCaller)]);
      expect(first).toMatchObject({ session: 'ada', token: 'ada' });
      expect(second).toMatchObject({ session: 'bob', token: 'bob' });
    }
    const nobodys = await switchyard.execute(key, WHO);
    expect(nobodys.text).toContain('own account');
  }, 90_000);

  it('says that it needs a person when access was revoked, and disconnects', async () => {
    await world.revoke();
    expect(JSON.stringify(await whoIs(ownerCaller))).toContain('connected anew');
    await menu(owner, 'Connections');
    await owner.getByText('Guarded tools').first().click();
    await status(owner, 'needs_reconnect');
    await views(owner, 'needs-reconnect');
    await menu(owner, 'Your accounts');
    await owner.getByRole('heading', { name: 'Your accounts' }).waitFor(); // the page before has such a button too
    await owner.getByTestId('disconnect-account').click();
    await owner.getByTestId('confirm').click();
    await status(owner, 'not_connected');
  }, 60_000);

  it('forgets the accounts of a member who is removed', async () => {
    const { members } = dataOf(await graphqlAs(switchyard, { key }, '{ members { id email } }'));
    const { id } = members.find(({ email }: { email: string }) => email === 'bob@demo.example');
    dataOf(await graphqlAs(switchyard, { key }, 'mutation ($id: ID!) { removeMember(id: $id) }', { id }));
    const { items } = dataOf(
      await graphqlAs(switchyard, { key }, '{ auditEvents(limit: 5) { items { action } } }'),
    ).auditEvents;
    expect(items.map(({ action }: { action: string }) => action)).toContain('account.disconnected');
  });

  it('has no client id of its own without TLS', async () => {
    expect((await switchyard.request('GET', '/oauth/client.json')).status).toBe(404);
  });

  it('and no token stands in the database, a log, an answer or on a page', async () => {
    const tokens = await world.tokens();
    expect(tokens.length).toBeGreaterThanOrEqual(6);
    const dump = [...(await dumpDatabase(switchyard.cli('db', 'url'))).values()].join('\n');
    const audit = (await switchyard.graphql(key, '{ auditEvents(limit: 100) { items { action after } } }')).text;
    expect(audit).toContain('account.connected');
    const everything = [dump, switchyard.output, audit, ...told].join('\n');
    expect(tokens.filter((token) => everything.includes(token))).toEqual([]);
    expect(complaints).toEqual([]);
  }, 60_000);
});
