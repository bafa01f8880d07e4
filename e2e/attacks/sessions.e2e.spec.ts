import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, PARTS } from '../support/processes.ts';
import { LIMITS, Target } from './support/target.ts';

/** Differs from process to process. */
const WHICH = 'performance.timeOrigin';
const SESSION = { tier: 'session', conversation: 'shared' } as const;

describe('processes that runs share', () => {
  let target: Target;
  let neighbour: string;
  let stranger: string;
  beforeAll(async () => {
    target = await Target.start({ SWITCHYARD_POOL: '4', SWITCHYARD_SESSION_IDLE_MS: '1500' });
    const { switchyard } = target;
    switchyard.cli('tenant', 'create', '--slug', 'other', '--name', 'Other');
    neighbour = switchyard.createKey('demo', 'runs');
    stranger = switchyard.createKey('other', 'runs');
  }, 120_000);
  afterAll(() => target.end(), 60_000);

  const ask = (key: string, code: string, more: object) =>
    target.switchyard.execute(key, code, { limits: LIMITS, ...more });
  const value = async (key: string, code: string, more: object): Promise<unknown> => {
    const { status, body, text } = await ask(key, code, more);
    if (status !== 200 || body.status !== 'done') throw new Error(`${status}: ${text.slice(0, 500)}`);
    return body.result;
  };

  it('are not there unless an admin of the tenant wants them', async () => {
    expect(await ask(target.key, 'return 1', SESSION)).toMatchObject({
      status: 403,
      body: { error: { message: expect.stringMatching(/MCP_STRICT_SANDBOX/) } },
    });
    const conversation = { conversation: 'shared' };
    const seen = [1, 2, 3].map(() => value(target.key, `return ${WHICH}`, conversation));
    expect(new Set(await Promise.all(seen)).size).toBe(3);
    for (const tenant of ['demo', 'other'])
      target.switchyard.cli('flag', 'set', 'MCP_STRICT_SANDBOX', 'off', '--tenant', tenant);
    await eventually('the flag is heard of', async () => (await ask(target.key, 'return 1', SESSION)).status === 200);
    expect(await ask(target.key, 'return 1', { tier: 'session' })).toMatchObject({ status: 422 });
  });

  it('hold the runs of one caller in one conversation, and each says so on record', async () => {
    const first = await value(target.key, `return ${WHICH}`, SESSION);
    await eventually(
      'the next run finds it',
      async () => (await value(target.key, `return ${WHICH}`, SESSION)) === first,
    );
    const { body } = await ask(target.key, 'return 1', SESSION);
    const { data } = (
      await target.switchyard.graphql(target.key, 'query ($id: ID!) { run(id: $id) { limits } }', { id: body.id })
    ).body;
    expect(data.run.limits).toMatchObject({ tier: 'session' });
    const log = await target.switchyard.graphql(
      target.key,
      '{ auditEvents(filter: { action: "run.finished" }, limit: 1) { items { after } } }',
    );
    expect(log.body.data.auditEvents.items).toMatchObject([{ after: { tier: 'session' } }]);
  });

  it('never see a run of another caller, another conversation, another tenant or another tier', async () => {
    // It leaves all that it can, and goes on where it can.
    const leave = `
      globalThis.left = 'secret'; Object.prototype.left = 'secret'; Array.prototype.left = 'secret';
      Promise.prototype.left = 'secret'; console.left = 'secret';
      const target = new EventTarget(); target.addEventListener('x', () => {}); queueMicrotask(() => {});
      return ${WHICH};`;
    const look = `return [typeof left, typeof {}.left, typeof [].left, typeof console.left, ${WHICH}]`;
    for (let round = 0; round < 3; round++) {
      const mine = await value(target.key, round === 2 ? `return ${WHICH}` : leave, SESSION);
      const others = await Promise.all([
        value(neighbour, look, SESSION),
        value(stranger, look, SESSION),
        value(target.key, look, { ...SESSION, conversation: `other ${round}` }),
        value(target.key, look, { ...SESSION, tier: 'strict' }),
        value(target.key, look, {}),
      ]);
      for (const [at, seen] of (others as unknown[][]).entries()) {
        expect([at, seen.slice(0, 4)]).toEqual([at, ['undefined', 'undefined', 'undefined', 'undefined']]);
        expect([at, seen[4]]).not.toEqual([at, mine]);
      }
      expect(new Set(others.map((seen) => (seen as unknown[])[4])).size).toBe(others.length);
    }
  });

  it('end with a run that was stopped, that leaves something running, or that nobody follows', async () => {
    const stopped = await ask(target.key, 'for (;;);', { ...SESSION, limits: { ...LIMITS, timeMs: 300 } });
    expect(stopped.body).toMatchObject({ status: 'limit' });
    const timer = await value(target.key, `setInterval(() => {}, 1); return ${WHICH}`, SESSION);
    expect(await value(target.key, `return ${WHICH}`, SESSION)).not.toBe(timer);
    await target.settled(); // all that waited have gone, and their memory with them
    expect(target.processes().filter(PARTS.sandbox)).toHaveLength(4);
  });
});
