import { Inject } from '@nestjs/common';
import { Args, ID, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import type { Ctx } from '@switchyard/kernel';
import type { RunSummary } from '@switchyard/ledger';
import { Access, CurrentCtx } from '../http/access.ts';
import { mayOpen } from '../runs/run-content.ts';
import { SERVICES, type Services } from '../services.ts';
import { ExecutedLines, Replay, RunContent } from './run-content.model.ts';
import { Run } from './run.model.ts';

@Resolver(() => Run)
export class RunContentResolver {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @ResolveField(() => RunContent)
  @Access('runs.read')
  async content(@CurrentCtx() ctx: Ctx, @Parent() run: RunSummary): Promise<RunContent> {
    const { runContent } = this.services;
    const [{ result, recording }, files] = await Promise.all([
      runContent.kept(ctx, run.id),
      runContent.files(ctx, run.id),
    ]);
    return {
      resultBytes: result?.bytes ?? null,
      resultRows: result?.rows ?? null,
      resultExpiresAt: result?.expiresAt ?? null,
      canReplay: run.status !== 'running' && (recording !== null || run.callCount === 0),
      callsLeftOut: recording?.left ?? 0,
      mayOpen: mayOpen(ctx, run),
      files: [...files],
    };
  }

  @Mutation(() => Replay, { description: 'runs it again against what its calls gave then; no tool is called' })
  @Access('runs.execute')
  async replayRun(
    @CurrentCtx() ctx: Ctx,
    @Args('id', { type: () => ID }) runId: string,
    @Args('code', { type: () => String, nullable: true }) code: string | null,
  ): Promise<Replay> {
    const { usage, findings, logs, ...rest } = await this.services.runContent.replay(ctx, {
      runId,
      code: code ?? undefined,
    });
    return { ...rest, findings: [...findings], logs: [...logs], durationMs: usage.durationMs };
  }

  @Mutation(() => ExecutedLines, { description: 'no tool is called, and nothing but lines is told' })
  @Access('reviews.read')
  async countRunLines(@CurrentCtx() ctx: Ctx, @Args('id', { type: () => ID }) runId: string): Promise<ExecutedLines> {
    const { executed, missed, ...rest } = await this.services.runs.executedLines(ctx, { runId });
    return { ...rest, executed: [...executed], missed: [...missed] };
  }

  @Mutation(() => Boolean)
  @Access('runs.execute')
  async removeWorkspaceFile(
    @CurrentCtx() ctx: Ctx,
    @Args('runId', { type: () => ID }) runId: string,
    @Args('name') name: string,
  ) {
    await this.services.runContent.removeFile(ctx, runId, name);
    return true;
  }
}
