import { Inject } from '@nestjs/common';
import { Args, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { Ctx } from '@switchyard/kernel';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import { ModuleUpload, PolicyModules, PolicyModuleSource } from './policy-module.model.ts';

@Resolver()
export class PolicyModuleResolver {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Query(() => PolicyModules, { description: "the tenant's own rules in Rego" })
  @Access('grants.read')
  async policyModules(@CurrentCtx() ctx: Ctx) {
    const { policy } = this.services;
    const [state, items, compiler] = await Promise.all([
      policy.state(ctx),
      policy.own.list(ctx),
      policy.own.compiler(),
    ]);
    return { revision: state.revision, inForce: state.moduleRevision, items, ...compiler };
  }

  @Query(() => PolicyModuleSource)
  @Access('grants.read')
  policyModule(@CurrentCtx() ctx: Ctx, @Args('revision', { type: () => Int }) revision: number) {
    return this.services.policy.own.read(ctx, revision);
  }

  @Mutation(() => ModuleUpload, { description: 'compiles and tests, and keeps what stands both' })
  @Access('grants.write')
  async uploadPolicyModule(
    @CurrentCtx() ctx: Ctx,
    @Args('source', { type: () => String }) source: string,
    @Args('tests', { type: () => String }) tests: string,
    @Args('comment', { type: () => String, nullable: true }) comment: string | null,
  ) {
    const upload = await this.services.policy.own.upload(ctx, { source, tests, comment });
    return upload.kind === 'kept' ? { module: upload.module, problems: [] } : { problems: upload.problems };
  }

  @Mutation(() => PolicyModules, { description: 'puts a revision in force, or none' })
  @Access('grants.write')
  async publishPolicyModule(
    @CurrentCtx() ctx: Ctx,
    @Args('revision', { type: () => Int, nullable: true, description: 'null: none' }) revision: number | null,
    @Args('expectedRevision', { type: () => Int, description: 'of the policy' }) expectedRevision: number,
    @Args('comment', { type: () => String, nullable: true }) comment: string | null,
  ) {
    await this.services.policy.own.publish(ctx, { moduleRevision: revision, expectedRevision, comment });
    return this.policyModules(ctx);
  }
}
