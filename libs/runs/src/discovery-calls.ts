import { AppError, type Json } from '@switchyard/kernel';
import { DETAIL_LEVELS, describe, listCategories, listTools, search, type ToolDescriptor } from '@switchyard/tools';
import { z } from 'zod';

const detail_level = z.enum(DETAIL_LEVELS).optional();
const limit = z.number().int().min(1).max(200).optional();
const cursor = z.string().nullish();

const Search = z.union([
  z.string().transform((query) => ({ query, detail_level: undefined, limit: undefined, cursor: undefined })),
  z.object({ query: z.string().default(''), detail_level, limit, cursor }),
]);
const List = z.object({ category: z.string().optional(), detail_level, limit, cursor }).default({});
const Describe = z.union([
  z.string().transform((name) => [name]),
  z.array(z.string()),
  z.object({ names: z.array(z.string()) }).transform(({ names }) => names),
]);

function parse<Schema extends z.ZodType>(schema: Schema, args: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(args);
  if (!parsed.success) throw new AppError('unprocessable', z.prettifyError(parsed.error));
  return parsed.data;
}

/** What `import { searchTools } from 'servers'` reaches: discovery from inside, over the tools that the caller may see. */
export function answerDiscovery(tools: readonly ToolDescriptor[], name: string, args: unknown): Json {
  const answer = (): unknown => {
    switch (name) {
      case 'searchTools': {
        const { detail_level: detailLevel, ...rest } = parse(Search, args);
        return search(tools, given({ ...rest, detailLevel }));
      }
      case 'listTools': {
        const { detail_level: detailLevel, ...rest } = parse(List, args);
        return listTools(tools, given({ ...rest, detailLevel }));
      }
      case 'listCategories':
        return listCategories(tools);
      case 'describeTools':
        return describe(tools, parse(Describe, args));
      default:
        throw new AppError(
          'not_found',
          `servers has no ${name}: there are searchTools, listTools, listCategories and describeTools.`,
        );
    }
  };
  return JSON.parse(JSON.stringify(answer())) as Json;
}

type Given<Value> = { [Name in keyof Value]: Exclude<Value[Name], undefined> };
const given = <Value extends object>(value: Value): Given<Value> =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Given<Value>;
