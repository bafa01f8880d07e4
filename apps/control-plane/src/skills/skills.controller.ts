import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { can } from '@switchyard/identity';
import type { Ctx } from '@switchyard/kernel';
import type { SkillFile } from '@switchyard/runs';
import { Access, CurrentCtx } from '../http/access.ts';
import { ZodPipe } from '../http/zod-pipe.ts';
import { SERVICES, type Services } from '../services.ts';
import { ExportQuery, PromoteBody, SaveSkillBody, SkillFileBody, type SkillBody, type SkillList } from './contract.ts';
import { toSkillBody } from './skill-body.ts';

const mayDecide = ({ principal }: Ctx): boolean => can(principal, 'skills.promote');

@Controller('v1/skills')
export class SkillsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  @Access('skills.read')
  async list(@CurrentCtx() ctx: Ctx): Promise<SkillList> {
    return { skills: (await this.services.skills.list(ctx, mayDecide(ctx))).map(toSkillBody) };
  }

  @Post()
  @Access('skills.write')
  async save(@CurrentCtx() ctx: Ctx, @Body(new ZodPipe(SaveSkillBody)) body: SaveSkillBody): Promise<SkillBody> {
    const { name, description, code, run: runId } = body;
    const { skill } = await this.services.skills.save(ctx, { name, description, code, runId });
    return toSkillBody(await this.services.skills.get(ctx, skill.name, mayDecide(ctx)));
  }

  @Post('import')
  @Access('skills.write')
  async import(@CurrentCtx() ctx: Ctx, @Body(new ZodPipe(SkillFileBody)) file: SkillFileBody): Promise<SkillList> {
    const saved = await this.services.skills.import(ctx, file);
    return { skills: saved.map(({ skill, version }) => toSkillBody({ ...skill, versions: [version] })) };
  }

  @Get(':name')
  @Access('skills.read')
  async get(@CurrentCtx() ctx: Ctx, @Param('name') name: string): Promise<SkillBody> {
    return toSkillBody(await this.services.skills.get(ctx, name, mayDecide(ctx)));
  }

  @Get(':name/export')
  @Access('skills.read')
  export(
    @CurrentCtx() ctx: Ctx,
    @Param('name') name: string,
    @Query(new ZodPipe(ExportQuery)) { version }: ExportQuery,
  ): Promise<SkillFile> {
    return this.services.skills.export(ctx, { name, version }, mayDecide(ctx));
  }

  @Post(':name/promote')
  @HttpCode(200)
  @Access('skills.promote')
  async promote(
    @CurrentCtx() ctx: Ctx,
    @Param('name') name: string,
    @Body(new ZodPipe(PromoteBody)) { version }: PromoteBody,
  ): Promise<SkillBody> {
    return toSkillBody(await this.services.skills.promote(ctx, { name, version }));
  }

  @Post(':name/retire')
  @HttpCode(200)
  @Access('skills.promote')
  async retire(@CurrentCtx() ctx: Ctx, @Param('name') name: string): Promise<SkillBody> {
    return toSkillBody(await this.services.skills.retire(ctx, name));
  }
}
