import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { newId, type ConnectionId, type TenantId } from '@switchyard/kernel';
import { createEgressGuard } from './egress.ts';
import { UpstreamPool } from './pool.ts';
import type { UpstreamSession } from './session.ts';
import { createStdioWall } from './stdio-wall.ts';
import type { Secrets, UpstreamTarget } from './target.ts';

jest.setTimeout(60_000);

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const bin = (name: string): string => path.join(ROOT, 'node_modules/@modelcontextprotocol', name, 'dist/index.js');
const MISBEHAVING = path.join(ROOT, 'libs/tools/fixtures/misbehaving-server.mjs');
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'tools-pool-'));
fs.chmodSync(home, 0o711);

const egress = createEgressGuard({ allow: ['127.0.0.1'] });
const wall = createStdioWall(path.join(home, 'stdio'));
const makePool = (over: Partial<ConstructorParameters<typeof UpstreamPool>[0]> = {}): UpstreamPool =>
  new UpstreamPool({ egress, wall, openBuiltin: () => Promise.reject(new Error('none here')), ...over });

const base = { timeoutMs: 20_000, maxConcurrency: 4 };
const stdio = (args: string[], env: Record<string, string> = {}, over = {}): UpstreamTarget => ({
  ...base,
  kind: 'stdio',
  tenantId: newId<TenantId>(),
  connectionId: newId<ConnectionId>(),
  name: 'under_test',
  command: { command: process.execPath, args, env },
  ...over,
});

const signal = new AbortController().signal;
const call = (
  pool: UpstreamPool,
  target: UpstreamTarget,
  name: string,
  args = {},
  secrets: Secrets = {},
  timeoutMs?: number,
) =>
  pool.use(target, secrets, { signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) }, (session, limits) =>
    session.callTool({ name, args }, limits),
  );
const list = (pool: UpstreamPool, target: UpstreamTarget) =>
  pool.use(target, {}, { signal }, (session: UpstreamSession, limits) => session.listTools(limits));
const isAlive = (mark: string): boolean =>
  fs.readdirSync('/proc').some((pid) => {
    try {
      return /^\d+$/.test(pid) && fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark);
    } catch {
      return false;
    }
  });
const until = async (condition: () => boolean, ms = 5_000): Promise<boolean> => {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise((done) => setTimeout(done, 25)))
    if (condition()) return true;
  return condition();
};
const textOf = (answer: unknown): string => (answer as { content: { text: string }[] }).content[0]?.text ?? '';

afterAll(async () => {
  await egress.close();
  fs.rmSync(home, { recursive: true, force: true });
});

describe('real servers over stdio', () => {
  const pool = makePool();
  afterAll(() => pool.close());

  it('server-everything: lists, calls, and is the same process for the second call', async () => {
    const target = stdio([bin('server-everything'), 'stdio']);
    const { tools, problems } = await list(pool, target);
    expect(problems).toEqual([]);
    expect(tools.map((tool) => tool.name)).toEqual(expect.arrayContaining(['echo', 'get-sum']));
    expect(textOf(await call(pool, target, 'get-sum', { a: 2, b: 40 }))).toContain('42');
    expect(pool.size).toBe(1);
  });

  it('server-filesystem: reads in its own folder and not beside it', async () => {
    const folder = path.join(home, 'files');
    fs.mkdirSync(folder, { mode: 0o755 });
    fs.writeFileSync(path.join(folder, 'hello.txt'), 'hello from a file', { mode: 0o644 });
    const target = stdio([bin('server-filesystem'), folder]);
    expect(textOf(await call(pool, target, 'read_text_file', { path: path.join(folder, 'hello.txt') }))).toBe(
      'hello from a file',
    );
    expect(await call(pool, target, 'read_text_file', { path: '/etc/hostname' })).toMatchObject({ kind: 'error' });
  });

  it('server-memory: gives structured content', async () => {
    const target = stdio([bin('server-memory')], { MEMORY_FILE_PATH: path.join(home, 'none', 'memory.json') });
    expect(await call(pool, target, 'read_graph')).toEqual({
      kind: 'result',
      content: expect.anything(),
      structured: { entities: [], relations: [] },
    });
  });
});

