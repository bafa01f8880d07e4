import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { roleUrls } from '@switchyard/database';
import type { Ctx, Json } from '@switchyard/kernel';
import { article, startTestSite, type TestSite } from '@switchyard/servers/testing';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { FIRST_PARTY } from './first-party.ts';
import { openHost, type Host } from './host.ts';

const TEXT = 'Goods may come back within forty days, in the box that they came in. '.repeat(6);

/** The product's own servers as they are wired: policy, gateway and the real egress guard before them. */
describe('first-party servers behind the gateway', () => {
  const home = mkdtempSync(path.join(os.tmpdir(), 'switchyard-host-'));
  const ada = testCtx();
  let db: TestDatabase;
  let host: Host;
  let site: TestSite;
  /** The guard lets nothing through to it. */
  let inner: TestSite;
  const warnings: string[] = [];

  const call = async (server: string, tool: string, args: Record<string, Json>, ctx: Ctx = ada) => {
    const result = await host.gateway.call(ctx, { server, tool }, args);
    if (result.status === 'ok') return { value: result.value as Record<string, Json>, code: undefined };
    const data = result.error.data as { error?: { code?: string } } | undefined;
    return { value: undefined, code: data?.error?.code ?? result.error.code };
  };

  beforeAll(async () => {
    [db, site, inner] = await Promise.all([createTestDatabase(), startTestSite(), startTestSite()]);
    site.pages.set('/', article('Works', `<p>${TEXT}</p>`, ['/returns', '/secret', '/inwards']));
    site.pages.set('/returns', article('Returns', `<p>Sixty days for members. ${TEXT}</p>`));
    site.pages.set('/inwards', (_request, response) => response.writeHead(302, { location: inner.url }).end());
    site.pages.set('/robots.txt', (_request, response) =>
      response.writeHead(200).end('User-agent: *\nDisallow: /secret'),
    );
    host = await openHost({
      urls: roleUrls(db.ownerUrl),
      home,
      baseUrl: 'http://127.0.0.1:4000',
      version: '1.2.3',
      egressAllow: [new URL(site.url).host],
      stdioEnvironment: {},
      stdioPresets: [],
      startsRuns: false,
      log: (level, message) => void (level === 'debug' || warnings.push(message)),
    });
    const operator: Ctx = { ...ada, principal: { kind: 'operator', id: 'operator', name: 'operator' } };
    for (const name of FIRST_PARTY) {
      const { id } = await host.connections.add(operator, { name, builtin: true });
      expect(await host.connections.check(operator, id)).toMatchObject({ connection: { health: 'ready' } });
    }
    const changes = FIRST_PARTY.map((server) => {
      const effect = 'allow' as const;
      return { subjectKind: 'role' as const, subject: 'admin', server, tool: '*', effect };
    });
    await host.policy.setGrants(ada, { changes });
  }, 60_000);
  afterAll(async () => {
    await host.close();
    await Promise.all([site.close(), inner.close()]);
    await db.drop();
    rmSync(home, { recursive: true, force: true });
    expect(warnings).toEqual([]);
  });

  it('read a site that the operator allows, and nothing behind it', async () => {
    const { value } = await call('content', 'scrapeSite', { url: `${site.url}/`, waitSeconds: 25 });
    expect(value).toMatchObject({ state: 'done', added: 2, forbidden: 1, problems: [{ outcome: 'other_site' }] });
    expect(inner.asked).toEqual([]);
    const found = await call('content', 'searchContent', { query: 'sixty days for members', limit: 1 });
    expect(found.value).toMatchObject({ results: [{ url: `${site.url}/returns` }], embedding: 'local-hash-1' });
  }, 60_000);

  it('ask nobody within', async () => {
    for (const url of [inner.url, 'http://169.254.169.254/latest/meta-data', 'http://localhost:1/', 'http://[::1]/'])
      expect([url, (await call('content', 'scrapeSite', { url })).code]).toEqual([url, 'private_address']);
    expect(inner.asked).toEqual([]);
  });

  it('count for the tenant', async () => {
    const events = [{ name: 'cart.recovered', value: 12.5 }];
    expect((await call('analytics', 'logAnalytics', { events })).value).toEqual({ stored: 1, alreadyKnown: 0 });
    const { value } = await call('analytics', 'getMetrics', {});
    expect(value).toMatchObject({ events: [{ name: 'cart.recovered', events: 1 }] });
    expect((await call('analytics', 'analyzeConversation', { conversation: 'none' })).code).toBe(
      'conversation_not_found',
    );
  });

  it('are not there for whom no grant names them', async () => {
    const analyst = { ...ada, principal: { ...ada.principal, role: 'analyst' } } as Ctx;
    expect((await call('content', 'scrapeSite', { url: site.url }, analyst)).code).toBe('not_found');
    expect((await call('analytics', 'getMetrics', {}, testCtx())).code).toBe('not_found');
  });

  it('start and cancel crawls for people, who stand in the audit log with it', async () => {
    const crawl = await host.siteCrawls.start(ada, { url: site.url, maxPages: 10 });
    expect(await host.siteCrawls.cancel(ada, crawl.id)).toMatchObject({ state: 'cancelled' });
    await expect(host.siteCrawls.start(ada, { url: inner.url })).rejects.toMatchObject({ code: 'forbidden' });
    const other = testCtx();
    await expect(host.siteCrawls.get(other, crawl.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(host.siteCrawls.cancel(other, crawl.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(host.siteCrawls.addresses(other, crawl.id, { limit: 5 })).rejects.toMatchObject({ code: 'not_found' });
    expect(await host.siteCrawls.list(other, 10)).toEqual([]);
    const { items } = await host.ledger.listAudit(ada, { targetKind: 'crawl', targetId: crawl.id });
    expect(items.map(({ action }) => action).sort()).toEqual(['crawl.cancelled', 'crawl.started']);
  });
});
