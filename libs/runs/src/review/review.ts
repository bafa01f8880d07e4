import { codeShape } from '@switchyard/execution';
import { AppError, unreachable, type Clock, type Ctx } from '@switchyard/kernel';
import type { Ledger, StoredRun } from '@switchyard/ledger';
import { announce, type Database, type Tx } from '@switchyard/database';
import { BLOCK_KINDS, Blocks, type Block, type BlockKind } from './blocks.ts';
import { insertBlocks, lift, liftWhere, readBlocks, type NewBlock } from './blocks.store.ts';
import { REVIEW_VERDICTS, type GivenVerdict, type NewVerdict, type ReviewItem, type ReviewStatus } from './item.ts';
import {
  countItems,
  hashesOfShape,
  insertItem,
  insertVerdict,
  lockItem,
  lockRules,
  moveItem,
  readItem,
  readItems,
  readRules,
  readSimilar,
  readVerdicts,
  writeRules,
  type ReviewFilter,
} from './review.store.ts';
import { changedRules, type ReviewRules } from './rules.ts';
import { Sampling, type Consideration, type EndedRun } from './sampling.ts';

/** An item with all that was said of it. */
export interface ReviewedItem extends ReviewItem {
  readonly verdicts: readonly GivenVerdict[];
  /** Other reviews of the same code, or of code that is built the same. */
  readonly similar: readonly ReviewItem[];
  /** Hashes of code that is built the same, its own among them; for finding its runs. */
  readonly codeHashes: readonly string[];
}

/** People look at what ran, say what they think of it, and stop what must not run again. */
export interface Review {
  /** What may not run. */
  readonly blocks: Blocks;
  /** Of a run that ends: what goes into its transaction to put it before reviewers, where the tenant's rules say so. */
  consider(ctx: Ctx, run: EndedRun): Promise<Consideration>;
  rules(ctx: Ctx): Promise<ReviewRules>;
  /** Throws AppError `unprocessable` with the field's path. */
  setRules(ctx: Ctx, change: Partial<ReviewRules>): Promise<ReviewRules>;
  counts(ctx: Ctx): Promise<Readonly<Record<ReviewStatus, number>>>;
  /** Newest first. Throws AppError `invalid_request` for a cursor that is none. */
  list(
    ctx: Ctx,
    query?: ReviewFilter & { readonly cursor?: string | null; readonly limit?: number },
  ): Promise<{ readonly items: readonly ReviewItem[]; readonly next: string | null }>;
  /** Throws AppError `not_found`. */
  get(ctx: Ctx, id: string): Promise<ReviewedItem>;
  /** Of a run; undefined where nobody looks at it. */
  ofRun(ctx: Ctx, runId: string): Promise<ReviewItem | undefined>;
  /** Puts a run before reviewers. Throws AppError `not_found`, `conflict` while it goes on. */
  ask(ctx: Ctx, runId: string): Promise<ReviewItem>;
  /**
   * By a person. A violation waits for another reviewer; its blocks hold at once, and fall when that one does not agree.
   * Throws AppError `forbidden` for programs and for the same person twice, `conflict` when somebody else has spoken.
   */
  giveVerdict(ctx: Ctx, verdict: NewVerdict): Promise<ReviewedItem>;
  /** Those that stand, then those that were lifted. */
  listBlocks(ctx: Ctx): Promise<readonly Block[]>;
  /** By a person. Throws AppError `not_found`. */
  liftBlock(ctx: Ctx, id: string): Promise<Block>;
  close(): void;
}

/** What runs need of it. */
export type RunReview = Pick<Review, 'consider'> & {
  readonly blocks: Pick<Blocks, 'blocksCode' | 'blockedSkills'>;
};

export interface ReviewOptions {
  readonly database: Pick<Database, 'inTenant' | 'onChange' | 'tell'>;
  readonly ledger: Pick<Ledger, 'appendAudit' | 'getRun'>;
  readonly clock: Clock;
}

const MAX_COMMENT = 5_000;
const MAX_SIMILAR = 20;
const MAX_HASHES = 100;

/** A model acts through keys and tokens; what it may not do is judge what models ran. */
function requirePerson({ principal }: Ctx): void {
  if (principal.kind === 'operator' || (principal.kind === 'user' && !('scopes' in principal))) return;
  throw new AppError('forbidden', 'A person judges what ran: sign in to the console for it.');
}

