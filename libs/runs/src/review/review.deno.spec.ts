import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Ctx } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { asKey, asPerson, openWorld, type World } from '../testing/world.ts';
import type { RunAnswer } from '../run-answer.ts';
import type { BlockKind } from './blocks.ts';
import type { ReviewItem, ReviewVerdict } from './item.ts';
import { createReview, type Review } from './review.ts';

const CODE = "import { wipe } from 'servers/shop'; return wipe({ id: 7 })";
const LIKE = "import { wipe } from 'servers/shop'; /* as before */ return wipe({ id: 8 })";
const HARMLESS = 'return 1 + 1';

describe('runs before reviewers', () => {
  let db: TestDatabase;
  let world: World;
  let review: Review;
  let owner: Ctx;
  let key: Ctx;
  let ada: Ctx;
  let bob: Ctx;

  beforeAll(async () => {
    db = await createTestDatabase();
    world = await openWorld(db.database);
    review = world.review;
    world.tools.set('shop.wipe', () => ({ wiped: true }));
  }, 60_000);
  afterAll(async () => {
    await world.end();
    await db.drop();
  });
  beforeEach(() => {
    owner = testCtx();
    key = asKey(owner, '0190f000-0000-7000-8000-0000000000aa');
    ada = asPerson(owner, 'ada');
    bob = asPerson(owner, 'bob');
    world.allowed = () => true;
  });

  const run = (code: string, as: Ctx = key): Promise<RunAnswer> => {
    world.now = new Date(world.now.getTime() + 1_000);
    return world.runs.execute(as, { code });
  };
  const queue = async (as: Ctx = ada): Promise<readonly ReviewItem[]> => (await review.list(as)).items;
  const itemOf = async (answer: RunAnswer): Promise<ReviewItem> => {
    const item = await review.ofRun(ada, answer.id);
    if (!item) throw new Error('nobody looks at it');
    return item;
  };
  const verdict = (by: Ctx, item: ReviewItem, of: ReviewVerdict, block: BlockKind[] = []) => {
    world.now = new Date(world.now.getTime() + 1_000);
    return review.giveVerdict(by, {
      itemId: item.id,
      seen: item.status === 'second' ? 'second' : 'open',
      verdict: of,
      comment: 'it wiped the shop',
      block,
    });
  };

  it('come by the rules: what may destroy, is denied or is used for the first time; the rest does not', async () => {
    await review.setRules(ada, { restBasisPoints: 0 });
    const first = await run(CODE);
    const second = await run(CODE);
    const harmless = await run(HARMLESS);
    expect(await review.ofRun(ada, harmless.id)).toBeUndefined();
    expect((await itemOf(first)).reasons).toEqual(['destructive', 'first_use']);
    expect((await itemOf(second)).reasons).toEqual(['destructive']);
    expect(await itemOf(second)).toMatchObject({ status: 'open', verdict: null, calls: 1, denied: 0, surface: 'rest' });
    expect((await queue()).map(({ runId }) => runId)).toEqual([second.id, first.id]);
    await review.setRules(ada, { destructive: false, firstUse: false });
    const third = await run(CODE);
    expect(await review.ofRun(ada, third.id)).toBeUndefined();
    expect(await review.counts(ada)).toEqual({ open: 2, second: 0, closed: 0 });
  });

  it('new shapes come once, on a node that has seen nothing too', async () => {
    await review.setRules(ada, { destructive: false, firstUse: false, newShape: true, restBasisPoints: 0 });
    expect((await itemOf(await run(HARMLESS))).reasons).toEqual(['new_shape']);
    expect(await review.ofRun(ada, (await run('return 2 + 3')).id)).toBeUndefined();
    expect((await itemOf(await run('return 2 - 3'))).reasons).toEqual(['new_shape']);
    const elsewhere = createReview({ database: db.database, ledger: world.ledger, clock: { now: () => world.now } });
    const before = (await queue()).length;
    const { statements } = await elsewhere.consider(key, {
      id: '0190f000-0000-7000-8000-0000000000bb' as RunAnswer['id'],
      code: 'return 9 + 9',
      status: 'done',
      isBlocked: false,
      calls: [],
      skills: [],
    });
    await db.database.exchange(key, statements);
    elsewhere.close();
    expect(await queue()).toHaveLength(before);
  });

  it('come when somebody asks, once', async () => {
    await review.setRules(ada, { restBasisPoints: 0 });
    const { id } = await run(HARMLESS);
    const item = await review.ask(ada, id);
    expect(item.reasons).toEqual(['asked']);
    expect((await review.ask(bob, id)).id).toBe(item.id);
    await expect(review.ask(asPerson(testCtx()), id)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('show what is like them', async () => {
    const first = await itemOf(await run(CODE));
    const second = await itemOf(await run(LIKE));
    const again = await itemOf(await run(CODE));
    expect(second.codeHash).not.toBe(first.codeHash);
    expect(second.shape).toBe(first.shape);
    const found = await review.get(ada, again.id);
    expect(found.similar.map(({ id }) => id)).toEqual([second.id, first.id]);
    expect([...found.codeHashes].sort()).toEqual([first.codeHash, second.codeHash].sort());
  });

  it('are closed by one verdict, but a violation takes a second reviewer', async () => {
    const safe = await verdict(ada, await itemOf(await run(CODE)), 'safe');
    expect(safe).toMatchObject({ status: 'closed', verdict: 'safe', verdicts: [{ reviewerId: 'ada' }] });
    const item = await itemOf(await run(CODE));
    const found = await verdict(ada, item, 'violation');
    expect(found).toMatchObject({ status: 'second', verdict: 'violation', closedAt: null });
    await expect(verdict(ada, found, 'violation')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(verdict(bob, item, 'safe')).rejects.toMatchObject({ code: 'conflict' }); // saw it open
    const agreed = await verdict(bob, found, 'violation');
    expect(agreed).toMatchObject({ status: 'closed', verdict: 'violation' });
    expect(agreed.verdicts.map(({ reviewerName }) => reviewerName)).toEqual(['ada@example.com', 'bob@example.com']);
    const { items } = await world.ledger.listAudit(ada, { action: 'review.verdict_given', targetId: item.runId });
    expect(items.map(({ after }) => (after as { status: string }).status)).toEqual(['closed', 'second']);
  });

  it('of two reviewers at once one speaks and the other is told', async () => {
    const item = await itemOf(await run(CODE));
    const both = await Promise.allSettled([verdict(ada, item, 'safe'), verdict(bob, item, 'suspicious')]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await review.get(ada, item.id)).verdicts).toHaveLength(1);
  });

  it('are judged by people alone, and a violation in words', async () => {
    const item = await itemOf(await run(CODE));
    const token: Ctx = { ...ada, principal: { ...ada.principal, scopes: ['admin'] } as never };
    for (const program of [key, token])
      await expect(verdict(program, item, 'safe')).rejects.toMatchObject({ code: 'forbidden' });
    const silent = { itemId: item.id, seen: 'open' as const, verdict: 'violation' as const, comment: ' ' };
    await expect(review.giveVerdict(ada, silent)).rejects.toMatchObject({ details: { path: 'comment' } });
    const safeBlock = { ...silent, verdict: 'safe' as const, block: ['code'] as const };
    await expect(review.giveVerdict(ada, safeBlock)).rejects.toMatchObject({ details: { path: 'block' } });
    expect((await review.get(ada, item.id)).status).toBe('open');
  });

  describe('a violation blocks at once', () => {
    it('the code, which is refused before it runs and comes before reviewers again', async () => {
      const item = await itemOf(await run(CODE));
      await verdict(ada, item, 'violation', ['code']);
      const before = world.called.length;
      const answer = await run(CODE);
      expect(answer).toMatchObject({ status: 'rejected', findings: [{ code: 'blocked' }], calls: [] });
      expect(world.called).toHaveLength(before);
      expect((await itemOf(answer)).reasons).toContain('blocked');
      await expect(world.runs.replay(key, { runId: item.runId })).rejects.toMatchObject({ code: 'forbidden' });
      expect(await run(LIKE)).toMatchObject({ status: 'done' });
      expect(await run(CODE, asKey(testCtx(), 'another-tenant'))).toMatchObject({ status: 'done' });
    });

    it('all code of its shape', async () => {
      const item = await itemOf(await run(CODE));
      await verdict(ada, item, 'violation', ['shape']);
      for (const code of [CODE, LIKE]) expect(await run(code)).toMatchObject({ status: 'rejected' });
      expect(await run(HARMLESS)).toMatchObject({ status: 'done' });
      await expect(world.runs.replay(key, { runId: (await run(HARMLESS)).id, code: LIKE })).rejects.toMatchObject({
        code: 'forbidden',
      });
    });

    it('the skill, however it is reached', async () => {
      await world.skills.save(key, {
        name: 'cleaner',
        description: 'wipes',
        code: "import { wipe } from 'servers/shop'; export default (id: number) => wipe({ id })",
      });
      await world.skills.promote(ada, { name: 'cleaner', version: 1 });
      const bySkill = () => world.runs.execute(key, { code: { skill: 'cleaner', input: 3 } });
      const byImport = "import { cleaner } from 'skills/cleaner'; return cleaner(3)";
      const item = await itemOf(await bySkill());
      expect(item.skills).toEqual(['cleaner']);
      await verdict(ada, item, 'violation', ['skill']);
      await expect(bySkill()).rejects.toMatchObject({ code: 'not_found' });
      await expect(world.runs.execute(key, { code: { skill: 'cleaner@1', input: 3 } })).rejects.toMatchObject({
        code: 'not_found',
      });
      expect(await run(byImport)).toMatchObject({ status: 'rejected' });
      expect((await world.skills.toolsFor(key)).map(({ name }) => name)).not.toContain('cleaner');
      await expect(world.runs.replay(key, { runId: item.runId })).rejects.toMatchObject({ code: 'forbidden' });
      const [block] = await review.listBlocks(ada);
      await review.liftBlock(bob, block?.id ?? '');
      expect(await bySkill()).toMatchObject({ status: 'done' });
    });

    it('code that is blocked does not come back as a skill', async () => {
      const code = "import { wipe } from 'servers/shop'; export default (id: number) => wipe({ id })";
      await verdict(ada, await itemOf(await run(code)), 'violation', ['code', 'shape']);
      await world.skills.save(key, { name: 'innocent', description: 'wipes', code }).catch(() => undefined);
      expect(await run("import { innocent } from 'skills/innocent'; return innocent(3)")).toMatchObject({
        status: 'rejected',
      });
    });

    it('the key, on a node that has not heard of it after five seconds at most', async () => {
      const other = createReview({ database: db.database, ledger: world.ledger, clock: { now: () => world.now } });
      let now = 0;
      Object.assign(other.blocks, { nowMs: () => now });
      await other.blocks.requireCaller(key);
      const item = await itemOf(await run(CODE));
      await verdict(ada, item, 'violation', ['key']);
      await expect(review.blocks.requireCaller(key)).rejects.toMatchObject({ code: 'forbidden' });
      await review.blocks.requireCaller(ada);
      await review.blocks.requireCaller(asKey(testCtx(), key.principal.id));
      now = 5_000;
      await expect(other.blocks.requireCaller(key)).rejects.toMatchObject({ code: 'forbidden' });
      other.close();
    });

    it('until another reviewer does not agree', async () => {
      const found = await verdict(ada, await itemOf(await run(CODE)), 'violation', ['code', 'key']);
      expect(await run(CODE)).toMatchObject({ status: 'rejected' });
      await verdict(bob, found, 'safe');
      expect(await run(CODE)).toMatchObject({ status: 'done' });
      await review.blocks.requireCaller(key);
      expect((await review.listBlocks(ada)).every(({ liftedBy }) => liftedBy === 'bob@example.com')).toBe(true);
    });

    it('once, whoever says it again; and what is not there cannot be blocked', async () => {
      const [first, second] = [await itemOf(await run(CODE)), await itemOf(await run(CODE))];
      await verdict(ada, first, 'violation', ['code']);
      await verdict(ada, second, 'violation', ['code']);
      expect(await review.listBlocks(ada)).toHaveLength(1);
      const mine = await itemOf(await run(CODE.replace('7', '9'), ada));
      await expect(verdict(ada, mine, 'violation', ['key'])).rejects.toMatchObject({ details: { path: 'block' } });
      await expect(verdict(ada, mine, 'violation', ['skill'])).rejects.toMatchObject({ code: 'unprocessable' });
      expect((await review.get(ada, mine.id)).status).toBe('open');
    });
  });

  it('another tenant sees, judges, asks for and lifts none of it', async () => {
    const item = await itemOf(await run(CODE));
    await verdict(ada, item, 'violation', ['code']);
    const [block] = await review.listBlocks(ada);
    const stranger = asPerson(testCtx(), 'eve');
    expect(await queue(stranger)).toEqual([]);
    expect(await review.ofRun(stranger, item.runId)).toBeUndefined();
    expect(await review.listBlocks(stranger)).toEqual([]);
    const second = { ...item, status: 'second' as const };
    await expect(review.get(stranger, item.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(verdict(stranger, second, 'safe')).rejects.toMatchObject({ code: 'not_found' });
    await expect(review.liftBlock(stranger, block?.id ?? '')).rejects.toMatchObject({ code: 'not_found' });
    await review.setRules(stranger, { denied: false });
    expect((await review.rules(ada)).denied).toBe(true);
  });
});
