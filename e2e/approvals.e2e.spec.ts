import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import pg from 'pg';
import type { Browser, Page } from 'playwright-core';
import { CHROMIUM, openBrowser, openPage, picture, signIn as signInPage } from './support/browser.ts';
import { dataOf, graphqlAs, join, signIn, type Caller } from './support/people.ts';
import { eventually, PARTS, processesOf } from './support/processes.ts';
import { onNode, openFolder } from './support/real-servers.ts';
import { Switchyard, type Answer } from './support/switchyard.ts';

const COUNTING = fileURLToPath(new URL('./fixtures/shop-server.ts', import.meta.url));
/** A process is taken for dead 15 s after its last sign of life, and what it held is looked for every 15 s. */
const TAKEN_UP_WITHIN_MS = 45_000;

const REFUND = (id: number): string => `import { lookUp, refund } from 'servers/counting';
const order = await lookUp({ id: ${id} });
console.log('looked up', order.id);
const done = await refund({ id: order.id, amount: order.total });
return { order, done };`;

describe('a call that needs an approval', () => {
  const folder = openFolder();
  const file = path.join(folder, 'calls.jsonl');
  let switchyard: Switchyard;
  let key: string;
  let owner: Caller;
  let reviewer: Caller;

  const made = (): [string, Record<string, unknown>][] =>
    fs.existsSync(file)
      ? fs
          .readFileSync(file, 'utf8')
          .trim()
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as [string, Record<string, unknown>])
      : [];
  const madeFor = (id: number): string[] => made().flatMap(([name, args]) => (args['id'] === id ? [name] : []));
  const execution = async (id: string): Promise<Answer['body']> =>
    (await switchyard.request('GET', `/v1/executions/${id}`, { key })).body;
  const ended = (id: string, withinMs = 15_000): Promise<Answer['body']> =>
    eventually(
      'the run ends',
      async () => {
        const body = await execution(id).catch(() => undefined);
        return body && !['running', 'awaiting_approval'].includes(body.status) ? body : undefined;
      },
      withinMs,
    );
  const decide = (who: Caller, id: string, granted: boolean, more: object = {}): Promise<Answer> =>
    switchyard.request('POST', `/v1/approvals/${id}/decision`, {
      ...who,
      headers: { ...who.headers, origin: switchyard.url },
      body: { granted, ...more },
    });
  const parked = async (code: string): Promise<{ run: string; approval: string }> => {
    const { body, text } = await switchyard.execute(key, code);
    if (body.status !== 'awaiting_approval') throw new Error(`it did not wait: ${text}`);
    return { run: body.id, approval: body.approvals[0].id };
  };
  const rule = (name: string, effect: object, more: object = {}): void => {
    const written = path.join(folder, `${name}.json`);
    fs.writeFileSync(
      written,
      JSON.stringify({ name, server: 'counting', tool: 'refund', reason: 'money leaves', effect, ...more }),
    );
    switchyard.cli('rule', 'set', written, '--tenant', 'demo');
  };

  beforeAll(async () => {
    switchyard = await Switchyard.start({ SWITCHYARD_POOL: '2', SWITCHYARD_APPROVAL_HOLD_SECONDS: '0.5' });
    key = switchyard.createKey();
    const tenant = ['--tenant', 'demo'];
    switchyard.cli('connection', 'add', ...tenant, '--name', 'counting', '--stdio', onNode(COUNTING, file));
    switchyard.cli('grant', 'set', ...tenant, '--role', 'api_key', '--tool', 'counting.*', '--effect', 'allow');
    rule('refunds', { approval: { persons: 1, minutes: 30 } });
    owner = await signIn(switchyard, switchyard.credentials);
    const mutation = 'mutation { inviteMember(email: "rita@demo.example", role: reviewer) { link } }';
    const { inviteMember } = dataOf(await graphqlAs(switchyard, owner, mutation));
    reviewer = await join(switchyard, { link: inviteMember.link, email: 'rita@demo.example', name: 'Rita' });
  }, 120_000);
  afterAll(async () => {
    await switchyard.remove();
    fs.rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => rule('refunds', { approval: { persons: 1, minutes: 30 } }));

  it('is answered as waiting, and goes on when a person grants it; no call is made twice', async () => {
    const answer = await switchyard.execute(key, REFUND(1));
    expect(answer).toMatchObject({
      status: 200,
      body: {
        status: 'awaiting_approval',
        result: null,
        calls: [{ tool: 'counting.lookUp', status: 'ok' }],
        approvals: [{ tool: 'counting.refund', risk: 'destructive', reasons: ['money leaves'], persons: 1 }],
      },
    });
    const { id, approvals } = answer.body;
    expect(await execution(id)).toMatchObject({ status: 'awaiting_approval', approvals: [{ id: approvals[0].id }] });
    expect(madeFor(1)).toEqual(['lookUp']);
    expect((await decide(reviewer, approvals[0].id, true)).body).toMatchObject({
      status: 'granted',
      decidedBy: 'rita@demo.example',
    });
    expect(await ended(id)).toMatchObject({
      status: 'done',
      result: { order: { id: 1, total: 120 }, done: { refunded: 120 } },
      logs: [{ text: 'looked up 1' }],
      calls: [
        { tool: 'counting.lookUp', status: 'ok' },
        { tool: 'counting.refund', status: 'ok' },
      ],
    });
    expect(madeFor(1)).toEqual(['lookUp', 'refund']);
    const { auditEvents } = dataOf(
      await switchyard.graphql(key, '{ auditEvents(limit: 30) { items { action actorName targetId } } }'),
    );
    const events = auditEvents.items.filter((event: { targetId: string }) => event.targetId === approvals[0].id);
    expect(events).toMatchObject([
      { action: 'approval.granted', actorName: 'rita@demo.example' },
      { action: 'approval.requested' },
    ]);
    expect(switchyard.cli('audit', 'verify', '--tenant', 'demo')).toContain('whole');
  }, 60_000);

  it('is not made when a person denies it, and the code is told why', async () => {
    const { run, approval } = await parked(REFUND(2));
    expect((await decide(owner, approval, false, { comment: 'not without a receipt' })).status).toBe(200);
    expect(await ended(run)).toMatchObject({
      status: 'failed',
      error: { name: 'ToolError', message: expect.stringContaining('denied this call: not without a receipt') },
    });
    expect(madeFor(2)).toEqual(['lookUp']);
    expect(await decide(reviewer, approval, true)).toMatchObject({
      status: 409,
      body: { error: { code: 'conflict', message: expect.stringContaining('decided before you') } },
    });
  }, 60_000);

  it('is for persons: a key may look and not decide', async () => {
    const { run, approval } = await parked(REFUND(3));
    expect(await decide({ key }, approval, true)).toMatchObject({
      status: 403,
      body: { error: { code: 'forbidden' } },
    });
    expect((await switchyard.request('GET', `/v1/approvals/${approval}`, { key })).body).toMatchObject({
      status: 'pending',
    });
    expect(switchyard.cli('approval', 'list', '--tenant', 'demo')).toContain(approval);
    expect(switchyard.cli('approval', 'approve', approval, '--tenant', 'demo')).toBe('counting.refund: granted');
    expect(await ended(run)).toMatchObject({ status: 'done' });
    expect(madeFor(3)).toEqual(['lookUp', 'refund']);
  }, 60_000);

  it('is told to a stream, which stays until the end', async () => {
    const response = await fetch(`${switchyard.url}/v1/executions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ code: REFUND(4) }),
    });
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const told = /^event: approval\ndata: (.*)$/m.exec(text)?.[1];
      if (told && !text.includes('event: result') && !decided.has(told)) {
        decided.add(told);
        await eventually('the sandbox is let go', async () => {
          const { body } = await switchyard.request(
            'GET',
            `/v1/executions/${response.headers.get('x-switchyard-run')}`,
            { key },
          );
          return body.status === 'awaiting_approval';
        });
        await decide(reviewer, JSON.parse(told).id, true);
      }
    }
    const result = JSON.parse(/^event: result\ndata: (.*)$/m.exec(text)?.[1] ?? '');
    expect(result).toMatchObject({ status: 'done', result: { done: { refunded: 120 } } });
    expect(madeFor(4)).toEqual(['lookUp', 'refund']);
  }, 60_000);
  const decided = new Set<string>();

  it('survives kill -9 of everything between ask and answer; no call is made twice', async () => {
    const { run, approval } = await parked(REFUND(5));
    const held = fetch(`${switchyard.url}/v1/executions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ code: REFUND(6) }),
    }).catch(() => undefined);
    const other = await eventually('the second asks', async () => {
      const { body } = await switchyard.request('GET', '/v1/approvals?status=pending', { key });
      return body.approvals.find((one: { arguments: { id: number } }) => one.arguments.id === 6);
    });
    const processes = processesOf(switchyard.home);
    for (const part of [PARTS.executor, PARTS.controlPlane])
      for (const { pid } of processes.filter(part)) process.kill(pid, 'SIGKILL');
    await held;
    await switchyard.stop('SIGKILL');
    await switchyard.up();
    for (const id of [approval, other.id])
      expect((await decide(reviewer, id, true)).body).toMatchObject({ status: 'granted' });
    expect(await ended(run, TAKEN_UP_WITHIN_MS)).toMatchObject({ status: 'done', result: { done: { refunded: 120 } } });
    expect(await ended(other.execution, TAKEN_UP_WITHIN_MS)).toMatchObject({ status: 'done' });
    expect([5, 6].map(madeFor)).toEqual([
      ['lookUp', 'refund'],
      ['lookUp', 'refund'],
    ]);
  }, 180_000);

  it('survives the loss of the executor alone', async () => {
    const { run, approval } = await parked(REFUND(7));
    for (const { pid } of processesOf(switchyard.home).filter(PARTS.executor)) process.kill(pid, 'SIGKILL');
    await decide(reviewer, approval, true);
    expect(await ended(run, TAKEN_UP_WITHIN_MS)).toMatchObject({ status: 'done' });
    expect(madeFor(7)).toEqual(['lookUp', 'refund']);
  }, 90_000);

  it('ends a run that goes another way than before, and makes no call', async () => {
    const code = `import { lookUp, refund } from 'servers/counting';
await lookUp({ id: 8, note: String(Math.random()) });
await refund({ id: 8, amount: 1 });`;
    const { run, approval } = await parked(code);
    await decide(reviewer, approval, true);
    expect(await ended(run)).toMatchObject({
      status: 'failed',
      error: { name: 'DivergenceError', message: expect.stringContaining('must not depend on the time, on chance') },
    });
    expect(madeFor(8)).toEqual(['lookUp']);
  }, 60_000);

  it('is refused when its time is over', async () => {
    const { run, approval } = await parked(REFUND(9));
    const database = new pg.Client(switchyard.cli('db', 'url'));
    await database.connect();
    await database.query("UPDATE approval SET expires_at = now() - interval '1 s' WHERE id = $1", [approval]);
    await database.end();
    expect(await decide(reviewer, approval, true)).toMatchObject({ status: 409 });
    expect(await ended(run, TAKEN_UP_WITHIN_MS)).toMatchObject({
      status: 'failed',
      error: { message: 'Nobody decided on this call in time, so it was not made.' },
    });
    expect(madeFor(9)).toEqual(['lookUp']);
  }, 90_000);

  it('answers input-required to clients of /mcp, which come again for the result', async () => {
    const client = new Client(
      { name: 'e2e', version: '1.0.0' },
      { versionNegotiation: { mode: { pin: '2026-07-28' } }, capabilities: { elicitation: { url: {} } } },
    );
    const asked: string[] = [];
    client.setRequestHandler('elicitation/create', async ({ params }) => {
      const { url = '', message } = params as { url?: string; message: string };
      asked.push(message, url);
      const [, id = ''] = /approvals\/([^/]+)\/show$/.exec(url) ?? [];
      await decide(reviewer, id, true);
      return { action: 'accept' };
    });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${switchyard.url}/mcp`), {
        requestInit: { headers: { authorization: `Bearer ${key}` } },
      }),
    );
    const answer = await client.callTool({ name: 'execute_code', arguments: { code: REFUND(10) } });
    expect(answer).toMatchObject({ structuredContent: { status: 'done', result: { done: { refunded: 120 } } } });
    expect(asked).toEqual([
      expect.stringContaining('A person has to approve counting.refund: money leaves.'),
      expect.stringMatching(new RegExp(`^${switchyard.url}/#/approvals/[0-9a-f-]{36}/show$`)),
    ]);
    expect(madeFor(10)).toEqual(['lookUp', 'refund']);
    await client.close();
  }, 60_000);

  it('tells clients of 2025-11-25 how to read the result later', async () => {
    const client = new Client({ name: 'e2e', version: '1.0.0' }, { versionNegotiation: { mode: 'legacy' } });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${switchyard.url}/mcp`), {
        requestInit: { headers: { authorization: `Bearer ${key}` } },
      }),
    );
    const run = async (code: string) => client.callTool({ name: 'execute_code', arguments: { code } });
    const waiting = await run(REFUND(11));
    expect(waiting).toMatchObject({ isError: false, structuredContent: { status: 'awaiting_approval' } });
    const { id, approvals } = waiting.structuredContent as { id: string; approvals: { id: string }[] };
    await decide(reviewer, approvals[0]?.id ?? '', true);
    await ended(id);
    expect(await run(`return await workspace.open('${id}')`)).toMatchObject({
      structuredContent: { status: 'done', result: { done: { refunded: 120 } } },
    });
    await client.close();
  }, 60_000);

  it('obliges: conditions on arguments, masked fields, capped calls', async () => {
    rule('refunds', { deny: true }, { when: { arguments: [{ path: ['amount'], op: 'gt', value: 100 }] } });
    rule('totals', { maskFields: ['total'], callCap: 2 }, { tool: 'lookUp' });
    const code = `import { lookUp, refund } from 'servers/counting';
const told = (error) => error.message;
return [await refund({ id: 12, amount: 5 }), await refund({ id: 12, amount: 500 }).catch(told), await lookUp({ id: 12 }),
  await lookUp({ id: 12 }), await lookUp({ id: 12 }).catch(told)];`;
    expect((await switchyard.execute(key, code)).body.result).toEqual([
      { refunded: 5 },
      'the rule refunds forbids this call: money leaves',
      { id: 12, total: '[masked by policy]' },
      { id: 12, total: '[masked by policy]' },
      expect.stringContaining('Policy allows 2 calls of counting.lookUp'),
    ]);
    switchyard.cli('rule', 'remove', 'totals', '--tenant', 'demo');
  }, 60_000);

  const describeInBrowser = CHROMIUM ? describe : describe.skip;
  describeInBrowser('in the console', () => {
    let browser: Browser;
    let page: Page;
    const complaints: string[] = [];
    beforeAll(async () => {
      browser = await openBrowser();
      page = await openPage(browser, switchyard.url, complaints);
      await signInPage(page, { email: 'rita@demo.example', password: 'the long password of rita@demo.example' });
    }, 60_000);
    afterAll(() => browser?.close());

    it('a person is told, looks, and approves by one key', async () => {
      const { run, approval } = await parked(REFUND(20));
      await page.getByTestId('approvals-waiting').getByText('1').waitFor();
      await page.getByRole('link', { name: /Approvals/ }).click();
      await page.getByTestId('queue').getByRole('link', { name: 'Decide' }).click();
      await page.waitForURL(`**/approvals/${approval}/show`);
      await page.getByText('money leaves').first().waitFor();
      await page.getByText('looked up').first().waitFor(); // the code that asks
      await picture(page, 'approval');
      await page.getByRole('heading', { name: 'counting.refund' }).click();
      await page.keyboard.press('a');
      await page.waitForURL('**/approvals');
      expect(await ended(run)).toMatchObject({ status: 'done' });
      await page.getByTestId('approvals-waiting').waitFor({ state: 'detached' });
      expect(madeFor(20)).toEqual(['lookUp', 'refund']);
    }, 60_000);

    it('a person denies with a reason, from the page of the run', async () => {
      const { run } = await parked(REFUND(21));
      await page.goto(`${switchyard.url}/#/runs/${run}/show`);
      await page.getByTestId('waits-for').getByRole('link', { name: 'Decide' }).click();
      await page.getByTestId('comment').fill('wrong customer');
      await page.getByTestId('deny').click();
      expect(await ended(run)).toMatchObject({ error: { message: expect.stringContaining('wrong customer') } });
      expect(madeFor(21)).toEqual(['lookUp']);
    }, 60_000);

    it('a decision is remembered, listed and taken back', async () => {
      const first = await parked(REFUND(22));
      await page.goto(`${switchyard.url}/#/approvals/${first.approval}/show`);
      await page.getByTestId('remember').click();
      await page.getByRole('option', { name: 'any call of this tool' }).click();
      await page.getByTestId('approve').click();
      await ended(first.run);
      expect((await switchyard.execute(key, REFUND(23))).body).toMatchObject({ status: 'done' });
      await page.goto(`${switchyard.url}/#/approvals/remembered`);
      await page.getByText('any call of this tool').waitFor();
      await picture(page, 'approvals-remembered');
      await page.getByTestId('revoke').click();
      await page.getByTestId('confirm').click();
      await page.getByText('Revoked', { exact: true }).waitFor();
      expect((await switchyard.execute(key, REFUND(24))).body).toMatchObject({ status: 'awaiting_approval' });
      expect(complaints).toEqual([]);
    }, 60_000);
  });
});
