import { spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError, newId, type ConnectionId, type Ctx } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { ShopError } from '../shop-error.ts';
import type { Shop } from '../shop.ts';
import { openWith } from '../testing/openings.ts';
import { fillWooShop, startWooServer, type WooServer } from '../testing/woocommerce-server.ts';
import type { CatalogueSync } from './sync.store.ts';
import { Syncs } from './sync.ts';

const never = new AbortController().signal;
const WORKER = path.resolve(import.meta.dirname, '../../../fixtures/sync-worker.ts');
let db: TestDatabase;
let server: WooServer;
let ctx: Ctx;
let connectionId: ConnectionId;
const failures: unknown[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  server = await startWooServer();
  ctx = testCtx();
  connectionId = newId<ConnectionId>();
  failures.length = 0;
});
afterEach(() => server.close());

const shop = (): Shop =>
  openWith('woocommerce', server.url, { consumerKey: server.key, consumerSecret: server.secret });
const open = (of: Shop = shop(), leaseMs = 60_000): Syncs =>
  new Syncs({ database: db.database, shopOf: async () => of, onError: (error) => failures.push(error), leaseMs });
const run = (syncs = open(), syncId?: string): Promise<CatalogueSync> =>
  syncs.runFor(ctx, connectionId, { syncId, startedBy: 'spec', signal: never, forMs: 250_000 });

/** Simple products, so that a page is a hundred rows. */
function fill(count: number): void {
  fillWooShop(server, count);
  for (const row of [...server.products])
    if (row.type === 'variation') server.products.splice(server.products.indexOf(row), 1);
  for (const row of server.products) Object.assign(row, { type: 'simple', sku: `VALVE-${row.id / 10}` });
}

/** 137 changed, 20 new, 9 gone, spread over the whole catalogue. */
function change(): void {
  const every = Math.floor(server.products.length / 146);
  const touched = Array.from({ length: 146 }, (_, at) => server.products[at * every]).filter(
    (row) => row !== undefined,
  );
  for (const row of touched.slice(0, 137)) row.price = '29.99';
  for (const row of touched.slice(137)) server.products.splice(server.products.indexOf(row), 1);
  const [pattern] = server.products;
  for (let n = 1; pattern && n <= 20; n++)
    server.products.push({ ...pattern, id: 900_000 + n, sku: `NEW-${n}`, name: `New valve ${n}` });
}

/** With little room: what is only garbage does not pass for memory that is needed. */
const startWorker = (leaseMs: number) => {
  const flags = ['--max-old-space-size=96', '--conditions=@switchyard/source', '--disable-warning=ExperimentalWarning'];
  const args = [db.ownerUrl, ctx.tenantId, connectionId, server.url, String(leaseMs)];
  return spawn(process.execPath, [...flags, WORKER, ...args], { stdio: ['ignore', 'pipe', 'inherit'], env: {} });
};

/** Reads the catalogue in a process of its own. Gives how many megabytes that had at each page. */
async function watched(): Promise<number[]> {
  const worker = startWorker(60_000);
  let said = '';
  worker.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await new Promise((resolve) => worker.on('close', resolve));
  return [...said.matchAll(/page (\d+) MB/g)].map(([, megabytes]) => Number(megabytes));
}

const storedCount = async (): Promise<number> => db.database.inTenant(ctx, (tx) => tx.product.count());

