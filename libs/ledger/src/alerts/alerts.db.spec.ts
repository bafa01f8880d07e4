import { createHmac } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError, newId, type Clock, type Ctx, type TenantId } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { SMTPServer } from 'smtp-server';
import { createLedger, type Ledger } from '../ledger.ts';
import type { AlertSenders } from '../money/budgets.ts';
import type { ModelCallInput } from '../money/model-call.ts';
import { createMailer, type Mailer } from './mail.ts';

let now = new Date('2026-11-21T10:00:00Z');
const clock: Clock = { now: () => now };
const dollars = (amount: number): bigint => BigInt(amount * 1_000_000);

/** gpt-4o's output is $10 a million tokens. */
const spending = (amount: number): ModelCallInput => ({
  id: newId(),
  conversation: null,
  arm: null,
  purpose: 'chat',
  provider: 'openai',
  model: 'gpt-4o',
  scripted: false,
  usage: { inputTokens: 0, cachedInputTokens: 0, outputTokens: amount * 100_000, reasoningTokens: 0 },
  usageEstimated: false,
  status: 'ok',
  startedAt: now,
  durationMs: 1,
  firstTokenMs: null,
});

interface Received {
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

describe('budgets and alerts', () => {
  let db: TestDatabase;
  let server: http.Server;
  let url: string;
  let received: Received[];
  let answer: (response: http.ServerResponse) => void;
  const secrets = new Map<TenantId, string>();
  const nodes: Ledger[] = [];

  const node = (mailer?: Mailer): Ledger => {
    const senders: AlertSenders = {
      fetch,
      mailer,
      checkUrl: async (wanted) => {
        if (wanted.includes('169.254')) throw new AppError('forbidden', 'not a public address');
      },
      putSecret: async (ctx, { value }) => void secrets.set(ctx.tenantId, value),
      withSecrets: (ctx, _of, use) => use({ webhook_secret: secrets.get(ctx.tenantId) ?? '' }),
      firstRetryMs: 1,
    };
    const made = createLedger({ database: db.database, clock, nodeId: newId(), senders });
    nodes.push(made);
    return made;
  };
  const deliveriesOf = async (ledger: Ledger, ctx: Ctx) =>
    (await ledger.listAlerts(ctx)).items.flatMap(({ deliveries }) => deliveries);
  const untilSent = async (ledger: Ledger, ctx: Ctx): Promise<void> => {
    for (let waited = 0; waited < 15_000; waited += 20) {
      await ledger.deliverAlerts([ctx.tenantId]);
      if ((await deliveriesOf(ledger, ctx)).every(({ status }) => status === 'sent')) return;
      await sleep(20);
    }
    throw new Error('it was never sent');
  };

  beforeAll(async () => {
    db = await createTestDatabase();
    server = http.createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        received.push({ headers: request.headers, body });
        answer(response);
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  });
  beforeEach(() => {
    received = [];
    answer = (response) => response.writeHead(204).end();
    now = new Date('2026-11-21T10:00:00Z');
  });
  afterEach(() => nodes.splice(0).forEach((ledger) => ledger.close()));
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
    await db.drop();
  });

  it('tells once for a threshold and month, however many calls cross it at once', async () => {
    const [ctx, ledger, other] = [testCtx(), node(), node()];
    await ledger.setBudget(ctx, { webhookUrl: url });
    await ledger.recordModelCall(ctx, spending(499));
    expect((await ledger.listAlerts(ctx)).items).toEqual([]);
    await Promise.all(
      Array.from({ length: 20 }, (_, at) => (at % 2 ? ledger : other).recordModelCall(ctx, spending(1))),
    );
    await ledger.recordModelCall(ctx, spending(600));
    await ledger.recordModelCall(ctx, spending(600));
    const { items } = await ledger.listAlerts(ctx);
    expect(items.map(({ title }) => title).sort()).toEqual([
      'The pilot budget threshold of $500.00 is reached',
      'The strong budget threshold of $1000.00 is reached',
    ]);
    expect((await ledger.listAudit(ctx, { action: 'budget.threshold_reached' })).items).toHaveLength(2);
    now = new Date('2026-12-01T00:00:00Z');
    await ledger.recordModelCall(ctx, spending(501));
    expect((await ledger.listAlerts(ctx)).items).toHaveLength(3);
  });

  it('tells at once of a threshold that is put below what is spent already', async () => {
    const [ctx, ledger] = [testCtx(), node()];
    await ledger.recordModelCall(ctx, spending(40));
    await ledger.setBudget(ctx, { pilotMicros: dollars(30) });
    expect((await ledger.listAlerts(ctx)).items).toHaveLength(1);
    await ledger.setBudget(ctx, { pilotMicros: dollars(30), mode: 'block' });
    expect((await ledger.listAlerts(ctx)).items).toHaveLength(1);
  });

