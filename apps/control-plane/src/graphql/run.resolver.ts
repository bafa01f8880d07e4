import { Inject } from '@nestjs/common';
import { Args, ID, Int, Parent, Query, ResolveField, Resolver, Subscription } from '@nestjs/graphql';
import type { Ctx } from '@switchyard/kernel';
import type { RunSummary, StoredRun } from '@switchyard/ledger';
import { GraphQLJSON } from 'graphql-scalars';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import { Overview } from './overview.model.ts';
import { given, pageLimit } from './paging.ts';
import { Decision } from './policy.model.ts';
import { Finding, LogEntry, Run, RunCall, RunFilter, RunPage } from './run.model.ts';

const DAY_MS = 86_400_000;

const isWhole = (run: RunSummary): run is StoredRun => 'code' in run;

@Resolver(() => Run)
export class RunResolver {
  /** Rows of a list carry only what lists show: the rest is read once, when somebody asks for it. */
  private readonly wholes = new WeakMap<RunSummary, Promise<StoredRun>>();

  constructor(@Inject(SERVICES) private readonly services: Services) {}

  private whole(ctx: Ctx, run: RunSummary): Promise<StoredRun> {
    if (isWhole(run)) return Promise.resolve(run);
    const known = this.wholes.get(run) ?? this.services.ledger.getRun(ctx, run.id);
    this.wholes.set(run, known);
    return known;
  }

  @Query(() => RunPage)
  @Access('runs.read')
  runs(
    @CurrentCtx() ctx: Ctx,
    @Args('filter', { type: () => RunFilter, nullable: true }) filter: RunFilter | null,
    @Args('cursor', { type: () => String, nullable: true }) cursor: string | null,
    @Args('limit', { type: () => Int, defaultValue: 25 }) limit: number,
  ) {
    return this.services.ledger.listRuns(ctx, {
      ...given(filter),
      cursor: cursor ?? undefined,
      limit: pageLimit(limit),
    });
  }

  @Query(() => Run)
  @Access('runs.read')
  run(@CurrentCtx() ctx: Ctx, @Args('id', { type: () => ID }) id: string) {
    return this.services.ledger.getRun(ctx, id);
  }

  @Query(() => Overview)
  @Access('runs.read')
  overview(@CurrentCtx() ctx: Ctx, @Args('days', { type: () => Int, defaultValue: 14 }) days: number) {
    const to = this.services.clock.now();
    const from = new Date(to.getTime() - (Math.min(Math.max(days, 1), 90) - 1) * DAY_MS);
    return this.services.ledger.runStats(ctx, { from, to });
  }

  @ResolveField(() => String)
  async code(@CurrentCtx() ctx: Ctx, @Parent() run: RunSummary) {
    return (await this.whole(ctx, run)).code;
  }

  @ResolveField(() => [Finding])
  async findings(@CurrentCtx() ctx: Ctx, @Parent() run: RunSummary) {
    return (await this.whole(ctx, run)).findings;
  }

  @ResolveField(() => [LogEntry])
  async logs(@CurrentCtx() ctx: Ctx, @Parent() run: RunSummary) {
    return (await this.whole(ctx, run)).logs;
  }

  @ResolveField(() => GraphQLJSON, { nullable: true })
  async result(@CurrentCtx() ctx: Ctx, @Parent() run: RunSummary) {
    return (await this.whole(ctx, run)).result;
  }

  @ResolveField(() => [RunCall])
  async calls(@CurrentCtx() ctx: Ctx, @Parent() run: RunSummary) {
    return (await this.whole(ctx, run)).calls;
  }

  @ResolveField(() => [Decision])
  @Access('runs.read')
  async decisions(@CurrentCtx() ctx: Ctx, @Parent() run: Run) {
    return (await this.services.policy.listDecisions(ctx, { runId: run.id, limit: 500 })).items;
  }

  @Subscription(() => Run, { description: 'a run began or ended in this tenant', resolve: (run: Run) => run })
  @Access('runs.read')
  runChanged(@CurrentCtx() ctx: Ctx) {
    return this.services.watchRuns(ctx);
  }

  @Subscription(() => String, {
    description:
      'something the console shows has changed: approvals | chat | comparisons | connections | conversations | grants | keys | members | rollouts | skills',
    resolve: (topic: string) => topic,
  })
  @Access('runs.read')
  changed(@CurrentCtx() ctx: Ctx) {
    return this.services.watchTopics(ctx);
  }
}
