import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFakeEndpoint, type FakeEndpoint } from '@switchyard/testkit';
import { SMTPServer } from 'smtp-server';
import type { Browser, Page } from 'playwright-core';
import { CHROMIUM, openBrowser, openPage, signIn } from './support/browser.ts';
import { modelOfTheDay, talk, traffic, type Talk } from './support/day.ts';
import { eventually } from './support/processes.ts';
import { startTwoNodes, type TwoNodes } from './support/two-nodes.ts';

/** One conversation in twenty of the arm fails. */
const BAD_EVERY = 20;
const AT_ONCE = 6;

interface Posted {
  readonly kind: string;
  readonly title: string;
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What people outside hear of: a webhook and a mailbox. */
async function startOutside() {
  const posted: Posted[] = [];
  const mailed: string[] = [];
  const hook = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      if (request.headers['x-switchyard-signature']) posted.push(JSON.parse(body) as Posted);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((listening) => hook.listen(0, '127.0.0.1', listening));
  const mail = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, done) {
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
      stream.on('end', () => {
        mailed.push(text);
        done();
      });
    },
  });
  await new Promise<void>((listening) => mail.listen(0, '127.0.0.1', listening));
  return {
    posted,
    mailed,
    hookUrl: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/hook`,
    smtpUrl: `smtp://127.0.0.1:${(mail.server.address() as AddressInfo).port}`,
    async close() {
      hook.closeAllConnections();
      await new Promise((closed) => hook.close(closed));
      await new Promise<void>((closed) => mail.close(closed));
    },
  };
}

const PLAN = {
  steps: [{ shareBasisPoints: 5_000, dwellMinutes: 600, minUnits: 100_000, advance: 'automatic' }],
  proofs: [],
};

