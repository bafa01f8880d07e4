import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { type Ctx } from '@switchyard/kernel';
import { Access, CurrentCtx } from '../http/access.ts';
import { ZodPipe } from '../http/zod-pipe.ts';
import { SERVICES, type Services } from '../services.ts';
import { ListQuery, SearchQuery } from './contract.ts';

@Controller('v1/tools')
@Access('tools.read')
export class ToolsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get('search')
  search(@CurrentCtx() ctx: Ctx, @Query(new ZodPipe(SearchQuery)) query: SearchQuery): Promise<unknown> {
    return this.services.discovery.search(ctx, {
      query: query.query,
      detailLevel: query.detail_level,
      limit: query.limit,
    });
  }

  @Get('categories')
  categories(@CurrentCtx() ctx: Ctx): Promise<unknown> {
    return this.services.discovery.categories(ctx);
  }

  @Get()
  list(@CurrentCtx() ctx: Ctx, @Query(new ZodPipe(ListQuery)) query: ListQuery): Promise<unknown> {
    const { detail_level: detailLevel, ...rest } = query;
    return this.services.discovery.list(ctx, { ...rest, detailLevel });
  }

  @Get(':server/:tool')
  get(@CurrentCtx() ctx: Ctx, @Param('server') server: string, @Param('tool') tool: string): Promise<unknown> {
    return this.services.discovery.get(ctx, server, tool);
  }
}