describe('server-everything over streamable HTTP', () => {
  const pool = makePool();
  const port = 20_000 + (process.pid % 10_000);
  const start = () =>
    spawn(process.execPath, [bin('server-everything'), 'streamableHttp'], {
      env: { PORT: String(port) },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  const ready = (child: ReturnType<typeof start>) =>
    new Promise<void>((done) => child.stderr.on('data', (text) => `${text}`.includes('listening') && done()));
  let server = start();
  beforeAll(() => ready(server));
  afterAll(async () => {
    await pool.close();
    server.kill('SIGKILL');
  });
  const target: UpstreamTarget = {
    ...base,
    kind: 'http',
    tenantId: newId<TenantId>(),
    connectionId: newId<ConnectionId>(),
    name: 'everything',
    url: `http://127.0.0.1:${port}/mcp`,
    headers: { Authorization: 'Bearer {{token}}' },
  };

  it('lists and calls', async () => {
    const secrets = { token: 'sesame' };
    const listing = await pool.use(target, secrets, { signal }, (session, limits) => session.listTools(limits));
    expect(listing.tools.length).toBeGreaterThan(10);
    expect(textOf(await call(pool, target, 'echo', { message: 'hi' }, secrets))).toContain('hi');
  });

  it('begins a new session with a server that was started anew', async () => {
    const secrets = { token: 'sesame' };
    await call(pool, target, 'echo', { message: 'before' }, secrets);
    const ended = new Promise((done) => server.once('exit', done));
    server.kill('SIGKILL');
    await ended;
    server = start();
    await ready(server);
    expect(textOf(await call(pool, target, 'echo', { message: 'after' }, secrets))).toContain('after');
  });

  it('names the credential that is missing', async () => {
    await expect(call(pool, target, 'echo', { message: 'hi' })).rejects.toMatchObject({
      code: 'unprocessable',
      details: { secret: 'token' },
    });
  });

  it('goes through the egress guard', async () => {
    const closed = createEgressGuard({ allow: [] });
    const guarded = makePool({ egress: closed });
    const refused = call(guarded, { ...target, headers: {} }, 'echo', { message: 'hi' });
    await expect(refused).rejects.toMatchObject({ name: 'UpstreamFailure', code: 'refused_address' });
    await guarded.close();
    await closed.close();
  });
});

describe('a server that misbehaves', () => {
  const pool = makePool({ maxBytes: 1_048_576 });
  afterAll(() => pool.close());
  const target = stdio([MISBEHAVING]);

  it('loses none of its good tools to a bad one', async () => {
    const { tools, problems } = await list(pool, target);
    const bad = tools.filter((tool) => tool.problem !== undefined);
    expect(bad.map((tool) => tool.name)).toEqual(['no-type', 'no-schema']);
    expect(bad[0]?.problem).toContain('"type"');
    expect(tools.filter((tool) => tool.problem === undefined).length).toBeGreaterThan(8);
    expect(problems).toHaveLength(2);
  });

  it('keeps the two error channels apart', async () => {
    expect(await call(pool, target, 'reports')).toMatchObject({ kind: 'error', channel: 'is_error' });
    expect(await call(pool, target, 'throws')).toMatchObject({
      kind: 'error',
      channel: 'json_rpc',
      code: -32000,
      message: expect.stringContaining('database is locked'),
      data: { table: 'issue' },
    });
    expect(await call(pool, target, 'says404')).toMatchObject({ kind: 'result' });
  });

  it('answers in time for one that hangs, and serves others meanwhile', async () => {
    const started = Date.now();
    const hanging = call(pool, target, 'hangs', {}, {}, 400);
    expect(textOf(await call(pool, target, 'echo', { n: 1 }))).toBe('{"n":1}');
    await expect(hanging).rejects.toMatchObject({ code: 'timeout' });
    expect(Date.now() - started).toBeLessThan(3_000);
  });

  it('tells a caller who gave up from a server that is slow', async () => {
    const caller = new AbortController();
    const waiting = pool.use(target, {}, { signal: caller.signal }, (session, limits) =>
      session.callTool({ name: 'hangs', args: {} }, limits),
    );
    setTimeout(() => caller.abort(), 50);
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('says so when it dies in the middle, and starts it again for the next call', async () => {
    await expect(call(pool, target, 'dies')).rejects.toMatchObject({ code: 'connection_lost' });
    expect(textOf(await call(pool, target, 'echo', { n: 2 }))).toBe('{"n":2}');
  });

  it('throws a 50 MB answer away without keeping it, and the connection lives on', async () => {
    const pid = async (): Promise<number> =>
      (JSON.parse(textOf(await call(pool, target, 'environment'))) as { pid: number }).pid;
    const before = await pid();
    const heap = process.memoryUsage().rss;
    await expect(call(pool, target, 'huge', { bytes: 50_000_000 })).rejects.toMatchObject({ code: 'too_large' });
    expect(process.memoryUsage().rss - heap).toBeLessThan(60_000_000);
    expect(await pid()).toBe(before);
  });

  it('is left alone after failing several times in a row, then tried again', async () => {
    const fragile = makePool({ breaker: { failures: 3, openMs: 300 } });
    const dying = stdio([MISBEHAVING]);
    for (let times = 0; times < 3; times++)
      await expect(call(fragile, dying, 'dies')).rejects.toMatchObject({ code: 'connection_lost' });
    await expect(call(fragile, dying, 'echo', { n: 1 })).rejects.toMatchObject({ code: 'circuit_open' });
    await new Promise((done) => setTimeout(done, 350));
    expect(textOf(await call(fragile, dying, 'echo', { n: 3 }))).toBe('{"n":3}');
    await fragile.close();
  });

  it('runs no more calls at once than allowed', async () => {
    const narrow = stdio([MISBEHAVING], {}, { maxConcurrency: 2 });
    await call(pool, narrow, 'echo', { n: 0 });
    const started = Date.now();
    await Promise.all([1, 2, 3, 4].map(() => call(pool, narrow, 'slow', { ms: 200 })));
    expect(Date.now() - started).toBeGreaterThanOrEqual(390);
  });

  it('says when the program does not exist', async () => {
    const missing = { ...stdio([]), command: { command: '/nowhere/at-all', args: [], env: {} } } as UpstreamTarget;
    await expect(call(pool, missing, 'echo')).rejects.toMatchObject({ name: 'UpstreamFailure' });
  });
});

describe('the wall around a program', () => {
  const pool = makePool();
  afterAll(() => pool.close());
  const environment = async (target: UpstreamTarget, secrets: Secrets = {}) =>
    JSON.parse(textOf(await call(pool, target, 'environment', {}, secrets))) as {
      env: Record<string, string>;
      uid: number;
      cwd: string;
    };

  it('gives it the variables that it declares and none of ours', async () => {
    const { env, cwd } = await environment(stdio([MISBEHAVING], { API_TOKEN: '{{token}}', HOME: '/root' }), {
      token: 'sesame',
    });
    expect(Object.keys(env).sort()).toEqual(['API_TOKEN', 'HOME', 'PATH', 'TMPDIR']);
    expect(env['API_TOKEN']).toBe('sesame');
    expect(env['HOME']).toContain(path.join(home, 'stdio'));
    expect(cwd.startsWith(env['HOME'] ?? 'no home')).toBe(true);
  });

  it('starts a new process when its secret has changed', async () => {
    const target = stdio([MISBEHAVING], { API_TOKEN: '{{token}}' });
    expect((await environment(target, { token: 'one' })).env['API_TOKEN']).toBe('one');
    expect((await environment(target, { token: 'two' })).env['API_TOKEN']).toBe('two');
    expect(pool.size).toBe(2);
  });

  it('never gives one tenant the process of another', async () => {
    const mine = stdio([MISBEHAVING]);
    const theirs = { ...mine, tenantId: newId<TenantId>() };
    const [a, b] = [await environment(mine), await environment(theirs)];
    expect(a.cwd).not.toBe(b.cwd);
    if (wall.separateUser) expect(a.uid).not.toBe(b.uid);
  });

  (wall.separateUser ? it : it.skip)('makes it a user of its own who cannot read what is ours', async () => {
    const { uid } = await environment(stdio([MISBEHAVING]));
    expect(uid).toBeGreaterThanOrEqual(20_000);
    fs.writeFileSync(path.join(home, 'secret'), 'ours', { mode: 0o600 });
    const target = stdio([bin('server-filesystem'), home]);
    expect(await call(pool, target, 'read_text_file', { path: path.join(home, 'secret') })).toMatchObject({
      kind: 'error',
    });
  });

  it('takes its children with it', async () => {
    const mark = `mark-${newId()}`;
    const target = stdio([MISBEHAVING], { MARK: mark, STUBBORN: '1' });
    await call(pool, target, 'spawns');
    expect(await until(() => isAlive(mark))).toBe(true);
    await pool.drop(target.tenantId, target.connectionId);
    if (wall.separateUser) expect(await until(() => !isAlive(mark))).toBe(true);
  });

  it('leaves no orphan when we are killed', async () => {
    const mark = `mark-${newId()}`;
    const script = path.join(ROOT, 'libs/tools/fixtures/orphan-parent.mjs');
    const parent = spawn(
      process.execPath,
      ['--conditions=@switchyard/source', script, path.join(home, 'orphans'), mark],
      {
        env: {},
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    await new Promise<void>((done) => parent.stdout.once('data', () => done()));
    expect(isAlive(mark)).toBe(true);
    parent.kill('SIGKILL');
    expect(await until(() => !isAlive(mark))).toBe(true);
  });

  it('closes what nobody uses', async () => {
    let now = Date.now();
    const idle = makePool({ idleMs: 60_000, clock: { now: () => new Date(now) } });
    await call(idle, stdio([MISBEHAVING]), 'echo', { n: 1 });
    idle.sweep();
    expect(idle.size).toBe(1);
    now += 61_000;
    idle.sweep();
    expect(idle.size).toBe(0);
    await idle.close();
  });
});
