import { systemClock, type Ctx } from '@switchyard/kernel';
import { createReview, type Review } from '@switchyard/runs';
import type { Command } from 'commander';
import type { Env } from '../env.ts';
import { withHost } from '../host.ts';
import { print, table } from '../output.ts';

interface Options {
  readonly tenant: string;
  readonly json?: boolean;
}

/** As the operator, who is a person: a block is theirs to lift. */
const withReview = <T>(env: Env, tenant: string, work: (review: Review, ctx: Ctx) => Promise<T>): Promise<T> =>
  withHost(env, async (host) => {
    const { ctx } = await host.operatorCtx(tenant);
    const review = createReview({ database: host.database, ledger: host.ledger, clock: systemClock });
    try {
      return await work(review, ctx);
    } finally {
      review.close();
    }
  });

export function addReviewCommands(program: Command, env: Env): void {
  const review = program.command('review').description('runs that people look at, and what they blocked');
  review
    .command('list')
    .description('runs that wait for a reviewer, the newest first')
    .requiredOption('--tenant <slug>')
    .option('--json')
    .action(async (options: Options) => {
      const items = await withReview(env, options.tenant, async (of, ctx) => [
        ...(await of.list(ctx, { status: 'second', limit: 200 })).items,
        ...(await of.list(ctx, { status: 'open', limit: 200 })).items,
      ]);
      const rows = items.map((item) => [
        item.runId,
        item.status === 'second' ? 'violation?' : 'open',
        item.reasons.join(', '),
        item.principalName,
        item.createdAt.toISOString(),
      ]);
      print(items, table(['run', 'state', 'why', 'by', 'since'], rows), options.json);
    });
  review
    .command('blocks')
    .description('what reviewers blocked')
    .requiredOption('--tenant <slug>')
    .option('--json')
    .action(async (options: Options) => {
      const blocks = await withReview(env, options.tenant, (of, ctx) => of.listBlocks(ctx));
      const rows = blocks.map(({ id, kind, value, createdBy, liftedBy }) => [
        id,
        kind,
        value,
        liftedBy === null ? 'stands' : `lifted by ${liftedBy}`,
        createdBy,
      ]);
      print(blocks, table(['id', 'kind', 'what', 'state', 'by'], rows), options.json);
    });
  review
    .command('lift')
    .description('lets what was blocked run again')
    .argument('<block>', 'its id')
    .requiredOption('--tenant <slug>')
    .option('--json')
    .action(async (id: string, options: Options) => {
      const block = await withReview(env, options.tenant, (of, ctx) => of.liftBlock(ctx, id));
      print(block, `lifted ${block.kind} ${block.value}`, options.json);
    });
}
