import { createHmac, randomBytes } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError, canonicalJson, newId, systemClock, type Ctx, type TenantId } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { createLedger, type Ledger } from '../ledger.ts';
import { noSenders } from '../testing/no-senders.ts';
import type { AlertSenders } from '../money/budgets.ts';
import { auditHash, type AuditContent } from './event.ts';
import { createAuditSigner } from './signing.ts';

interface Delivery {
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  readonly body: { tenantId: string; from: number; to: number; events: (AuditContent & { hash: string })[] };
}

describe('the audit log streamed to a webhook', () => {
  let db: TestDatabase;
  let server: http.Server;
  let url: string;
  let received: Delivery[];
  /** Gives the status; undefined cuts the connection after it was read. */
  let answer: (delivery: Delivery) => number | undefined;
  const secrets = new Map<TenantId, Record<string, string>>();
  const nodes: Ledger[] = [];
  let ctx: Ctx;

  const node = (): Ledger => {
    const senders: AlertSenders = {
      ...noSenders,
      fetch,
      checkUrl: async (wanted) => {
        if (wanted.includes('169.254')) throw new AppError('forbidden', 'not a public address');
      },
      putSecret: async ({ tenantId }, { name, value }) =>
        void secrets.set(tenantId, { ...secrets.get(tenantId), [name]: value }),
      withSecrets: ({ tenantId }, _of, use) => use(secrets.get(tenantId) ?? {}),
      firstRetryMs: 1,
    };
    const signer = createAuditSigner(randomBytes(32).toString('base64'), 'the test');
    const made = createLedger({ database: db.database, clock: systemClock, nodeId: newId(), senders, signer });
    nodes.push(made);
    return made;
  };
  const append = (ledger: Ledger, n: number): Promise<void> =>
    ledger.recordAudit(ctx, { action: 'thing.changed', target: { kind: 'thing', id: String(n) }, after: { n } });
  const acked = async (ledger: Ledger): Promise<number> => (await ledger.auditKeeping(ctx)).stream?.ackedSeq ?? -1;
  const until = async (ledgers: readonly Ledger[], seq: number): Promise<void> => {
    const [first] = ledgers;
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(5)) {
      await Promise.all(ledgers.map((ledger) => ledger.streamAudit([ctx.tenantId])));
      if (first && (await acked(first)) >= seq) return;
    }
    throw new Error(`event ${seq} was never acknowledged`);
  };
  const numbers = (): number[] => received.flatMap(({ body }) => body.events.map(({ seq }) => seq));

  beforeAll(async () => {
    db = await createTestDatabase();
    server = http.createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        const delivery = { headers: request.headers, text, body: JSON.parse(text) as Delivery['body'] };
        received.push(delivery);
        const status = answer(delivery);
        if (status === undefined) request.socket.destroy();
        else response.writeHead(status).end();
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`;
  });
  beforeEach(() => {
    ctx = testCtx();
    received = [];
    answer = () => 204;
  });
  afterEach(() => nodes.splice(0).forEach((ledger) => ledger.close()));
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
    await db.drop();
  });

  it('arrives whole, in its order, signed, and in the form that was hashed', async () => {
    const ledger = node();
    for (let n = 1; n <= 3; n++) await append(ledger, n);
    const { secret, stream } = await ledger.setAuditStream(ctx, { url });
    expect(stream).toMatchObject({ url, ackedSeq: 0, failures: 0 });
    expect(await ledger.streamAudit([ctx.tenantId])).toBe(4);
    const [delivery] = received;
    if (!delivery || !secret) throw new Error('one delivery, and a secret');
    expect(delivery.body).toMatchObject({ tenantId: ctx.tenantId, from: 1, to: 4 });
    expect(numbers()).toEqual([1, 2, 3, 4]);
    const [, seconds, mac] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(delivery.headers['x-switchyard-signature'])) ?? [];
    expect(mac).toBe(createHmac('sha256', secret).update(`${seconds}.${delivery.text}`).digest('hex'));
    for (const { hash, ...content } of delivery.body.events) expect(auditHash(content)).toBe(hash);
    expect(canonicalJson(delivery.body.events[3]?.after)).toBe(canonicalJson({ url, acknowledged: 0 }));
    expect(await ledger.streamAudit([ctx.tenantId])).toBe(0);
    expect(received).toHaveLength(1);
  });

  it('loses nothing and goes back never, through outages of the receiver, with two nodes sending', async () => {
    const [ledger, other] = [node(), node()];
    await ledger.setAuditStream(ctx, { url });
    let turn = 0;
    // Down, lost on the way back, overloaded, a redirect, and only then taken.
    const accepted = new Set<Delivery>();
    answer = (delivery) => {
      const status = [503, undefined, 429, 302, 200][turn++ % 5];
      if (status === 200) accepted.add(delivery);
      return status;
    };
    const writing = (async () => {
      for (let n = 1; n <= 120; n++) await append(n % 2 ? ledger : other, n);
    })();
    await until([ledger, other], 60);
    await writing;
    await until([ledger, other], 121);
    const taken = [...accepted].flatMap(({ body }) => body.events.map(({ seq }) => seq));
    expect(taken).toEqual(Array.from({ length: 121 }, (_, n) => n + 1));
    const { stream } = await ledger.auditKeeping(ctx);
    expect(stream).toMatchObject({ ackedSeq: 121, failures: 0, lastError: null });
    // Each again until it is acknowledged, and then not any more.
    let done = 0;
    for (const delivery of received) {
      expect(delivery.body.from).toBe(done + 1);
      if (accepted.has(delivery)) done = delivery.body.to;
    }
  });

  it('goes on where it stopped after the process is gone between sending and noting it down', async () => {
    const ledger = node();
    await ledger.setAuditStream(ctx, { url });
    await append(ledger, 1);
    await ledger.streamAudit([ctx.tenantId]);
    await append(ledger, 2);
    // What a process leaves behind that took the stream, sent, and died.
    await db.sql(`UPDATE audit_stream SET next_at = now() + interval '30 s' WHERE tenant_id = $1`, [ctx.tenantId]);
    expect(await node().streamAudit([ctx.tenantId])).toBe(0);
    await db.sql(`UPDATE audit_stream SET next_at = now() - interval '1 second' WHERE tenant_id = $1`, [ctx.tenantId]);
    expect(await node().streamAudit([ctx.tenantId])).toBe(1);
    expect(numbers()).toEqual([1, 2, 3]);
  });

  it('sends a long log in parts', async () => {
    const ledger = node();
    for (let n = 1; n <= 12; n++)
      await ledger.recordAudit(ctx, {
        action: 'thing.changed',
        target: { kind: 'thing', id: String(n) },
        after: { text: 'x'.repeat(200_000) },
      });
    await ledger.setAuditStream(ctx, { url });
    expect(await ledger.streamAudit([ctx.tenantId])).toBe(13);
    expect(received.map(({ body }) => [body.from, body.to])).toEqual([
      [1, 4],
      [5, 8],
      [9, 13],
    ]);
  });

  it('waits longer after each failure, says why, and tells people once when it does not get through', async () => {
    const ledger = node();
    await ledger.setBudget(ctx, { webhookUrl: 'https://alerts.example/in' });
    answer = () => 500;
    await ledger.setAuditStream(ctx, { url });
    for (let n = 0; n < 13; n++) {
      await db.sql(`UPDATE audit_stream SET next_at = now() - interval '1 second' WHERE tenant_id = $1`, [
        ctx.tenantId,
      ]);
      await ledger.streamAudit([ctx.tenantId]);
    }
    const { stream } = await ledger.auditKeeping(ctx);
    expect(stream).toMatchObject({ failures: 13, lastError: 'The receiver answered 500.', ackedSeq: 0 });
    expect((stream?.nextAt.getTime() ?? 0) - Date.now()).toBeGreaterThan(2_000);
    expect((await ledger.listAlerts(ctx)).items.map(({ kind }) => kind)).toEqual(['audit.stream_stalled']);
  });

  it('begins where it is told, moves with its URL, and ends', async () => {
    const ledger = node();
    for (let n = 1; n <= 3; n++) await append(ledger, n);
    await ledger.setAuditStream(ctx, { url, startAt: 'now' });
    await ledger.streamAudit([ctx.tenantId]);
    expect(numbers()).toEqual([4]);
    const moved = await ledger.setAuditStream(ctx, { url: `${url}/elsewhere` });
    expect(moved.secret).toBeNull();
    await ledger.streamAudit([ctx.tenantId]);
    expect(numbers()).toEqual([4, 5]);
    await ledger.setAuditStream(ctx, { url: `${url}/elsewhere`, startAt: 'oldest' });
    await ledger.streamAudit([ctx.tenantId]);
    expect(numbers()).toEqual([4, 5, 1, 2, 3, 4, 5, 6]);
    expect(await ledger.rotateAuditStreamSecret(ctx)).toMatch(/^whsec_/);
    expect((await ledger.setAuditStream(ctx, { url: null })).stream).toBeNull();
    await append(ledger, 4);
    expect(await ledger.streamAudit([ctx.tenantId])).toBe(0);
    await expect(ledger.rotateAuditStreamSecret(ctx)).rejects.toMatchObject({ code: 'not_found' });
    expect((await ledger.listAudit(ctx, { targetKind: 'audit' })).items.map(({ action }) => action)).toEqual([
      'audit.stream_removed',
      'audit.stream_changed',
      'audit.stream_changed',
      'audit.stream_changed',
    ]);
  });

  it('does not go where URLs of tenants may not go, nor to another tenant', async () => {
    const ledger = node();
    await expect(ledger.setAuditStream(ctx, { url: 'http://169.254.169.254/' })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await ledger.setAuditStream(ctx, { url });
    const stranger = testCtx();
    expect(await ledger.streamAudit([stranger.tenantId])).toBe(0);
    await ledger.setAuditStream(stranger, { url: null });
    expect((await ledger.auditKeeping(ctx)).stream).toMatchObject({ url });
    expect((await ledger.auditKeeping(stranger)).stream).toBeNull();
  });
});