  it('reaches a webhook that failed and came back, signed, under one id, and loses nothing', async () => {
    const [ctx, ledger] = [testCtx(), node()];
    const { secret } = await ledger.setBudget(ctx, { webhookUrl: url });
    expect(secret).toMatch(/^whsec_/);
    const failures: ((response: http.ServerResponse) => void)[] = [
      (response) => response.writeHead(500).end('Bearer secret-of-the-receiver'),
      (response) => response.destroy(),
      (response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
    ];
    answer = (response) => (failures.shift() ?? ((one) => one.writeHead(200).end()))(response);
    await ledger.recordModelCall(ctx, spending(500));
    await ledger.deliverAlerts([ctx.tenantId]);
    expect(await deliveriesOf(ledger, ctx)).toMatchObject([
      { status: 'pending', attempts: 1, lastError: 'the webhook answered 500', target: url },
    ]);
    await untilSent(ledger, ctx);
    expect(received).toHaveLength(4);
    expect(new Set(received.map(({ headers }) => headers['x-switchyard-delivery'])).size).toBe(1);
    for (const { headers, body } of received) {
      const [, at, hex] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-switchyard-signature'])) ?? [];
      expect(hex).toBe(createHmac('sha256', String(secret)).update(`${at}.${body}`).digest('hex'));
      expect(JSON.parse(body)).toMatchObject({ kind: 'budget.threshold_reached', data: { threshold: 'pilot' } });
    }
    await ledger.deliverAlerts([ctx.tenantId]);
    expect(received).toHaveLength(4);
  });

  it('is sent by one node alone, however many look, and by another when that one died with it', async () => {
    const [ctx, ledger] = [testCtx(), node()];
    await ledger.setBudget(ctx, { webhookUrl: url });
    answer = (response) => void setTimeout(() => response.writeHead(200).end(), 100);
    await ledger.recordModelCall(ctx, spending(1_000));
    const arrived = await Promise.all(Array.from({ length: 6 }, () => node().deliverAlerts([ctx.tenantId])));
    expect(arrived.reduce((sum, one) => sum + one, 0)).toBe(2);
    expect(received).toHaveLength(2);
    // A node that claimed and died: its lease is over.
    await db.sql("UPDATE alert_delivery SET status = 'pending', next_at = now() - interval '1 second'");
    await node().deliverAlerts([ctx.tenantId]);
    expect(received).toHaveLength(4);
  });

  it('goes by mail too, and waits where the operator has no SMTP', async () => {
    const mails: string[] = [];
    const smtp = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData(stream, _session, done) {
        let text = '';
        stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
        stream.on('end', () => {
          mails.push(text);
          done(mails.length === 1 ? Object.assign(new Error('try later'), { responseCode: 451 }) : undefined);
        });
      },
    });
    await new Promise<void>((listening) => smtp.listen(0, '127.0.0.1', listening));
    const { port } = smtp.server.address() as AddressInfo;
    const mailer = createMailer({ url: `smtp://127.0.0.1:${port}`, from: 'alerts@switchyard.example' });
    const ctx = testCtx();
    const [without, ledger] = [node(), node(mailer)];
    await without.setBudget(ctx, { emails: ['ops@acme.example'] });
    await without.recordModelCall(ctx, spending(500));
    await without.deliverAlerts([ctx.tenantId]);
    expect(await deliveriesOf(without, ctx)).toMatchObject([
      { status: 'pending', lastError: expect.stringContaining('SMTP_URL') },
    ]);
    await untilSent(ledger, ctx);
    expect(mails).toHaveLength(2); // refused once, then taken
    expect(mails[1]).toMatch(/To: ops@acme\.example/);
    expect(mails[1]).toMatch(/Subject: The pilot budget threshold of \$500\.00 is reached/);
    mailer.close();
    await new Promise<void>((closed) => smtp.close(closed));
  });

  it('follows a webhook that moved, and stops with one that was taken away', async () => {
    const [ctx, ledger] = [testCtx(), node()];
    await ledger.setBudget(ctx, { webhookUrl: `${url}/old` });
    await ledger.recordModelCall(ctx, spending(500));
    await ledger.setBudget(ctx, { webhookUrl: url });
    expect(await deliveriesOf(ledger, ctx)).toMatchObject([{ status: 'pending', target: url }]);
    await ledger.setBudget(ctx, { webhookUrl: null });
    const [delivery] = await deliveriesOf(ledger, ctx);
    expect(delivery).toMatchObject({ status: 'failed', lastError: 'The webhook was taken away.' });
    await ledger.sendAlertAgain(ctx, String(delivery?.id));
    await untilSent(ledger, ctx);
    await expect(ledger.sendAlertAgain(testCtx(), String(delivery?.id))).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is tested at once, and tells how that went', async () => {
    const [ctx, ledger] = [testCtx(), node()];
    await expect(ledger.testAlerts(ctx)).rejects.toMatchObject({ code: 'unprocessable' });
    await ledger.setBudget(ctx, { webhookUrl: url, emails: ['ops@acme.example'] });
    answer = (response) => response.writeHead(received.length === 1 ? 503 : 200).end();
    const first = await ledger.testAlerts(ctx);
    expect(first).toMatchObject({ kind: 'alert.tested', acknowledgedAt: null });
    expect(first.deliveries.map(({ channel, status, lastError }) => [channel, status, lastError])).toEqual([
      ['webhook', 'pending', 'the webhook answered 503'],
      ['email', 'pending', expect.stringContaining('SMTP_URL')],
    ]);
    const second = await ledger.testAlerts(ctx);
    expect(second.id).not.toBe(first.id);
    expect(second.deliveries[0]).toMatchObject({ status: 'sent', lastError: null });
    expect((await ledger.listAudit(ctx, { action: 'alert.tested' })).items).toHaveLength(2);
  });

  it('is acknowledged once, by somebody of its tenant, and counted as open until then', async () => {
    const [ctx, other, ledger] = [testCtx(), testCtx(), node()];
    await ledger.setBudget(ctx, { webhookUrl: url });
    await ledger.recordModelCall(ctx, spending(1_000));
    expect([await ledger.countOpenAlerts(ctx), await ledger.countOpenAlerts(other)]).toEqual([2, 0]);
    const [alert] = (await ledger.listAlerts(ctx)).items;
    const id = String(alert?.id);
    await expect(ledger.acknowledgeAlert(other, id)).rejects.toMatchObject({ code: 'not_found' });
    await Promise.all(Array.from({ length: 4 }, () => ledger.acknowledgeAlert(ctx, id)));
    expect(await ledger.acknowledgeAlert(ctx, id)).toMatchObject({ acknowledgedBy: 'ada@example.com' });
    expect(await ledger.countOpenAlerts(ctx)).toBe(1);
    expect((await ledger.listAlerts(ctx, { open: true })).items.map((one) => one.id)).not.toContain(id);
    expect((await ledger.listAudit(ctx, { action: 'alert.acknowledged' })).items).toHaveLength(1);
  });

  it('refuses in block mode until the month ends, and never in warn mode', async () => {
    const [ctx, ledger] = [testCtx(), node()];
    await ledger.setBudget(ctx, { pilotMicros: dollars(1), strongMicros: dollars(10) });
    await ledger.recordModelCall(ctx, spending(10));
    await ledger.requireBudget(ctx);
    await ledger.setBudget(ctx, { mode: 'block' });
    const refused = ledger.requireBudget(ctx);
    const seconds = (Date.UTC(2026, 11, 1) - now.getTime()) / 1_000;
    await expect(refused).rejects.toMatchObject({ code: 'budget_exceeded', details: { retryAfterSeconds: seconds } });
    await expect(ledger.admitExecution(ctx)).rejects.toMatchObject({ code: 'budget_exceeded' });
    await expect(ledger.admitChat(ctx)).rejects.toMatchObject({ code: 'budget_exceeded' });
    await ledger.requireBudget(testCtx());
    now = new Date('2026-12-01T00:00:01Z');
    await ledger.requireBudget(ctx);
  });

  it.each<[string, Parameters<Ledger['setBudget']>[1], string]>([
    ['nothing', { pilotMicros: 0n }, 'pilotMicros'],
    ['a pilot threshold above the strong one', { pilotMicros: dollars(2_000) }, 'pilotMicros'],
    ['an address that is none', { emails: ['ops'] }, 'emails.0'],
  ])('does not take %s', async (_what, change, path) => {
    const refused = node().setBudget(testCtx(), change);
    await expect(refused).rejects.toMatchObject({ code: 'unprocessable', details: { path } });
  });

  it('does not take a URL that must not be reached, and keeps an audit trail without the secret', async () => {
    const [ctx, ledger] = [testCtx(), node()];
    const refused = ledger.setBudget(ctx, { webhookUrl: 'http://169.254.169.254/' });
    await expect(refused).rejects.toMatchObject({ code: 'forbidden' });
    const { secret } = await ledger.setBudget(ctx, { webhookUrl: url });
    const { items } = await ledger.listAudit(ctx, { action: 'budget.changed' });
    expect(items).toMatchObject([{ before: { webhookUrl: null }, after: { webhookUrl: url } }]);
    expect(JSON.stringify(items)).not.toContain(String(secret));
    expect((await ledger.budget(testCtx())).webhookUrl).toBeNull();
  });
});
