import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from '../support/commands.ts';
import { Target } from './support/target.ts';

/** Code of one tenant against another: the calls of the sandbox are made by hand, past everything that validates them. */
describe('other tenants', () => {
  let target: Target;
  let theirs = '';
  let theirRun = '';
  beforeAll(async () => {
    target = await Target.start();
    const create = ['tenant', 'create', '--slug', 'globex', '--name', 'Globex', '--owner', 'owner@globex.example'];
    await run(target.switchyard, ...create, '--json');
    [theirs] = await Promise.all([
      run(target.switchyard, 'key', 'create', '--tenant', 'globex', '--name', 'theirs', '--scopes', 'runs,tools,admin'),
      target.addWitness('vaultkeeper', 'globex'),
    ]);
    const ran = await target.run(
      `return await arguments[0].call('vaultkeeper', 'echo')({ told: '${target.mark}' });`,
      {},
      theirs,
    );
    expect(ran).toMatchObject({ status: 'done', result: { told: target.mark } });
    theirRun = ran.id;
  }, 120_000);
  afterAll(() => target.end(), 60_000);

  /** The answer to a call, with the name that was asked for taken out. */
  const told = async (server: string, tool = 'echo', args = '{}') => {
    const body = await target.run(
      `return await arguments[0].call('${server}', '${tool}')(${args}).then((got) => ({ got }), (e) => ({ name: e.name, code: e.code, message: e.message, data: e.data }));`,
    );
    expect(body.status).toBe('done');
    return JSON.stringify([body.result, body.calls.map(({ status }: { status: string }) => status)]).replaceAll(
      server,
      '<server>',
    );
  };

  it('their server is told like one that does not exist', async () => {
    expect(await told('vaultkeeper')).toBe(await told('nosuchkeepr'));
    expect(await told('vaultkeeper')).toContain('not_found');
  });

  it.each([
    `globex.vaultkeeper`,
    `globex/vaultkeeper`,
    `../globex/vaultkeeper`,
    `vaultkeeper\\u0000`,
    `VAULTKEEPER`,
    `$vaultkeeper`,
    ` vaultkeeper`,
    `%76aultkeeper`,
  ])('nor by another spelling: %s', async (server) => {
    expect(await told(server)).toContain('not_found');
  });

  it.each([
    `{ tenant: 'globex' }`,
    `{ tenantId: 'globex', ctx: { tenantId: 'globex' } }`,
    `JSON.parse('{"__proto__":{"tenantId":"globex","tenant":"globex"}}')`,
    `{ _meta: { tenant: 'globex' }, headers: { authorization: 'Bearer x' } }`,
  ])('nor by arguments that name a tenant: %s', async (args) => {
    expect(await told('vaultkeeper', 'echo', args)).toContain('not_found');
  });

  it('discovery and the names of everything know nothing of it', async () => {
    const body = await target.run(
      `
      const ask = (tool, args) => arguments0.call('$discovery', tool)(args).catch((e) => [e.code, e.message]);
      const arguments0 = arguments[0];
      return await Promise.all([
        ask('searchTools', { query: 'vaultkeeper echo', detail_level: 'full' }), ask('listTools', { detail_level: 'full' }),
        ask('listCategories', {}), ask('describeTools', ['vaultkeeper.echo']), ask('describeTools', ['vaultkeeper']),
        ask('searchTools', { query: 'vaultkeeper', tenant: 'globex' }), ask('nothing', {}),
      ]);`,
      { resultBytes: 1_048_576 },
    );
    expect(body.status).toBe('done');
    const text = JSON.stringify(body.result).replaceAll(/"[^"]*vaultkeeper[^"]*"/g, (said) =>
      said.includes('There is no') || said.includes('no tool') ? '""' : said,
    );
    expect(text).not.toContain(target.mark);
    expect(text).not.toMatch(/"server":"vaultkeeper"/);
  });

  it('imports of theirs are refused like imports of nothing', async () => {
    const refused = async (server: string) => {
      const body = await target.run(
        `import { echo } from 'servers/${server}'; return await echo({}).catch((e) => [e.code, e.message, e.data]);`,
      );
      return JSON.stringify([body.status, body.result, body.findings, body.error]).replaceAll(server, '<server>');
    };
    expect(await refused('vaultkeeper')).toBe(await refused('nosuchkeepr'));
  });

  it('their run is not there, nor in any list, nor what it said', async () => {
    const { request } = { request: target.switchyard.request.bind(target.switchyard) };
    expect((await request('GET', `/v1/executions/${theirRun}`, { key: target.key })).status).toBe(404);
    const { text } = await request('GET', '/v1/executions?limit=100', { key: target.key });
    expect(text).not.toContain(theirRun);
    expect(text).not.toContain(target.mark);
  });

  it('runs of both at once, with answers and logs each of its own', async () => {
    const each = (tenant: string, key: string) =>
      Array.from({ length: 15 }, async (_, n) => {
        const mark = `${tenant}-${n}-${target.mark}`;
        const body = await target.run(
          `console.log('${mark}'); await new Promise((done) => setTimeout(done, ${(n * 7) % 30})); console.error('${mark}'); return '${mark}';`,
          {},
          key,
        );
        expect(body).toMatchObject({ status: 'done', result: mark });
        expect(new Set(body.logs.map(({ text }: { text: string }) => text))).toEqual(new Set([mark]));
      });
    await Promise.all([...each('demo', target.key), ...each('globex', theirs)]);
  });
});
