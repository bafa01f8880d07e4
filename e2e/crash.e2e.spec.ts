import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, PARTS, processesOf, stillAlive, type Process } from './support/processes.ts';
import { onNode } from './support/real-servers.ts';
import { Switchyard, type Answer } from './support/switchyard.ts';

const WORKBENCH = fileURLToPath(new URL('./fixtures/workbench-server.ts', import.meta.url));
/** A run is taken for orphaned 15 s after its process's last sign of life, and is looked for every 15 s. */
const SWEPT_WITHIN_MS = 40_000;
/** From the executor's death to the caller's answer: at once, and no later than this on a machine with other work. */
const TOLD_WITHIN_MS = 2_000;

const COMPUTES = "console.log('computing'); let i = 1; while (i > 0) i += Math.random();";
const WAITS = (ms: number): string =>
  `import { wait } from 'servers/workbench'; console.log('waiting'); return await wait({ ms: ${ms} });`;

describe('whatever dies', () => {
  let switchyard: Switchyard;
  let key: string;
  /** Everything that was ever seen of it. */
  const seen = new Map<string, Process>();
  const interrupted: { id: string; by: string }[] = [];

  const processes = (): Process[] => {
    const now = processesOf(switchyard.home);
    for (const one of now) seen.set(`${one.pid} ${one.startedAt}`, one);
    return now;
  };
  const only = (part: keyof typeof PARTS): Process => {
    const found = processes().filter(PARTS[part]);
    if (found.length !== 1 || !found[0]) throw new Error(`${found.length} processes are the ${part}`);
    return found[0];
  };
  const isReady = async (): Promise<boolean> =>
    (await switchyard.request('GET', '/readyz').catch(() => undefined))?.status === 200;
  const ready = (): Promise<true | undefined> => eventually('ready', async () => (await isReady()) || undefined);

  /** Begins a run and resolves once its code runs; `answer` is what its caller gets in the end, undefined when nothing. */
  async function begin(code: string): Promise<{ id: string; answer: Promise<Answer['body']> }> {
    const response = await fetch(`${switchyard.url}/v1/executions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ code }),
    });
    if (!response.body) throw new Error('no stream');
    let text = '';
    let started = (): void => undefined;
    const running = new Promise<void>((resolve) => (started = resolve));
    const answer = (async () => {
      try {
        for await (const chunk of response.body ?? []) {
          text += Buffer.from(chunk).toString();
          if (text.includes('event: log')) started();
        }
      } catch {
        return undefined; // the server went away
      }
      const data = /^event: (?:result|error)\ndata: (.*)$/m.exec(text)?.[1];
      return data === undefined ? undefined : JSON.parse(data);
    })();
    await running;
    return { id: response.headers.get('x-switchyard-run') ?? '', answer };
  }

  const stored = async (id: string): Promise<Answer['body']> =>
    (await switchyard.request('GET', `/v1/executions/${id}`, { key })).body;
  const finished = async (id: string): Promise<Answer['body']> => {
    const query = 'query ($id: String) { auditEvents(filter: { targetId: $id }) { items { action after } } }';
    return (await switchyard.graphql(key, query, { id })).body.data.auditEvents.items;
  };
  const works = async (): Promise<void> => {
    expect((await switchyard.execute(key, 'return 6 * 7')).body).toMatchObject({ status: 'done', result: 42 });
    expect((await switchyard.execute(key, WAITS(1))).body).toMatchObject({ status: 'done', result: 'waited' });
  };

  beforeAll(async () => {
    switchyard = await Switchyard.start({ SWITCHYARD_POOL: '2' });
    key = switchyard.createKey();
    const tenant = ['--tenant', 'demo'];
    switchyard.cli('connection', 'add', ...tenant, '--name', 'workbench', '--stdio', onNode(WORKBENCH));
    switchyard.cli('grant', 'set', ...tenant, '--role', 'api_key', '--tool', 'workbench.*', '--effect', 'allow');
    await works();
    processes();
  }, 120_000);
  afterEach(() => void processes());
  afterAll(async () => {
    await switchyard.stop();
    for (const { pid } of processesOf(switchyard.home)) process.kill(pid, 'SIGKILL');
    await switchyard.remove();
  });

  describe('the run it held is closed with a reason, and the product goes on', () => {
    it('a sandbox', async () => {
      const before = processes().filter(PARTS.sandbox);
      const { id, answer } = await begin(COMPUTES);
      await sleep(500);
      const [busiest] = processes()
        .filter(PARTS.sandbox)
        .map((one) => ({ ...one, cpu: one.cpu - (before.find(({ pid }) => pid === one.pid)?.cpu ?? 0) }))
        .sort((a, b) => b.cpu - a.cpu);
      if (!busiest) throw new Error('no sandbox is there to be killed');
      process.kill(busiest.pid, 'SIGKILL');
      expect(await answer).toMatchObject({
        id,
        status: 'crashed',
        error: { reason: expect.stringMatching(/sandbox/i) },
      });
      expect(await stored(id)).toMatchObject({ status: 'crashed', error: { reason: expect.any(String) } });
      await works();
    });

    it('the executor', async () => {
      const computing = await begin(COMPUTES);
      const waiting = await begin(WAITS(20_000));
      const dead = only('executor');
      const sandboxes = processes().filter(PARTS.sandbox);
      process.kill(dead.pid, 'SIGKILL');
      const killedAt = performance.now();
      await Promise.all([computing.answer, waiting.answer]);
      expect(performance.now() - killedAt).toBeLessThan(TOLD_WITHIN_MS);
      for (const { id, answer } of [computing, waiting]) {
        expect(await answer).toMatchObject({
          id,
          status: 'crashed',
          error: { reason: expect.stringMatching(/executor/i) },
        });
        expect(await stored(id)).toMatchObject({ status: 'crashed', error: { reason: expect.any(String) } });
        expect(await finished(id)).toMatchObject([{ action: 'run.finished', after: { status: 'crashed' } }]);
      }
      expect(JSON.parse(switchyard.cli('audit', 'verify', '--tenant', 'demo', '--json'))).toMatchObject({ ok: true });
      await works(); // a request that comes meanwhile waits for the next executor
      expect(stillAlive([dead, ...sandboxes])).toEqual([]);
      await eventually('the pool is full again', async () => {
        const { body } = await switchyard.graphql(key, '{ executor { connected running queued warm poolSize } }');
        const { connected, running, queued, warm, poolSize } = body.data.executor;
        return connected && running === 0 && queued === 0 && warm === poolSize;
      });
      expect(only('executor').pid).not.toBe(dead.pid);
    });

    it('the database: a run that waits for a tool meanwhile is done and on record', async () => {
      const { id, answer } = await begin(WAITS(6_000));
      await sleep(2_000); // the call has left for its tool: only then does the run need no database for a while
      const dead = only('postgres');
      process.kill(dead.pid, 'SIGKILL');
      const meanwhile = new Map<string, Answer>();
      await eventually('the database is back', async () => {
        const listed = await switchyard.request('GET', '/v1/executions', { key });
        meanwhile.set(`REST ${listed.status}`, listed);
        const asked = await switchyard.graphql(key, '{ apiKeys { id } }');
        meanwhile.set(`GraphQL ${asked.body.errors?.[0].extensions.code ?? 200}`, asked);
        return listed.status === 200 && !asked.body.errors;
      });
      expect([...meanwhile.keys()].sort()).toEqual(['GraphQL 200', 'GraphQL UNAVAILABLE', 'REST 200', 'REST 503']);
      expect(meanwhile.get('REST 503')?.body.error.message).toMatch(/database does not answer now: try again/);
      expect(meanwhile.get('REST 503')?.headers.get('retry-after')).toBe('2');
      expect(await answer).toMatchObject({ id, status: 'done', result: 'waited' });
      expect(await stored(id)).toMatchObject({ id, status: 'done', calls: [{ tool: 'workbench.wait', status: 'ok' }] });
      await ready();
      await works();
      expect(only('postgres').pid).not.toBe(dead.pid);
    });

    it('the control plane', async () => {
      const { id, answer } = await begin(WAITS(20_000));
      const dead = [only('controlPlane'), only('executor'), ...processes().filter(PARTS.sandbox)];
      const server = processes().filter(({ command }) => command.includes(WORKBENCH));
      expect(server.length).toBeGreaterThan(0);
      process.kill(only('controlPlane').pid, 'SIGKILL');
      expect(await answer).toBeUndefined();
      await ready();
      await works();
      await eventually('the old ones are gone', () => stillAlive([...dead, ...server]).length === 0);
      interrupted.push({ id, by: 'the control plane' });
    }, 20_000);

    it('what started everything, and everything it started ends or is taken over', async () => {
      const { id, answer } = await begin(WAITS(20_000));
      const before = processes();
      await switchyard.stop('SIGKILL');
      const startedAt = performance.now();
      await switchyard.up(); // at once: the old control plane is still ending
      console.log(`took ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
      await answer;
      await ready();
      await works();
      await eventually('all but the database are gone', () =>
        stillAlive(before).every(({ command }) => command.includes('postgres')),
      );
      interrupted.push({ id, by: 'up' });
    }, 30_000);

    it('everything at once', async () => {
      const { id, answer } = await begin(WAITS(20_000));
      const before = processes();
      for (const { pid } of before) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // it died with another
        }
      }
      expect(await answer).toBeUndefined();
      await eventually('all are gone', () => stillAlive(before).length === 0);
      const startedAt = performance.now();
      await switchyard.up();
      console.log(`took ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
      await works();
      interrupted.push({ id, by: 'everything' });
    }, 30_000);

    it(
      'every run that nobody could end is closed',
      async () => {
        expect(interrupted.map(({ by }) => by)).toEqual(['the control plane', 'up', 'everything']);
        for (const { id, by } of interrupted) {
          const run = await eventually(
            `the run that died with ${by} is closed`,
            async () => {
              const found = await stored(id);
              return found.status !== 'running' && found;
            },
            SWEPT_WITHIN_MS,
          );
          expect(run).toMatchObject({ status: 'crashed', error: { reason: expect.stringMatching(/\w+ \w+/) } });
        }
        const open = await switchyard.request('GET', '/v1/executions?status=running', { key });
        expect(open.body.executions).toEqual([]);
      },
      SWEPT_WITHIN_MS + 10_000,
    );

    it('and the audit log is whole, with each of them in it', async () => {
      expect(JSON.parse(switchyard.cli('audit', 'verify', '--tenant', 'demo', '--json'))).toMatchObject({ ok: true });
      for (const { id } of interrupted)
        expect(await finished(id)).toMatchObject([{ action: 'run.finished', after: { status: 'crashed' } }]);
    });
  });

  describe('it keeps its place', () => {
    it('a second one on the same data folder is refused, and the first goes on', async () => {
      const second = switchyard.tryCliWith({ PORT: '0' }, 'up');
      expect(second.status).toBe(1);
      expect(second.stderr).toMatch(/^switchyard: A Switchyard runs already on .*: stop it first/);
      expect(second.stderr).not.toContain('    at ');
      await works();
    });

    it('a port that somebody has is named, and nothing stays behind', async () => {
      const other = await Switchyard.prepare();
      try {
        const refused = other.tryCliWith({ PORT: String(switchyard.port) }, 'up');
        expect(refused.status).toBe(1);
        expect(refused.stderr).toContain(`${switchyard.port}`);
        expect(refused.stderr).toMatch(/in use/);
        expect(refused.stderr).toMatch(/PORT/);
        expect(refused.stdout + refused.stderr).not.toMatch(/^ +at /m);
        expect(processesOf(other.home)).toEqual([]);
      } finally {
        await other.remove();
      }
    }, 30_000);
  });

  describe('it ends', () => {
    it('on SIGTERM, a run in it or not, and leaves nothing', async () => {
      const { id, answer } = await begin(WAITS(20_000));
      const before = processes();
      const startedAt = performance.now();
      expect(await switchyard.stop('SIGTERM')).toBe(0);
      console.log(`took ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
      expect(await answer).toMatchObject({ id, status: 'crashed' });
      expect(stillAlive(before)).toEqual([]);
      expect(stillAlive([...seen.values()])).toEqual([]);
      expect(processesOf(switchyard.home)).toEqual([]);

      const again = performance.now();
      await switchyard.up();
      console.log(`the second start took ${((performance.now() - again) / 1_000).toFixed(1)} s`);
      expect(await stored(id)).toMatchObject({ status: 'crashed', error: { reason: expect.any(String) } });
      expect(await switchyard.stop('SIGINT')).toBe(0);
      expect(processesOf(switchyard.home)).toEqual([]);
    }, 40_000);
  });
});
