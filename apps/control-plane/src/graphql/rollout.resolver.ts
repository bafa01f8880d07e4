import { Inject } from '@nestjs/common';
import { Args, GraphQLISODateTime, ID, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { PersonsCommand, PlanInput } from '@switchyard/experiments';
import type { Ctx } from '@switchyard/kernel';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import { Experiment } from './experiment.model.ts';
import { given, pageLimit } from './paging.ts';
import { FlagInput, GuardInput, NewRollout, RolloutChangeInput, type RolloutPlanInput } from './rollout.input.ts';
import {
  Flag,
  KillSwitch,
  Rollout,
  RolloutChangePage,
  RolloutEvaluationPage,
  RolloutPage,
  RolloutView,
} from './rollout.model.ts';

/** As the library takes it; what is no plan it refuses with the field's path. */
const planOf = (plan: RolloutPlanInput): PlanInput =>
  ({
    ...given(plan),
    steps: plan.steps.map(given),
    ...(plan.guards ? { guards: plan.guards.map(given) } : {}),
  }) as unknown as PlanInput;

@Resolver(() => RolloutView)
export class RolloutResolver {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Query(() => RolloutPage)
  @Access('rollouts.read')
  rollouts(
    @CurrentCtx() ctx: Ctx,
    @Args('cursor', { type: () => String, nullable: true }) cursor: string | null,
    @Args('limit', { type: () => Int, defaultValue: 25 }) limit: number,
  ) {
    return this.services.experiments.listRollouts(ctx, { cursor, limit: pageLimit(limit) });
  }

  @Query(() => RolloutView, { description: 'as it stands now, what happens next, and when' })
  @Access('rollouts.read')
  rollout(@CurrentCtx() ctx: Ctx, @Args('id', { type: () => ID }) id: string) {
    return this.services.experiments.viewRollout(ctx, id);
  }

  @Query(() => RolloutChangePage, {
    description: 'what was done to it and to the switch, by whom and why; newest first',
  })
  @Access('rollouts.read')
  rolloutHistory(
    @CurrentCtx() ctx: Ctx,
    @Args('id', { type: () => ID }) rolloutId: string,
    @Args('cursor', { type: () => String, nullable: true }) cursor: string | null,
    @Args('limit', { type: () => Int, defaultValue: 25 }) limit: number,
  ) {
    return this.services.experiments.listChanges(ctx, { rolloutId, cursor, limit: pageLimit(limit) });
  }

  @Query(() => RolloutEvaluationPage, {
    description: 'looks of the decision loop that said something new; newest first',
  })
  @Access('rollouts.read')
  rolloutEvaluations(
    @CurrentCtx() ctx: Ctx,
    @Args('id', { type: () => ID }) rolloutId: string,
    @Args('cursor', { type: () => String, nullable: true }) cursor: string | null,
    @Args('limit', { type: () => Int, defaultValue: 25 }) limit: number,
  ) {
    return this.services.experiments.listEvaluations(ctx, { rolloutId, cursor, limit: pageLimit(limit) });
  }

  @Query(() => Experiment, { description: 'both arms and their differences in an attempt, the last unless told' })
  @Access('rollouts.read')
  experiment(
    @CurrentCtx() ctx: Ctx,
    @Args('id', { type: () => ID }) rolloutId: string,
    @Args('attempt', { type: () => Int, nullable: true }) attempt: number | null,
  ) {
    return this.services.experiments.readExperiment(ctx, { rolloutId, attempt: attempt ?? undefined });
  }

  @Query(() => [Flag])
  @Access('rollouts.read')
  flags(@CurrentCtx() ctx: Ctx) {
    return this.services.experiments.listFlags(ctx);
  }

  @Query(() => KillSwitch)
  @Access('rollouts.read')
  async killSwitch(@CurrentCtx() ctx: Ctx) {
    return (await this.services.experiments.killSwitch(ctx)) ?? { thrown: false, reason: '', by: '', at: null };
  }

  @Mutation(() => Flag)
  @Access('rollouts.write')
  setFlag(@CurrentCtx() ctx: Ctx, @Args('input', { type: () => FlagInput }) input: FlagInput) {
    const { key, enabled, reason } = input;
    return this.services.experiments.setFlag(ctx, { ...given(input), key, enabled, reason });
  }

  @Mutation(() => KillSwitch, { description: 'thrown: nobody gets code, mid-conversation too' })
  @Access('rollouts.kill')
  setKillSwitch(
    @CurrentCtx() ctx: Ctx,
    @Args('thrown', { type: () => Boolean }) thrown: boolean,
    @Args('reason', { type: () => String }) reason: string,
  ) {
    return this.services.experiments.setKillSwitch(ctx, { thrown, reason });
  }

  @Mutation(() => Rollout)
  @Access('rollouts.write')
  createRollout(@CurrentCtx() ctx: Ctx, @Args('input', { type: () => NewRollout }) input: NewRollout) {
    const { name, template, plan, reason } = input;
    return this.services.experiments.createRollout(ctx, {
      name,
      reason,
      ...(template ? { template } : {}),
      ...(plan ? { plan: planOf(plan) } : {}),
    });
  }

  @Mutation(() => Rollout, { description: 'now, or at a time to come' })
  @Access('rollouts.write')
  startRollout(
    @CurrentCtx() ctx: Ctx,
    @Args('change', { type: () => RolloutChangeInput }) change: RolloutChangeInput,
    @Args('at', { type: () => GraphQLISODateTime, nullable: true }) at: Date | null,
  ) {
    return this.change(ctx, change, { kind: 'start', at: at ?? undefined });
  }

  @Mutation(() => Rollout, { description: 'the share stays and nothing advances' })
  @Access('rollouts.write')
  holdRollout(@CurrentCtx() ctx: Ctx, @Args('change', { type: () => RolloutChangeInput }) change: RolloutChangeInput) {
    return this.change(ctx, change, { kind: 'hold' });
  }

  @Mutation(() => Rollout)
  @Access('rollouts.write')
  resumeRollout(
    @CurrentCtx() ctx: Ctx,
    @Args('change', { type: () => RolloutChangeInput }) change: RolloutChangeInput,
  ) {
    return this.change(ctx, change, { kind: 'resume' });
  }

  @Mutation(() => Rollout, { description: 'nobody of this rollout gets code any longer, mid-conversation too' })
  @Access('rollouts.write')
  rollBackRollout(
    @CurrentCtx() ctx: Ctx,
    @Args('change', { type: () => RolloutChangeInput }) change: RolloutChangeInput,
  ) {
    return this.change(ctx, change, { kind: 'roll_back' });
  }

  @Mutation(() => Rollout, {
    description: 'from the first step, with new evidence; after a fix everybody is dealt anew',
  })
  @Access('rollouts.write')
  restartRollout(
    @CurrentCtx() ctx: Ctx,
    @Args('change', { type: () => RolloutChangeInput }) change: RolloutChangeInput,
    @Args('afterFix', { type: () => Boolean }) afterFix: boolean,
  ) {
    return this.change(ctx, change, { kind: 'restart', afterFix });
  }

  @Mutation(() => Rollout, { description: 'that this step be left when its other gates are open' })
  @Access('rollouts.write')
  approveRollout(
    @CurrentCtx() ctx: Ctx,
    @Args('change', { type: () => RolloutChangeInput }) change: RolloutChangeInput,
  ) {
    return this.change(ctx, change, { kind: 'approve' });
  }

  @Mutation(() => Rollout, { description: 'by hand, past the gates' })
  @Access('rollouts.write')
  setRolloutShare(
    @CurrentCtx() ctx: Ctx,
    @Args('change', { type: () => RolloutChangeInput }) change: RolloutChangeInput,
    @Args('shareBasisPoints', { type: () => Int }) shareBasisPoints: number,
  ) {
    return this.change(ctx, change, { kind: 'set_share', shareBasisPoints });
  }

  @Mutation(() => Rollout)
  @Access('rollouts.write')
  tickRolloutItem(
    @CurrentCtx() ctx: Ctx,
    @Args('change', { type: () => RolloutChangeInput }) change: RolloutChangeInput,
    @Args('item', { type: () => String }) item: string,
    @Args('done', { type: () => Boolean }) done: boolean,
  ) {
    return this.change(ctx, change, { kind: 'tick', item, done });
  }

  @Mutation(() => Rollout, { description: 'all of them; those that are not named are gone' })
  @Access('rollouts.write')
  setRolloutGuards(
    @CurrentCtx() ctx: Ctx,
    @Args('change', { type: () => RolloutChangeInput }) change: RolloutChangeInput,
    @Args('guards', { type: () => [GuardInput] }) guards: GuardInput[],
  ) {
    const wanted = guards.map((guard) => ({ ...guard, dryRun: guard.dryRun ?? false }));
    return this.change(ctx, change, { kind: 'set_guards', guards: wanted });
  }

  @Mutation(() => Rollout)
  @Access('rollouts.write')
  closeRollout(@CurrentCtx() ctx: Ctx, @Args('change', { type: () => RolloutChangeInput }) change: RolloutChangeInput) {
    return this.change(ctx, change, { kind: 'close' });
  }

  private change(ctx: Ctx, { id, expectedVersion, reason }: RolloutChangeInput, command: PersonsCommand) {
    return this.services.experiments.changeRollout(ctx, {
      id,
      reason,
      command,
      expectedVersion: expectedVersion ?? undefined,
    });
  }
}
