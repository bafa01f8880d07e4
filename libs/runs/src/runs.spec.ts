import { describe, expect, it } from '@jest/globals';
import type { Executor, InvokeReply, RunHost, RunOutcome } from '@switchyard/execution';
import {
  AppError,
  systemClock,
  type ConnectionId,
  type Ctx,
  type Json,
  type TenantId,
  type ToolId,
  type UserId,
} from '@switchyard/kernel';
import type { RunEnd } from '@switchyard/ledger';
import type { Decision } from '@switchyard/policy';
import type { Gateway, GatewayCall, ToolDescriptor } from '@switchyard/tools';
import { createRuns } from './runs.ts';

const ctx: Ctx = {
  tenantId: 'tenant' as TenantId,
  principal: { kind: 'user', id: 'user' as UserId, name: 'Ada', role: 'admin' },
  surface: 'rest',
  traceId: '0'.repeat(32),
  signal: new AbortController().signal,
};
const usage = { durationMs: 1, cpuMs: 1, peakMemoryBytes: 1, calls: 0 };

const tool = (server: string, name: string): ToolDescriptor => ({
  id: name as ToolId,
  connectionId: server as ConnectionId,
  server,
  name,
  upstreamName: name,
  path: `servers/${server}/${name}.ts`,
  description: `${name} of ${server}`,
  category: server,
  inputSchema: { type: 'object' },
  annotations: {},
  definitionHash: name,
  declaration: `export declare function ${name}(): Promise<unknown>;`,
});

/** A world around one run: what the sandbox does is the test's own function. */
function world(
  sandbox: (host: RunHost) => Promise<RunOutcome>,
  options: { finishFails?: number; startLost?: boolean; answer?: GatewayCall<Decision> } = {},
) {
  const happened: string[] = [];
  const ends: RunEnd[] = [];
  let failures = options.finishFails ?? 0;
  const executor: Executor = {
    run: (_job, host) => sandbox(host),
    status: () => Promise.reject(new Error('not asked')),
    close: async () => undefined,
  };
  const gateway: Gateway<Decision> = {
    toolsFor: async () => [tool('shop', 'lookUp')],
    call: async (_ctx, { server, tool: name }) => {
      happened.push(`call ${server}.${name}`);
      return (
        options.answer ?? { status: 'ok', value: { rows: 'x'.repeat(4_000) }, bytes: 4_011, flags: [], durationMs: 1 }
      );
    },
  };
  const runs = createRuns({
    executor,
    gateway,
    ledger: {
      startRun: async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        happened.push('started');
      },
      confirmRun: async () => void happened.push('confirmed'),
      getRun: () => Promise.reject(new Error('not asked')),
      recordAudit: () => Promise.reject(new Error('not asked')),
      finishRun: async (_ctx, _id, end) => {
        if (failures-- > 0) throw new Error('the database restarts');
        if (options.startLost && happened.filter((what) => what === 'started').length < 2)
          throw new AppError('not_found', 'There is no such run in this tenant.');
        happened.push('finished');
        ends.push(end);
      },
    },
    skills: { usable: async () => [], find: () => Promise.reject(new Error('not asked')) },
    workspace: { answer: () => Promise.reject(new Error('not asked')) },
    results: {
      keep: () => Promise.reject(new Error('the database is away')),
      open: () => Promise.reject(new Error('not asked')),
    },
    recordings: {
      isOn: true,
      save: async () => void happened.push('recorded'),
      load: () => Promise.reject(new Error('not asked')),
    },
    review: {
      blocks: { blocksCode: async () => false, blockedSkills: async () => new Set() },
      consider: async () => ({ statements: [], settled: () => undefined }),
    },
    policyRevision: async () => 7,
    validation: 'enforce',
    clock: systemClock,
  });
  return { runs, happened, ends };
}

const call = (host: RunHost, server: string, name: string, args: unknown = {}): Promise<InvokeReply> =>
  host.invoke({ seq: 1, server, tool: name, args }, new AbortController().signal);
const done = (value: Json): RunOutcome => ({ status: 'done', json: JSON.stringify(value), bytes: 1, usage });
const CODE = "import { lookUp } from 'servers/shop'; return lookUp({})";

