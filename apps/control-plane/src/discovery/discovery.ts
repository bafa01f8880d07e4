import { AppError, type Ctx } from '@switchyard/kernel';
import {
  asText,
  describe,
  descriptionAsText,
  listCategories,
  listTools,
  search,
  type DetailLevel,
  type Gateway,
  type ToolList,
  type ToolView,
} from '@switchyard/tools';

interface Query {
  readonly query: string;
  readonly detailLevel: DetailLevel;
  readonly limit: number;
}

/** Discovery for a caller: over the tools that policy lets them use, and no others. */
export interface Discovery {
  search(ctx: Ctx, query: Query): Promise<ToolList>;
  categories(ctx: Ctx): Promise<{ categories: { name: string; tools: number }[] }>;
  list(
    ctx: Ctx,
    query: { category?: string | undefined; detailLevel: DetailLevel; limit: number; cursor?: string | undefined },
  ): Promise<ToolList>;
  /** Throws AppError `not_found` with what was perhaps meant. */
  get(ctx: Ctx, server: string, tool: string): Promise<ToolView>;
  /** As models read it. */
  searchText(ctx: Ctx, query: Query): Promise<string>;
  describeText(ctx: Ctx, names: readonly string[]): Promise<string>;
  /** Skills alone, with their types. */
  skillsText(ctx: Ctx): Promise<string>;
}

export function createDiscovery(gateway: Pick<Gateway, 'toolsFor'>): Discovery {
  return {
    search: async (ctx, query) => search(await gateway.toolsFor(ctx), query),
    categories: async (ctx) => {
      const categories = listCategories(await gateway.toolsFor(ctx));
      return { categories: categories.map(({ name, count }) => ({ name, tools: count })) };
    },
    list: async (ctx, { category, detailLevel, limit, cursor }) =>
      listTools(await gateway.toolsFor(ctx), {
        detailLevel,
        limit,
        ...(category === undefined ? {} : { category }),
        ...(cursor === undefined ? {} : { cursor }),
      }),
    async get(ctx, server, tool) {
      const found = describe(await gateway.toolsFor(ctx), [`${server}.${tool}`]);
      const [only] = found.tools;
      if (only) return only;
      const near = found.unknown.flatMap((unknown) => unknown.near);
      const hint = near.length > 0 ? ` Perhaps ${near.join(', ')}?` : ' GET /v1/tools lists what there is.';
      throw new AppError('not_found', `There is no tool ${server}.${tool} that you may use.${hint}`, { near });
    },
    searchText: async (ctx, query) => asText(search(await gateway.toolsFor(ctx), query), query.detailLevel),
    async skillsText(ctx) {
      const skills = (await gateway.toolsFor(ctx)).filter(({ server }) => server === 'skills');
      if (skills.length === 0) return 'There are no skills yet: save_skill keeps one.';
      return asText(listTools(skills, { detailLevel: 'full', limit: 200 }), 'full');
    },
    async describeText(ctx, names) {
      const tools = await gateway.toolsFor(ctx);
      // A server's name alone stands for all of its tools.
      const wanted = names.flatMap((name) => {
        const server = name.replace(/^(\.\/)?servers\//, '');
        const all = tools.filter((tool) => tool.server === server).map((tool) => `${tool.server}.${tool.name}`);
        return all.length > 0 ? all : [name];
      });
      return descriptionAsText(describe(tools, wanted));
    },
  };
}