function requireVerdict({ verdict, comment, block = [] }: NewVerdict): void {
  if (!REVIEW_VERDICTS.includes(verdict))
    throw new AppError('unprocessable', `verdict: one of ${REVIEW_VERDICTS.join(', ')}.`, { path: 'verdict' });
  if (comment.length > MAX_COMMENT)
    throw new AppError('unprocessable', `comment: at most ${MAX_COMMENT} characters.`, { path: 'comment' });
  if (verdict === 'violation' && comment.trim() === '')
    throw new AppError('unprocessable', 'comment: say what the violation is, for the second reviewer.', {
      path: 'comment',
    });
  if (block.length > 0 && verdict !== 'violation')
    throw new AppError('unprocessable', 'block: only a violation blocks anything.', { path: 'block' });
  for (const kind of block)
    if (!BLOCK_KINDS.includes(kind))
      throw new AppError('unprocessable', `block: some of ${BLOCK_KINDS.join(', ')}.`, { path: 'block' });
}

/** What of an item a block of that kind stops. Throws AppError `unprocessable` where there is nothing of the kind. */
function blocked(item: ReviewItem, kind: BlockKind): string[] {
  const none = (what: string): never => {
    throw new AppError('unprocessable', `block: ${what}`, { path: 'block' });
  };
  switch (kind) {
    case 'code':
      return [item.codeHash];
    case 'shape':
      return item.shape === null ? none('the code is no program, so it has no shape.') : [item.shape];
    case 'skill':
      return item.skills.length === 0 ? none('the run used no skill.') : [...item.skills];
    case 'key':
      return item.principalKind === 'key' ? [item.principalId] : none('no API key asked for the run.');
    default:
      return unreachable(kind);
  }
}

const itemOf = (run: StoredRun): Parameters<typeof insertItem>[2] => ({
  runId: run.id,
  reasons: ['asked'],
  codeHash: run.codeHash,
  shape: codeShape(run.code),
  surface: run.surface,
  principalKind: run.principalKind,
  principalId: run.principalId,
  principalName: run.principalName,
  runStatus: run.status,
  calls: run.callCount,
  denied: run.deniedCount,
  skills: [],
});