describe('a day on two nodes that share a database', () => {
  let endpoint: FakeEndpoint;
  let outside: Awaited<ReturnType<typeof startOutside>>;
  let nodes: TwoNodes;
  let key: string;

  const ask = async (query: string, variables: object = {}) => {
    const { body } = await nodes.first.graphql(key, query, variables);
    expect(body.errors).toBeUndefined();
    return body.data;
  };
  const rollout = async () =>
    (await ask('{ rollouts { items { id version status shareBasisPoints } } }')).rollouts.items[0];
  const change = async (field: string, reason: string, more = ''): Promise<void> => {
    const { id, version } = await rollout();
    await ask(`mutation ($change: RolloutChangeInput!) { ${field}(change: $change${more}) { id } }`, {
      change: { id, expectedVersion: version, reason },
    });
  };
  const armsOf = (talks: readonly Talk[]): Set<string | null> => new Set(talks.map(({ arm }) => arm));

  beforeAll(async () => {
    endpoint = await startFakeEndpoint();
    endpoint.reply(modelOfTheDay);
    outside = await startOutside();
    nodes = await startTwoNodes({
      OPENAI_BASE_URL: endpoint.baseUrl,
      OPENAI_API_KEY: 'sk-day',
      MODEL: 'fake-1',
      SWITCHYARD_EGRESS_ALLOW: '127.0.0.1',
      SMTP_URL: outside.smtpUrl,
      ALERT_FROM: 'switchyard@example.com',
    });
    key = nodes.first.createKey();
    nodes.first.cli('budget', 'set', '--tenant', 'demo', '--webhook', outside.hookUrl, '--email', 'team@example.com');
    const plan = await ask('mutation ($input: NewRollout!) { createRollout(input: $input) { id } }', {
      input: { name: 'The day', plan: PLAN, reason: 'morning' },
    });
    expect(plan.createRollout.id).toBeTruthy();
    await change('startRollout', 'begin');
  }, 180_000);
  afterAll(async () => {
    await nodes?.remove();
    await endpoint?.close();
    await outside?.close();
  });

  it('a healthy arm stays, on both', async () => {
    const talks = await traffic(nodes.both, key, { name: 'healthy', most: 160, atOnce: AT_ONCE });
    for (const node of [0, 1])
      expect(armsOf(talks.filter((one) => one.node % 2 === node))).toEqual(new Set(['code', 'traditional']));
    expect(await rollout()).toMatchObject({ status: 'running', shareBasisPoints: 5_000 });
    const { id } = await rollout();
    const { experiment } = await ask(
      'query ($id: ID!) { experiment(id: $id) { segments { dimension value answers } } }',
      { id },
    );
    expect(experiment.segments).toContainEqual(expect.objectContaining({ dimension: 'intent', value: 'price' }));
  }, 120_000);

  it('an arm that fails one time in twenty is rolled back by itself, and both nodes stop at once', async () => {
    const isBack = async () => (await rollout()).status === 'rolled_back';
    const options = { name: 'failing', most: 4_000, atOnce: AT_ONCE, badEvery: BAD_EVERY, isOver: isBack };
    const talks = await traffic(nodes.both, key, options);
    await eventually('it is rolled back', isBack);
    const code = talks.filter(({ arm }) => arm === 'code').length;
    expect(code).toBeGreaterThan(20);
    expect(code).toBeLessThan(1_500);
    const after = await traffic(nodes.both, key, { name: 'after', most: 40, atOnce: AT_ONCE });
    expect(armsOf(after)).toEqual(new Set(['traditional']));
    // Those who were answered by code before are not finished with it.
    const sticky = talks.find(({ arm }) => arm === 'code');
    const again = await talk(nodes.both, key, { node: 1, conversation: sticky?.conversation ?? '' });
    expect(again.arm).toBe('traditional');
  }, 300_000);

  it('the timeline, the evaluations and the audit log say why', async () => {
    const { id } = await rollout();
    const { rolloutHistory, rolloutEvaluations } = await ask(
      'query ($id: ID!) { rolloutHistory(id: $id) { items { action actorKind reason } } rolloutEvaluations(id: $id) { items { did verdict code } } }',
      { id },
    );
    expect(rolloutHistory.items[0]).toMatchObject({ action: 'rollout.rolled_back', actorKind: 'system' });
    expect(rolloutHistory.items[0].reason).toMatch(/^Guard error rate: \d+ of \d+ units of treatment had an error/);
    expect(rolloutEvaluations.items[0]).toMatchObject({ did: 'rolled_back', verdict: 'rollback', code: 'error_rate' });
    const { auditEvents } = await ask(
      '{ auditEvents(filter: { action: "rollout.rolled_back" }) { items { action actorKind after } } }',
    );
    expect(auditEvents.items).toHaveLength(1); // two nodes have seen it, one has done it
    expect(auditEvents.items[0].after).toMatchObject({ shareBasisPoints: 0, evidence: { guard: 'error_rate' } });
  });

  it('people outside are told, by webhook and by mail, once', async () => {
    const told = await eventually(
      'the webhook',
      () => outside.posted.find(({ kind }) => kind === 'rollout.rolled_back'),
      30_000,
    );
    expect(told.title).toBe('The rollout "The day" was rolled back by itself');
    expect(told.message).toMatch(/^Guard error rate: .* every conversation is answered the traditional way now\./);
    const plain = (text: string): string => text.replace(/=?\r\n ?/g, ''); // mail folds its lines
    const mail = await eventually(
      'the mail',
      () => outside.mailed.map(plain).find((text) => text.includes('rollout.rolled_back,')),
      30_000,
    );
    expect(mail).toContain('To: team@example.com');
    expect(mail).toContain('Guard error rate: ');
    expect(outside.posted.filter(({ kind }) => kind === 'rollout.rolled_back')).toHaveLength(1);
  }, 60_000);

  describe('the kill switch', () => {
    let browser: Browser;
    let page: Page;
    beforeAll(async () => {
      await change('restartRollout', 'mended', ', afterFix: true');
      if (!CHROMIUM) return;
      browser = await openBrowser();
      page = await openPage(browser, nodes.first.url, []);
      await signIn(page, nodes.first.credentials);
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Rollouts', exact: true }).click();
    }, 60_000);
    afterAll(() => browser?.close());

    (CHROMIUM ? it : it.skip)(
      'from the browser is in force on both, mid-conversation too, and given back',
      async () => {
        const dealt = (await traffic(nodes.both, key, { name: 'kill', most: 40, atOnce: AT_ONCE })).find(
          ({ arm }) => arm === 'code',
        );
        const conversation = dealt?.conversation ?? '';
        const armOn = async (node: number) => (await talk(nodes.both, key, { node, conversation })).arm;
        expect([await armOn(0), await armOn(1)]).toEqual(['code', 'code']);
        await page.getByTestId('kill').click();
        await page.getByLabel('Why').fill('something looks wrong');
        await page.getByTestId('confirm').click();
        await page.getByTestId('killed').waitFor();
        await eventually(
          'both stop',
          async () => (await armOn(0)) === 'traditional' && (await armOn(1)) === 'traditional',
        );
        await page.getByTestId('release').click();
        await page.getByLabel('Why').fill('it was nothing');
        await page.getByTestId('confirm').click();
        await page.getByTestId('kill').waitFor();
        await eventually('both go on', async () => (await armOn(0)) === 'code' && (await armOn(1)) === 'code');
        await eventually('it was told', () => outside.posted.some(({ kind }) => kind === 'kill_switch.thrown'), 30_000);
      },
      120_000,
    );
  });
});