describe('the way of a run', () => {
  it('touches nothing before the run is on record, and answers after its end is', async () => {
    const { runs, happened } = world(async (host) => {
      await call(host, 'shop', 'lookUp');
      return done(1);
    });
    const answer = await runs.execute(ctx, { code: CODE });
    expect(answer).toMatchObject({ status: 'done', result: 1, calls: [{ tool: 'shop.lookUp', status: 'ok' }] });
    expect([...happened].sort()).toEqual(['call shop.lookUp', 'finished', 'recorded', 'started']);
    expect(happened.slice(0, 2)).toEqual(['started', 'call shop.lookUp']);
  });

  it('counts what stayed out: the results of tools, less what went back', async () => {
    const { runs, ends } = world(async (host) => {
      await call(host, 'shop', 'lookUp');
      return done('short');
    });
    const { usage: used, calls } = await runs.execute(ctx, { code: CODE });
    expect(used.tokens.keptOut).toBe((calls[0]?.tokens ?? 0) - used.tokens.returned);
    expect(ends[0]).toMatchObject({ policyRevision: 7, tokensKeptOut: used.tokens.keptOut });
  });

  it('keeps a call on record whose answer breaks everything on its way back', async () => {
    let deep: Json = [];
    for (let depth = 0; depth < 20_000; depth++) deep = [deep];
    const answer: GatewayCall<Decision> = { status: 'ok', value: deep, bytes: 40_000, flags: [], durationMs: 1 };
    const { runs, ends } = world(
      async (host) => {
        await call(host, 'shop', 'lookUp').catch(() => undefined); // the executor tells the code that it failed inside
        return done(1);
      },
      { answer },
    );
    expect(await runs.execute(ctx, { code: CODE })).toMatchObject({
      calls: [{ tool: 'shop.lookUp', status: 'upstream_failed' }],
    });
    expect(ends[0]).toMatchObject({ calls: [{ tool: 'lookUp', error: { code: 'internal' } }] });
  });

  it('does not run code that names a tool the caller may not see', async () => {
    const { runs, happened } = world(() => Promise.reject(new Error('must not run')));
    const answer = await runs.execute(ctx, { code: "import { drop } from 'servers/vault'; return drop()" });
    expect(answer).toMatchObject({ status: 'rejected', findings: [{ stage: 'imports' }] });
    expect(happened).toEqual(['started', 'finished']);
  });

  it("gives the code a denial as a refusal with its reason, and records it as the call's status", async () => {
    const denied: GatewayCall<Decision> = {
      status: 'denied',
      error: { code: 'denied', message: 'ask an admin' },
      durationMs: 1,
    };
    const { runs } = world(async (host) => done((await call(host, 'shop', 'lookUp')) as unknown as Json), {
      answer: denied,
    });
    const answer = await runs.execute(ctx, { code: CODE });
    expect(answer.result).toEqual({ ok: false, error: { name: 'ToolError', message: 'ask an admin', code: 'denied' } });
    expect(answer.calls[0]?.status).toBe('denied');
  });

  it('answers discovery from inside over the tools of the caller, and refuses bad arguments', async () => {
    const { runs, happened } = world(async (host) => {
      const found = await call(host, '$discovery', 'searchTools', { query: 'look' });
      const refused = await call(host, '$discovery', 'searchTools', { query: 7 });
      return done([found.ok && JSON.parse(String(found.json)).total, refused.ok]);
    });
    const answer = await runs.execute(ctx, {
      code: "import { searchTools } from 'servers'; return searchTools('look')",
    });
    expect(answer.result).toEqual([1, false]);
    expect(answer.calls.map(({ tool: name, status }) => `${name} ${status}`)).toEqual([
      'servers.searchTools ok',
      'servers.searchTools invalid_arguments',
    ]);
    expect(happened.filter((what) => what !== 'recorded')).toEqual(['started', 'finished']);
  });

  it('waits for the disk before what code calls that did not look like calling, and once', async () => {
    const { runs, happened } = world(async (host) => {
      await Promise.all([call(host, '$discovery', 'listTools'), call(host, '$discovery', 'listCategories')]);
      return done(1);
    });
    await runs.execute(ctx, { code: "return globalThis['work' + 'space'].list()" });
    expect(happened.filter((what) => what !== 'recorded')).toEqual(['started', 'confirmed', 'finished']);
  });

  it('is written anew when its start was lost before its end was written', async () => {
    const { runs, happened } = world(async () => done(1), { startLost: true });
    expect(await runs.execute(ctx, { code: 'return 1' })).toMatchObject({ status: 'done' });
    expect(happened).toEqual(['started', 'started', 'finished']);
  });

  it('ends at the limit when a large result can be neither sent nor kept', async () => {
    const { runs, ends } = world(async () => done('x'.repeat(100_000)));
    const answer = await runs.execute(ctx, { code: 'return 1' });
    expect(answer).toMatchObject({ status: 'limit', error: { limit: 'result' }, result: null, handle: null });
    expect(ends[0]).toMatchObject({ status: 'limit', resultBytes: 0 });
  });

  it('tries again to record a run while the database is away', async () => {
    const { runs, ends } = world(async () => done(1), { finishFails: 2 });
    await runs.execute(ctx, { code: 'return 1' });
    expect(ends).toHaveLength(1);
  });

  it('closes on record a run that no executor took, and passes the refusal on', async () => {
    const full = new AppError('rate_limited', 'too many runs wait', { retryAfterSeconds: 1 });
    const { runs, ends } = world(() => Promise.reject(full));
    await expect(runs.execute(ctx, { code: 'return 1' })).rejects.toBe(full);
    expect(ends[0]).toMatchObject({ status: 'crashed', error: { reason: 'too many runs wait' } });
  });
});