const decodeCursor = (cursor: string): { at: Date; id: string } => {
  const [at = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split(' ');
  const date = new Date(at);
  if (Number.isNaN(date.getTime()) || !/^[0-9a-f-]{36}$/.test(id))
    throw new AppError('invalid_request', 'This cursor is not one of ours: start again without one.');
  return { at: date, id };
};

const encodeCursor = ({ createdAt, id }: ReviewItem): string =>
  Buffer.from(`${createdAt.toISOString()} ${id}`).toString('base64url');

export function createReview({ database, ledger, clock }: ReviewOptions): Review {
  const blocks = new Blocks(database);
  const sampling = new Sampling(database, clock);
  const forget = (tenantId: string | undefined): void => {
    blocks.forget(tenantId);
    sampling.forget(tenantId);
  };
  const stop = database.onChange(({ topic, tenantId }) => {
    if (topic === 'reviews' || topic === 'all') forget(tenantId);
  });

  /** In force here when it is answered, elsewhere when it is heard of. */
  async function changing<T>(ctx: Ctx, work: (tx: Tx) => Promise<T>): Promise<T> {
    const result = await database.inTenant(ctx, async (tx) => {
      await announce(tx, ctx.tenantId, 'reviews');
      return work(tx);
    });
    forget(ctx.tenantId);
    return result;
  }

  const target = (item: ReviewItem) => ({ kind: 'run', id: item.runId });

  async function whole(tx: Tx, item: ReviewItem): Promise<ReviewedItem> {
    const [verdicts, similar] = [await readVerdicts(tx, item.id), await readSimilar(tx, item, MAX_SIMILAR)];
    return { ...item, verdicts, similar, codeHashes: await hashesOfShape(tx, item, MAX_HASHES) };
  }

  async function setBlocks(tx: Tx, ctx: Ctx, item: ReviewItem, { block = [], comment }: NewVerdict): Promise<Block[]> {
    const wanted = [...new Set(block)].flatMap((kind) =>
      blocked(item, kind).map((value): NewBlock => ({
        kind,
        value,
        reason: comment,
        runId: item.runId,
        itemId: item.id,
      })),
    );
    return wanted.length === 0 ? [] : insertBlocks(tx, ctx, wanted, clock);
  }

  return {
    blocks,
    close: () => void stop(),
    consider: (ctx, run) => sampling.consider(ctx, run),
    rules: (ctx) => database.inTenant(ctx, (tx) => readRules(tx, ctx)),
    setRules: (ctx, change) =>
      changing(ctx, async (tx) => {
        const before = await lockRules(tx, ctx);
        const after = changedRules(before, change);
        await writeRules(tx, ctx, after);
        const of = { kind: 'review', id: ctx.tenantId };
        await ledger.appendAudit(tx, ctx, { action: 'review.rules_changed', target: of, before, after });
        return after;
      }),
    counts: (ctx) => database.inTenant(ctx, countItems),
    async list(ctx, { cursor, limit = 50, ...filter } = {}) {
      const take = Math.min(Math.max(Math.trunc(limit), 1), 200);
      const before = cursor ? { before: decodeCursor(cursor) } : {};
      const rows = await database.inTenant(ctx, (tx) => readItems(tx, { ...filter, ...before, take: take + 1 }));
      const items = rows.slice(0, take);
      const last = items.at(-1);
      return { items, next: last && rows.length > take ? encodeCursor(last) : null };
    },
    get: (ctx, id) =>
      database.inTenant(ctx, async (tx) => {
        const item = await readItem(tx, { id });
        if (!item) throw new AppError('not_found', 'There is no such review in this tenant.');
        return whole(tx, item);
      }),
    ofRun: (ctx, runId) => database.inTenant(ctx, (tx) => readItem(tx, { runId })),

    async ask(ctx, runId) {
      const run = await ledger.getRun(ctx, runId);
      if (run.status === 'running') throw new AppError('conflict', 'The run goes on still: wait until it has ended.');
      return changing(ctx, async (tx) => {
        const known = await readItem(tx, { runId: run.id });
        if (known) return known;
        await insertItem(tx, ctx, itemOf(run), clock);
        const item = await readItem(tx, { runId: run.id });
        if (!item) throw new Error('an item that was inserted is not there');
        await ledger.appendAudit(tx, ctx, { action: 'review.asked', target: target(item), codeHash: run.codeHash });
        return item;
      });
    },

    async giveVerdict(ctx, given) {
      return changing(ctx, async (tx) => {
        const item = await lockItem(tx, given.itemId);
        requirePerson(ctx);
        requireVerdict(given);
        if (item.status !== given.seen)
          throw new AppError('conflict', 'Somebody else has given a verdict meanwhile: look at it again.', {
            status: item.status,
          });
        const before = await readVerdicts(tx, item.id);
        if (before.some(({ reviewerId }) => reviewerId === ctx.principal.id))
          throw new AppError('forbidden', 'A violation takes two reviewers: another person gives the second verdict.');
        const { verdict, comment } = given;
        const at = clock.now();
        const status = verdict === 'violation' && item.status === 'open' ? 'second' : 'closed';
        await insertVerdict(tx, ctx, { itemId: item.id, verdict, comment, at });
        await moveItem(tx, { id: item.id, status, verdict, at });
        const set = await setBlocks(tx, ctx, item, given);
        const lifted =
          item.status === 'second' && verdict !== 'violation'
            ? await liftWhere(tx, ctx, { itemId: item.id }, clock)
            : [];
        const shown = ({ kind, value }: Block) => ({ kind, value });
        await ledger.appendAudit(tx, ctx, {
          action: 'review.verdict_given',
          target: target(item),
          before: { status: item.status, verdict: item.verdict },
          after: { status, verdict, comment, blocked: set.map(shown), lifted: lifted.map(shown) },
          codeHash: item.codeHash,
        });
        return whole(tx, { ...item, status, verdict, closedAt: status === 'closed' ? at : null });
      });
    },

    listBlocks: (ctx) => database.inTenant(ctx, readBlocks),
    async liftBlock(ctx, id) {
      return changing(ctx, async (tx) => {
        const block = await lift(tx, ctx, id, clock);
        requirePerson(ctx);
        const { kind, value, reason } = block;
        const of = { kind: 'block', id };
        await ledger.appendAudit(tx, ctx, {
          action: 'review.block_lifted',
          target: of,
          before: { kind, value, reason },
        });
        return block;
      });
    },
  };
}