describe('a sync', () => {
  it('says exactly what has become different among 10,000, in few words, and takes no more memory for it', async () => {
    fill(10_000);
    const first = await run();
    expect(first).toMatchObject({ state: 'done', seen: 10_000, added: 10_000, changed: 0, removed: 0, conflicts: 0 });
    change();
    const before = process.memoryUsage().rss;
    const startedAt = performance.now();
    const second = await run();
    const grownMb = (process.memoryUsage().rss - before) / 1_048_576;
    console.info(
      `10,000 compared in ${Math.round(performance.now() - startedAt)} ms; the process grew by ${grownMb.toFixed(0)} MB`,
    );
    expect(second).toMatchObject({
      state: 'done',
      seen: 10_011,
      added: 20,
      changed: 137,
      removed: 9,
      unchanged: 9_854,
    });
    expect(second.sample).toHaveLength(10);
    expect(new Set(second.sample.map((one) => one.change))).toEqual(new Set(['added', 'changed', 'removed']));
    expect(second.sample.find((one) => one.change === 'changed')?.fields).toEqual(['price']);
    // A token is a byte at least: what the tool gives costs less than 3,000 of them, however large the shop is.
    expect(Buffer.byteLength(JSON.stringify(second))).toBeLessThan(3_000);
    expect(await storedCount()).toBe(10_011);
    const megabytes = await watched();
    expect(await open().latest(ctx, connectionId)).toMatchObject({
      state: 'done',
      added: 0,
      changed: 0,
      removed: 0,
      unchanged: 10_011,
    });
    const [early, late] = [Math.max(...megabytes.slice(10, 40)), Math.max(...megabytes.slice(-30))];
    console.info(`a process that reads 10,011: ${early} MB at pages 10 to 40, ${late} MB at the last 30`);
    expect(megabytes.length).toBeGreaterThan(100);
    expect(late - early).toBeLessThan(40);
    const met = await db.database.inTenant(ctx, (tx) => tx.catalogueSyncMet.count());
    expect(met).toBe(0);
  }, 400_000);

  it('goes on from its cursor after kill -9, and says the same', async () => {
    fill(2_000);
    await run();
    change();
    const worker = startWorker(2_000);
    let pages = 0;
    await new Promise<void>((resolve) => {
      worker.stdout.on('data', (chunk: Buffer) => {
        pages += chunk.toString().split('page').length - 1;
        if (pages >= 8) resolve();
      });
      worker.on('exit', () => resolve());
    });
    worker.kill('SIGKILL');
    const half = await open().latest(ctx, connectionId);
    expect(half).toMatchObject({ state: 'running' });
    expect(half?.seen).toBeGreaterThan(300);
    expect(half?.seen).toBeLessThan(2_000);
    server.seen.length = 0;
    const whole = await run(open());
    expect(whole).toMatchObject({ id: half?.id, state: 'done', seen: 2_011, added: 20, changed: 137, removed: 9 });
    const asked = server.seen.filter((one) => one.path === 'products' && one.query.has('offset')).length;
    expect(asked).toBeLessThanOrEqual(21 - Math.floor((half?.seen ?? 0) / 100) + 1);
    expect(await storedCount()).toBe(2_011);
  }, 120_000);

  it('is one at a time, whoever starts it and whoever works on it', async () => {
    fill(500);
    const all = await Promise.all([run(open()), run(open()), run(open())]);
    expect(new Set(all.map((one) => one.id)).size).toBe(1);
    expect(all.map((one) => one.added)).toEqual([500, 500, 500]);
    expect(server.seen.filter((one) => one.path === 'products').length).toBe(5);
  });

  it('leaves the rest to others when its time is over', async () => {
    fill(500);
    const syncs = open();
    const started = await syncs.runFor(ctx, connectionId, { startedBy: 'spec', signal: never, forMs: 0 });
    expect(started).toMatchObject({ state: 'waiting', seen: 0 });
    expect(await syncs.work(ctx, { signal: never, forMs: -1 })).toMatchObject({ state: 'running', seen: 0 });
    expect(await run(syncs, started.id)).toMatchObject({ id: started.id, state: 'done', added: 500 });
  });

  it('removes nothing that is only out of sight, and nothing that is not this shop’s', async () => {
    fill(250);
    await run();
    await db.sql(`INSERT INTO product (id, tenant_id, sku, name, description, category, manufacturer, price_micros, currency, stock, updated_at)
      VALUES (gen_random_uuid(), '${ctx.tenantId}', 'OWN-1', 'Own', '', 'Own', '', 1, 'EUR', 1, now())`);
    // A walk that skips a page, as when products move while it reads.
    const skipping = {
      ...shop(),
      products: async (...args: Parameters<Shop['products']>) => {
        const page = await shop().products(...args);
        return args[0].cursor === undefined ? { ...page, products: page.products.slice(0, 50) } : page;
      },
    };
    expect(await run(open(skipping))).toMatchObject({ seen: 250, unchanged: 250, removed: 0 });
    expect(await storedCount()).toBe(251);
    const empty = { ...shop(), products: async () => ({ products: [], withoutSku: 0, next: undefined }) };
    expect(await run(open(empty))).toMatchObject({ state: 'failed', errorCode: 'bad_answer', removed: 0 });
    expect(await storedCount()).toBe(251);
  });

  it('takes no product away from another shop of the tenant', async () => {
    fill(20);
    await db.sql(`INSERT INTO connection (id, tenant_id, name, title, kind, updated_at)
      VALUES ('${connectionId}', '${ctx.tenantId}', 'first', 'First', 'builtin', now())`);
    await run();
    const first = connectionId;
    connectionId = newId<ConnectionId>();
    expect(await run()).toMatchObject({ state: 'done', conflicts: 20, added: 0, changed: 0 });
    // Unless that shop is connected no more: then they are this one's, and can go with it.
    await db.sql(`DELETE FROM connection WHERE id = '${first}'`);
    expect(await run()).toMatchObject({ state: 'done', conflicts: 0, changed: 20 });
    expect(await run()).toMatchObject({ state: 'done', unchanged: 20 });
  });

  it('waits out what passes, and ends with what does not', async () => {
    fill(20);
    const syncs = open();
    let broken: ShopError | undefined = new ShopError('throttled', 'later', { retryAfterMs: 50 });
    const moody = {
      ...shop(),
      products: async (...args: Parameters<Shop['products']>) => {
        if (broken) throw broken;
        return shop().products(...args);
      },
    };
    const failing = open(moody);
    const first = await failing.runFor(ctx, connectionId, { startedBy: 'spec', signal: never, forMs: 20 });
    expect(first).toMatchObject({ state: 'running', failures: 1 });
    broken = undefined;
    await sleep(60);
    expect(await run(failing)).toMatchObject({ id: first.id, state: 'done', added: 20, failures: 0 });
    broken = new ShopError('credential_refused', 'The shop refuses the credential.');
    expect(await run(failing)).toMatchObject({
      state: 'failed',
      errorCode: 'credential_refused',
      error: 'The shop refuses the credential.',
    });
    expect(await run(syncs)).toMatchObject({ state: 'done', unchanged: 20 });
    expect(failures).toEqual([]);
  });

  it('that is cancelled stops whoever works on it, and what was written stays', async () => {
    fill(500);
    let pages = 0;
    const stopping = {
      ...shop(),
      products: async (...args: Parameters<Shop['products']>) => {
        const page = await shop().products(...args);
        if (++pages === 3) await db.database.inTenant(ctx, (tx) => open().cancel(tx, connectionId));
        return page;
      },
    };
    expect(await run(open(stopping))).toMatchObject({ state: 'cancelled', seen: 200, added: 200 });
    expect(pages).toBe(3);
    expect(await storedCount()).toBe(200);
    const bob = testCtx();
    await open().start(ctx, connectionId, 'spec');
    expect(await db.database.inTenant(bob, (tx) => open().cancel(tx, connectionId))).toBeUndefined();
    expect(await run()).toMatchObject({ state: 'done', seen: 500, added: 300, unchanged: 200 });
    expect(await db.database.inTenant(ctx, (tx) => open().cancel(tx, connectionId))).toBeUndefined();
  });

  it('ends when its connection is gone', async () => {
    const gone = new AppError('not_found', 'There is no such connection.');
    const syncs = new Syncs({
      database: db.database,
      shopOf: () => Promise.reject(gone),
      onError: (error) => failures.push(error),
    });
    expect(await run(syncs)).toMatchObject({ state: 'failed', error: 'There is no such connection.' });
    expect(failures).toEqual([]);
  });

  it('starts by schedule when it is due, and once', async () => {
    fill(20);
    const syncs = open();
    const now = new Date();
    const due = [{ connectionId, everyHours: 2 }];
    expect(await syncs.startDue(ctx, due, now)).toBe(1);
    expect(await syncs.startDue(ctx, due, now)).toBe(0);
    expect(await syncs.work(ctx, { signal: never, forMs: 10_000 })).toMatchObject({ state: 'done', added: 20 });
    expect(await syncs.startDue(ctx, due, new Date(now.getTime() + 3_600_000))).toBe(0);
    expect(await syncs.startDue(ctx, due, new Date(now.getTime() + 3 * 3_600_000))).toBe(1);
  });

  it('of another tenant is not seen, worked on, or waited for', async () => {
    fill(20);
    const syncs = open();
    const mine = await syncs.start(ctx, connectionId, 'spec');
    const bob = testCtx();
    expect(await syncs.get(bob, mine.id)).toBeUndefined();
    expect(await syncs.work(bob, { signal: never, forMs: 1_000 })).toBeUndefined();
    expect(await syncs.work(bob, { signal: never, forMs: 1_000 }, mine.id)).toBeUndefined();
    await expect(
      syncs.runFor(bob, connectionId, { syncId: mine.id, startedBy: 'spec', signal: never, forMs: 1_000 }),
    ).rejects.toMatchObject({ code: 'refused_by_shop' });
    expect(await syncs.get(ctx, mine.id)).toMatchObject({ state: 'waiting' });
  });
});
