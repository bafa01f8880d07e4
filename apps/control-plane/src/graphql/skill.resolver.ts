import { Inject } from '@nestjs/common';
import { Args, ID, Int, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { can } from '@switchyard/identity';
import { AppError, type Ctx } from '@switchyard/kernel';
import { skillFileSchema, stateOf, type Skill as StoredSkill } from '@switchyard/runs';
import { GraphQLJSON } from 'graphql-scalars';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import { Skill } from './skill.model.ts';

const mayDecide = ({ principal }: Ctx): boolean => can(principal, 'skills.promote');

@Resolver(() => Skill)
export class SkillResolver {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Query(() => [Skill])
  @Access('skills.read')
  skills(@CurrentCtx() ctx: Ctx) {
    return this.services.skills.list(ctx, mayDecide(ctx));
  }

  @Query(() => Skill)
  @Access('skills.read')
  skill(@CurrentCtx() ctx: Ctx, @Args('name') name: string) {
    return this.services.skills.get(ctx, name, mayDecide(ctx));
  }

  @Query(() => GraphQLJSON, { description: 'a file for another tenant: the skill and those that it imports' })
  @Access('skills.read')
  exportSkill(
    @CurrentCtx() ctx: Ctx,
    @Args('name') name: string,
    @Args('version', { type: () => Int, nullable: true }) version: number | null,
  ) {
    return this.services.skills.export(ctx, { name, version: version ?? undefined }, mayDecide(ctx));
  }

  @Mutation(() => Skill, { description: 'a new draft, of code or of what a run ran' })
  @Access('skills.write')
  async saveSkill(
    @CurrentCtx() ctx: Ctx,
    @Args('name') name: string,
    @Args('description') description: string,
    @Args('code', { type: () => String, nullable: true }) code: string | null,
    @Args('runId', { type: () => ID, nullable: true }) runId: string | null,
  ) {
    const wanted = { name, description, code: code ?? undefined, runId: runId ?? undefined };
    await this.services.skills.save(ctx, wanted);
    return this.services.skills.get(ctx, name, mayDecide(ctx));
  }

  @Mutation(() => [Skill])
  @Access('skills.write')
  async importSkills(@CurrentCtx() ctx: Ctx, @Args('file', { type: () => GraphQLJSON }) file: unknown) {
    const parsed = skillFileSchema.safeParse(file);
    if (!parsed.success)
      throw new AppError('unprocessable', 'file: this is no file of exported skills', { path: 'file' });
    return (await this.services.skills.import(ctx, parsed.data)).map(({ skill }) => skill);
  }

  @Mutation(() => Skill, { description: 'for people: gives a version to everybody' })
  @Access('skills.promote')
  promoteSkill(
    @CurrentCtx() ctx: Ctx,
    @Args('name') name: string,
    @Args('version', { type: () => Int }) version: number,
  ) {
    return this.services.skills.promote(ctx, { name, version });
  }

  @Mutation(() => Skill, { description: 'for people: takes it from everybody' })
  @Access('skills.promote')
  retireSkill(@CurrentCtx() ctx: Ctx, @Args('name') name: string) {
    return this.services.skills.retire(ctx, name);
  }

  @ResolveField()
  state(@Parent() skill: StoredSkill) {
    return stateOf(skill);
  }
}
