import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Ctx, Json } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { asKey, asPerson, openWorld, type World } from '../testing/world.ts';

jest.setTimeout(60_000);

const TOP = `import { find } from 'servers/shop';
interface Row { sku: string; sold: number }
/** Sorts. */
export async function topSellers(input: { limit: number }): Promise<Row[]> {
  const rows = (await find({ all: true })) as Row[];
  return rows.sort((a, b) => b.sold - a.sold).slice(0, input.limit);
}`;
const USE = `import { topSellers } from 'skills/topSellers';
return (await topSellers({ limit: 1 })).map((row) => row.sku);`;

describe('skills', () => {
  let db: TestDatabase;
  let world: World;
  let ada: Ctx;
  let bob: Ctx;
  let person: Ctx;
  beforeAll(async () => {
    db = await createTestDatabase();
    world = await openWorld(db.database);
    world.tools.set('shop.find', () => [
      { sku: 'a', sold: 1 },
      { sku: 'b', sold: 9 },
    ]);
    world.tools.set('vault.drop', () => 'dropped');
  });
  afterAll(async () => {
    await world.end();
    await db.drop();
  });
  beforeEach(() => {
    world.allowed = () => true;
    const tenant = testCtx();
    [ada, bob, person] = [asKey(tenant, 'ada'), asKey(tenant, 'bob'), asPerson(tenant)];
  });

  const save = (ctx: Ctx, code = TOP, name = 'topSellers') =>
    world.skills.save(ctx, { name, description: `What ${name} does`, code });
  const run = (ctx: Ctx, code = USE) => world.runs.execute(ctx, { code });

  it('saved, it runs for its author; promoted by a person, for everybody; retired, for nobody', async () => {
    const { version } = await save(ada);
    expect(version).toMatchObject({
      version: 1,
      tools: [{ server: 'shop', tool: 'find' }],
      inputType: '{ limit: number }',
      outputType: 'Row[]',
    });
    expect(await run(ada)).toMatchObject({ status: 'done', result: ['b'], calls: [{ tool: 'shop.find' }] });
    expect(await run(bob)).toMatchObject({ status: 'rejected', findings: [{ code: 'unknown-skill', line: 1 }] });
    expect(await world.skills.list(bob, false)).toEqual([]);

    await expect(world.skills.promote(ada, { name: 'topSellers', version: 1 })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await world.skills.promote(person, { name: 'topSellers', version: 1 });
    expect(await run(bob)).toMatchObject({ status: 'done', result: ['b'] });
    const shown = (await world.skills.toolsFor(bob)).find(({ server }) => server === 'skills');
    expect(shown).toMatchObject({ name: 'topSellers', path: 'skills/topSellers.ts' });
    expect(shown?.declaration).toContain(
      'export declare function topSellers(input: { limit: number }): Promise<Row[]>;\nexport interface Row',
    );

    await world.skills.retire(person, 'topSellers');
    expect(await run(bob)).toMatchObject({ status: 'rejected' });
    const audit = (await world.ledger.listAudit(ada)).items
      .map(({ action }) => action)
      .filter((each) => each.startsWith('skill'));
    expect(audit).toEqual(['skill.retired', 'skill.promoted', 'skill.saved']);
    expect(await world.ledger.verifyAudit(ada)).toMatchObject({ ok: true });
  });

  it('runs with the rights of its caller, never of its author', async () => {
    await save(
      ada,
      `import { drop } from 'servers/vault';\nexport async function tidy(): Promise<unknown> { return drop({}) }`,
      'tidy',
    );
    await world.skills.promote(person, { name: 'tidy', version: 1 });
    world.allowed = (ctx, address) => ctx.principal.id === 'ada' || address !== 'vault.drop';
    const use = `import { tidy } from 'skills/tidy'; return tidy()`;
    expect(await run(ada, use)).toMatchObject({ status: 'done', result: 'dropped' });
    expect(await run(bob, use)).toMatchObject({ status: 'rejected', findings: [{ code: 'unknown-skill' }] });
    expect((await world.skills.toolsFor(bob)).some(({ server }) => server === 'skills')).toBe(false);
    await expect(world.runs.execute(bob, { code: { skill: 'tidy' } })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('a draft never stands over what was promoted, and a version can be tried by its number', async () => {
    await save(ada);
    await world.skills.promote(person, { name: 'topSellers', version: 1 });
    await save(ada, TOP.replace('slice(0, input.limit)', 'slice(0, 0)'));
    expect(await run(ada)).toMatchObject({ result: ['b'] });
    const input = { limit: 1 };
    expect(await world.runs.execute(ada, { code: { skill: 'topSellers', input } })).toMatchObject({
      result: [{ sku: 'b' }],
    });
    expect(await world.runs.execute(ada, { code: { skill: 'topSellers@2', input } })).toMatchObject({
      status: 'done',
      result: [],
    });
    await expect(world.runs.execute(bob, { code: { skill: 'topSellers@2', input } })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('the input of a run by name is data, and masked on record', async () => {
    await save(ada, `export default (input: { mail: string }) => input.mail`, 'echoMail');
    const mail = `ada@example.com"); import('x'); ("`;
    const answer = await world.runs.execute(ada, { code: { skill: 'echoMail', input: { mail } } });
    expect(answer).toMatchObject({ status: 'done', result: mail });
    const { code } = await world.ledger.getRun(ada, answer.id);
    expect(code).toContain('[EMAIL_1]');
    expect(code).not.toContain('ada@example.com');
    expect((await world.runs.replay(ada, { runId: answer.id })).result).toBe(mail);
  });

  it('may import others, and fails with its own file and line', async () => {
    await save(ada);
    const best = `import { topSellers } from 'skills/topSellers';
export async function best(): Promise<string> {
  const [first] = await topSellers({ limit: 1 });
  if (!first) return '';
  throw new Error('on purpose: ' + first.sku);
}`;
    expect((await save(ada, best, 'best')).version).toMatchObject({ skills: ['topSellers'], tools: [] });
    const answer = await run(ada, `import { best } from 'skills/best';\n\nawait best();`);
    expect(answer).toMatchObject({ status: 'failed', error: { message: 'on purpose: b' } });
    expect((answer.error as { stack: string }).stack).toMatch(/skills\/best\.ts:5:\d+[\s\S]*user\.ts:3:/);
    await expect(world.skills.promote(person, { name: 'best', version: 1 })).rejects.toMatchObject({
      code: 'conflict',
      details: { skills: ['topSellers'] },
    });
  });

  it('shares nothing with the code around it', async () => {
    await save(ada, `export default async () => typeof secret + typeof helper`, 'spy');
    const code = `import { spy } from 'skills/spy'; const secret = 1; function helper() {} return spy()`;
    expect(await run(ada, code)).toMatchObject({ result: 'undefinedundefined' });
  });

  it('may not go round in a circle', async () => {
    await save(ada);
    const around = `import { other } from 'skills/other';\nexport async function topSellers() { return other() }`;
    await save(
      ada,
      `import { topSellers } from 'skills/topSellers';\nexport async function other() { return topSellers({ limit: 1 }) }`,
      'other',
    );
    await expect(save(ada, around)).rejects.toMatchObject({
      code: 'unprocessable',
      message: expect.stringContaining('circle'),
    });
    const self = `import { me } from 'skills/me';\nexport async function me() { return 1 }`;
    await expect(
      save(ada, self.replaceAll('function me', 'function mine').replace('{ me }', '{ me }'), 'mine'),
    ).rejects.toBeDefined();
    await expect(
      save(ada, `import { again } from 'skills/again';\nexport default async () => again()`, 'again'),
    ).rejects.toMatchObject({
      message: expect.stringContaining('import itself'),
    });
  });

  it.each([
    ['code that validation refuses', `export default () => eval('1')`, 'eval'],
    ['a tool that is not there', `import { gone } from 'servers/shop'; export default () => gone()`, 'gone'],
    ['no function of its name', 'export function other() {}', 'topSellers'],
  ])('does not save %s', async (_what, code, message) => {
    await expect(save(ada, code)).rejects.toMatchObject({
      code: 'unprocessable',
      message: expect.stringContaining(message),
    });
    expect(await world.skills.list(ada, true)).toEqual([]);
  });

  it.each(['Top', 'x', 'then', 'default', 'a b', '../x', '__proto__', 'constructor', 'x'.repeat(70)])(
    'refuses the name %s',
    (name) => expect(save(ada, TOP, name)).rejects.toMatchObject({ code: 'unprocessable', details: { path: 'name' } }),
  );

  it('is saved from a run, typed by what the run gave', async () => {
    const ran = await run(
      ada,
      `import { find } from 'servers/shop';\nconst rows = await find({});\nreturn { first: rows[0], count: rows.length };`,
    );
    const { version } = await world.skills.save(ada, { name: 'summary', description: 'Counts', runId: ran.id });
    expect(version).toMatchObject({
      runId: ran.id,
      inputType: 'void',
      outputType: '{ count: number; first: { sku: string; sold: number } }',
    });
    expect(await world.runs.execute(bob, { code: `return 1` })).toMatchObject({ status: 'done' });
    expect((await world.runs.execute(ada, { code: { skill: 'summary' } })).result).toMatchObject({ count: 2 });
    await expect(
      world.skills.save(asKey(testCtx(), 'ada'), { name: 'summary', description: 'x', runId: ran.id }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });

  it('the same again is no new version; saved at once by two, both are kept', async () => {
    const [one, other] = await Promise.all([save(ada), save(bob)]);
    expect([one.version.version, other.version.version].sort()).toEqual([1, 2]);
    expect((await save(ada)).version.version === one.version.version || one.version.version === 1).toBe(true);
    expect(await run(ada)).toMatchObject({ status: 'done' });
    expect(await run(bob)).toMatchObject({ status: 'done' });
  });

  it('goes to another tenant as a file, with what it imports, and is a draft there', async () => {
    await save(ada);
    await save(
      ada,
      `import { topSellers } from 'skills/topSellers';\nexport default async () => (await topSellers({ limit: 1 }))[0]`,
      'best',
    );
    const file = await world.skills.export(ada, { name: 'best' }, false);
    expect(file.skills.map(({ name }) => name)).toEqual(['topSellers', 'best']);
    expect(JSON.stringify(file)).not.toMatch(/ada|a-person/);
    const elsewhere = asKey(testCtx(), 'eve');
    const saved = await world.skills.import(elsewhere, file);
    expect(saved.map(({ skill }) => [skill.name, skill.promotedVersion])).toEqual([
      ['topSellers', null],
      ['best', null],
    ]);
    expect(await run(elsewhere, `import { best } from 'skills/best'; return best()`)).toMatchObject({
      result: { sku: 'b' },
    });
    await expect(world.skills.export(bob, { name: 'best' }, false)).rejects.toMatchObject({ code: 'not_found' });
    world.allowed = () => false;
    const without = asKey(testCtx(), 'eve');
    await expect(world.skills.import(without, file)).rejects.toMatchObject({
      message: expect.stringContaining('topSellers:'),
    });
    expect(await world.skills.list(without, true)).toEqual([]);
  });

  it('another tenant cannot', async () => {
    await save(ada);
    await world.skills.promote(person, { name: 'topSellers', version: 1 });
    const stranger = asPerson(testCtx());
    const name = 'topSellers';
    expect(await run(stranger)).toMatchObject({ status: 'rejected' });
    expect(await world.skills.list(stranger, true)).toEqual([]);
    const attempts: (() => Promise<unknown>)[] = [
      () => world.skills.get(stranger, name, true),
      () => world.skills.promote(stranger, { name, version: 1 }),
      () => world.skills.retire(stranger, name),
      () => world.skills.export(stranger, { name }, true),
      () => world.runs.execute(stranger, { code: { skill: name } }),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'not_found' });
    expect(((await world.skills.list(person, true))[0] as unknown as { retiredAt: Json }).retiredAt).toBeNull();
  });
});
