import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawn } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { RunHost } from '../executor/executor.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { prepare } from '../prepare/prepare.ts';
import { EXECUTOR_LOST } from './socket-executor.ts';
import { startExecutorProcess, type ExecutorSupervisor } from './supervisor.ts';

jest.setTimeout(60_000);

const entry = fileURLToPath(new URL('../../../../apps/executor/src/main.ts', import.meta.url));
const nodeArgs = ['--conditions=@switchyard/source', '--no-warnings'];
const folder = mkdtempSync(path.join(tmpdir(), 'supervised-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LOOP = 'while (true) {}';
const job = (code: string) => {
  const prepared = prepare(code, { imports: (at) => ({ servers: ['s'], 'servers/s': ['wait'] })[at], mode: 'off' });
  if (!prepared.ok) throw new Error('refused');
  return { runId: 'r', program: prepared.program, limits: DEFAULT_LIMITS };
};
const host = (signal = new AbortController().signal): RunHost => ({
  invoke: () => new Promise(() => undefined),
  log: () => undefined,
  signal,
});

/** Every process below one, as the kernel tells it; zombies are none. */
function below(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    return children.flatMap((child) => [child, ...below(child)]);
  } catch {
    return [];
  }
}
const isAlive = (pid: number): boolean => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};
/** User CPU time, in hundredths of a second; 0 when it is gone. */
const ticksOf = (pid: number): number => {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[11]);
  } catch {
    return 0;
  }
};
async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('it did not come to that in 10 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Never 0, below which is the whole machine. */
function pidOf({ pid }: { readonly pid: number | null }): number {
  if (pid === null) throw new Error('the executor is down just now');
  return pid;
}

describe('the executor process', () => {
  let supervisor: ExecutorSupervisor;
  const messages: string[] = [];
  const start = (): Promise<ExecutorSupervisor> =>
    startExecutorProcess({
      entry,
      nodePath: process.execPath,
      nodeArgs,
      socketDir: path.join(folder, 'sockets'),
      env: { SWITCHYARD_EXECUTOR_POOL: '2' },
      onMessage: (message) => messages.push(message),
    });
  beforeAll(async () => {
    supervisor = await start();
  });
  afterAll(async () => {
    const pid = supervisor.pid ?? 0;
    const all = [pid, ...below(pid)];
    await supervisor.close();
    await until(() => !all.some(isAlive));
  });

  it('runs, says how it stands, and has only what it needs in its environment', async () => {
    expect(await supervisor.run(job('return 1 + 1'), host())).toMatchObject({ status: 'done', json: '2' });
    expect((await supervisor.status()).pool.size).toBe(2);
    const names = readFileSync(`/proc/${supervisor.pid}/environ`, 'utf8')
      .split('\0')
      .filter(Boolean)
      .map((each) => each.split('=')[0]);
    expect(names.sort()).toEqual(['SWITCHYARD_EXECUTOR_POOL', 'SWITCHYARD_EXECUTOR_SOCKET']);
    const [socket = ''] = readdirSync(path.join(folder, 'sockets'));
    expect(statSync(path.join(folder, 'sockets', socket)).mode & 0o077).toBe(0);
  });

  it('killed with runs in it: they end as crashed at once, no sandbox is left, and it is back', async () => {
    const before = supervisor.pid ?? 0;
    const runs = [
      supervisor.run(job(LOOP), host()),
      supervisor.run(job("import { wait } from 'servers/s'; await wait({})"), host()),
    ];
    await until(() => below(before).length > 0);
    await new Promise((resolve) => setTimeout(resolve, 300)); // both are in the middle of it
    const all = [before, ...below(before)];
    const killed = performance.now();
    process.kill(before, 'SIGKILL');
    for (const outcome of await Promise.all(runs))
      expect(outcome).toMatchObject({ status: 'crashed', reason: EXECUTOR_LOST });
    expect(performance.now() - killed).toBeLessThan(2_000);
    await until(() => !all.some(isAlive));
    expect(await supervisor.run(job('return 3'), host())).toMatchObject({ status: 'done', json: '3' });
    expect(supervisor.pid).not.toBe(before);
    expect(supervisor.restarts).toBe(1);
    expect(messages.join('\n')).toContain('Starting it again');
  });

  it('a sandbox killed from outside costs one run only', async () => {
    const cancel = new AbortController();
    const running = supervisor.run(job(LOOP), host(cancel.signal));
    const busiest = (): number | undefined =>
      below(supervisor.pid ?? process.pid)
        .filter((pid) => below(pid).length === 0 && ticksOf(pid) > 20)
        .sort((a, b) => ticksOf(b) - ticksOf(a))[0];
    await until(() => supervisor.pid !== null && busiest() !== undefined);
    const looping = busiest();
    if (!looping) throw new Error('no sandbox is there to be killed'); // 0 would be our own group
    process.kill(looping, 'SIGKILL');
    expect(await running).toMatchObject({ status: 'crashed' });
    expect(await supervisor.run(job('return 4'), host())).toMatchObject({ json: '4' });
  });

  it('its parent gone, it goes too, and all sandboxes with it, even those that loop', async () => {
    const script = `
      const { startExecutorProcess, prepare, DEFAULT_LIMITS } = await import('@switchyard/execution');
      const s = await startExecutorProcess(${JSON.stringify({ entry, nodePath: process.execPath, nodeArgs, socketDir: path.join(folder, 'orphan') })});
      const { program } = prepare('while (true) {}', { imports: () => [], mode: 'off' });
      s.run({ runId: 'x', program, limits: DEFAULT_LIMITS }, { invoke: async () => ({ ok: true, json: '1' }), log() {}, signal: new AbortController().signal });
      setTimeout(() => console.log('looping'), 300);`;
    const parent = spawn(process.execPath, [...nodeArgs, '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: path.dirname(entry),
    });
    let said = '';
    parent.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await until(() => said.includes('looping'));
    const all = below(pidOf({ pid: parent.pid ?? null }));
    expect(all.length).toBeGreaterThan(2);
    parent.kill('SIGKILL');
    await until(() => !all.some(isAlive));
  });
});

describe('an executor that cannot start', () => {
  afterEach(() => rmSync(path.join(folder, 'none'), { recursive: true, force: true }));
  it.each([
    ['no such script', { entry: '/nowhere/main.js' }],
    ['no such Node', { nodePath: '/nowhere/node' }],
    ['an environment that it refuses', { env: { SWITCHYARD_EXECUTOR_POOL: 'many' } }],
  ])('%s', async (_name, wrong) => {
    const options = { entry, nodePath: process.execPath, nodeArgs, socketDir: path.join(folder, 'none'), ...wrong };
    await expect(startExecutorProcess(options)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
